//! What one client does: it receives, answers pings, and sends if it has a pace. [`Run`] is what
//! all of them share, and conducts them.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    io,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::{
    sync::Notify,
    task::JoinHandle,
    time::{Interval, MissedTickBehavior, interval_at},
};

use super::{
    LoadError,
    light::{is_type, number},
    member::{Note, Opened, pong, send_text},
    new_id, now,
    process::{Process, own_time},
    report::Report,
    stage::Stage,
    stop::seconds,
    tally::{Receiver, Tally},
};

/// How long nothing may come of what is awaited before it counts as lost.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same when something was wrong already.
const LITTLE_PATIENCE: Duration = Duration::from_secs(1);
/// How often the conductor looks.
const LOOK: Duration = Duration::from_millis(20);
/// How often it says how far it is.
const SAY: Duration = Duration::from_secs(1);

/// When a sender sends.
#[derive(Debug, Clone, Copy)]
pub enum Pace {
    /// The first then, and another each time this has passed.
    Every(Duration, tokio::time::Instant),
    /// As soon as fewer than this many wait for their acknowledgement.
    Window(usize),
}

/// What a sender does.
#[derive(Debug, Clone)]
pub struct Sending {
    /// Its number among the senders.
    pub sender: usize,
    /// Where it writes.
    pub room: String,
    /// How fast.
    pub pace: Pace,
    /// Of a message's text in bytes, at least [`Note::LENGTH`].
    pub text: usize,
    /// How many messages at most.
    pub most: u64,
}

/// When senders cease.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// After this time.
    pub length: Duration,
    /// After so many messages of all of them together.
    pub messages: u64,
}

/// What the clients of a run share.
#[derive(Debug)]
pub struct Run {
    /// What was seen.
    pub tally: RefCell<Tally>,
    buffer: Rc<RefCell<Vec<u8>>>,
    /// How many more messages may be sent.
    left: Cell<u64>,
    /// Senders wait for this.
    begun: (Cell<bool>, Notify),
}

/// What a run used.
#[derive(Debug, Clone, Default)]
pub struct Used {
    /// From its beginning to the last delivery.
    pub took: Duration,
    /// Processor time of the server, if its process is known.
    pub server: Option<Duration>,
    /// Processor time of this process.
    pub load: Duration,
    /// It was ended from outside.
    pub interrupted: bool,
    /// The limit at which the senders ceased, as it stands on the command line.
    pub limit: Option<String>,
}

impl Run {
    /// A run with nobody in it.
    pub fn new(stage: &Stage) -> Rc<Self> {
        Rc::new(Self {
            tally: RefCell::default(),
            buffer: Rc::clone(&stage.buffer),
            left: Cell::new(0),
            begun: (Cell::new(false), Notify::new()),
        })
    }

    /// Adds a client that receives what these conversations bring. `rooms` are those that it
    /// subscribed to, as it opened.
    pub fn join(
        self: &Rc<Self>,
        user: &str,
        rooms: &[(String, Option<u64>)],
        opened: Opened,
        sending: Option<Sending>,
    ) -> usize {
        let heads = opened.rooms.iter().map(|room| room.head_seq);
        let rooms = rooms.iter().map(|(room, _)| room.clone()).zip(heads);
        let receiver = Receiver::new(user.to_owned(), rooms);
        let number = self.tally.borrow_mut().add(receiver);
        let run = Rc::clone(self);
        tokio::task::spawn_local(async move {
            let part = Part::new(number, opened, sending, Rc::clone(&run));
            if let Err(error) = part.go().await {
                let what = format!("the connection broke: {error}");
                run.tally.borrow_mut().problem(number, what);
            }
        });
        number
    }

