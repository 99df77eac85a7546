//! The server: its own connections, hub and rules; a disk that commits when the script says.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use causerie_protocol::{CloseCode, MessageId, SessionId};
use causerie_server::{
    auth::{Auth, Rules},
    clock::Now,
    conn::{Conn, ConnConfig, Input, Output, Shared, Token},
    hub::{RingLimits, SharedHub, Wake},
    store::{Answer, Command, LaneId, Outcome, Query, StoreError, memory::MemoryStore},
};

use crate::{
    link::{LinkId, To},
    planted,
    rng::Rng,
    trace,
    world::{Event, World},
};

/// What a query found.
pub type Read = Result<Answer, StoreError>;

/// The secret that tokens are signed with.
const SECRET: &[u8] = b"a secret of the simulation, long enough for anybody";

/// Most events or messages that the simulated store gives at once.
const PAGE: u32 = 6;

#[derive(Debug, Clone, Copy)]
enum Mark {
    Woken,
    Superseded,
}

struct Bell {
    link: LinkId,
    marks: Arc<Mutex<Vec<(LinkId, Mark)>>>,
}

impl Bell {
    fn ring(&self, mark: Mark) {
        if let Ok(mut marks) = self.marks.lock() {
            marks.push((self.link, mark));
        }
    }
}

impl Wake for Bell {
    fn wake(&self) {
        self.ring(Mark::Woken);
    }

    fn supersede(&self) {
        self.ring(Mark::Superseded);
    }
}

/// When the server dies beside a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Nothing of it is durable.
    Before,
    /// It is durable, and nobody is told.
    BeforeReplies,
}

/// The server.
pub struct Node {
    /// What is durable.
    pub store: MemoryStore,
    /// It dies after so many more commits.
    pub dies_in: Option<(u32, Moment)>,
    /// A transaction fails after so many more.
    pub fails_in: Option<u32>,
    shared: Option<Arc<Shared>>,
    conns: BTreeMap<LinkId, Conn>,
    marks: Arc<Mutex<Vec<(LinkId, Mark)>>>,
    waiting: VecDeque<(LinkId, Option<Token>, Command)>,
    /// Sockets that hold a message which they have not taken whole.
    unflushed: BTreeSet<LinkId>,
    commit_is_due: bool,
    /// Rises with every start: what was meant for an earlier one is void.
    generation: u64,
    lanes: u64,
    ids: u64,
}

impl Node {
    /// A server on an empty disk.
    pub fn new(rng: &mut Rng) -> Self {
        let mut node = Self {
            store: MemoryStore::new(format!("{:016x}", rng.draw())),
            dies_in: None,
            fails_in: None,
            shared: None,
            conns: BTreeMap::new(),
            marks: Arc::default(),
            waiting: VecDeque::new(),
            unflushed: BTreeSet::new(),
            commit_is_due: false,
            generation: 0,
            lanes: 0,
            ids: 0,
        };
        node.boot();
        node
    }

    /// Whether it takes connections.
    pub fn is_up(&self) -> bool {
        self.shared.is_some()
    }

    /// Whether nothing waits for its disk.
    pub fn is_idle(&self) -> bool {
        self.is_up() && self.waiting.is_empty()
    }

    /// A token of a user.
    pub fn mint(&self, user: &causerie_protocol::UserId, expires_at: u64) -> Option<String> {
        auth()?.mint(user, expires_at, None)
    }

    fn boot(&mut self) {
        self.generation += 1;
        self.store.restart();
        self.shared = auth().map(|auth| {
            Arc::new(Shared {
                config: ConnConfig {
                    rate: None,
                    ..ConnConfig::default()
                },
                auth,
                // A short ring, so that falling out of it is an everyday thing.
                hub: SharedHub::new(RingLimits {
                    events: 8,
                    ..RingLimits::default()
                }),
                metrics: Arc::default(),
                epoch: self.store.epoch().to_owned(),
            })
        });
    }

    /// The process dies.
    pub fn die(&mut self) {
        self.shared = None;
        self.conns.clear();
        self.waiting.clear();
        self.unflushed.clear();
        self.commit_is_due = false;
        self.generation += 1;
        if let Ok(mut marks) = self.marks.lock() {
            marks.clear();
        }
    }

