//! Connections, a hub and the memory store in virtual time, with every step under control.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use causerie_protocol::{
    ClientId, CloseCode, ConversationId, ConversationKind, CreateConversation, Members, MessageId,
    SendMessage, SessionId, Target, UserId, Write, WriteOp,
};
use causerie_server::{
    auth::{Auth, Rules},
    clock::Now,
    conn::{Conn, ConnConfig, Input, Output, Shared, Token},
    hub::{RingLimits, SharedHub, Wake},
    metrics::Metrics,
    store::{Actor, Answer, Command, LaneId, Outcome, Query, StoreError, memory::MemoryStore},
};
use serde_json::{Value, json};
use uuid::{Builder, Uuid};

pub const START: u64 = 1_763_600_000_000;

/// Which connection of a world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At(usize);

#[derive(Default)]
struct Bell {
    woken: AtomicBool,
    superseded: AtomicBool,
}

impl Wake for Bell {
    fn wake(&self) {
        self.woken.store(true, Ordering::SeqCst);
    }

    fn supersede(&self) {
        self.superseded.store(true, Ordering::SeqCst);
    }
}

struct Peer {
    conn: Conn,
    bell: Arc<Bell>,
    user: String,
    client_id: ClientId,
    /// Whether the socket takes what it is given.
    open: bool,
    received: Vec<Value>,
    closed: Option<CloseCode>,
    next_id: u64,
}

/// A query's answer on its way.
struct Reading {
    to: usize,
    token: Token,
    query: Query,
    /// Read already, and not yet handed over.
    answer: Option<Result<Answer, StoreError>>,
}

pub struct World {
    pub store: MemoryStore,
    pub shared: Arc<Shared>,
    peers: Vec<Peer>,
    now: Duration,
    ids: u64,
    commands: VecDeque<(Option<(usize, Token)>, Command)>,
    readings: VecDeque<Reading>,
    /// Commands stay uncommitted.
    pub holds_commits: bool,
    /// Queries are not answered.
    pub holds_answers: bool,
    /// The next so many queries fail.
    pub failing_queries: usize,
}

impl World {
    pub fn new() -> Self {
        Self::with(ConnConfig::default(), RingLimits::default())
    }

    pub fn with_ring(events: usize) -> Self {
        let limits = RingLimits {
            events,
            ..RingLimits::default()
        };
        Self::with(ConnConfig::default(), limits)
    }

    pub fn with(config: ConnConfig, ring: RingLimits) -> Self {
        Self::on(node(config, SharedHub::new(ring)))
    }

    /// On this node. Another one can be put into its place: connections stay where they are, and
    /// what is written is published by the present one.
    pub fn on(shared: Arc<Shared>) -> Self {
        Self {
            store: MemoryStore::new(shared.epoch.clone()),
            shared,
            peers: Vec::new(),
            now: Duration::from_secs(1),
            ids: 0,
            commands: VecDeque::new(),
            readings: VecDeque::new(),
            holds_commits: false,
            holds_answers: false,
            failing_queries: 0,
        }
    }

    pub fn now(&self) -> Now {
        Now {
            mono: self.now,
            wall: START + u64::try_from(self.now.as_millis()).expect("a short test"),
        }
    }

    pub fn uuid(&mut self) -> Uuid {
        self.ids += 1;
        let mut bytes = [0; 10];
        bytes[2..].copy_from_slice(&self.ids.to_be_bytes());
        Builder::from_unix_timestamp_millis(START, &bytes).into_uuid()
    }

    // ---- connections

    /// A socket that is open; nothing was said.
    pub fn open(&mut self, user: &str) -> At {
        let client_id = ClientId::from_uuid(self.uuid());
        self.open_as(user, client_id)
    }

    pub fn open_as(&mut self, user: &str, client_id: ClientId) -> At {
        let bell = Arc::new(Bell::default());
        let session = SessionId::from_uuid(self.uuid());
        let lane = LaneId(self.peers.len() as u64 + 1000);
        let conn = Conn::new(
            Arc::clone(&self.shared),
            lane,
            session,
            None,
            Arc::clone(&bell) as _,
            self.now(),
        );
        self.peers.push(Peer {
            conn,
            bell,
            user: user.into(),
            client_id,
            open: true,
            received: Vec::new(),
            closed: None,
            next_id: 1,
        });
        At(self.peers.len() - 1)
    }

