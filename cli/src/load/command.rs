//! The command line of `causerie load`.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode, time::Duration};

use clap::Subcommand;
use serde_json::json;
use tokio::task::LocalSet;

use super::{
    LoadError,
    connect::Connect,
    examples,
    fanout::Fanout,
    part::Bounds,
    process::Process,
    report::Report,
    set::{ROOM, Set},
    stage::{Cores, Stage},
    stop::Stop,
    storm::Storm,
    target::{Tokens, address},
    throughput::Throughput,
};
use crate::{note, say};

/// Put load on a server, and check that nothing is lost, doubled or out of order.
///
/// Thousands of light clients in this process connect to a server, talk, and check what each of
/// them receives: every message once, in order, none missing. A run ends by itself when it is done,
/// or after --seconds or --limit, whichever comes first, with the figures that it has; Ctrl-C ends
/// it with the figures so far. The users, conversations and messages that it makes stay on the
/// server.
#[derive(Debug, Clone, clap::Args)]
#[command(
    next_help_heading = "The server and the run",
    after_help = examples::LOAD
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
    /// Senders cease after this time; connect and storm end, with the rounds that are over
    /// [default: 10 where there are senders; otherwise when it is done]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=86_400), global = true)]
    seconds: Option<u64>,
    /// Senders cease after so many messages; for fanout and throughput [default: 1,000,000]
    #[arg(long, value_name = "MESSAGES", value_parser = clap::value_parser!(u64).range(1..), global = true)]
    limit: Option<u64>,
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
    #[command(after_help = examples::CONNECT)]
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
    #[command(after_help = examples::FANOUT)]
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
        #[arg(long, default_value_t = 8, value_parser = at_least_one, conflicts_with = "rate")]
        in_flight: usize,
        /// Bytes of a message's text
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(30..=16_000))]
        text: u32,
    },
    /// Many senders; tell how many messages a second are committed and acknowledged
    #[command(after_help = examples::THROUGHPUT)]
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
    #[command(after_help = examples::STORM)]
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
    #[command(after_help = examples::ALL)]
    All,
}

/// How long senders send, unless said otherwise.
const SECONDS: Duration = Duration::from_secs(10);
/// How many messages they send at most.
const MESSAGES: u64 = 1_000_000;

impl LoadArgs {
    fn sets(&self) -> Vec<Set> {
        let bounds = Bounds {
            length: self.length().unwrap_or(SECONDS),
            messages: self.limit.unwrap_or(MESSAGES),
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

    fn length(&self) -> Option<Duration> {
        self.seconds.map(Duration::from_secs)
    }

    /// Refuses what would not do anything. Not said to clap: it asks before it has looked behind
    /// the scenario's name.
    fn check(&self) -> Result<(), LoadError> {
        let scenario = match self.scenario {
            Scenario::Connect { .. } => "connect",
            Scenario::Storm { .. } => "storm",
            Scenario::Fanout { .. } | Scenario::Throughput { .. } | Scenario::All => "",
        };
        if self.limit.is_some() && !scenario.is_empty() {
            return Err(LoadError::new(format!(
                "--limit is of the messages of fanout and throughput; {scenario} has -n and ends \
                 after --seconds"
            )));
        }
        if self.awake && scenario == "storm" {
            return Err(LoadError::new(
                "--awake is for messages on their way, and storm does not wait for any",
            ));
        }
        let of_others = self.server_pid.is_some() || self.dev || self.token_command.is_some();
        if self.spawn && of_others {
            return Err(LoadError::new(
                "--server-pid, --dev and --token-command are for a server that runs already; \
                 what is known of one that is started with --spawn is known",
            ));
        }
        if self.dev && self.token_command.is_some() {
            return Err(LoadError::new("it is either --dev or --token-command"));
        }
        Ok(())
    }

    /// The server to load; `None` if one is to be started.
    fn address(&self) -> Result<Option<SocketAddr>, LoadError> {
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
        if self.sources.is_some() && !addr.ip().is_loopback() {
            return Err(LoadError::new(
                "--sources is for a server on this machine's loopback",
            ));
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
        Ok(Done { clean: false, .. }) => ExitCode::FAILURE,
        Ok(Done {
            interrupted: true, ..
        }) => ExitCode::from(130),
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            note!("causerie load: {error}");
            ExitCode::from(2)
        }
    }
}

/// How a run ended.
struct Done {
    clean: bool,
    interrupted: bool,
}

fn try_run(args: &LoadArgs) -> Result<Done, LoadError> {
    args.check()?;
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
                ends.interrupt();
            }
        });
        if let Some(cores) = cores
            && !args.quiet
        {
            note!("{cores}");
        }
        let mut reports = Vec::new();
        for set in args.sets() {
            let stage = args.stage(addr, cores, &stop).await;
            let measured = match stage {
                Ok(mut stage) => {
                    if let (Set::Connect(_) | Set::Storm(_), Some(length)) = (&set, args.length()) {
                        stage.stop = stop.within(length);
                    }
                    let measured = set.measure(&stage).await;
                    stage.say_end();
                    measured
                }
                Err(error) => Err(error),
            };
            let report = match measured {
                // The figures of the scenarios before stand.
                Err(error) if stop.is_interrupted() => {
                    note!("causerie load: {error}");
                    break;
                }
                measured => measured?,
            };
            if !args.json {
                say!("{}", report.table());
            }
            reports.push(report);
            if stop.is_interrupted() {
                break;
            }
        }
        let clean = reports.iter().all(Report::is_clean);
        if args.json && !reports.is_empty() {
            let scenarios: Vec<_> = reports.iter().map(Report::to_json).collect();
            say!(
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
        let interrupted = stop.is_interrupted();
        Ok(Done { clean, interrupted })
    })
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("at least 1".to_owned()),
        Ok(number) => Ok(number),
        Err(_) => Err(format!("`{text}` is no number")),
    }
}