    /// Counts a commit: whether the process dies beside it.
    fn dies_now(&mut self) -> Option<Moment> {
        let (left, moment) = self.dies_in?;
        self.dies_in = left.checked_sub(1).map(|left| (left, moment));
        (left == 0).then_some(moment)
    }

    /// Counts a commit: whether it fails.
    fn fails_now(&mut self) -> bool {
        let left = self.fails_in;
        self.fails_in = left.and_then(|left| left.checked_sub(1));
        left == Some(0)
    }

    fn take_marks(&self) -> Vec<(LinkId, Mark)> {
        self.marks
            .lock()
            .map(|mut marks| std::mem::take(&mut *marks))
            .unwrap_or_default()
    }
}

/// The same query, answered in small pages: a server may always give less than it is asked for, and
/// so a hole after a short absence is an everyday thing.
fn small(query: &Query) -> Query {
    let mut query = query.clone();
    match &mut query {
        Query::Subscribe { limit, .. } | Query::Events { limit, .. } => *limit = PAGE.min(*limit),
        Query::History { request, .. } => {
            request.limit = Some(request.limit.unwrap_or(PAGE).min(PAGE));
        }
        Query::Sync { limit, .. } => *limit = 2.min(*limit),
        Query::Members { .. }
        | Query::Users { .. }
        | Query::Items { .. }
        | Query::Access { .. }
        | Query::Changed { .. } => {}
    }
    query
}

fn auth() -> Option<Auth> {
    Auth::from_secret(SECRET, Rules::default()).ok()
}

impl World {
    fn node_now(&self) -> Now {
        Now {
            mono: self.now,
            wall: self.wall(),
        }
    }

    /// A device's connection reaches the server.
    pub(crate) fn node_accepts(&mut self, id: LinkId) {
        let Some(shared) = self.node.shared.clone() else {
            return;
        };
        self.node.lanes += 1;
        let lane = LaneId(self.node.lanes);
        let session = SessionId::from_uuid(self.rng.uuid_v7(self.wall()));
        let bell = Bell {
            link: id,
            marks: Arc::clone(&self.node.marks),
        };
        let conn = Conn::new(shared, lane, session, None, Arc::new(bell), self.node_now());
        self.node.conns.insert(id, conn);
        self.pump_node(id);
    }

    pub(crate) fn arrive_at_node(&mut self, id: LinkId, text: &str) {
        if self.links.get(&id).is_some_and(|link| link.alive) {
            self.tell_conn(id, Input::Text(text));
        }
    }

    pub(crate) fn node_sees_end(&mut self, id: LinkId) {
        self.tell_conn(id, Input::Closed);
        self.node.conns.remove(&id);
        self.links.remove(&id);
    }

    pub(crate) fn conn_timer(&mut self, id: LinkId) {
        let now = self.node_now();
        if let Some(conn) = self.node.conns.get_mut(&id)
            && conn.poll_timeout(now).is_some_and(|(at, _)| at <= now.mono)
        {
            conn.handle_timeout(now);
            self.pump_node(id);
        }
    }

    fn tell_conn(&mut self, id: LinkId, input: Input<'_>) {
        let now = self.node_now();
        if let Some(conn) = self.node.conns.get_mut(&id) {
            conn.handle(input, now);
            self.pump_node(id);
        }
    }

    /// Carries out what the connection wants, and what that wakes.
    fn pump_node(&mut self, first: LinkId) {
        let mut ids = VecDeque::from([first]);
        while let Some(id) = ids.pop_front() {
            self.pump_conn(id);
            let now = self.node_now();
            for (woken, mark) in self.node.take_marks() {
                if let Some(conn) = self.node.conns.get_mut(&woken) {
                    let input = match mark {
                        Mark::Woken => Input::Woken,
                        Mark::Superseded => Input::Superseded,
                    };
                    conn.handle(input, now);
                    ids.push_back(woken);
                }
            }
        }
    }

    fn pump_conn(&mut self, id: LinkId) {
        let now = self.node_now();
        while self.perform(id).is_some() {
            let wrote = self.write_message(id);
            // Looking for a message may itself ask the store for something.
            if !wrote && self.perform(id) == Some(0) {
                break;
            }
        }
        if let Some(conn) = self.node.conns.get(&id)
            && let Some((at, _)) = conn.poll_timeout(now)
        {
            self.at(at, Event::ConnTimer(id));
        }
    }

