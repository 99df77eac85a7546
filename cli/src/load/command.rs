//! The command line of `causerie load`.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode, time::Duration};

use clap::Subcommand;
use serde_json::json;
use tokio::task::LocalSet;

use super::{
    LoadError,
    connect::Connect,
    fanout::Fanout,
    part::Bounds,
    process::Process,
    report::Report,
    stage::{Cores, Stage, Stop},
    storm::Storm,
    target::{Tokens, address},
    throughput::Throughput,
};

/// Put load on a server, and check that nothing is lost, doubled or out of order.
///
/// Thousands of light clients in this process connect to a server, talk, and check what each of
/// them receives: every message once, in order, none missing. A run ends by itself after
/// --seconds or --limit, whichever comes first; Ctrl-C ends it with the figures so far. The users,
/// conversations and messages that it makes stay on the server.
#[derive(Debug, Clone, clap::Args)]
#[command(
    next_help_heading = "The server and the run",
    after_help = "\
Examples:
  causerie load --spawn --pin all
      a server of its own on one core, this on another, every scenario
  causerie load --spawn --pin fanout --members 1000 --rate 100
      1,000 members, 100 messages a second: each delivery a write of its own
  causerie load --spawn --pin fanout --members 1000
      the same as fast as it goes: deliveries share writes
  causerie load --server ws://127.0.0.1:4000 --dev throughput --senders 64 --in-flight 8
      how many acknowledgements a second a server gives that runs with --dev
  CAUSERIE_JWT_SECRET=… causerie load --server ws://127.0.0.1:4000 --server-pid 4711 connect -n 10000
      what a connection costs the server with this process id
  causerie load --server ws://10.0.0.5:4000 --i-own-this-server --token-command './token.sh \"$1\"' storm
      a server on another machine, with tokens that a program prints for the user in $1

A server without --dev limits each connection to 100 requests a second.

Exit code: 0 if everything came once and in order, 1 if anything was lost, doubled or out of order
or a connection broke, 2 if the load could not be made, 130 if it was ended by Ctrl-C."
)]
pub struct LoadArgs {
    /// The server: ws://host:port
    #[arg(long, value_name = "URL", global = true)]
    server: Option<String>,
    /// Start a server for each scenario, on a temporary folder, and end it afterwards
    #[arg(long, global = true)]
    spawn: bool,
    /// The program that is started [default: this one]
    #[arg(long, value_name = "FILE", global = true)]
    program: Option<PathBuf>,
    /// Where its data lie for the time; the disk decides what a commit costs [default: the
    /// system's folder for temporary files]
    #[arg(long, value_name = "FOLDER", global = true)]
    folder: Option<PathBuf>,
    /// The started server gets the first core, and this process the second
    #[arg(long, global = true)]
    pin: bool,
    /// Keep this process awake while messages are on their way. A server on the same machine
    /// otherwise pays for waking it up, which clients elsewhere do not cost
    #[arg(long, global = true)]
    awake: bool,
    /// Sign the users' tokens with the server's secret; better in the environment, since others
    /// see a command line
    #[arg(
        long,
        env = "CAUSERIE_JWT_SECRET",
        hide_env_values = true,
        global = true
    )]
    secret: Option<String>,
    /// Let the server make the tokens; it must run with --dev, on this machine
    #[arg(long, global = true)]
    dev: bool,
    /// Run this by `sh` for each user, who is in $1; it prints a token
    #[arg(long, value_name = "COMMAND", global = true)]
    token_command: Option<String>,
    /// Needed for any server that is not on this machine's loopback
    #[arg(long, global = true)]
    i_own_this_server: bool,
    /// The server's process, of which processor time and memory are told
    #[arg(long, value_name = "PID", global = true)]
    server_pid: Option<u32>,
    /// Beginning of the users' names
    #[arg(long, value_name = "TEXT", default_value = "load", global = true)]
    prefix: String,
    /// How many addresses of the loopback (127.0.0.1, 127.0.0.2…) the connections come from
    /// [default: one for each 20,000]
    #[arg(long, value_name = "COUNT", global = true)]
    sources: Option<u8>,
    /// Senders cease after this time
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=86_400), global = true)]
    seconds: u64,
    /// Senders cease after so many messages
    #[arg(
        long,
        value_name = "MESSAGES",
        default_value_t = 1_000_000,
        global = true
    )]
    limit: u64,
    /// Print the figures as one line of JSON
    #[arg(long, global = true)]
    json: bool,
    /// Do not say on stderr how far it is
    #[arg(long, short, global = true)]
    quiet: bool,
    #[command(subcommand)]
    scenario: Scenario,
}