    pub fn client_id(&self, at: At) -> ClientId {
        self.peers[at.0].client_id
    }

    pub fn token(&self, user: &str, ttl: Duration) -> String {
        let expires_at = self.now().wall + u64::try_from(ttl.as_millis()).expect("short");
        let user = UserId::new(user).expect("a user id");
        self.shared
            .auth
            .mint(&user, expires_at, None)
            .expect("a signer")
    }

    /// The payload of `authenticate`, with more in it.
    pub fn authentication(&self, at: At, more: Value) -> Value {
        let peer = &self.peers[at.0];
        let mut payload = json!({
            "token": self.token(&peer.user, Duration::from_secs(3600)),
            "client_id": peer.client_id,
            "protocol": 1,
            "epoch": "c0ffee",
        });
        merge(&mut payload, more);
        payload
    }

    /// A connection that is authenticated, and has said so.
    pub fn connect(&mut self, user: &str) -> At {
        let at = self.open(user);
        self.authenticate(at, json!({}));
        at
    }

    pub fn authenticate(&mut self, at: At, more: Value) {
        let payload = self.authentication(at, more);
        self.ask(at, "authenticate", payload);
        self.settle();
    }

    /// A connection that is subscribed, and has said so.
    pub fn member(&mut self, user: &str, room: ConversationId) -> At {
        let at = self.connect(user);
        self.subscribe(at, room);
        self.take(at);
        at
    }

    pub fn subscribe(&mut self, at: At, room: ConversationId) {
        self.ask(at, "subscribe", json!({"room": format!("conv:{room}")}));
        self.settle();
    }

    /// Sends a request; what comes of it comes with [`World::settle`]. Returns its id.
    pub fn ask(&mut self, at: At, kind: &str, payload: Value) -> u64 {
        let id = self.peers[at.0].next_id;
        self.peers[at.0].next_id += 1;
        let frame = json!({"type": kind, "id": id, "payload": payload});
        self.text(at, &frame.to_string());
        id
    }

    pub fn text(&mut self, at: At, text: &str) {
        self.input(at, Input::Text(text));
    }

    pub fn input(&mut self, at: At, input: Input<'_>) {
        let now = self.now();
        self.peers[at.0].conn.handle(input, now);
        self.perform(at.0);
    }

    pub fn conn(&mut self, at: At) -> &mut Conn {
        &mut self.peers[at.0].conn
    }

    /// The socket takes nothing until [`World::unblock`].
    pub fn block(&mut self, at: At) {
        self.peers[at.0].open = false;
    }

    pub fn unblock(&mut self, at: At) {
        self.peers[at.0].open = true;
        self.settle();
    }

    /// All frames since the last call.
    pub fn take(&mut self, at: At) -> Vec<Value> {
        std::mem::take(&mut self.peers[at.0].received)
    }

    pub fn closed(&self, at: At) -> Option<u16> {
        self.peers[at.0].closed.map(CloseCode::number)
    }

    // ---- what happens by itself

    /// Until nothing moves any more.
    pub fn settle(&mut self) {
        while self.step() {}
    }

    fn step(&mut self) -> bool {
        let mut moved = false;
        if !self.holds_commits && !self.commands.is_empty() {
            self.commit();
            moved = true;
        }
        if !self.holds_answers && !self.readings.is_empty() {
            self.answer();
            moved = true;
        }
        for at in 0..self.peers.len() {
            moved |= self.drive(at);
        }
        moved
    }

