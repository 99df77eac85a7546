//! Plays a scenario.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::{sync::Notify, time::timeout};

use crate::{
    device::Device,
    names::{Names, Unusable},
    picture,
    process::{Program, Tail},
    protocol::{Call, Done, Spec},
    scenario::{Action, Always, Cast, Event, Expect, Scenario, Step},
    seat::{Apart, Seat},
    shown::{Refusal, Shown},
    stage::Stage,
};

/// Nothing in a scenario may take longer.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What the judge needs beside the scenario.
#[derive(Debug, Clone)]
pub struct Means {
    /// The server, `causerie` with the feature `control`.
    pub server: PathBuf,
    /// A device as a process.
    pub device: Program,
    /// Whether every device is such a process, and not only those that the scenario kills.
    pub apart: bool,
    /// How long devices may take to show what is expected.
    pub patience: Duration,
    /// Whether each step is told on stderr.
    pub trace: bool,
}

/// Why a scenario failed.
#[derive(Debug)]
pub struct Failed {
    /// Where in the file, and what was to be.
    pub what: String,
    /// The server's log.
    pub log: String,
    /// What the devices' processes wrote to stderr last, by device.
    pub stderr: BTreeMap<String, String>,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl Failed {
    /// What failed, and all that was written meanwhile.
    pub fn story(&self) -> String {
        let mut story = self.what.clone();
        for (name, stderr) in self.stderr.iter().filter(|(_, text)| !text.is_empty()) {
            let _ = write!(story, "\n{name} wrote last:\n{stderr}");
        }
        let _ = write!(story, "\nthe server's log:\n{}", self.log);
        story
    }
}

/// Plays it from the first step to the last, on a server of its own.
///
/// # Errors
/// The first step that went otherwise.
pub async fn run(scenario: &Scenario, means: &Means) -> Result<(), Failed> {
    let unprepared = |what: String| Failed {
        what,
        log: String::new(),
        stderr: BTreeMap::new(),
    };
    let folder = tempfile::tempdir().map_err(|error| unprepared(error.to_string()))?;
    let data = folder.path().join("server");
    let stage = Stage::open(&means.server, &data);
    let mut play = Play {
        stage: stage.await.map_err(unprepared)?,
        seats: BTreeMap::new(),
        names: Names::default(),
        changed: Arc::new(Notify::new()),
        scenario,
        means,
    };
    for (name, cast) in &scenario.cast {
        play.seat(name, cast, folder.path());
    }
    let mut outcome = Ok(());
    for step in &scenario.steps {
        if means.trace {
            eprintln!("{}", told(step));
        }
        outcome = play.step(step).await;
        if outcome.is_err() {
            break;
        }
    }
    match outcome {
        Ok(()) => outcome = play.end().await,
        Err(_) => play.abandon().await,
    }
    outcome.map_err(|what| Failed {
        what,
        log: play.stage.log(),
        stderr: play.stderr(),
    })
}

/// A step in words, for who wants to follow.
fn told(step: &Step) -> String {
    let line = step.line;
    match &step.event {
        Event::Do { device, action, .. } => format!("line {line}: {device}: {action:?}"),
        Event::Server(order) => format!("line {line}: server: {order:?}"),
        Event::Expect(expect) => {
            let at = expect.at.join(" and ");
            let lines = picture::expected(expect).join("\n    ");
            format!("line {line}: expected at {at}:\n    {lines}")
        }
    }
}

struct Play<'a> {
    stage: Stage,
    /// By device: whose it is, and the device.
    seats: BTreeMap<String, (String, Seat)>,
    names: Names,
    changed: Arc<Notify>,
    scenario: &'a Scenario,
    means: &'a Means,
}