#[derive(Debug, Clone, Subcommand)]
enum Scenario {
    /// Open connections; tell how fast, and what one costs the server
    Connect {
        /// How many
        #[arg(long, short = 'n', default_value_t = 4_000, value_parser = at_least_one)]
        connections: usize,
        /// How many a second [default: as fast as they are answered]
        #[arg(long)]
        rate: Option<u32>,
        /// How many seconds they stay
        #[arg(long, default_value_t = 1)]
        hold: u64,
    },
    /// A conversation with many members; tell how long a message is on its way to each
    Fanout {
        /// Members, all of them subscribed
        #[arg(long, default_value_t = 1_000, value_parser = at_least_one)]
        members: usize,
        /// How many of them write
        #[arg(long, default_value_t = 10, value_parser = at_least_one)]
        senders: usize,
        /// Messages a second, of all together [default: as fast as it goes]
        #[arg(long)]
        rate: Option<u32>,
        /// Messages of each sender that wait for their acknowledgement, without --rate
        #[arg(long, default_value_t = 8, value_parser = at_least_one)]
        in_flight: usize,
        /// Bytes of a message's text
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(30..=16_000))]
        text: u32,
    },
    /// Many senders; tell how many messages a second are committed and acknowledged
    Throughput {
        /// Connections that write
        #[arg(long, default_value_t = 64, value_parser = at_least_one)]
        senders: usize,
        /// Messages of each that wait for their acknowledgement
        #[arg(long, default_value_t = 8, value_parser = at_least_one)]
        in_flight: usize,
        /// Conversations that the senders are spread over
        #[arg(long, default_value_t = 64, value_parser = at_least_one)]
        conversations: usize,
        /// Bytes of a message's text
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(30..=16_000))]
        text: u32,
    },
    /// Reset all connections at once; tell when all are back and have what they missed
    Storm {
        /// How many
        #[arg(long, short = 'n', default_value_t = 2_000, value_parser = at_least_one)]
        connections: usize,
        /// Messages that each of them misses
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(..=200))]
        missed: u16,
        /// How often
        #[arg(long, default_value_t = 3, value_parser = at_least_one)]
        rounds: usize,
    },
    /// All of them, as they are by default: fanout at 100 messages/s and as fast as it goes,
    /// throughput into 64 conversations and into one
    All,
}

/// A scenario that is set.
#[derive(Debug, Clone)]
pub enum Set {
    /// Connections and their memory.
    Connect(Connect),
    /// A large conversation.
    Fanout(Fanout),
    /// Writes.
    Throughput(Throughput),
    /// Reconnecting.
    Storm(Storm),
}

/// Members of one conversation where there are many, as `create_conversation` takes them at once.
const ROOM: usize = 1_000;

impl Set {
    /// Runs it.
    ///
    /// # Errors
    /// If it cannot be set up.
    pub async fn measure(&self, stage: &Stage) -> Result<Report, LoadError> {
        match self {
            Self::Connect(connect) => connect.measure(stage).await,
            Self::Fanout(fanout) => fanout.measure(stage).await,
            Self::Throughput(throughput) => throughput.measure(stage).await,
            Self::Storm(storm) => storm.measure(stage).await,
        }
    }

    /// What `all` runs, in its order.
    pub fn all(bounds: Bounds) -> Vec<Self> {
        let fanout = |rate| {
            Self::Fanout(Fanout {
                members: 1_000,
                senders: 10,
                rate,
                in_flight: 8,
                text: 100,
                bounds,
            })
        };
        let throughput = |conversations| {
            Self::Throughput(Throughput {
                senders: 64,
                in_flight: 8,
                conversations,
                text: 100,
                bounds,
            })
        };
        vec![
            Self::Connect(Connect {
                connections: 4_000,
                rate: None,
                room: ROOM,
                hold: Duration::from_secs(1),
            }),
            fanout(Some(100)),
            fanout(None),
            throughput(64),
            throughput(1),
            Self::Storm(Storm {
                connections: 2_000,
                missed: 20,
                room: ROOM,
                rounds: 3,
            }),
        ]
    }
}

impl LoadArgs {
    fn sets(&self) -> Vec<Set> {
        let bounds = Bounds {
            length: Duration::from_secs(self.seconds),
            messages: self.limit,
        };
        let set = match self.scenario {
            Scenario::All => return Set::all(bounds),
            Scenario::Connect {
                connections,
                rate,
                hold,
            } => Set::Connect(Connect {
                connections,
                rate,
                room: ROOM,
                hold: Duration::from_secs(hold),
            }),
            Scenario::Fanout {
                members,
                senders,
                rate,
                in_flight,
                text,
            } => Set::Fanout(Fanout {
                members,
                senders,
                rate,
                in_flight,
                text: text as usize,
                bounds,
            }),
            Scenario::Throughput {
                senders,
                in_flight,
                conversations,
                text,
            } => Set::Throughput(Throughput {
                senders,
                in_flight,
                conversations,
                text: text as usize,
                bounds,
            }),
            Scenario::Storm {
                connections,
                missed,
                rounds,
            } => Set::Storm(Storm {
                connections,
                missed: usize::from(missed),
                room: ROOM,
                rounds,
            }),
        };
        vec![set]
    }