    fn drive(&mut self, at: usize) -> bool {
        let now = self.now();
        let peer = &mut self.peers[at];
        let mut moved = false;
        if peer.bell.woken.swap(false, Ordering::SeqCst) {
            peer.conn.handle(Input::Woken, now);
            moved = true;
        }
        if peer.bell.superseded.swap(false, Ordering::SeqCst) {
            peer.conn.handle(Input::Superseded, now);
            moved = true;
        }
        if peer.open && peer.closed.is_none() {
            while let Some(message) = peer.conn.poll_transmit(now) {
                moved = true;
                let text = std::str::from_utf8(&message).expect("text");
                for line in text.lines() {
                    let frame = serde_json::from_str(line).expect("a frame a line");
                    peer.received.push(frame);
                }
                peer.conn.handle(Input::Flushed, now);
            }
        }
        moved | self.perform(at)
    }

    fn perform(&mut self, at: usize) -> bool {
        let mut moved = false;
        while let Some(output) = self.peers[at].conn.poll_output() {
            moved = true;
            match output {
                Output::Submit(token, command) => {
                    self.commands
                        .push_back((token.map(|token| (at, token)), command));
                }
                Output::Query(token, query) => self.readings.push_back(Reading {
                    to: at,
                    token,
                    query,
                    answer: None,
                }),
                Output::Close(code) => self.peers[at].closed = Some(code),
            }
        }
        moved
    }

    /// Commits all that waits, in one transaction.
    pub fn commit(&mut self) {
        let (whose, commands): (Vec<_>, Vec<_>) = self.commands.drain(..).unzip();
        let outcomes = self.apply(&commands);
        for (whose, outcome) in whose.into_iter().zip(outcomes) {
            if let Some((at, token)) = whose {
                let now = self.now();
                let input = Input::Outcome(token, outcome);
                self.peers[at].conn.handle(input, now);
                self.perform(at);
            }
        }
    }

    fn apply(&mut self, commands: &[Command]) -> Vec<Outcome> {
        let now = self.now();
        let ids = &mut self.ids;
        let (outcomes, commits) = self.store.apply(commands, now.wall, || {
            *ids += 1;
            let mut bytes = [0; 10];
            bytes[2..].copy_from_slice(&ids.to_be_bytes());
            MessageId::from_uuid(Builder::from_unix_timestamp_millis(START, &bytes).into_uuid())
        });
        self.shared.hub.publish(&commits, now);
        outcomes
    }

    /// Reads what waits now, and hands it over later.
    pub fn read_early(&mut self) {
        let waiting: Vec<Query> = self.readings.iter().map(|r| r.query.clone()).collect();
        for (at, query) in waiting.iter().enumerate() {
            let answer = self.read(query);
            self.readings[at].answer.get_or_insert(answer);
        }
    }

    fn read(&mut self, query: &Query) -> Result<Answer, StoreError> {
        if self.failing_queries > 0 {
            self.failing_queries -= 1;
            return Err(StoreError("for a test".into()));
        }
        Ok(self.store.query(query).expect("maps can be read"))
    }

    /// Answers the queries that wait.
    pub fn answer(&mut self) {
        for reading in std::mem::take(&mut self.readings) {
            let answer = match reading.answer {
                Some(answer) => answer,
                None => self.read(&reading.query),
            };
            let now = self.now();
            let input = Input::Answer(reading.token, answer);
            self.peers[reading.to].conn.handle(input, now);
            self.perform(reading.to);
        }
    }

    /// How many queries wait.
    pub fn waiting_queries(&self) -> usize {
        self.readings.len()
    }

    /// How many commands wait.
    pub fn waiting_commands(&self) -> usize {
        self.commands.len()
    }

    /// Lets time pass, from deadline to deadline.
    pub fn pass(&mut self, millis: u64) {
        let until = self.now + Duration::from_millis(millis);
        loop {
            let now = self.now();
            let next = self
                .peers
                .iter()
                .filter(|peer| peer.closed.is_none())
                .filter_map(|peer| peer.conn.poll_timeout(now))
                .map(|(at, _)| at.max(self.now))
                .min()
                .filter(|at| *at <= until);
            let Some(at) = next else {
                break;
            };
            self.now = at;
            let now = self.now();
            for peer in &mut self.peers {
                if peer
                    .conn
                    .poll_timeout(now)
                    .is_some_and(|(at, _)| at <= now.mono)
                {
                    peer.conn.handle_timeout(now);
                }
            }
            self.settle();
            // A blocked socket's ping, or a rate of zero, must not stop time.
            self.now += Duration::from_micros(100);
        }
        self.now = self.now.max(until);
        self.settle();
    }

