//! A driver without threads: carries out outputs strictly in order, and may die between any two.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use causerie_engine::{
    Command, CommandError, CommandKind, ConnectionState, Emission, Engine, EngineConfig, Input,
    ItemKey, Now, Output, Reply, ReplyId, SendState, SocketEvent, TimelineDiff, TimelineId,
    TimelineStart,
};
use causerie_protocol::{
    Authenticated, ClientFrame, ConversationId, Limits, MessageSent, Request, SendMessage,
    ServerFrame, ServerMessage, SessionId, TempId, WriteOp,
};

use super::{ids::*, screen::Screen, store::MemoryStore};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Socket {
    None,
    Opening,
    Open,
}

pub struct Device {
    pub engine: Engine,
    pub config: EngineConfig,
    pub store: MemoryStore,
    pub now_ms: u64,
    pub socket: Socket,
    /// Sent by the engine, not yet taken.
    pub sent: VecDeque<ClientFrame>,
    pub screens: BTreeMap<TimelineId, Screen>,
    pub opened: BTreeMap<TimelineId, ConversationId>,
    pub replies: BTreeMap<ReplyId, Result<Reply, CommandError>>,
    pub unanswered: BTreeSet<ReplyId>,
    pub emissions: Vec<Emission>,
    /// How a write stands, as told last.
    pub told: BTreeMap<TempId, Option<SendState>>,
    pub token_requests: Vec<bool>,
    pub client_id_requests: usize,
    /// Gives a token at once when asked.
    pub gives_tokens: bool,
    /// Dies after so many outputs.
    pub crash_after: Option<usize>,
    pub crashed: bool,
    /// The disk has no room for what the app asks next.
    pub full: bool,
    /// Commands that were taken back because of that.
    pub refused: usize,
    next_reply: u64,
    next_temp: u64,
    seed: u64,
    pending_inputs: VecDeque<Input>,
}

impl Device {
    pub fn new(store: MemoryStore, config: EngineConfig, seed: u64) -> Self {
        let engine = Engine::restore(store.snapshot(), config.clone(), at(0), seed);
        Self {
            engine,
            config,
            store,
            now_ms: 0,
            socket: Socket::None,
            sent: VecDeque::new(),
            screens: BTreeMap::new(),
            opened: BTreeMap::new(),
            replies: BTreeMap::new(),
            unanswered: BTreeSet::new(),
            emissions: Vec::new(),
            told: BTreeMap::new(),
            token_requests: Vec::new(),
            client_id_requests: 0,
            gives_tokens: true,
            crash_after: None,
            crashed: false,
            full: false,
            refused: 0,
            next_reply: 1,
            next_temp: 1,
            seed,
            pending_inputs: VecDeque::new(),
        }
    }

    /// Alice's device, which knows these conversations.
    pub fn knowing(ids: &[ConversationId]) -> Self {
        let mut store = MemoryStore::new(alice(), client(1));
        store.epoch = Some("e1".into());
        store.sync_token = Some("t0".into());
        for id in ids {
            store.conversations.insert(
                *id,
                causerie_engine::ConversationRow {
                    item: item(*id),
                    position: None,
                    ranges: Vec::new(),
                    read_mark: None,
                    draft: None,
                },
            );
        }
        Self::new(store, EngineConfig::default(), 1)
    }

    pub fn now(&self) -> Now {
        at(self.now_ms)
    }

    pub fn input(&mut self, input: Input) {
        self.pending_inputs.push_back(input);
        while let Some(input) = self.pending_inputs.pop_front() {
            if self.crashed {
                return;
            }
            self.engine.handle(input, self.now());
            self.carry_out();
        }
    }

    pub fn command(&mut self, kind: CommandKind) -> ReplyId {
        let reply = ReplyId(self.next_reply);
        self.next_reply += 1;
        self.unanswered.insert(reply);
        self.input(Input::Command(Command { reply, kind }));
        reply
    }

    /// Lets time pass, and calls the engine whenever it wanted to be called.
    pub fn advance(&mut self, ms: u64) {
        let end = self.now_ms + ms;
        for _ in 0..10_000 {
            if self.crashed {
                self.now_ms = end;
                return;
            }
            match self.engine.poll_timeout() {
                Some((when, _)) if when <= Duration::from_millis(end) => {
                    let when = u64::try_from(when.as_micros().div_ceil(1000)).expect("small");
                    self.now_ms = self.now_ms.max(when);
                    self.input(Input::Timer);
                }
                Some(_) | None => {
                    self.now_ms = end;
                    return;
                }
            }
        }
        panic!(
            "the engine wants to be called again and again: {:?}",
            self.engine.poll_timeout()
        );
    }

    fn carry_out(&mut self) {
        while let Some(output) = self.engine.poll_output() {
            if let Some(left) = &mut self.crash_after {
                if *left == 0 {
                    self.crash_after = None;
                    self.crashed = true;
                    return;
                }
                *left -= 1;
            }
            self.carry_out_one(output);
        }
    }

