//! The server as a process of its own, which can be killed with -9 and started again on the same
//! port and data: for the demo, the tests and the benchmarks.

use std::{
    ffi::OsString,
    fmt, fs,
    io::{self, BufRead, BufReader, Write},
    net::SocketAddr,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio},
    time::{Duration, SystemTime},
};

use causerie_protocol::{Millis, UserId};
use causerie_server::auth::{Auth, Rules};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{sync::oneshot, time::timeout};

use crate::port;

/// How long a server may take until it listens.
const STARTS_WITHIN: Duration = Duration::from_secs(20);
/// How it says so.
const LISTENS: &str = "listening on ";
/// Of tokens, unless said otherwise.
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A server that can be started, killed and started again. Dropping it kills it, and it ends with
/// this process however that ends. What a terminal sends to this process's group, as Ctrl-C, does
/// not reach it.
#[derive(Debug)]
pub struct Backend {
    program: PathBuf,
    folder: PathBuf,
    addr: SocketAddr,
    secret: String,
    arguments: Vec<String>,
    environment: Vec<(String, OsString)>,
    log_to: Option<PathBuf>,
    child: Option<Child>,
    /// While this is open, the server goes on.
    lifeline: Option<ChildStdin>,
}

/// Why a server did not start, with what it said.
#[derive(Debug)]
pub struct NotStarted {
    /// How it ended, if it did.
    pub status: Option<ExitStatus>,
    /// What it wrote to its log.
    pub log: String,
}

impl fmt::Display for NotStarted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            Some(status) => write!(f, "the server ended with {status}: {}", self.log.trim()),
            None => write!(f, "the server did not start: {}", self.log.trim()),
        }
    }
}

impl std::error::Error for NotStarted {}

impl Backend {
    /// Prepares a server of this program (`causerie`) on a free port of the loopback. Its data and
    /// its log lie in `folder`. Nothing is started yet.
    ///
    /// # Errors
    /// If there is no free port or the folder cannot be made.
    pub fn new(program: &Path, folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self {
            program: program.to_owned(),
            folder: folder.to_owned(),
            addr: port::free()?,
            secret: format!("a secret of this run only, {}", std::process::id()),
            arguments: Vec::new(),
            environment: Vec::new(),
            log_to: None,
            child: None,
            lifeline: None,
        })
    }

    /// Adds an argument for `causerie serve`, from the next start on.
    pub fn argument(&mut self, argument: impl Into<String>) {
        self.arguments.push(argument.into());
    }

    /// Sets a variable of its environment, from the next start on. A later value replaces an
    /// earlier one.
    pub fn variable(&mut self, name: impl Into<String>, value: impl Into<OsString>) {
        let (name, value) = (name.into(), value.into());
        self.environment.retain(|(present, _)| *present != name);
        self.environment.push((name, value));
    }

    /// Has it write its log elsewhere, from the next start on. [`Self::log`] does not look there.
    pub fn log_to(&mut self, path: impl Into<PathBuf>) {
        self.log_to = Some(path.into());
    }

    /// The secret that its tokens are made with.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Its process, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Where its data lie.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The command that starts it, for whoever starts it in a way of their own.
    ///
    /// # Errors
    /// If its log cannot be opened.
    pub fn command(&self) -> io::Result<Command> {
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log_to.clone().unwrap_or_else(|| self.log_path()))?;
        let mut command = Command::new(&self.program);
        command
            .args(["serve", "--dev", "--listen", &self.addr.to_string()])
            .arg("--data")
            .arg(self.data())
            .args(&self.arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .env("CAUSERIE_JWT_SECRET", &self.secret)
            // Not the flag: servers that do not know it yet are started, too.
            .env("CAUSERIE_END_WITH_STDIN", "true")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .process_group(0);
        Ok(command)
    }

    fn log_path(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    /// What it has written so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// Starts it and waits until it says that it listens.
    ///
    /// # Errors
    /// If it ends instead, or says nothing.
    pub async fn start(&mut self) -> Result<(), NotStarted> {
        self.kill();
        let spawned = self.command().and_then(|mut command| command.spawn());
        let mut child = spawned.map_err(|error| NotStarted {
            status: None,
            log: format!("{}: {error}", self.program.display()),
        })?;
        let output = child.stdout.take();
        // Not left in the child, whose `wait` would close it.
        self.lifeline = child.stdin.take();
        self.child = Some(child);
        let (says, said) = oneshot::channel();
        let log = self.log_path();
        // It ends with the server.
        std::thread::spawn(move || listen(output, &log, says));
        match timeout(STARTS_WITHIN, said).await {
            Ok(Ok(())) => Ok(()),
            // Its output ended: it has, too, or is about to.
            Ok(Err(_)) => {
                let status = self.wait().await.ok();
                Err(self.not_started(status))
            }
            Err(_) => Err(self.not_started(None)),
        }
    }

    fn not_started(&self, status: Option<ExitStatus>) -> NotStarted {
        NotStarted {
            status,
            log: self.log(),
        }
    }

    /// Kills it with SIGKILL and waits until it is gone. Nothing happens if it does not run.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Both fail only if it is gone already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Sends another signal: SIGTERM, SIGSTOP, SIGCONT.
    ///
    /// # Errors
    /// If it does not run.
    pub fn signal(&self, signal: Signal) -> nix::Result<()> {
        let pid = self.pid().ok_or(nix::errno::Errno::ESRCH)?;
        let pid = i32::try_from(pid).map_err(|_| nix::errno::Errno::ESRCH)?;
        kill(Pid::from_raw(pid), signal)
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    /// If it does not run.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        let mut child = self.child.take().ok_or(io::ErrorKind::NotFound)?;
        tokio::task::spawn_blocking(move || child.wait())
            .await
            .map_err(io::Error::other)?
    }

    /// A token for this user that this server takes, valid for a day.
    ///
    /// # Errors
    /// If the name is no user id.
    pub fn token(&self, user: &str) -> io::Result<String> {
        self.token_for(user, A_DAY)
    }

    /// A token that is valid for so long.
    ///
    /// # Errors
    /// If the name is no user id.
    pub fn token_for(&self, user: &str, lifetime: Duration) -> io::Result<String> {
        let user = UserId::new(user).map_err(io::Error::other)?;
        let auth = Auth::from_secret(self.secret.as_bytes(), Rules::default());
        let lifetime = u64::try_from(lifetime.as_millis()).unwrap_or(Millis::MAX);
        auth.map_err(io::Error::other)?
            .mint(&user, now().saturating_add(lifetime), None)
            .ok_or_else(|| io::Error::other("no token could be made"))
    }
}

/// Copies what it prints to its log, and tells when it listens.
fn listen(output: Option<ChildStdout>, log: &Path, says: oneshot::Sender<()>) {
    let mut log = fs::OpenOptions::new().append(true).open(log).ok();
    let mut says = Some(says);
    for line in output
        .into_iter()
        .flat_map(|output| BufReader::new(output).lines())
    {
        let Ok(line) = line else { return };
        if let Some(log) = &mut log {
            // The log is for people; the server goes on without it.
            let _ = writeln!(log, "{line}");
        }
        if line.starts_with(LISTENS)
            && let Some(says) = says.take()
        {
            let _ = says.send(());
        }
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.kill();
    }
}

#[expect(clippy::disallowed_methods, reason = "tokens expire by the calendar")]
fn now() -> Millis {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |time| u64::try_from(time.as_millis()).unwrap_or(0))
}
