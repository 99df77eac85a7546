//! What every scenario needs: a server, users with tokens, conversations, and a way to end.

use std::{
    cell::RefCell,
    fmt,
    io::{self, IsTerminal as _},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
    rc::Rc,
    time::Duration,
};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
#[cfg(target_os = "linux")]
use nix::{
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    unistd::Pid,
};
use serde_json::json;
use tempfile::TempDir;
use tokio::time::timeout;

use super::{
    LoadError,
    member::{Member, Opened},
    new_id,
    process::Process,
    stop::Stop,
    target::Tokens,
};
use crate::{backend::Backend, raw::RawClient};
use crate::{note, output};

/// How long one opening may take.
const OPENS_WITHIN: Duration = Duration::from_secs(60);
/// How many openings are under way at once.
pub const AT_ONCE: usize = 256;
/// Most members that `create_conversation` takes beside its creator, with some to spare.
const FIRST_MEMBERS: usize = 999;
/// Most members that one `add_members` takes.
const MORE_MEMBERS: usize = 100;
/// Connections from one address: the system has some 28,000 ports for it.
const PER_SOURCE: usize = 20_000;
/// Files that this process has open beside its connections.
const OTHER_FILES: u64 = 100;

/// Which core is whose.
#[derive(Debug, Clone, Copy)]
pub struct Cores {
    server: usize,
    load: usize,
}

impl Cores {
    /// Takes the first two cores that this process may use, and moves it to the second one. To be
    /// called before there are threads.
    ///
    /// # Errors
    /// If the system does not let it.
    pub fn take() -> Result<Self, LoadError> {
        let mut cores = allowed()?.into_iter();
        let server = cores
            .next()
            .ok_or_else(|| LoadError::new("no core is allowed"))?;
        let load = cores.next().unwrap_or(server);
        pin(load)?;
        Ok(Self { server, load })
    }

    /// Moves the thread that calls this to the server's core.
    ///
    /// # Errors
    /// If the system does not let it.
    pub fn pin_as_server(self) -> Result<(), LoadError> {
        pin(self.server)
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

/// The cores that this process may use.
#[cfg(target_os = "linux")]
fn allowed() -> Result<Vec<usize>, LoadError> {
    let allowed = sched_getaffinity(Pid::from_raw(0))?;
    let cores = 0..CpuSet::count();
    Ok(cores
        .filter(|core| allowed.is_set(*core) == Ok(true))
        .collect())
}

#[cfg(target_os = "linux")]
fn pin(core: usize) -> Result<(), LoadError> {
    let mut set = CpuSet::new();
    set.set(core)?;
    Ok(sched_setaffinity(Pid::from_raw(0), &set)?)
}

#[cfg(not(target_os = "linux"))]
fn allowed() -> Result<Vec<usize>, LoadError> {
    Err(LoadError::new("cores can be chosen on Linux only"))
}

#[cfg(not(target_os = "linux"))]
fn pin(_core: usize) -> Result<(), LoadError> {
    Err(LoadError::new("cores can be chosen on Linux only"))
}

/// A server and all that a scenario needs to load it.
#[derive(Debug)]
pub struct Stage {
    addr: SocketAddr,
    tokens: Tokens,
    /// The server's process, if it is known.
    pub server: Option<Process>,
    /// Shared by all readers.
    pub buffer: Rc<RefCell<Vec<u8>>>,
    /// Ends the run.
    pub stop: Stop,
    /// Say on stderr how far it is.
    pub progress: bool,
    /// Do not sleep while messages are on their way.
    pub awake: bool,
    /// The users' names begin with this.
    pub prefix: String,
    sources: Vec<IpAddr>,
    // Behind each other: the server ends before its folder goes.
    _backend: Option<Backend>,
    _folder: Option<TempDir>,
}

impl Stage {
    /// A server that runs already.
    pub fn at(addr: SocketAddr, tokens: Tokens, server: Option<Process>) -> Self {
        Self {
            addr,
            tokens,
            server,
            buffer: Rc::new(RefCell::new(vec![0; 256 * 1024])),
            stop: Stop::default(),
            progress: false,
            awake: false,
            prefix: "load".to_owned(),
            sources: Vec::new(),
            _backend: None,
            _folder: None,
        }
    }

    /// Starts a server of its own, with its data in a folder below this one that goes away with it.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn spawn(
        program: &Path,
        below: &Path,
        cores: Option<Cores>,
    ) -> Result<Self, LoadError> {
        let folder = tempfile::tempdir_in(below)?;
        let mut backend = Backend::new(program, folder.path())?;
        // A child takes its parent's core, and its parent's limit of open files.
        raise_file_limit()?;
        if let Some(cores) = cores {
            cores.pin_as_server()?;
        }
        let started = backend.start().await;
        if let Some(cores) = cores {
            pin(cores.load)?;
        }
        started?;
        let tokens = Tokens::from_secret(backend.secret())?;
        let server = backend.pid().map(Process).filter(|_| Process::is_told());
        let mut stage = Self::at(backend.addr(), tokens, server);
        stage._backend = Some(backend);
        stage._folder = Some(folder);
        Ok(stage)
    }

    /// Has the connections come from so many addresses of the loopback. Default one for each
    /// 20,000 of them. Of no consequence for a server elsewhere.
    pub fn set_sources(&mut self, sources: u8) {
        self.sources = (0..sources)
            .filter(|_| self.addr.ip() == IpAddr::V4(Ipv4Addr::LOCALHOST))
            .map(|n| IpAddr::V4(Ipv4Addr::new(127, 0, 0, n.saturating_add(1))))
            .collect();
    }

    /// Where the n-th connection comes from.
    pub fn source(&self, n: usize) -> Option<IpAddr> {
        if let Some(index) = n.checked_rem(self.sources.len()) {
            return self.sources.get(index).copied();
        }
        let number = u8::try_from(n / PER_SOURCE).ok().filter(|n| *n > 0)?;
        let is_local = self.addr.ip() == IpAddr::V4(Ipv4Addr::LOCALHOST);
        is_local.then(|| IpAddr::V4(Ipv4Addr::new(127, 0, 0, number.saturating_add(1))))
    }

    /// The names of so many users.
    pub fn users(&self, count: usize) -> Vec<String> {
        let prefix = &self.prefix;
        (0..count).map(|n| format!("{prefix}{n:05}")).collect()
    }

    /// A user's member, known to nothing yet.
    ///
    /// # Errors
    /// If there is no token.
    pub async fn member(&self, user: &str) -> Result<Member, LoadError> {
        Ok(Member {
            addr: self.addr,
            token: self.tokens.get(user).await?,
            client_id: new_id(),
            epoch: None,
            rooms: Vec::new(),
        })
    }

    /// Members of one conversation each, subscribed to it, as many to one as there are names in a
    /// chunk.
    ///
    /// # Errors
    /// If there is no token or a conversation cannot be made.
    pub async fn members(&self, users: &[String], room: usize) -> Result<Vec<Member>, LoadError> {
        let mut members = Vec::new();
        for present in users.chunks(room) {
            let room = self.conversation(present).await?;
            for user in present {
                if self.stop.is_set() {
                    return Err(self.stop.too_early());
                }
                let mut member = self.member(user).await?;
                member.rooms.push((room.clone(), None));
                members.push(member);
            }
        }
        Ok(members)
    }

    /// A connection that speaks and understands JSON, for what is not measured.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn client(&self, user: &str) -> Result<RawClient, LoadError> {
        let token = self.tokens.get(user).await?;
        let id = new_id().to_string();
        Ok(RawClient::open(self.addr, &token, &id).await?)
    }

