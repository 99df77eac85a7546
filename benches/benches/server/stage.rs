//! What every case needs: the server on its core, users with tokens, a conversation, clocks.

use std::{
    cell::RefCell,
    fmt, fs, io,
    path::{Path, PathBuf},
    rc::Rc,
    time::{Duration, Instant},
};

use causerie_cli::{
    backend::{Backend, NotStarted},
    load::{
        member::{Member, Opened},
        watch::Watch,
    },
    raw::{RawClient, RawError},
};
use nix::{
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    sys::resource::{Resource, getrlimit, setrlimit},
    unistd::Pid,
};
use serde_json::json;
use tempfile::TempDir;
use uuid::Uuid;

/// Everything that can go wrong here ends the benchmark with a sentence.
#[derive(Debug)]
pub struct StageError(String);

impl fmt::Display for StageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StageError {}

macro_rules! from {
    ($($error:ty),+) => {
        $(impl From<$error> for StageError {
            fn from(error: $error) -> Self {
                Self(error.to_string())
            }
        })+
    };
}

from!(io::Error, nix::Error, NotStarted, RawError, String);

/// Which core is whose.
#[derive(Debug, Clone, Copy)]
pub struct Cores {
    server: usize,
    load: usize,
}

impl Cores {
    /// Takes the first two cores that this process may use, and moves it to the second one.
    pub fn take() -> Result<Self, StageError> {
        let allowed = sched_getaffinity(Pid::from_raw(0))?;
        let mut cores = (0..CpuSet::count()).filter(|core| allowed.is_set(*core) == Ok(true));
        let server = cores
            .next()
            .ok_or_else(|| "no core is allowed".to_owned())?;
        let load = cores.next().unwrap_or(server);
        pin(load)?;
        Ok(Self { server, load })
    }
}

impl fmt::Display for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the server on core {}, the load on core {}",
            self.server, self.load
        )?;
        if self.server == self.load {
            write!(f, " (there is no second one: the figures are too bad)")?;
        }
        Ok(())
    }
}

fn pin(core: usize) -> Result<(), StageError> {
    let mut set = CpuSet::new();
    set.set(core)?;
    Ok(sched_setaffinity(Pid::from_raw(0), &set)?)
}

/// A server that is not started, and room for its data.
pub struct Stage {
    /// The server.
    pub backend: Backend,
    /// Shared by all readers.
    pub buffer: Rc<RefCell<Vec<u8>>>,
    cores: Cores,
    _folder: TempDir,
}

impl Stage {
    /// Makes a folder below this one.
    pub fn new(below: &Path, cores: Cores) -> Result<Self, StageError> {
        let folder = tempfile::tempdir_in(below)?;
        Ok(Self {
            backend: Backend::new(&program()?, folder.path())?,
            buffer: Rc::new(RefCell::new(vec![0; 256 * 1024])),
            cores,
            _folder: folder,
        })
    }

    /// Starts the server on its own core: a child takes its parent's.
    pub async fn start(&mut self) -> Result<(), StageError> {
        pin(self.cores.server)?;
        let started = self.backend.start().await;
        pin(self.cores.load)?;
        Ok(started?)
    }

    /// A user's member, known to nothing yet.
    pub fn member(&self, user: &str) -> Result<Member, StageError> {
        Ok(Member {
            addr: self.backend.addr(),
            token: self.backend.token(user)?,
            client_id: new_id(),
            epoch: None,
            rooms: Vec::new(),
        })
    }

    /// Lets the first of these users make a group conversation with the others.
    pub async fn conversation(&self, users: &[String]) -> Result<String, StageError> {
        let [owner, others @ ..] = users else {
            return Err(StageError("a conversation needs somebody".to_owned()));
        };
        let id = new_id().to_string();
        let token = self.backend.token(owner)?;
        let mut client =
            RawClient::open(self.backend.addr(), &token, &new_id().to_string()).await?;
        client
            .request(
                "create_conversation",
                json!({"temp_id": new_id(), "conversation_id": id, "kind": "group", "members": others}),
            )
            .await?;
        client.close().await;
        Ok(id)
    }

    /// Opens many members, a few hundred at a time.
    pub async fn open(&self, members: &[Member]) -> Result<Vec<Opened>, StageError> {
        let mut opened = Vec::new();
        for some in members.chunks(256) {
            let tasks: Vec<_> = some
                .iter()
                .cloned()
                .map(|member| {
                    let buffer = Rc::clone(&self.buffer);
                    tokio::task::spawn_local(async move { member.open(&buffer).await })
                })
                .collect();
            for task in tasks {
                opened.push(task.await.map_err(io::Error::other)??);
            }
        }
        Ok(opened)
    }

    /// The processor time that the server and the load have used so far.
    pub fn processor_time(&self) -> Result<[Duration; 2], StageError> {
        let pid = self.backend.pid().map(|pid| pid.to_string());
        let pid = pid.ok_or_else(|| "the server does not run".to_owned())?;
        Ok([processor_time(&pid)?, processor_time("self")?])
    }

    /// The server's resident memory in bytes.
    pub fn resident(&self) -> Result<u64, StageError> {
        let pid = self
            .backend
            .pid()
            .ok_or_else(|| "the server does not run".to_owned())?;
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
        kib.map(|kib| kib * 1024)
            .ok_or_else(|| StageError("the kernel tells no VmRSS".to_owned()))
    }
}

/// User and system time of a process, in the kernel's ticks of 10 ms.
fn processor_time(pid: &str) -> Result<Duration, StageError> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in parentheses may hold spaces; state is the first field behind it.
    let fields = stat
        .rsplit_once(')')
        .map(|(_, rest)| rest.split_whitespace());
    let ticks: u64 = fields
        .into_iter()
        .flatten()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Ok(Duration::from_millis(ticks * 10))
}

/// The share of a core that was used between two times, in percent.
pub fn share(from: Duration, to: Duration, took: Duration) -> f64 {
    ((to - from).as_secs_f64() / took.as_secs_f64() * 100.0).round()
}

/// The names of so many users.
pub fn users(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("user{n:05}")).collect()
}

/// A new UUIDv7.
#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark makes ids from nothing"
)]
pub fn new_id() -> Uuid {
    Uuid::now_v7()
}

/// The time now.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
pub fn now() -> Instant {
    Instant::now()
}

/// Raises the limit of open files as far as the system lets, and gives it.
pub fn raise_file_limit() -> Result<u64, StageError> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
    Ok(hard)
}

/// In milliseconds.
pub fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 100_000.0).round() / 100.0
}

/// Fails if a receiver missed anything, got it twice or in the wrong order.
pub fn verify(watch: &Watch, expected: u64) -> Result<(), StageError> {
    if watch.is_clean() && watch.received == expected {
        return Ok(());
    }
    Err(StageError(format!(
        "the receivers got {} of {expected} events; {} lost, {} doubled, {} out of order",
        watch.received, watch.lost, watch.doubled, watch.out_of_order
    )))
}

/// The release binary beside this benchmark, or the one that the environment names.
fn program() -> Result<PathBuf, StageError> {
    if let Some(named) = std::env::var_os("CAUSERIE_BIN") {
        return Ok(named.into());
    }
    let this = std::env::current_exe()?;
    // target/release/deps/server-…
    let beside = this
        .parent()
        .and_then(Path::parent)
        .map(|folder| folder.join("causerie"));
    beside.filter(|path| path.exists()).ok_or_else(|| {
        StageError("there is no server yet: cargo build --release -p causerie-cli".to_owned())
    })
}