impl Play<'_> {
    fn seat(&mut self, name: &str, cast: &Cast, folder: &Path) {
        let user = cast.user.clone().unwrap_or_else(|| name.to_owned());
        let spec = Spec {
            url: self.stage.url(),
            control: self.stage.control().to_owned(),
            user: user.clone(),
            folder: folder.join("devices").join(name),
            token_ms: cast.token_minutes * 60_000,
        };
        let changed = Arc::clone(&self.changed);
        let seat = if cast.process || self.means.apart {
            let tail = Tail::new(self.means.trace.then(|| name.to_owned()));
            let program = self.means.device.clone();
            Seat::Apart(Box::new(Apart::new(program, spec, changed, tail)))
        } else {
            Seat::Here(Box::new(Device::new(spec, changed)))
        };
        self.seats.insert(name.to_owned(), (user, seat));
    }

    async fn step(&mut self, step: &Step) -> Result<(), String> {
        let outcome = match &step.event {
            Event::Server(order) => {
                let order = timeout(PATIENCE, self.stage.order(order)).await;
                order.unwrap_or_else(|_| Err("the server does not do it".into()))
            }
            Event::Do {
                device,
                action,
                fails,
            } => self.act(device, action, fails.as_deref()).await,
            Event::Expect(expect) => self.expect(expect).await,
        };
        outcome.map_err(|what| format!("line {}: {what}", step.line))
    }

    async fn act(&mut self, name: &str, asked: &Action, fails: Option<&str>) -> Result<(), String> {
        let user = self.seats[name].0.clone();
        let described = format!("{name}: {asked:?}");
        let call = match asked {
            Action::Kill => None,
            asked => Some(self.resolve(&user, asked).await?),
        };
        let Some((_, seat)) = self.seats.get_mut(name) else {
            return Err(format!("no device is called {name}"));
        };
        // What does not run is closed already, and cannot be killed.
        if call.as_ref().is_some_and(|call| *call != Call::Close) {
            let begun = seat.begin().await;
            begun.map_err(|refusal| format!("{described}: {}", refusal.message))?;
        }
        let done = timeout(PATIENCE, async {
            match call {
                Some(call) => seat.call(call).await,
                None => seat.kill().await.map(|()| Done::default()),
            }
        });
        let done = done
            .await
            .map_err(|_| format!("{described}: it does not return"))?;
        match (done, fails) {
            (Ok(done), None) => {
                self.names.said(asked);
                let given = self.names.give(&user, asked, &done);
                given
                    .and_then(|()| gave(asked, &done))
                    .map_err(|what| format!("{described}: {what}"))
            }
            (Ok(_), Some(code)) => Err(format!("{described}: it worked, and was to fail: {code}")),
            (Err(Refusal { code, .. }), Some(expected)) if code == expected => Ok(()),
            (Err(Refusal { code, message }), _) => Err(format!("{described}: {code}: {message}")),
        }
    }

    /// Ids in place of names, as soon as a device of the sender shows them.
    async fn resolve(&mut self, user: &str, action: &Action) -> Result<Call, String> {
        let resolved = timeout(PATIENCE, async {
            loop {
                match self.names.resolve(user, action) {
                    Ok(call) => return Ok(call),
                    Err(Unusable::Never(what)) => return Err(what),
                    Err(Unusable::NotYet(_)) => {}
                }
                self.look_everywhere().await?;
                if let Err(Unusable::NotYet(_)) = self.names.resolve(user, action) {
                    self.changed.notified().await;
                }
            }
        });
        resolved.await.unwrap_or_else(|_| {
            Err(format!(
                "{action:?}: no device of its sender shows what it names"
            ))
        })
    }

    /// Closes every device and ends its process.
    async fn end(&mut self) -> Result<(), String> {
        for (name, (_, seat)) in &mut self.seats {
            let ended = timeout(PATIENCE, seat.end()).await;
            let ended = ended.map_err(|_| format!("at the end: {name}: it does not close"))?;
            ended.map_err(|refusal| format!("at the end: {name}: {}", refusal.message))?;
        }
        Ok(())
    }

    /// Lets nothing run on after a failure, which is what is told.
    async fn abandon(&mut self) {
        for (_, seat) in self.seats.values_mut() {
            let _ = timeout(PATIENCE, seat.abandon()).await;
        }
    }

    fn stderr(&self) -> BTreeMap<String, String> {
        let seats = self.seats.iter();
        seats
            .map(|(name, (_, seat))| (name.clone(), seat.stderr()))
            .collect()
    }

    /// Looks at all devices, and learns what the server calls their messages.
    async fn look_everywhere(&mut self) -> Result<BTreeMap<String, Shown>, String> {
        let mut all = BTreeMap::new();
        for (name, (_, seat)) in &mut self.seats {
            let looked = seat.look().await;
            let shown = looked.map_err(|r| format!("{name}: {}: {}", r.code, r.message))?;
            if let Some(broken) = shown.broken.first() {
                return Err(format!("{name}: {broken}"));
            }
            self.names
                .learn(&shown)
                .map_err(|what| format!("{name}: {what}"))?;
            all.insert(name.clone(), shown);
        }
        self.always(&all)?;
        Ok(all)
    }

    /// Waits until every device named shows what is expected.
    async fn expect(&mut self, expect: &Expect) -> Result<(), String> {
        let expected = picture::expected(expect);
        let mut last = None;
        let waited = timeout(self.means.patience, async {
            loop {
                let all = self.look_everywhere().await?;
                let differs = expect.at.iter().find_map(|name| {
                    let user = &self.seats[name].0;
                    let shown = picture::shown(&all[name], expect, &self.names, user);
                    (shown != expected).then(|| (name.clone(), shown))
                });
                if differs.is_none() {
                    return Ok(());
                }
                last = differs;
                self.changed.notified().await;
            }
        });
        match (waited.await, last) {
            (Ok(done), _) => done,
            (Err(_), None) => Err("the devices do not answer".into()),
            (Err(_), Some((name, shown))) => Err(format!(
                "{name} does not come to show what is expected\n{}",
                picture::beside(&expected, &shown)
            )),
        }
    }

    fn always(&self, all: &BTreeMap<String, Shown>) -> Result<(), String> {
        let timeline = |at: &String, name: &String| {
            let rooms = all.get(at).into_iter().flat_map(|shown| &shown.rooms);
            let mut named = rooms.filter(|room| self.names.room(&room.id) == *name);
            named.next().and_then(|room| room.timeline.as_ref())
        };
        for always in &self.scenario.always {
            match always {
                Always::NeverShows { at, text } => {
                    if all.get(at).is_some_and(|shown| shown.ever.contains(text)) {
                        return Err(format!("{at} showed `{text}`, which it never may"));
                    }
                }
                Always::NeverMoves { at, room } => {
                    if timeline(at, room).is_some_and(|timeline| timeline.moves > 0) {
                        return Err(format!("at {at} an item of {room} moved"));
                    }
                }
                Always::NeverResets { at, room } => {
                    if timeline(at, room).is_some_and(|timeline| timeline.resets > 0) {
                        return Err(format!("at {at} the timeline of {room} was told anew"));
                    }
                }
            }
        }
        Ok(())
    }
}

/// What an action says of what it gives.
fn gave(asked: &Action, done: &Done) -> Result<(), String> {
    match asked {
        Action::Members { are, .. } if done.members.as_ref() != Some(are) => Err(format!(
            "expected {are:?}, and they are {:?}",
            done.members.clone().unwrap_or_default()
        )),
        Action::Drain { resets, moves, .. }
            if (done.resets, done.moves) != (Some(*resets), Some(*moves)) =>
        {
            let (were, moved) = (done.resets.unwrap_or(0), done.moves.unwrap_or(0));
            Err(format!(
                "expected {resets} resets and {moves} moves, and there were {were} and {moved}"
            ))
        }
        _ => Ok(()),
    }
}