    /// Carries out what the connection wants beside messages. How much that was, unless the
    /// connection is gone.
    fn perform(&mut self, id: LinkId) -> Option<usize> {
        let mut done = 0;
        while let Some(output) = self.node.conns.get_mut(&id)?.poll_output() {
            done += 1;
            match output {
                Output::Submit(token, command) => self.submit(id, token, command),
                Output::Query(token, query) => {
                    let delay = self.disk_delay();
                    let generation = self.node.generation;
                    let event = Event::Snapshot(generation, id, token, Box::new(query));
                    self.after(delay, event);
                }
                Output::Close(code) => {
                    self.node_closes(id, code);
                    return None;
                }
            }
        }
        Some(done)
    }

    /// Gives the socket a message, if it can take one and there is one.
    fn write_message(&mut self, id: LinkId) -> bool {
        let now = self.node_now();
        if self.node.unflushed.contains(&id) {
            return false;
        }
        let message = self.node.conns.get_mut(&id);
        let Some(bytes) = message.and_then(|conn| conn.poll_transmit(now)) else {
            return false;
        };
        match String::from_utf8(bytes.to_vec()) {
            Ok(text) => self.transmit(id, To::Device, text),
            Err(_) => self.blame("the server sent what is no text".into()),
        }
        self.flush(id);
        true
    }

    /// The socket takes what it was given: at once, or when a stalled device reads again.
    fn flush(&mut self, id: LinkId) {
        let stalled_until = self.links.get(&id).map(|link| link.stalled_until);
        match stalled_until {
            Some(until) if until > self.now => {
                self.node.unflushed.insert(id);
                self.at(until, Event::Flushed(id));
            }
            Some(_) | None => {
                let now = self.node_now();
                if let Some(conn) = self.node.conns.get_mut(&id) {
                    conn.handle(Input::Flushed, now);
                }
            }
        }
    }

    pub(crate) fn flushed(&mut self, id: LinkId) {
        if self.node.unflushed.remove(&id) {
            self.tell_conn(id, Input::Flushed);
        }
    }

    fn node_closes(&mut self, id: LinkId, code: CloseCode) {
        let now = self.node_now();
        self.note(|| format!("the server closes {id:?} with {code}"));
        if let Some(mut conn) = self.node.conns.remove(&id) {
            conn.handle(Input::Closed, now);
            while let Some(output) = conn.poll_output() {
                if let Output::Submit(token, command) = output {
                    self.submit(id, token, command);
                }
            }
        }
        let delay = self.delay();
        if let Some(link) = self.links.get_mut(&id)
            && link.alive
            && !link.swallows
        {
            let at = link.arrival(To::Device, now.mono, delay);
            self.at(at, Event::DeviceSeesEnd(id, Some(code)));
        }
    }

    fn submit(&mut self, id: LinkId, token: Option<Token>, command: Command) {
        self.node.waiting.push_back((id, token, command));
        if !self.node.commit_is_due {
            self.node.commit_is_due = true;
            let delay = self.disk_delay();
            let generation = self.node.generation;
            self.after(delay, Event::Commit(generation));
        }
    }