    fn carry_out_one(&mut self, output: Output) {
        match output {
            Output::Store(ops) => {
                assert!(!ops.is_empty());
                if std::mem::take(&mut self.full) {
                    assert!(self.engine.undo(), "cannot be taken back: {ops:?}");
                    let unanswered = self.unanswered.pop_last();
                    assert!(unanswered.is_some(), "a command waits for its answer");
                    self.refused += 1;
                } else {
                    self.store.commit(ops);
                }
            }
            Output::Load { load, query } => {
                let messages = self.store.load(&query);
                self.engine
                    .handle(Input::Loaded { load, messages }, at(self.now_ms));
            }
            Output::OpenSocket => {
                assert_eq!(self.socket, Socket::None, "one socket at a time");
                self.socket = Socket::Opening;
            }
            Output::CloseSocket => {
                assert_ne!(self.socket, Socket::None, "there is a socket to close");
                self.socket = Socket::None;
                self.sent.clear();
            }
            Output::Transmit(frames) => {
                assert_eq!(self.socket, Socket::Open, "frames go over an open socket");
                assert!(!frames.is_empty());
                for frame in &frames {
                    self.check_attempted(frame);
                }
                self.sent.extend(frames);
            }
            Output::RequestToken { refused } => {
                self.token_requests.push(refused);
                if self.gives_tokens {
                    self.pending_inputs
                        .push_back(Input::Token(Ok("token".into())));
                }
            }
            Output::NewClientId => {
                self.client_id_requests += 1;
                let id = client(100 + self.client_id_requests as u64);
                self.pending_inputs.push_back(Input::ClientId(id));
            }
            Output::Emit(emissions) => {
                assert!(!emissions.is_empty());
                for emission in emissions {
                    self.hear(emission);
                }
            }
            Output::Reply { reply, result } => {
                if let Ok(Reply::Timeline(batch)) = &result {
                    let timeline = *self
                        .screens
                        .iter()
                        .find(|(id, screen)| id.0 == reply.0 && screen.resets == 0)
                        .expect("a timeline is named like its command here")
                        .0;
                    self.show(timeline, batch.clone());
                }
                self.unanswered.remove(&reply);
                let before = self.replies.insert(reply, result);
                assert!(before.is_none(), "one answer to a command");
            }
        }
    }

    /// `attempted` is committed before the first transmission.
    fn check_attempted(&self, frame: &ClientFrame) {
        if let Request::Write(write) = &frame.request {
            let row = self.store.outbox.get(&write.temp_id);
            assert!(
                row.is_some_and(|row| row.attempted),
                "a write is on the wire before it is stored as attempted: {row:?}"
            );
        }
    }

    fn hear(&mut self, emission: Emission) {
        match &emission {
            Emission::Timeline { timeline, batch } => {
                self.check_committed(batch);
                self.show(*timeline, batch.clone());
            }
            Emission::Outbox { key, state, .. } => {
                if let Some(SendState::Sent { .. }) = state {
                    let row = self.store.outbox.get(key);
                    assert!(
                        row.is_none_or(|row| !matches!(
                            row.state,
                            causerie_engine::OutboxState::Queued
                                | causerie_engine::OutboxState::Failed { .. }
                        )),
                        "told as sent before that is committed"
                    );
                }
                self.told.insert(*key, state.clone());
            }
            _ => {}
        }
        self.emissions.push(emission);
    }

    /// What is shown as confirmed is committed.
    fn check_committed(&self, batch: &causerie_engine::TimelineBatch) {
        for diff in &batch.diffs {
            let (TimelineDiff::Insert { item, .. } | TimelineDiff::Update(item)) = diff else {
                continue;
            };
            if item.send.is_none() {
                let key = (item.message.conversation_id, item.message.seq);
                assert!(
                    self.store.messages.contains_key(&key),
                    "shown before it is committed: {key:?}"
                );
            }
        }
    }

    fn show(&mut self, timeline: TimelineId, batch: causerie_engine::TimelineBatch) {
        self.screens
            .get_mut(&timeline)
            .expect("only open timelines change")
            .apply(batch);
    }

    /// The process died: a new engine from what was committed. Screens are gone.
    pub fn restart(&mut self) {
        self.seed += 1;
        self.engine = Engine::restore(
            self.store.snapshot(),
            self.config.clone(),
            self.now(),
            self.seed,
        );
        self.socket = Socket::None;
        self.sent.clear();
        self.screens.clear();
        self.opened.clear();
        self.pending_inputs.clear();
        self.unanswered.clear();
        self.crashed = false;
        self.crash_after = None;
    }

    // Shorthands.

    pub fn start(&mut self) {
        self.command(CommandKind::Start);
    }

    pub fn temp(&mut self) -> TempId {
        self.next_temp += 1;
        temp(self.next_temp)
    }