    // ---- words

    /// Writes past all connections.
    pub fn write(&mut self, who: &str, room: ConversationId, op: WriteOp) -> Outcome {
        let temp_id = causerie_protocol::TempId::from_uuid(self.uuid());
        let command = Command::Write {
            lane: LaneId(1),
            actor: Actor {
                user_id: UserId::new(who).expect("a user id"),
                client_id: ClientId::from_uuid(Uuid::nil()),
                admin: false,
            },
            write: Box::new(Write::new(temp_id, room, op)),
            refuse: None,
        };
        let outcome = self.apply(&[command]).remove(0);
        assert!(!matches!(outcome, Outcome::Refused(_)), "{outcome:?}");
        outcome
    }

    /// Says something past all connections; gives its seq and its id.
    pub fn say(&mut self, who: &str, room: ConversationId, text: &str) -> (u64, MessageId) {
        match self.write(who, room, WriteOp::SendMessage(SendMessage::text(text))) {
            Outcome::Sent(sent) => (sent.seq, sent.message_id),
            other => panic!("{other:?}"),
        }
    }

    pub fn delete(&mut self, who: &str, room: ConversationId, message_id: MessageId) {
        let target = Target::Message { message_id };
        let delete = causerie_protocol::DeleteMessage { target };
        self.write(who, room, WriteOp::DeleteMessage(delete));
    }

    pub fn group(&mut self, owner: &str, members: &[&str]) -> ConversationId {
        let room = ConversationId::from_uuid(self.uuid());
        let members = members.iter().map(|name| UserId::new(name).expect("an id"));
        let create = CreateConversation {
            kind: ConversationKind::Group,
            group_id: None,
            title: Some("a title".into()),
            members: Some(members.collect()),
            history: None,
        };
        self.write(owner, room, WriteOp::CreateConversation(create));
        room
    }

    pub fn remove(&mut self, owner: &str, room: ConversationId, who: &str) {
        self.write(owner, room, WriteOp::RemoveMembers(one(who)));
    }

    pub fn add(&mut self, owner: &str, room: ConversationId, who: &str) {
        self.write(owner, room, WriteOp::AddMembers(one(who)));
    }
}

/// A node over an empty store.
pub fn node(config: ConnConfig, hub: SharedHub) -> Arc<Shared> {
    Arc::new(Shared {
        config,
        auth: Auth::from_secret(b"secret", Rules::default()).expect("a secret"),
        hub,
        metrics: Arc::new(Metrics::new()),
        epoch: "c0ffee".into(),
    })
}

fn one(who: &str) -> Members {
    Members {
        user_ids: vec![UserId::new(who).expect("a user id")],
        role: None,
    }
}

fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
}

/// The types of frames.
pub fn kinds(frames: &[Value]) -> Vec<&str> {
    frames
        .iter()
        .map(|frame| frame["type"].as_str().expect("a type"))
        .collect()
}

/// The frames of a type.
pub fn of<'a>(frames: &'a [Value], kind: &str) -> Vec<&'a Value> {
    frames
        .iter()
        .filter(|frame| frame["type"] == kind)
        .map(|frame| &frame["payload"])
        .collect()
}

/// The seqs of durable events, in the order in which they came.
pub fn seqs(frames: &[Value]) -> Vec<u64> {
    frames
        .iter()
        .filter(|frame| frame["payload"]["event_id"].is_string())
        .map(|frame| frame["payload"]["seq"].as_u64().expect("a seq"))
        .collect()
}

/// The code of the only error.
pub fn error(frames: &[Value]) -> &str {
    let errors: Vec<_> = frames
        .iter()
        .filter(|frame| frame["type"] == "error" || frame["type"] == "message_error")
        .collect();
    assert_eq!(errors.len(), 1, "{frames:?}");
    errors[0]["payload"]["code"].as_str().expect("a code")
}
