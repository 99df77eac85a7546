//! A real client as a process of its own, around the public SDK: `causerie demo-client`. It is told
//! what to say, tells what its screen shows, and can be killed.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
};

use causerie_cli::demo::{
    cue::{Cue, Report},
    seen::{Mark, Mirror, Seen},
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::watch,
    task::JoinHandle,
};

use crate::{House, program, within};

/// How long a test waits for what a client must do.
const PATIENCE: u64 = 60;

/// What a client's process has told so far, in its present life.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// What its screen shows.
    pub screen: Mirror,
    /// Whether frames flow.
    pub live: bool,
    /// Writes in its outbox.
    pub waiting: usize,
    /// Why those that failed did.
    pub failed: Vec<String>,
    /// What it said: by number, the key.
    pub said: BTreeMap<usize, String>,
    /// Calls that failed.
    pub troubles: Vec<String>,
    /// Whether the screen has shown what there is.
    pub ready: bool,
    /// Whether its output ended: it is dead.
    pub ended: bool,
    /// Moments at which the screen showed something twice or out of order.
    pub flaws: usize,
    dumps: Vec<Vec<Seen>>,
}

/// A client that can be started, killed and started again.
#[derive(Debug)]
pub struct Player {
    user: String,
    peer: String,
    data: PathBuf,
    server: SocketAddr,
    token: String,
    arguments: Vec<String>,
    environment: Vec<(String, OsString)>,
    life: Option<Life>,
    state: watch::Sender<State>,
    /// All that it ever said, by number.
    said: BTreeMap<usize, String>,
    next: usize,
}

#[derive(Debug)]
struct Life {
    child: Child,
    input: ChildStdin,
    reader: JoinHandle<()>,
}

impl Player {
    /// A client of this user, who talks with `peer`. Not started yet.
    pub fn new(house: &House, user: &str, peer: &str) -> Self {
        Self::at(house, user, peer, house.server.addr())
    }

    /// As [`Self::new`], with another way to the server.
    pub fn at(house: &House, user: &str, peer: &str, server: SocketAddr) -> Self {
        Self {
            user: user.to_owned(),
            peer: peer.to_owned(),
            data: house.folder(&format!("data of {user}")),
            server,
            token: house.server.token(user).expect("a token"),
            arguments: Vec::new(),
            environment: Vec::new(),
            life: None,
            state: watch::Sender::default(),
            said: BTreeMap::new(),
            next: 0,
        }
    }

    /// Whose it is.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Where its data lie.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Has it open its data with this argument more, from the next start on.
    pub fn argument(&mut self, argument: &str) {
        self.arguments.push(argument.to_owned());
    }

    /// Sets variables of its environment, from the next start on.
    pub fn variables(&mut self, all: Vec<(&'static str, OsString)>) {
        self.environment.extend(
            all.into_iter()
                .map(|(name, value)| (name.to_owned(), value)),
        );
    }

    /// The command that starts it.
    pub fn command(&self) -> Command {
        let mut command = Command::new(program());
        command
            .arg("demo-client")
            .args(["--server", &format!("ws://{}", self.server)])
            .args(["--user", &self.user, "--peer", &self.peer])
            .arg("--data")
            .arg(&self.data)
            .args(&self.arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .env("CAUSERIE_DEMO_TOKEN", &self.token)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Starts the process.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(&mut self) -> io::Result<()> {
        let mut child = self.command().spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("the client has no pipes"));
        };
        self.state.send_replace(State::default());
        let reader = tokio::spawn(read(output, self.state.clone()));
        self.life = Some(Life {
            child,
            input,
            reader,
        });
        Ok(())
    }

    /// Kills it with SIGKILL and waits until it is gone and all that it told is read.
    pub async fn kill(&mut self) {
        if let Some(mut life) = self.life.take() {
            // Both fail only if it is gone already.
            let _ = life.child.kill().await;
            drop(life.input);
            life.reader.await.expect("no panic");
            self.said.extend(self.state.borrow().said.clone());
        }
    }

    /// Ends it as an app ends, and waits for that.
    pub async fn quit(&mut self) {
        if let Some(mut life) = self.life.take() {
            drop(life.input);
            let status = within(PATIENCE, "a client's end", life.child.wait()).await;
            assert!(status.expect("a status").success());
            life.reader.await.expect("no panic");
            self.said.extend(self.state.borrow().said.clone());
        }
    }

    /// Its process, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.life.as_ref().and_then(|life| life.child.id())
    }

