//! The engine: the machines put together. This file holds its state and its way in and out; the
//! others hold what it does, by what it concerns.

mod changes;
mod command;
mod event;
#[cfg(planted)]
mod folded;
mod frame;
mod opening;
mod page;
mod screen;
mod scroll;
mod undo;
mod write;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use causerie_protocol::{
    ClientFrame, ClientId, ConversationActivity, ConversationId, Request, Seq, TempId, User, UserId,
};

use crate::{
    ConnectionState, ConversationEntry, EngineConfig, Input, Lifecycle, LoadId, Now, OutboxRow,
    Output, Snapshot, SocketEvent, Stats, StoreOp, TimelineId, TimerReason,
    backoff::Jitter,
    connection::{Action, Connection},
    conversation::Conversation,
    fetch::Fetches,
    outbox::Outbox,
    receipts::Receipts,
    request::{Purpose, Requests},
    stats::Counters,
    subscription::Subscriptions,
    sync::SyncState,
    timeline::{LoadPurpose, Timeline},
    typing::{Send, TypingState},
};

use changes::Changes;
use undo::Undo;

/// The client's mind. See the crate's documentation for how it is driven.
#[derive(Debug)]
pub struct Engine {
    config: EngineConfig,
    me: UserId,
    client_id: ClientId,
    epoch: Option<String>,
    now: Now,
    jitter: Jitter,
    connection: Connection,
    requests: Requests,
    outbox: Outbox,
    subscriptions: Subscriptions,
    sync: SyncState,
    fetches: Fetches,
    receipts: Receipts,
    typing: TypingState,
    counters: Counters,
    conversations: BTreeMap<ConversationId, Conversation>,
    /// What was typed in conversations that another epoch took away, until they come back.
    drafts: BTreeMap<ConversationId, String>,
    /// Activity of conversations whose item is yet to come.
    orphans: BTreeMap<ConversationId, ConversationActivity>,
    /// Where this user left conversations that are not known here: an item that was read before
    /// that may be told after it.
    departures: BTreeMap<ConversationId, Seq>,
    users: BTreeMap<UserId, User>,
    timelines: BTreeMap<TimelineId, Timeline>,
    /// The timelines that show a conversation.
    shown_in: BTreeMap<ConversationId, Vec<TimelineId>>,
    /// Timelines that want something.
    restless: BTreeSet<TimelineId>,
    loads: BTreeMap<LoadId, (TimelineId, LoadPurpose)>,
    next_load: u64,
    changes: Changes,
    outputs: VecDeque<Output>,
    /// How it was before the last command, until the store has what that changed.
    undo: Option<Undo>,
    /// What follows from the last command waits until the store has what it changed.
    unsettled: bool,
}

impl Engine {
    /// An engine that goes on from what the store held. It is disconnected until
    /// [`crate::CommandKind::Start`]; all else works at once. The seed decides the jitter of
    /// delays, nothing more: the same seed and inputs give the same outputs.
    pub fn restore(snapshot: Snapshot, config: EngineConfig, now: Now, seed: u64) -> Self {
        let conversations: BTreeMap<_, _> = snapshot
            .conversations
            .into_iter()
            .map(|row| (row.item.conversation_id, Conversation::from(row)))
            .collect();
        let mut receipts = Receipts::new(&config);
        for (id, conversation) in &conversations {
            if conversation.read_mark.is_some() {
                receipts.want_mark(*id);
            }
        }
        Self {
            me: snapshot.user_id,
            client_id: snapshot.client_id,
            epoch: snapshot.epoch,
            now,
            jitter: Jitter::new(seed),
            connection: Connection::new(&config),
            requests: Requests::default(),
            outbox: Outbox::restore(snapshot.outbox, &config),
            subscriptions: Subscriptions::new(&config),
            sync: SyncState::restore(snapshot.sync_token, snapshot.sync_cursor, &config),
            fetches: Fetches::new(&config),
            receipts,
            typing: TypingState::new(&config),
            counters: Counters::default(),
            conversations,
            drafts: BTreeMap::new(),
            orphans: BTreeMap::new(),
            departures: BTreeMap::new(),
            users: snapshot
                .users
                .into_iter()
                .map(|user| (user.user_id.clone(), user))
                .collect(),
            timelines: BTreeMap::new(),
            shown_in: BTreeMap::new(),
            restless: BTreeSet::new(),
            loads: BTreeMap::new(),
            next_load: 0,
            changes: Changes::default(),
            outputs: VecDeque::new(),
            undo: None,
            unsettled: false,
            config,
        }
    }