    /// Lets the first of these users make a group conversation with the others.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn conversation(&self, users: &[String]) -> Result<String, LoadError> {
        let [owner, others @ ..] = users else {
            return Err(LoadError::new("a conversation needs somebody"));
        };
        let id = new_id().to_string();
        let mut client = self.client(owner).await?;
        let (first, more) = others.split_at(others.len().min(FIRST_MEMBERS));
        let create = json!({
            "temp_id": new_id(), "conversation_id": id, "kind": "group", "members": first,
        });
        client.request("create_conversation", create).await?;
        for some in more.chunks(MORE_MEMBERS) {
            let add = json!({"temp_id": new_id(), "conversation_id": id, "user_ids": some});
            client.request("add_members", add).await?;
        }
        client.close().await;
        Ok(id)
    }

    /// Opens many members, some at a time. The n-th of these is the `first + n`-th connection.
    ///
    /// # Errors
    /// If one of them is refused, or the run is ended.
    pub async fn open(&self, members: &[Member], first: usize) -> Result<Vec<Opened>, LoadError> {
        let mut opened = Vec::new();
        for some in members.chunks(AT_ONCE) {
            if self.stop.is_set() {
                return Err(self.stop.too_early());
            }
            let tasks: Vec<_> = some
                .iter()
                .cloned()
                .zip(first + opened.len()..)
                .map(|(member, n)| {
                    let (buffer, from) = (Rc::clone(&self.buffer), self.source(n));
                    tokio::task::spawn_local(async move { open(&member, from, &buffer).await })
                })
                .collect();
            for task in tasks {
                let done = self.stop.or(task).await;
                let done = done.ok_or_else(|| self.stop.too_early())?;
                opened.push(done.map_err(LoadError::of)??);
            }
        }
        Ok(opened)
    }

    /// Says how far the run is.
    pub fn say(&self, what: impl fmt::Display) {
        if self.progress {
            // A line that is overwritten on a terminal, and lines in a file.
            if io::stderr().is_terminal() {
                output::part(format_args!("\r\x1b[K{what}"));
            } else {
                note!("{what}");
            }
        }
    }
}

impl Stage {
    /// The run is over: what was said of its progress goes.
    pub fn say_end(&self) {
        if self.progress && io::stderr().is_terminal() {
            output::part(format_args!("\r\x1b[K"));
        }
    }
}

/// Opens one member, with patience for as long as a crowd takes.
///
/// # Errors
/// If it is refused or takes too long.
pub async fn open(
    member: &Member,
    from: Option<IpAddr>,
    buffer: &RefCell<Vec<u8>>,
) -> io::Result<Opened> {
    match timeout(OPENS_WITHIN, member.open_from(from, buffer)).await {
        Ok(opened) => opened,
        Err(_) => Err(io::Error::new(
            io::ErrorKind::TimedOut,
            format!("no connection within {OPENS_WITHIN:?}"),
        )),
    }
}

/// Raises the limit of open files as far as the system lets, and gives it.
///
/// # Errors
/// If the system does not tell.
pub fn raise_file_limit() -> Result<u64, LoadError> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
    Ok(hard)
}

/// Makes room for so many connections.
///
/// # Errors
/// If the system has a limit below that.
pub fn make_room_for(connections: usize) -> Result<(), LoadError> {
    let limit = raise_file_limit()?;
    if (connections as u64).saturating_add(OTHER_FILES) > limit {
        return Err(LoadError::new(format!(
            "{connections} connections need as many open files, and the limit is {limit} \
             (ulimit -n)"
        )));
    }
    Ok(())
}