    /// The server to load; `None` if one is to be started.
    fn address(&self) -> Result<Option<SocketAddr>, LoadError> {
        // Not said to clap: it asks before it has looked behind the scenario's name.
        let url = match (&self.server, self.spawn) {
            (Some(url), false) => url,
            (None, true) => return Ok(None),
            (Some(_), true) => {
                return Err(LoadError::new("it is either --server or --spawn"));
            }
            (None, false) => {
                return Err(LoadError::new(
                    "which server? Give --server URL, or --spawn one",
                ));
            }
        };
        if self.pin || self.program.is_some() || self.folder.is_some() {
            return Err(LoadError::new(
                "--pin, --program and --folder are for a server that is started with --spawn",
            ));
        }
        let addr = address(url)?;
        if !addr.ip().is_loopback() && !self.i_own_this_server {
            return Err(LoadError::new(format!(
                "{addr} is not this machine; load is for servers that are yours \
                 (--i-own-this-server)"
            )));
        }
        Ok(Some(addr))
    }

    fn tokens(&self, addr: SocketAddr) -> Result<Tokens, LoadError> {
        // Flags before what the environment happens to hold.
        if self.dev {
            return Ok(Tokens::dev(addr));
        }
        match (&self.token_command, &self.secret) {
            (Some(command), _) => Ok(Tokens::Command(command.clone())),
            (None, Some(secret)) => Tokens::from_secret(secret),
            (None, None) => Err(LoadError::new(
                "the clients need tokens: give --secret, --dev or --token-command",
            )),
        }
    }

    async fn stage(
        &self,
        addr: Option<SocketAddr>,
        cores: Option<Cores>,
        stop: &Stop,
    ) -> Result<Stage, LoadError> {
        let mut stage = match addr {
            Some(addr) => Stage::at(addr, self.tokens(addr)?, self.server_pid.map(Process)),
            None => {
                let program = match &self.program {
                    Some(program) => program.clone(),
                    None => std::env::current_exe()?,
                };
                let folder = self.folder.clone().unwrap_or_else(std::env::temp_dir);
                Stage::spawn(&program, &folder, cores).await?
            }
        };
        stage.stop = stop.clone();
        stage.progress = !self.quiet;
        stage.awake = self.awake;
        stage.prefix.clone_from(&self.prefix);
        if let Some(sources) = self.sources {
            stage.set_sources(sources);
        }
        Ok(stage)
    }
}

/// Runs the load; its exit code says whether everything came once and in order.
pub fn run(args: &LoadArgs) -> ExitCode {
    match try_run(args) {
        Ok(reports) => {
            let dirty = reports.iter().any(|report| !report.is_clean());
            let interrupted = reports.iter().any(|report| report.interrupted);
            match (dirty, interrupted) {
                (true, _) => ExitCode::FAILURE,
                (false, true) => ExitCode::from(130),
                (false, false) => ExitCode::SUCCESS,
            }
        }
        Err(error) => {
            eprintln!("causerie load: {error}");
            ExitCode::from(2)
        }
    }
}

fn try_run(args: &LoadArgs) -> Result<Vec<Report>, LoadError> {
    let addr = args.address()?;
    // Before any thread is made, so that all of them stay on the load's core.
    let cores = args.pin.then(Cores::take).transpose()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    LocalSet::new().block_on(&runtime, async {
        let stop = Stop::default();
        let ends = stop.clone();
        tokio::task::spawn_local(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                ends.set();
            }
        });
        if let Some(cores) = cores
            && !args.quiet
        {
            eprintln!("{cores}");
        }
        let mut reports = Vec::new();
        for set in args.sets() {
            let stage = args.stage(addr, cores, &stop).await?;
            let measured = set.measure(&stage).await;
            stage.say_end();
            let report = match measured {
                // The figures of the scenarios before stand.
                Err(error) if stop.is_set() && !reports.is_empty() => {
                    eprintln!("causerie load: {error}");
                    break;
                }
                measured => measured?,
            };
            if !args.json {
                println!("{}", report.table());
            }
            reports.push(report);
            if stop.is_set() {
                break;
            }
        }
        if args.json {
            let scenarios: Vec<_> = reports.iter().map(Report::to_json).collect();
            let clean = reports.iter().all(Report::is_clean);
            println!(
                "{}",
                json!({
                    "causerie": env!("CARGO_PKG_VERSION"),
                    "server": args.server,
                    "spawned": args.spawn,
                    "pinned": args.pin,
                    "clean": clean,
                    "scenarios": scenarios,
                })
            );
        }
        Ok(reports)
    })
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("at least 1".to_owned()),
        Ok(number) => Ok(number),
        Err(_) => Err(format!("`{text}` is no number")),
    }
}