    /// Lets the senders send within these bounds, and waits until every message is acknowledged
    /// and as many are received as must be (`expected` says how many, given how many were
    /// acknowledged), or nothing moves any more.
    ///
    /// # Errors
    /// If there is no such server process.
    pub async fn conduct(
        &self,
        stage: &Stage,
        bounds: Bounds,
        expected: impl Fn(u64) -> u64,
    ) -> Result<Used, LoadError> {
        let server = stage.server.map(Process::processor_time).transpose()?;
        let load = own_time()?;
        let begin = now();
        let _awake = stage.awake.then(Awake::begin);
        self.left.set(bounds.messages);
        self.begun.0.set(true);
        self.begun.1.notify_waiters();
        let mut said = begin;
        let mut interrupted = false;
        while self.left.get() > 0 && begin.elapsed() < bounds.length {
            interrupted = stage.stop.sleep(LOOK).await;
            if interrupted || self.tally.borrow().has_problems() {
                break;
            }
            if said.elapsed() >= SAY {
                said = now();
                self.say(stage, begin);
            }
        }
        let limit = if self.left.get() == 0 {
            Some(format!("--limit {}", bounds.messages))
        } else {
            (begin.elapsed() >= bounds.length).then(|| seconds(bounds.length))
        };
        self.left.set(0);
        let mut moved = (now(), 0);
        while !self.is_settled(&expected) && moved.0.elapsed() < self.patience() {
            tokio::time::sleep(LOOK).await;
            let tally = self.tally.borrow();
            let seen = tally.delivered + tally.acknowledged;
            if seen != moved.1 {
                moved = (now(), seen);
            }
        }
        let tally = self.tally.borrow();
        // A server that is gone by now is a fault of its connections, which is told.
        let after = stage.server.and_then(|server| server.processor_time().ok());
        Ok(Used {
            took: tally.last.max(begin + LOOK) - begin,
            server: after.zip(server).map(|(after, before)| after - before),
            load: own_time()? - load,
            limit: limit.filter(|_| !interrupted),
            interrupted,
        })
    }

    fn is_settled(&self, expected: impl Fn(u64) -> u64) -> bool {
        let tally = self.tally.borrow();
        tally.acknowledged >= tally.sent
            && tally.receivers.iter().map(Receiver::received).sum::<u64>()
                >= expected(tally.acknowledged)
    }

    fn patience(&self) -> Duration {
        let tally = self.tally.borrow();
        if tally.has_problems() || !tally.watch().is_clean() {
            LITTLE_PATIENCE
        } else {
            PATIENCE
        }
    }

    fn say(&self, stage: &Stage, begin: Instant) {
        let tally = self.tally.borrow();
        let rate = tally.delivered as f64 / begin.elapsed().as_secs_f64();
        stage.say(format_args!(
            "{:3} s: {} sent, {} acknowledged, {} delivered ({rate:.0}/s)",
            begin.elapsed().as_secs(),
            tally.sent,
            tally.acknowledged,
            tally.delivered,
        ));
    }
}

impl Used {
    /// Adds what the server and the load used, each `per` of so many.
    pub fn tell(&self, report: &mut Report, per: &str, count: u64) {
        let share = |time: Duration| (time.as_secs_f64() / self.took.as_secs_f64() * 100.0).round();
        if let Some(server) = self.server {
            let key = "server_cpu_percent";
            report.figure(key, "the server's processor time", share(server), "%");
            if count > 0 {
                let micros = server.as_secs_f64() * 1e6 / count as f64;
                let micros = (micros * 100.0).round() / 100.0;
                let key = format!("server_cpu_us_per_{per}");
                let name = format!("the server's processor time per {per}");
                report.figure(&key, &name, micros, "µs");
            }
        }
        let key = "load_cpu_percent";
        report.figure(key, "the load's own", share(self.load), "%");
        report.interrupted |= self.interrupted;
        report.limit.clone_from(&self.limit);
    }
}

/// Keeps the runtime from sleeping, until it is dropped.
struct Awake(JoinHandle<()>);