    // Getters.

    /// Whose engine this is.
    pub fn user_id(&self) -> &UserId {
        &self.me
    }

    /// The installation's id.
    pub fn client_id(&self) -> ClientId {
        self.client_id
    }

    /// How the connection stands.
    pub fn connection_state(&self) -> &ConnectionState {
        self.connection.state()
    }

    /// Writes on their way, by conversation and order; among them acknowledged changes that the
    /// cache does not show by itself yet.
    pub fn outbox(&self) -> impl Iterator<Item = &OutboxRow> {
        self.outbox.rows()
    }

    /// One write on its way.
    pub fn outbox_row(&self, key: TempId) -> Option<&OutboxRow> {
        self.outbox.get(key)
    }

    /// All conversations as a list shows them, in no particular order: see
    /// [`ConversationEntry::order`].
    pub fn conversations(&self) -> impl Iterator<Item = ConversationEntry> + '_ {
        self.conversations.keys().filter_map(|id| self.entry(*id))
    }

    /// One conversation as a list shows it.
    pub fn conversation(&self, conversation_id: ConversationId) -> Option<ConversationEntry> {
        self.entry(conversation_id)
    }

    /// A user's name, as far as it is known here.
    pub fn user(&self, user_id: &UserId) -> Option<&User> {
        self.users.get(user_id)
    }

    /// All users known here.
    pub fn users(&self) -> impl Iterator<Item = &User> {
        self.users.values()
    }

    /// The counters, as of now.
    pub fn stats(&self) -> Stats {
        let (subscribed, reconnects, outbox) = self.gauges();
        Stats {
            subscribed,
            reconnects,
            outbox,
            ..self.counters.stats()
        }
    }

    fn gauges(&self) -> (u64, u64, u64) {
        (
            self.subscriptions.count() as u64,
            self.connection.reconnects(),
            self.outbox.queued(),
        )
    }

    // Input.

    /// Takes in what happened. Then poll for outputs until there are none, and for the next time.
    pub fn handle(&mut self, input: Input, now: Now) {
        self.now = now;
        self.undo = None;
        let time = now.mono;
        match input {
            Input::Command(command) if self.outputs.is_empty() && undo::is_local(&command) => {
                return self.handle_local(command);
            }
            Input::Command(command) => self.handle_command(command),
            Input::Frames(frames) => self.handle_frames(frames),
            Input::Socket(SocketEvent::Opened) => self.connection.handle_opened(time),
            Input::Socket(SocketEvent::Closed { code, reason }) => {
                self.connection
                    .handle_closed(code, &reason, &mut self.jitter, time);
            }
            Input::Timer => self.handle_timer(),
            Input::Network(hint) => self.connection.handle_network(hint, time),
            Input::Lifecycle(Lifecycle::Suspend) => self.connection.handle_suspend(),
            Input::Lifecycle(Lifecycle::Resume) => self.connection.handle_resume(time),
            Input::Token(token) => {
                self.connection.handle_token(token, &mut self.jitter, time);
            }
            Input::Loaded { load, messages } => self.handle_loaded(load, messages),
            Input::ClientId(client_id) => {
                self.client_id = client_id;
                self.changes.ops.push(StoreOp::PutClientId(client_id));
                self.connection.handle_client_id(&mut self.jitter, time);
            }
        }
        self.settle();
    }

    fn handle_timer(&mut self) {
        let now = self.now.mono;
        self.connection.handle_timer(&mut self.jitter, now);
        self.outbox.handle_timer(now);
        if self
            .requests
            .deadline(self.config.request_timeout)
            .is_some_and(|at| at <= now)
        {
            self.connection.handle_broken(
                "a request was not answered",
                None,
                &mut self.jitter,
                now,
            );
        }
        for conversation_id in self.typing.handle_timer(now) {
            self.send_typing(conversation_id, Send::Stop);
        }
        for conversation_id in self.subscriptions.release(now) {
            self.unsubscribe(conversation_id);
        }
    }

    // Output.

    /// The next thing to do, if there is one.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.undo = self.undo.take().and_then(Undo::poll);
        if self.outputs.is_empty() && self.unsettled {
            self.settle();
        }
        self.outputs.pop_front()
    }

    /// When to call with [`Input::Timer`] if nothing else happens, by the monotonic clock, and why.
    pub fn poll_timeout(&self) -> Option<(Duration, TimerReason)> {
        let always = [
            self.connection.poll_timeout(),
            self.subscriptions
                .poll_release()
                .map(|at| (at, TimerReason::ReleaseSubscription)),
            self.typing
                .poll_expiry()
                .map(|at| (at, TimerReason::TypingExpiry)),
            self.counters
                .poll_timeout()
                .map(|at| (at, TimerReason::Stats)),
        ];
        let live = self.connection.is_live().then(|| {
            [
                self.requests
                    .deadline(self.config.request_timeout)
                    .map(|at| (at, TimerReason::RequestDeadline)),
                self.outbox
                    .poll_timeout()
                    .map(|at| (at, TimerReason::OutboxRetry)),
                self.typing
                    .poll_stop()
                    .map(|at| (at, TimerReason::TypingStop)),
                self.receipts
                    .poll_timeout()
                    .map(|at| (at, TimerReason::Receipts)),
                self.fetches
                    .poll_timeout()
                    .map(|at| (at, TimerReason::HistoryRetry)),
                self.subscriptions
                    .poll_retry()
                    .map(|at| (at, TimerReason::SubscribeRetry)),
                self.sync
                    .poll_timeout()
                    .map(|at| (at, TimerReason::SyncRetry)),
            ]
        });
        always
            .into_iter()
            .chain(live.into_iter().flatten())
            .flatten()
            .min_by_key(|(at, _)| *at)
    }

    /// What follows from what was taken in: sends what may go, and gives out what is to be done.
    fn settle(&mut self) {
        self.unsettled = false;
        self.carry_out_actions();
        self.poll_screens();
        if self.connection.is_live() {
            self.poll_sync();
            self.poll_subscriptions();
            self.poll_outbox();
            self.poll_receipts();
            self.poll_fetches();
        }
        self.flush();
    }

    fn carry_out_actions(&mut self) {
        for action in self.connection.take_actions() {
            match action {
                Action::OpenSocket => self.changes.effects.push(Output::OpenSocket),
                Action::CloseSocket => {
                    self.changes.frames.clear();
                    self.changes.effects.push(Output::CloseSocket);
                }
                Action::RequestToken { refused } => {
                    self.changes.effects.push(Output::RequestToken { refused })
                }
                Action::NewClientId => self.changes.effects.push(Output::NewClientId),
                Action::Authenticate(token) => self.authenticate(token),
                Action::Refresh(token) => self.request(
                    Purpose::RefreshToken,
                    Request::RefreshToken(causerie_protocol::RefreshToken { token }),
                ),
                Action::Ping => self.request(
                    Purpose::Ping,
                    Request::Ping(causerie_protocol::Ping { t: self.now.wall }),
                ),
                Action::Lost => self.handle_lost(),
            }
        }
    }

    /// Sends the writes that may go. Names those that never went before.
    fn poll_outbox(&mut self) -> Vec<TempId> {
        let mut first = Vec::new();
        // After a change of epoch a conversation is known again when its item comes. Then, or when
        // the sync is over, what was written to it goes.
        let (known, syncing) = (&self.conversations, self.sync.is_running());
        let may_go = |id| !syncing || known.contains_key(&id);
        let sent = self
            .outbox
            .poll_send(&mut self.requests, self.now.mono, may_go);
        for (frame, attempted) in sent {
            if let Some(row) = attempted {
                self.changes.rows.insert(row.key);
                first.push(row.key);
            }
            self.changes.frames.push(frame);
        }
        first
    }

    fn poll_fetches(&mut self) {
        while let Some(fetch) = self.fetches.poll(self.now.mono) {
            self.request(Purpose::History(fetch), Request::History(fetch.request()));
        }
    }

    /// Sends a request that will be answered.
    fn request(&mut self, purpose: Purpose, request: Request) {
        let id = self.requests.begin(purpose, self.now.mono);
        self.changes.frames.push(ClientFrame {
            id: Some(id),
            request,
        });
    }

    /// Sends what nobody answers.
    fn tell(&mut self, request: Request) {
        self.changes.frames.push(ClientFrame { id: None, request });
    }
}
