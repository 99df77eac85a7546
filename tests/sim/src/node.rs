//! One node of the server: its own connections and hub, over the database that it shares.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use causerie_protocol::{CloseCode, SessionId};
use causerie_server::{
    auth::{Auth, Rules},
    bus::Lossy,
    clock::Now,
    conn::{Conn, ConnConfig, Input, Output, Shared, Token},
    hub::{RingLimits, SharedHub, Wake},
    metrics::Metrics,
    store::{Answer, Command, LaneId, Outcome, Query, StoreError},
};

use crate::{
    database::Asked,
    link::{LinkId, To},
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

thread_local! {
    /// Nobody looks at them, and making them takes long.
    static METRICS: Arc<Metrics> = Arc::default();
}

/// When a node dies beside a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Nothing of it is durable.
    Before,
    /// It becomes durable, and nobody is told.
    BeforeReplies,
}

/// A node.
pub struct Node {
    /// It dies after so many more commits.
    pub dies_in: Option<(u32, Moment)>,
    /// How far its calendar is off, in milliseconds.
    pub wall_offset: i64,
    pub(crate) waiting: VecDeque<Asked>,
    pub(crate) shared: Option<Arc<Shared>>,
    pub(crate) bus: Arc<Lossy>,
    auth: Option<Auth>,
    metrics: Arc<Metrics>,
    conns: BTreeMap<LinkId, Conn>,
    marks: Arc<Mutex<Vec<(LinkId, Mark)>>>,
    /// Sockets that hold a message which they have not taken whole.
    unflushed: BTreeSet<LinkId>,
    /// For when each connection's timer is queued.
    armed: BTreeMap<LinkId, Duration>,
    pub(crate) commit_is_due: bool,
    /// Rises with every start: what was meant for an earlier one is void.
    generation: u64,
}