impl Awake {
    fn begin() -> Self {
        Self(tokio::task::spawn_local(async {
            loop {
                tokio::task::yield_now().await;
            }
        }))
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// One client of a run.
struct Part {
    number: usize,
    opened: Opened,
    sending: Option<Sending>,
    run: Rc<Run>,
    /// Messages that wait for their acknowledgement, by request.
    flight: BTreeMap<u64, Instant>,
    count: u64,
}

impl Part {
    fn new(number: usize, opened: Opened, sending: Option<Sending>, run: Rc<Run>) -> Self {
        Self {
            number,
            opened,
            sending,
            run,
            flight: BTreeMap::new(),
            count: 0,
        }
    }

    async fn go(mut self) -> io::Result<()> {
        if self.sending.is_some() && !self.run.begun.0.get() {
            self.run.begun.1.notified().await;
        }
        let mut ticks = self
            .sending
            .as_ref()
            .and_then(|sending| ticks(sending.pace));
        loop {
            self.fill_window().await?;
            let ticked = match &mut ticks {
                Some(ticks) => tokio::select! {
                    biased;
                    _ = ticks.tick() => true,
                    read = read(&mut self.opened, &self.run, self.number, &mut self.flight) => {
                        read?;
                        false
                    }
                },
                None => {
                    read(&mut self.opened, &self.run, self.number, &mut self.flight).await?;
                    false
                }
            };
            if ticked && self.run.left.get() > 0 {
                self.send(1).await?;
            }
        }
    }

    async fn fill_window(&mut self) -> io::Result<()> {
        match &self.sending {
            Some(Sending {
                pace: Pace::Window(window),
                ..
            }) => {
                let free = window.saturating_sub(self.flight.len());
                let left = usize::try_from(self.run.left.get()).unwrap_or(usize::MAX);
                self.send(free.min(left)).await
            }
            Some(_) | None => Ok(()),
        }
    }

    async fn send(&mut self, messages: usize) -> io::Result<()> {
        let Some(sending) = &self.sending else {
            return Ok(());
        };
        let rest = usize::try_from(sending.most.saturating_sub(self.count));
        let messages = messages.min(rest.unwrap_or(usize::MAX));
        if messages == 0 {
            return Ok(());
        }
        let mut batch = String::new();
        let at = now();
        {
            let mut tally = self.run.tally.borrow_mut();
            let since = at - tally.epoch;
            for _ in 0..messages {
                self.count += 1;
                tally.sent += 1;
                let note = Note {
                    at: since,
                    sender: sending.sender,
                    count: self.count,
                };
                let text = note.text(sending.text);
                // 1 was `authenticate`.
                let id = self.count + 1;
                batch += &send_text(id, new_id(), &sending.room, &text);
                batch.push('\n');
                self.flight.insert(id, at);
            }
        }
        let left = self.run.left.get().saturating_sub(messages as u64);
        self.run.left.set(left);
        self.opened.speaker.send(&batch).await
    }
}

fn ticks(pace: Pace) -> Option<Interval> {
    let Pace::Every(every, first) = pace else {
        return None;
    };
    let mut ticks = interval_at(first, every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    Some(ticks)
}

/// Waits for something to come and takes it in.
async fn read(
    opened: &mut Opened,
    run: &Run,
    receiver: usize,
    flight: &mut BTreeMap<u64, Instant>,
) -> io::Result<()> {
    let mut came = None;
    let mut answer = None;
    let mut brought = false;
    let aside = opened
        .listener
        .read(&run.buffer, |line| {
            let at = *came.get_or_insert_with(now);
            let mut tally = run.tally.borrow_mut();
            if tally.handle_line(receiver, line, at) {
                brought = true;
                return;
            }
            if is_type(line, "message_sent") {
                match number(line, "id").and_then(|id| flight.remove(&id)) {
                    Some(begun) => {
                        tally.acknowledged += 1;
                        tally.ack.add(at - begun);
                    }
                    None => {
                        tally.problem(receiver, "an acknowledgement came twice, or for nothing")
                    }
                }
            } else if is_type(line, "message_error") || is_type(line, "error") {
                let what = String::from_utf8_lossy(line);
                tally.problem(receiver, format!("was refused: {what}"));
            } else if let Some(pong) = pong(line) {
                answer = Some(pong);
            }
        })
        .await?;
    if brought {
        run.tally.borrow_mut().writes += aside.texts;
    }
    if !aside.answers.is_empty() {
        opened.speaker.send_raw(&aside.answers).await?;
    }
    if let Some(code) = aside.closed {
        return Err(io::Error::other(format!("the server closed with {code}")));
    }
    if let Some(answer) = answer {
        opened.speaker.send(&answer).await?;
    }
    Ok(())
}