    /// One transaction, with all that waits or a part of it.
    pub(crate) fn commit(&mut self, generation: u64) {
        if generation != self.node.generation {
            return;
        }
        self.node.commit_is_due = false;
        let waiting = self.node.waiting.len() as u64;
        let count = (1 + self.rng.below(waiting.max(1))).min(waiting) as usize;
        let batch: Vec<_> = self.node.waiting.drain(..count).collect();
        let dies = self.node.dies_now();
        if planted::is("server_confirms_before_commit") && dies.is_some() {
            self.confirm_early(batch);
            return self.node_dies("between an early confirmation and its commit");
        }
        if dies == Some(Moment::Before) {
            return self.node_dies("before a commit");
        }
        if self.node.fails_now() {
            self.note(|| "a transaction of the server fails".into());
            self.node.store.fail_commits(1);
        }
        let commands: Vec<Command> = batch
            .iter()
            .map(|(_, _, command)| command.clone())
            .collect();
        let wall = self.wall();
        let rng = &mut self.rng;
        let ids = &mut self.node.ids;
        let (outcomes, commits) = self.node.store.apply(&commands, wall, || {
            *ids += 1;
            MessageId::from_uuid(rng.uuid_v7(wall + *ids % 7))
        });
        let heard = self.model.ledger.hear(&commands, &outcomes, &commits);
        if let Err(what) = heard {
            self.blame(what);
        }
        for commit in &commits {
            self.note(|| format!("committed: {}", trace::commit(commit)));
        }
        if dies == Some(Moment::BeforeReplies) {
            return self.node_dies("between a commit and its replies");
        }
        if let Some(shared) = &self.node.shared {
            shared.hub.publish(&commits, self.node_now());
        }
        for ((id, token, _), outcome) in batch.into_iter().zip(outcomes) {
            if let Some(token) = token {
                self.tell_conn(id, Input::Outcome(token, outcome));
            }
        }
        self.ring_bells();
        if !self.node.waiting.is_empty() && !self.node.commit_is_due {
            self.node.commit_is_due = true;
            let delay = self.disk_delay();
            self.after(delay, Event::Commit(generation));
        }
    }

    /// The planted bug: the answers are given out, and the transaction never becomes durable. What
    /// is on the line still arrives, as it does from a process that died.
    fn confirm_early(&mut self, batch: Vec<(LinkId, Option<Token>, Command)>) {
        let mut lost = self.node.store.clone();
        let commands: Vec<Command> = batch
            .iter()
            .map(|(_, _, command)| command.clone())
            .collect();
        let wall = self.wall();
        let rng = &mut self.rng;
        let (outcomes, _) = lost.apply(&commands, wall, || MessageId::from_uuid(rng.uuid_v7(wall)));
        for ((id, token, _), outcome) in batch.into_iter().zip(outcomes) {
            if let Some(token) = token
                && matches!(outcome, Outcome::Sent(_) | Outcome::Acked(_))
            {
                self.tell_conn(id, Input::Outcome(token, outcome));
            }
        }
    }

    /// Wakes whom a publication concerns.
    fn ring_bells(&mut self) {
        let now = self.node_now();
        for (woken, mark) in self.node.take_marks() {
            if let Some(conn) = self.node.conns.get_mut(&woken) {
                let input = match mark {
                    Mark::Woken => Input::Woken,
                    Mark::Superseded => Input::Superseded,
                };
                conn.handle(input, now);
                self.pump_node(woken);
            }
        }
    }

    pub(crate) fn read_snapshot(
        &mut self,
        generation: u64,
        id: LinkId,
        token: Token,
        query: &Query,
    ) {
        if generation != self.node.generation {
            return;
        }
        let read = self
            .node
            .store
            .query(&small(query))
            .map_err(|error| StoreError(error.to_string()));
        let delay = self.disk_delay();
        self.after(delay, Event::Answer(generation, id, token, Box::new(read)));
    }

    pub(crate) fn give_answer(&mut self, generation: u64, id: LinkId, token: Token, read: Read) {
        if generation == self.node.generation {
            self.tell_conn(id, Input::Answer(token, read));
        }
    }

    /// kill -9.
    pub(crate) fn node_dies(&mut self, when: &str) {
        self.note(|| format!("the server dies {when}"));
        self.node.die();
        let ids: Vec<LinkId> = self.links.keys().copied().collect();
        for id in ids {
            let delay = self.delay();
            if let Some(link) = self.links.get_mut(&id)
                && !link.swallows
            {
                let at = link.arrival(To::Device, self.now, delay);
                self.at(at, Event::DeviceSeesEnd(id, None));
            }
        }
        let pause = self.rng.millis(100, 5000);
        self.after(pause, Event::ServerUp);
    }

    pub(crate) fn node_up(&mut self) {
        if !self.node.is_up() {
            self.note(|| "the server is back".into());
            self.node.boot();
        }
    }

    fn disk_delay(&mut self) -> Duration {
        self.rng.millis(0, 12)
    }

    /// Whether a connection of this link is known to the server.
    pub fn is_connected(&self, id: LinkId) -> bool {
        self.node.conns.contains_key(&id)
    }
}