impl Node {
    /// A node that was never started.
    pub fn new() -> Self {
        Self {
            dies_in: None,
            wall_offset: 0,
            waiting: VecDeque::new(),
            shared: None,
            bus: Arc::new(Lossy::new()),
            auth: auth(),
            metrics: METRICS.with(Arc::clone),
            conns: BTreeMap::new(),
            marks: Arc::default(),
            unflushed: BTreeSet::new(),
            armed: BTreeMap::new(),
            commit_is_due: false,
            generation: 0,
        }
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
        self.auth.as_ref()?.mint(user, expires_at, None)
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// The process dies.
    fn die(&mut self) {
        self.shared = None;
        self.conns.clear();
        self.waiting.clear();
        self.unflushed.clear();
        self.armed.clear();
        self.commit_is_due = false;
        self.generation += 1;
        self.bus = Arc::new(Lossy::new());
        self.marks = Arc::default();
    }

    /// Counts a commit: whether the process dies beside it.
    pub(crate) fn dies_now(&mut self) -> Option<Moment> {
        let (left, moment) = self.dies_in?;
        self.dies_in = left.checked_sub(1).map(|left| (left, moment));
        (left == 0).then_some(moment)
    }

    fn take_marks(&self) -> Vec<(LinkId, Mark)> {
        self.marks
            .lock()
            .map(|mut marks| std::mem::take(&mut *marks))
            .unwrap_or_default()
    }
}

impl Default for Node {
    fn default() -> Self {
        Self::new()
    }
}

fn auth() -> Option<Auth> {
    Auth::from_secret(SECRET, Rules::default()).ok()
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

impl World {
    /// The calendar as a node has it.
    pub(crate) fn node_wall(&self, node: usize) -> u64 {
        self.wall()
            .saturating_add_signed(self.nodes[node].wall_offset)
    }

    pub(crate) fn node_now(&self, node: usize) -> Now {
        Now {
            mono: self.now,
            wall: self.node_wall(node),
        }
    }

    /// To which node a link leads.
    fn node_of(&self, id: LinkId) -> Option<usize> {
        self.links.get(&id).map(|link| link.node)
    }

    fn boot(&mut self, node: usize) {
        let epoch = self.database.store.epoch().to_owned();
        let node_state = &mut self.nodes[node];
        node_state.generation += 1;
        // A short ring, so that falling out of it is an everyday thing.
        let limits = RingLimits {
            events: 8,
            ..RingLimits::default()
        };
        let hub = SharedHub::with_bus(limits, Arc::clone(&node_state.bus) as _);
        node_state.shared = auth().map(|auth| {
            Arc::new(Shared {
                config: ConnConfig {
                    rate: None,
                    ..ConnConfig::default()
                },
                auth,
                hub,
                metrics: Arc::clone(&node_state.metrics),
                epoch,
            })
        });
        self.begin_sweeping(node);
    }

    /// A device's connection reaches its node.
    pub(crate) fn node_accepts(&mut self, id: LinkId) {
        let Some(node) = self.node_of(id) else {
            return;
        };
        let Some(shared) = self.nodes[node].shared.clone() else {
            return;
        };
        self.lanes += 1;
        let lane = LaneId(self.lanes);
        let session = SessionId::from_uuid(self.rng.uuid_v7(self.node_wall(node)));
        let bell = Bell {
            link: id,
            marks: Arc::clone(&self.nodes[node].marks),
        };
        let now = self.node_now(node);
        let conn = Conn::new(shared, lane, session, None, Arc::new(bell), now);
        self.nodes[node].conns.insert(id, conn);
        self.pump_node(node, id);
    }

    pub(crate) fn arrive_at_node(&mut self, id: LinkId, text: &str) {
        if self.links.get(&id).is_some_and(|link| link.alive) {
            self.tell_conn(id, Input::Text(text));
        }
    }

    pub(crate) fn node_sees_end(&mut self, id: LinkId) {
        self.tell_conn(id, Input::Closed);
        if let Some(node) = self.node_of(id) {
            self.nodes[node].conns.remove(&id);
        }
        self.links.remove(&id);
    }

    pub(crate) fn conn_timer(&mut self, id: LinkId) {
        let Some(node) = self.node_of(id) else {
            return;
        };
        self.nodes[node].armed.remove(&id);
        let now = self.node_now(node);
        let Some(conn) = self.nodes[node].conns.get_mut(&id) else {
            return;
        };
        match conn.poll_timeout(now) {
            Some((at, _)) if at <= now.mono => {
                conn.handle_timeout(now);
                self.pump_node(node, id);
            }
            Some((at, _)) => self.arm_conn(node, id, at),
            None => {}
        }
    }

    fn arm_conn(&mut self, node: usize, id: LinkId, at: Duration) {
        let armed = &mut self.nodes[node].armed;
        if armed.get(&id).is_none_or(|armed| *armed > at) {
            armed.insert(id, at);
            self.at(at, Event::ConnTimer(id));
        }
    }

    fn tell_conn(&mut self, id: LinkId, input: Input<'_>) {
        let Some(node) = self.node_of(id) else {
            return;
        };
        let now = self.node_now(node);
        if let Some(conn) = self.nodes[node].conns.get_mut(&id) {
            conn.handle(input, now);
            self.pump_node(node, id);
        }
    }

    /// Carries out what the connection wants, and what that wakes.
    fn pump_node(&mut self, node: usize, first: LinkId) {
        self.pump_conn(node, first);
        self.ring_bells(node);
        self.carry_hints(node);
    }

    fn pump_conn(&mut self, node: usize, id: LinkId) {
        let now = self.node_now(node);
        while self.perform(node, id).is_some() {
            let wrote = self.write_message(node, id);
            // Looking for a message may itself ask the store for something.
            if !wrote && self.perform(node, id) == Some(0) {
                break;
            }
        }
        if let Some(conn) = self.nodes[node].conns.get(&id)
            && let Some((at, _)) = conn.poll_timeout(now)
        {
            self.arm_conn(node, id, at);
        }
    }

    /// Carries out what the connection wants beside messages. How much that was, unless the
    /// connection is gone.
    fn perform(&mut self, node: usize, id: LinkId) -> Option<usize> {
        let mut done = 0;
        while let Some(output) = self.nodes[node].conns.get_mut(&id)?.poll_output() {
            done += 1;
            match output {
                Output::Submit(token, command) => {
                    self.submit(node, token.map(|token| (id, token)), command);
                }
                Output::Query(token, query) => {
                    let delay = self.disk_delay();
                    let generation = self.nodes[node].generation;
                    let event = Event::Snapshot(generation, id, token, Box::new(query));
                    self.after(delay, event);
                }
                Output::Close(code) => {
                    self.node_closes(node, id, code);
                    return None;
                }
            }
        }
        Some(done)
    }

    /// Gives the socket a message, if it can take one and there is one.
    fn write_message(&mut self, node: usize, id: LinkId) -> bool {
        let now = self.node_now(node);
        if self.nodes[node].unflushed.contains(&id) {
            return false;
        }
        let message = self.nodes[node].conns.get_mut(&id);
        let Some(bytes) = message.and_then(|conn| conn.poll_transmit(now)) else {
            return false;
        };
        match String::from_utf8(bytes.into()) {
            Ok(text) => self.transmit(id, To::Device, text),
            Err(_) => self.blame("the server sent what is no text".into()),
        }
        self.flush(node, id);
        true
    }

    /// The socket takes what it was given: at once, or when a stalled device reads again.
    fn flush(&mut self, node: usize, id: LinkId) {
        let stalled_until = self.links.get(&id).map(|link| link.stalled_until);
        match stalled_until {
            Some(until) if until > self.now => {
                self.nodes[node].unflushed.insert(id);
                self.at(until, Event::Flushed(id));
            }
            Some(_) | None => {
                let now = self.node_now(node);
                if let Some(conn) = self.nodes[node].conns.get_mut(&id) {
                    conn.handle(Input::Flushed, now);
                }
            }
        }
    }

    pub(crate) fn flushed(&mut self, id: LinkId) {
        if let Some(node) = self.node_of(id)
            && self.nodes[node].unflushed.remove(&id)
        {
            self.tell_conn(id, Input::Flushed);
        }
    }

    fn node_closes(&mut self, node: usize, id: LinkId, code: CloseCode) {
        let now = self.node_now(node);
        self.note(|| format!("node {node} closes {id:?} with {code}"));
        if let Some(mut conn) = self.nodes[node].conns.remove(&id) {
            conn.handle(Input::Closed, now);
            while let Some(output) = conn.poll_output() {
                if let Output::Submit(token, command) = output {
                    self.submit(node, token.map(|token| (id, token)), command);
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

    pub(crate) fn submit(&mut self, node: usize, asked: Option<(LinkId, Token)>, command: Command) {
        self.nodes[node].waiting.push_back((asked, command));
        self.commit_the_rest(node);
    }

    /// Sees to it that what waits is committed.
    pub(crate) fn commit_the_rest(&mut self, node: usize) {
        let state = &mut self.nodes[node];
        if !state.waiting.is_empty() && !std::mem::replace(&mut state.commit_is_due, true) {
            let generation = state.generation;
            let delay = self.disk_delay();
            self.after(delay, Event::Commit(node, generation));
        }
    }

    /// The node takes in what its own transaction changed, and tells the other.
    pub(crate) fn publish(&mut self, node: usize, commits: &[causerie_server::store::Commit]) {
        if let Some(shared) = &self.nodes[node].shared {
            shared.hub.publish(commits, self.node_now(node));
        }
        self.carry_hints(node);
    }

    /// A transaction's answers, and whom its publication wakes.
    pub(crate) fn give_outcomes(&mut self, node: usize, batch: Vec<Asked>, outcomes: Vec<Outcome>) {
        for ((asked, _), outcome) in batch.into_iter().zip(outcomes) {
            if let Some((id, token)) = asked {
                self.tell_conn(id, Input::Outcome(token, outcome));
            }
        }
        self.ring_bells(node);
    }

    /// Wakes whom something concerns.
    pub(crate) fn ring_bells(&mut self, node: usize) {
        loop {
            let marks = self.nodes[node].take_marks();
            if marks.is_empty() {
                return;
            }
            let now = self.node_now(node);
            for (woken, mark) in marks {
                if let Some(conn) = self.nodes[node].conns.get_mut(&woken) {
                    let input = match mark {
                        Mark::Woken => Input::Woken,
                        Mark::Superseded => Input::Superseded,
                    };
                    conn.handle(input, now);
                    self.pump_conn(node, woken);
                }
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
        let is_there = self
            .node_of(id)
            .is_some_and(|node| self.nodes[node].generation == generation);
        if !is_there {
            return;
        }
        // What is being synced is in nobody's snapshot: a reader waits for it here.
        if let Some(until) = self.database.syncs_until() {
            let event = Event::Snapshot(generation, id, token, Box::new(query.clone()));
            return self.at(until, event);
        }
        let read = self
            .database
            .store
            .query(&small(query))
            .map_err(|error| StoreError(error.to_string()));
        let delay = self.disk_delay();
        self.after(delay, Event::Answer(generation, id, token, Box::new(read)));
    }

    pub(crate) fn give_answer(&mut self, generation: u64, id: LinkId, token: Token, read: Read) {
        let is_there = self
            .node_of(id)
            .is_some_and(|node| self.nodes[node].generation == generation);
        if is_there {
            self.tell_conn(id, Input::Answer(token, read));
        }
    }

    /// kill -9.
    pub(crate) fn node_dies(&mut self, node: usize, when: &str) {
        if self.nodes[node].is_up() {
            self.note(|| format!("node {node} dies {when}"));
            self.nodes[node].die();
            let ids: Vec<LinkId> = self.links.keys().copied().collect();
            for id in ids {
                let delay = self.delay();
                if let Some(link) = self.links.get_mut(&id)
                    && link.node == node
                    && !link.swallows
                {
                    let at = link.arrival(To::Device, self.now, delay);
                    self.at(at, Event::DeviceSeesEnd(id, None));
                }
            }
            let pause = self.rng.millis(100, 5000);
            self.after(pause, Event::NodeUp(node));
        }
    }

    pub(crate) fn node_up(&mut self, node: usize) {
        if self.nodes[node].is_up() {
            return;
        }
        if !self.database.is_up() {
            // It has nothing to begin with.
            return self.after(Duration::from_millis(500), Event::NodeUp(node));
        }
        if let Some(until) = self.database.syncs_until() {
            return self.at(until, Event::NodeUp(node));
        }
        self.note(|| format!("node {node} is up"));
        self.boot(node);
    }

    pub(crate) fn disk_delay(&mut self) -> Duration {
        self.rng.millis(0, 12)
    }

    /// Whether a connection of this link is known to its node.
    pub fn is_connected(&self, id: LinkId) -> bool {
        self.node_of(id)
            .is_some_and(|node| self.nodes[node].conns.contains_key(&id))
    }
}