    pub fn write(&mut self, conversation_id: ConversationId, op: WriteOp) -> TempId {
        let key = self.temp();
        self.command(CommandKind::Write {
            key,
            conversation_id,
            op,
        });
        key
    }

    pub fn send(&mut self, id: ConversationId, text: &str) -> TempId {
        self.write(id, WriteOp::SendMessage(SendMessage::text(text)))
    }

    pub fn open(&mut self, id: ConversationId, page: u32) -> TimelineId {
        self.open_at(id, TimelineStart::Newest, page)
    }

    pub fn open_at(
        &mut self,
        conversation_id: ConversationId,
        start: TimelineStart,
        page: u32,
    ) -> TimelineId {
        let timeline = TimelineId(self.next_reply);
        self.screens.insert(timeline, Screen::default());
        self.opened.insert(timeline, conversation_id);
        self.command(CommandKind::OpenTimeline {
            timeline,
            conversation_id,
            start,
            page,
        });
        timeline
    }

    pub fn close(&mut self, timeline: TimelineId) {
        self.command(CommandKind::CloseTimeline(timeline));
        self.screens.remove(&timeline);
        self.opened.remove(&timeline);
    }

    pub fn screen(&self, timeline: TimelineId) -> &Screen {
        &self.screens[&timeline]
    }

    pub fn socket_opened(&mut self) {
        assert_eq!(self.socket, Socket::Opening);
        self.socket = Socket::Open;
        self.input(Input::Socket(SocketEvent::Opened));
    }

    pub fn cut(&mut self) {
        self.closed_with(None);
    }

    pub fn closed_with(&mut self, code: Option<causerie_protocol::CloseCode>) {
        if self.socket != Socket::None {
            self.socket = Socket::None;
            self.sent.clear();
            self.input(Input::Socket(SocketEvent::Closed {
                code,
                reason: String::new(),
            }));
        }
    }

    pub fn frames(&mut self, frames: Vec<ServerFrame>) {
        assert_eq!(self.socket, Socket::Open);
        self.input(Input::Frames(frames));
    }

    pub fn event(&mut self, message: ServerMessage) {
        self.frames(vec![ServerFrame::event(message)]);
    }

    pub fn answer(&mut self, frame: &ClientFrame, message: ServerMessage) {
        self.frames(vec![ServerFrame::reply(frame.id, message)]);
    }

    pub fn take_sent(&mut self) -> Vec<ClientFrame> {
        self.sent.drain(..).collect()
    }

    /// Connects, as far as `authenticated`. Gives the first frame.
    pub fn connect(&mut self) -> ClientFrame {
        if self.socket == Socket::None {
            self.start();
        }
        self.socket_opened();
        let first = self.sent.pop_front().expect("authenticate");
        self.answer(&first, ServerMessage::Authenticated(authenticated("e1")));
        assert_eq!(*self.engine.connection_state(), ConnectionState::Live);
        first
    }

    pub fn is_live(&self) -> bool {
        *self.engine.connection_state() == ConnectionState::Live
    }

    /// Whether the last command was answered with an error.
    pub fn refused_last(&self) -> bool {
        matches!(
            self.replies.get(&ReplyId(self.next_reply - 1)),
            Some(Err(_))
        )
    }

    pub fn take_emissions(&mut self) -> Vec<Emission> {
        std::mem::take(&mut self.emissions)
    }
}

pub fn authenticated(epoch: &str) -> Authenticated {
    Authenticated {
        user_id: alice(),
        session_id: SessionId::from_uuid(v7(1)),
        epoch: epoch.into(),
        compression: None,
        heartbeat_ms: 25_000,
        pong_timeout_ms: 10_000,
        token_expires_at: 0,
        server_time: 0,
        limits: Limits::default(),
        features: Vec::new(),
    }
}

/// A subscription's answer with nothing but the head: a hole, to who knows nothing.
pub fn subscribed(n: u64, head_seq: u64) -> ServerFrame {
    let raw = format!(
        r#"{{"type":"subscribed","payload":{{"room":"conv:{}","head_seq":{head_seq},"head_number":0,
           "from_seq":{},"complete":false,"reset":false,"visible_from":1,"events":[]}}}}"#,
        conv(n),
        head_seq + 1
    );
    causerie_protocol::decode_server(&raw)
        .next()
        .and_then(Result::ok)
        .expect("a frame")
}

/// The message of this name is durable.
pub fn acknowledged(n: u64, key: TempId, seq: u64) -> ServerMessage {
    ServerMessage::MessageSent(Box::new(MessageSent {
        temp_id: key,
        message_id: event_id(seq),
        conversation_id: conv(n),
        seq,
        number: seq,
        created_at: 9,
        duplicate: false,
        message: None,
    }))
}

pub fn key_of(temp_id: TempId) -> ItemKey {
    ItemKey(temp_id.uuid())
}
