//! The examples that the help shows.

/// `causerie load`.
pub const LOAD: &str = "\
Examples:
  causerie load --spawn --pin all
      a server of its own on one core, this on another, every scenario
  causerie load --spawn --pin fanout --members 1000 --rate 100
      1,000 members, 100 messages a second: each delivery a write of its own
  causerie load --spawn --pin fanout --members 1000
      the same as fast as it goes: deliveries share writes
  causerie load --server ws://127.0.0.1:4000 --dev throughput --senders 64 --in-flight 8
      how many acknowledgements a second a server gives that runs with --dev
  CAUSERIE_JWT_SECRET=… causerie load --server ws://127.0.0.1:4000 --server-pid 4711 connect
      what a connection costs the server with this process id
  causerie load --server ws://10.0.0.5:4000 --i-own-this-server --token-command './token $1' storm
      a server on another machine, with tokens that a program prints for the user in $1
Each scenario has examples of its own: causerie load storm --help

A server without --dev limits each connection to 100 requests a second.

Exit code: 0 if everything came once and in order, 1 if anything was lost, doubled or out of order
or a connection broke, 2 if the load could not be made or ended before there was a figure, 130 if
it was ended by Ctrl-C.";

/// `causerie load connect`.
pub const CONNECT: &str = "Examples:
  causerie load --spawn --pin connect -n 10000
      a server of its own, and what 10,000 connections cost it
  causerie load --server ws://127.0.0.1:4000 --dev connect -n 500 --rate 100 --hold 60
      100 a second, which then stay for a minute
  causerie load --spawn --seconds 30 connect -n 20000 --rate 200
      as many as there are after 30 seconds";

/// `causerie load fanout`.
pub const FANOUT: &str = "Examples:
  causerie load --spawn --pin fanout --members 1000 --rate 100
      100 messages a second to 1,000 members: each delivery a write of its own
  causerie load --spawn --pin --seconds 60 fanout --senders 50 --in-flight 4
      as fast as it goes, for a minute
  causerie load --server ws://127.0.0.1:4000 --dev --limit 5000 --json fanout
      5,000 messages, and the figures for a machine";

/// `causerie load throughput`.
pub const THROUGHPUT: &str = "Examples:
  causerie load --spawn --pin throughput
      64 senders into 64 conversations, for 10 seconds
  causerie load --spawn --pin throughput --conversations 1
      all of them into one
  causerie load --server ws://127.0.0.1:4000 --dev --limit 100000 throughput --senders 16
      100,000 messages";

/// `causerie load storm`.
pub const STORM: &str = "Examples:
  causerie load --spawn --pin storm
      2,000 connections come back at once, three times
  causerie load --server ws://127.0.0.1:4000 --dev storm -n 500 --missed 100 --rounds 10
      fewer of them, which have more to get
  causerie load --spawn --seconds 60 storm --rounds 1000
      as many rounds as there are in a minute";

/// `causerie load all`.
pub const ALL: &str = "Examples:
  causerie load --spawn --pin all
      every scenario, each on a server of its own
  causerie load --spawn --pin --seconds 3 --json all > load.json
      3 seconds each, and the figures for a machine";
