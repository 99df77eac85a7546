//! One node of the server: its own connections and hub, over the database that it shares.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use causerie_server::{
    auth::{Auth, Rules},
    bus::Lossy,
    clock::Now,
    conn::{Conn, ConnConfig, Shared},
    hub::{RingLimits, SharedHub, Wake},
    metrics::Metrics,
    store::{Answer, Query, StoreError},
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
pub(crate) enum Mark {
    Woken,
    Superseded,
}

pub(crate) struct Bell {
    pub(crate) link: LinkId,
    pub(crate) marks: Arc<Mutex<Vec<(LinkId, Mark)>>>,
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
    /// How far its calendar is off, in milliseconds.
    pub wall_offset: i64,
    pub(crate) waiting: VecDeque<Asked>,
    pub(crate) shared: Option<Arc<Shared>>,
    pub(crate) bus: Arc<Lossy>,
    auth: Option<Auth>,
    metrics: Arc<Metrics>,
    pub(crate) conns: BTreeMap<LinkId, Conn>,
    pub(crate) marks: Arc<Mutex<Vec<(LinkId, Mark)>>>,
    /// Sockets that hold a message which they have not taken whole.
    pub(crate) unflushed: BTreeSet<LinkId>,
    /// For when each connection's timer is queued.
    pub(crate) armed: BTreeMap<LinkId, Duration>,
    pub(crate) commit_is_due: bool,
    /// Rises with every start: what was meant for an earlier one is void.
    pub(crate) generation: u64,
}

impl Node {
    /// A node that was never started.
    pub fn new() -> Self {
        Self {
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

    pub(crate) fn take_marks(&self) -> Vec<(LinkId, Mark)> {
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
pub(crate) fn small(query: &Query) -> Query {
    let mut query = query.clone();
    match &mut query {
        Query::Subscribe { limit, .. } | Query::Events { limit, .. } => *limit = PAGE.min(*limit),
        Query::History { request, .. } => {
            request.limit = Some(request.limit.unwrap_or(PAGE).min(PAGE));
        }
        Query::Sync { limit, .. } => *limit = 2.min(*limit),
        Query::Item { .. }
        | Query::Search { .. }
        | Query::Places { .. }
        | Query::Messages { .. }
        | Query::Members { .. }
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
    pub(crate) fn node_of(&self, id: LinkId) -> Option<usize> {
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
