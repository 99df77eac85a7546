//! `causerie serve`.

use std::{
    fmt::Write as _,
    future::pending,
    io::{self, IsTerminal as _},
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
};

use causerie_cli::{note, output, say};
use causerie_server::{
    config::{Config, JwtSettings, Settings},
    listener::{self, Core, Server},
    store::sqlite::{Options, SqliteStore},
};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::oneshot,
};
use tracing_subscriber::EnvFilter;

use crate::Refused;

const EXAMPLES: &str = "Examples:
  causerie serve --dev
      on this machine only: any origin, no rate limits, tokens by POST /dev/token
  CAUSERIE_JWT_SECRET=… causerie serve --listen 0.0.0.0:4000 --data /var/lib/causerie
      with tokens that your backend signs with HS256 and this secret
  causerie serve --jwt-key jwt.pem --allow-origin https://app.example
      with tokens that your backend signs with the private key to this public one
  causerie serve --config causerie.json --check-config
      says whether the configuration can be used, and ends

It prints `listening on ws://…` when it is ready, logs to stderr (set CAUSERIE_LOG=debug for
more), and ends on SIGTERM once clients are told when to come back.";

/// What HS256 asks of its secret, at least.
const SECRET_BYTES: usize = 32;

/// Arguments of `causerie serve`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:4000]
    #[arg(long, value_name = "ADDRESS", env = "CAUSERIE_LISTEN")]
    listen: Option<SocketAddr>,
    /// The folder of the database; made if it is not there [default: causerie-data]
    #[arg(long, value_name = "FOLDER", env = "CAUSERIE_DATA")]
    data: Option<PathBuf>,
    /// For a developer's machine: any origin, no rate limits, POST /dev/token on loopback; makes a
    /// secret and prints it if there is none
    #[arg(long)]
    dev: bool,
    /// A PEM with the public key (RSA, P-256 or Ed25519) to check tokens with
    #[arg(long, value_name = "FILE", env = "CAUSERIE_JWT_KEY")]
    jwt_key: Option<PathBuf>,
    /// What the claim `iss` must be
    #[arg(long, value_name = "ISSUER", env = "CAUSERIE_JWT_ISSUER")]
    jwt_issuer: Option<String>,
    /// What the claim `aud` must be or hold
    #[arg(long, value_name = "AUDIENCE", env = "CAUSERIE_JWT_AUDIENCE")]
    jwt_audience: Option<String>,
    /// The claim that holds the user id [default: sub]
    #[arg(long, value_name = "CLAIM", env = "CAUSERIE_JWT_USER_CLAIM")]
    jwt_user_claim: Option<String>,
    /// An origin whose pages may connect, beside the server's own host; may be repeated
    #[arg(
        long = "allow-origin",
        value_name = "ORIGIN",
        env = "CAUSERIE_ALLOW_ORIGIN",
        value_delimiter = ','
    )]
    allow_origin: Option<Vec<String>>,
    /// A JSON file with settings; flags and environment go first
    #[arg(long, value_name = "FILE", env = "CAUSERIE_CONFIG")]
    config: Option<PathBuf>,
    /// Say whether the configuration can be used, and end
    #[arg(long)]
    check_config: bool,
    /// End also when the standard input ends, which is when the program that started this and
    /// holds the other end of its pipe is gone
    #[arg(long, env = "CAUSERIE_END_WITH_STDIN")]
    end_with_stdin: bool,
    /// Write the log as JSON
    #[arg(long)]
    log_json: bool,
    /// Where tests order faults; on loopback only
    #[cfg(feature = "control")]
    #[arg(long, value_name = "ADDRESS")]
    control: Option<SocketAddr>,
}

impl Args {
    fn settings(&self) -> Result<Config, Refused> {
        let set = Settings {
            listen: self.listen,
            data: self.data.clone(),
            jwt: JwtSettings {
                key_file: self.jwt_key.clone(),
                issuer: self.jwt_issuer.clone(),
                audience: self.jwt_audience.clone(),
                user_claim: self.jwt_user_claim.clone(),
            },
            allowed_origins: self.allow_origin.clone(),
            max_connections: None,
            rate: None,
        };
        let file = match &self.config {
            Some(path) => Settings::from_file(path)?,
            None => Settings::default(),
        };
        Ok(set.or(file).complete(self.dev)?)
    }
}