    /// Sends another signal.
    ///
    /// # Errors
    /// If it does not run.
    pub fn signal(&self, signal: Signal) -> nix::Result<()> {
        let pid = self.pid().and_then(|pid| i32::try_from(pid).ok());
        kill(Pid::from_raw(pid.ok_or(nix::errno::Errno::ESRCH)?), signal)
    }

    /// Asks it to say something, and does not wait. Gives the number.
    pub async fn ask(&mut self, text: &str) -> usize {
        let number = self.next;
        self.next += 1;
        let text = text.to_owned();
        self.cue(&Cue::Say { number, text }).await;
        number
    }

    /// Has it say something. Gives the key once `send` returned; what went wrong if it failed.
    ///
    /// # Errors
    /// As the SDK said.
    pub async fn say(&mut self, text: &str) -> Result<String, String> {
        let troubles = self.state.borrow().troubles.len();
        let number = self.ask(text).await;
        let state = self
            .until("an answer of `send`", |state| {
                state.said.contains_key(&number) || state.troubles.len() > troubles
            })
            .await;
        match state.said.get(&number) {
            Some(key) => Ok(key.clone()),
            None => Err(state.troubles.last().cloned().unwrap_or_default()),
        }
    }

    /// Everything that `send` accepted, in all its lives: by number, the key.
    pub fn accepted(&self) -> BTreeMap<usize, String> {
        let mut all = self.said.clone();
        all.extend(self.state.borrow().said.clone());
        all
    }

    /// What it has told so far.
    pub fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// Waits until what it told is as asked for.
    pub async fn until(&self, what: &str, reached: impl FnMut(&State) -> bool) -> State {
        let mut told = self.state.subscribe();
        let what = format!("{}: {what}", self.user);
        let state = within(PATIENCE, &what, told.wait_for(reached)).await;
        state.expect("the sender is ours").clone()
    }

    /// Waits until nothing is left to send.
    pub async fn until_sent(&self) -> State {
        self.until("an empty outbox", |state| {
            state.ready && state.waiting == 0 && state.live
        })
        .await
    }

    /// Waits until it shows so many confirmed messages.
    pub async fn until_shows(&self, count: usize) -> State {
        self.until(&format!("{count} messages"), |state| {
            let items = state.screen.items().iter();
            items.filter(|item| item.mark == Mark::Confirmed).count() >= count
        })
        .await
    }

    /// All that it shows, read anew from its data.
    pub async fn dump(&mut self) -> Vec<Seen> {
        let before = self.state.borrow().dumps.len();
        self.cue(&Cue::Dump).await;
        let state = self
            .until("a dump", |state| state.dumps.len() > before)
            .await;
        state.dumps.last().cloned().unwrap_or_default()
    }

    async fn cue(&mut self, cue: &Cue) {
        let Some(life) = &mut self.life else { return };
        let mut line = serde_json::to_string(cue).expect("a cue is JSON");
        line.push('\n');
        // If it died, the end of its output says so.
        let _ = life.input.write_all(line.as_bytes()).await;
        let _ = life.input.flush().await;
    }
}

async fn read(output: ChildStdout, state: watch::Sender<State>) {
    let mut lines = BufReader::new(output).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let Ok(report) = serde_json::from_str::<Report>(&line) else {
            // The last line of one that was killed may be cut short.
            continue;
        };
        state.send_modify(|state| state.handle(report));
    }
    state.send_modify(|state| state.ended = true);
}

impl State {
    fn handle(&mut self, report: Report) {
        match report {
            Report::Said { number, key, .. } => {
                self.said.insert(number, key);
            }
            Report::Done { .. } => {}
            Report::Changed { changes, .. } => {
                for change in changes {
                    if let Err(misfit) = self.screen.handle(change) {
                        self.troubles.push(misfit.0);
                    }
                }
                let flaws = self.screen.flaws();
                let sound = flaws.doubled.is_empty() && flaws.out_of_order.is_empty();
                self.flaws += usize::from(!sound);
            }
            Report::Link { live } => self.live = live,
            Report::Outbox { waiting, failed } => {
                self.waiting = waiting;
                self.failed = failed;
            }
            Report::Ready => self.ready = true,
            Report::Dump { items } => self.dumps.push(items),
            Report::Trouble { what } => self.troubles.push(what),
        }
    }
}