/// Runs the server until it is told to end.
pub fn run(args: Args) -> Result<(), Refused> {
    let config = args.settings()?;
    let given = std::env::var("CAUSERIE_JWT_SECRET").ok();
    let makes_one = given.is_none() && config.dev && !config.has_public_key();
    let made = makes_one.then(make_secret);
    let auth = config.auth(given.as_deref().or(made.as_deref()))?;
    if args.check_config {
        say!("the configuration can be used");
        return Ok(());
    }
    log_to_stderr(args.log_json);
    warn_of_short_secret(&config, given.as_deref());
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(async {
            // Before anything is ready, so that an early signal is not lost.
            let mut terminate = signal(SignalKind::terminate())?;
            let mut interrupt = signal(SignalKind::interrupt())?;
            let listener = listener::bind(config.listen)
                .map_err(|error| Refused(format!("cannot listen on {}: {error}", config.listen)))?;
            let core = Core::default();
            let clock = core.clock.clone();
            let store = SqliteStore::open(
                &config.data,
                Options::default()
                    .clock(move || clock.wall())
                    .on_broken(end_without_store),
                core.publisher(),
            )?;
            let server = Server::new(
                core,
                Arc::new(store),
                auth,
                config.connections(),
                config.options(),
            );
            #[cfg(feature = "control")]
            if let Some(address) = args.control {
                let control = listener::bind(address)
                    .map_err(|error| Refused(format!("cannot listen on {address}: {error}")))?;
                let server = Arc::clone(&server);
                tokio::spawn(async move { causerie_server::control::run(control, server).await });
            }
            // Only now, so that whatever cannot be used is the one line that is printed.
            if let Some(secret) = made {
                note!("no CAUSERIE_JWT_SECRET is set; tokens of this run are made with");
                note!("CAUSERIE_JWT_SECRET={secret}");
            }
            let address = listener.local_addr()?;
            if let Err(error) = output::try_line(format_args!("listening on ws://{address}/ws")) {
                tracing::warn!(%address, %error, "listening, which standard output does not take");
            }
            let orphaned = input_ends(args.end_with_stdin);
            listener::run(listener, server, async {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                    () = orphaned => {}
                }
            })
            .await;
            Ok(())
        })
}

/// Waits until nobody can write to the standard input any more; for ever if that is not wanted.
async fn input_ends(wanted: bool) {
    if !wanted {
        return pending().await;
    }
    let (ends, ended) = oneshot::channel();
    // A thread of its own: a read cannot be interrupted, and the process does not wait for it.
    std::thread::spawn(move || {
        // An input that cannot be read has ended, too.
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        let _: Result<(), ()> = ends.send(());
    });
    let _ = ended.await;
}

/// Not refused, since what signs tokens is in use elsewhere and not changed by one server.
fn warn_of_short_secret(config: &Config, secret: Option<&str>) {
    let Some(secret) = secret.filter(|_| !config.dev && !config.has_public_key()) else {
        return;
    };
    if secret.len() < SECRET_BYTES {
        tracing::warn!(
            bytes = secret.len(),
            "CAUSERIE_JWT_SECRET is shorter than the {SECRET_BYTES} bytes that HS256 asks for (RFC 7518 §3.2): \
             whoever holds one token can find it by trying, and then be anybody"
        );
    }
}

/// Whoever supervises the server starts it again, and nothing that was acknowledged is lost; one that
/// goes on without a part of its store is no use to anybody.
fn end_without_store() {
    note!("causerie: a part of the store broke (a bug; see above); the server ends");
    std::process::exit(1);
}

/// A secret of this run only.
fn make_secret() -> String {
    let mut secret = String::new();
    for _ in 0..2 {
        let _ = write!(secret, "{}", random_uuid().simple());
    }
    secret
}

#[expect(
    clippy::disallowed_methods,
    reason = "a driver: the secret of a development run is made here"
)]
fn random_uuid() -> uuid::Uuid {
    uuid::Uuid::now_v7()
}

fn log_to_stderr(json: bool) {
    let filter = EnvFilter::try_from_env("CAUSERIE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // What says so is `eprintln!`, which panics when the log has no room or no reader: a line of
        // the log is lost then, and nothing else.
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    if json {
        log.json().init();
    } else {
        log.init();
    }
}
