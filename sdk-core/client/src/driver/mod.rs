//! The driver: gives the pure engine a disk, a socket, a clock and somebody to tell.
//!
//! A [`Core`] is what every handle shares. Its thread (`thread`) owns the engine and the store and
//! does one thing at a time: take what waits in the inbox, hand it to the engine, and carry out
//! what comes back, strictly in order, each commit before what relies on it. Sockets, tokens and
//! callbacks run on a tokio runtime, and reach the thread only through the inbox.

mod ask;
mod background;
mod carry;
mod clock;
mod inbox;
mod journal;
mod latency;
mod recovery;
pub(crate) mod registry;
#[cfg(test)]
mod tests;
mod thread;
mod tokens;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use causerie_engine::{
    CommandKind, ConnectionState, EngineConfig, Lifecycle, NetworkHint, Reply, TimelineId,
    TimelineStart,
};
use causerie_protocol::{ConversationId, ReadCursor, TempId, User, UserId, WriteOp};
use causerie_store::Durability;
use parking_lot::Mutex;
use tokio::{
    runtime,
    sync::{oneshot, watch},
};

use self::{
    ask::{Answer, Ask, View},
    inbox::Inbox,
    latency::Latency,
};
use crate::{
    Error, Stats, TokenProvider, Unsent,
    api::OpenTimeline,
    observe::{EventHub, ListMirror, Observed, OutboxMirror, StateMirror, TimelineMirror},
    transport::Address,
};

pub(crate) use registry::Handle;

/// All that opening takes.
pub(crate) struct Opening {
    pub(crate) folder: PathBuf,
    pub(crate) user_id: UserId,
    pub(crate) address: Address,
    pub(crate) provider: Arc<dyn TokenProvider>,
    pub(crate) config: EngineConfig,
    pub(crate) durability: Durability,
    pub(crate) runtime: Option<runtime::Handle>,
}

/// What all handles of an open folder share: what can be asked, and what was told.
pub(crate) struct Core {
    folder: PathBuf,
    user_id: UserId,
    address: Address,
    runtime: runtime::Handle,
    inbox: Inbox,
    ended: watch::Receiver<()>,
    next_timeline: AtomicU64,
    connection: Arc<Observed<StateMirror<ConnectionState>>>,
    list: Arc<Observed<ListMirror>>,
    outbox: Arc<Observed<OutboxMirror>>,
    events: EventHub,
    users: Mutex<HashMap<UserId, User>>,
    typing: Mutex<HashMap<ConversationId, Vec<UserId>>>,
    measured: Mutex<Measured>,
}

/// What the engine cannot measure.
#[derive(Default)]
struct Measured {
    echo: Latency,
    delivery: Latency,
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core")
            .field("user_id", &self.user_id)
            .finish_non_exhaustive()
    }
}

impl Core {
    fn new(opening: &Opening, runtime: runtime::Handle, ended: watch::Receiver<()>) -> Arc<Self> {
        Arc::new(Self {
            folder: opening.folder.clone(),
            user_id: opening.user_id.clone(),
            address: opening.address.clone(),
            runtime,
            inbox: Inbox::default(),
            ended,
            next_timeline: AtomicU64::new(1),
            connection: Observed::new(StateMirror(ConnectionState::Disconnected)),
            list: Observed::new(ListMirror::default()),
            outbox: Observed::new(OutboxMirror::default()),
            events: EventHub::default(),
            users: Mutex::default(),
            typing: Mutex::default(),
            measured: Mutex::default(),
        })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn user_id(&self) -> &UserId {
        &self.user_id
    }

    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    pub(crate) fn runtime(&self) -> &runtime::Handle {
        &self.runtime
    }

    pub(crate) fn connection(&self) -> &Arc<Observed<StateMirror<ConnectionState>>> {
        &self.connection
    }

    pub(crate) fn list(&self) -> &Arc<Observed<ListMirror>> {
        &self.list
    }

    pub(crate) fn outbox(&self) -> &Arc<Observed<OutboxMirror>> {
        &self.outbox
    }

    pub(crate) fn events(&self) -> &EventHub {
        &self.events
    }

    pub(crate) fn user(&self, id: &str) -> Option<User> {
        let id = UserId::new(id).ok()?;
        self.users.lock().get(&id).cloned()
    }

    pub(crate) fn users(&self) -> Vec<User> {
        self.users.lock().values().cloned().collect()
    }

    pub(crate) fn typing(&self, id: ConversationId) -> Vec<UserId> {
        self.typing.lock().get(&id).cloned().unwrap_or_default()
    }

    pub(crate) fn new_temp_id(&self) -> TempId {
        TempId::from_uuid(clock::fresh_id())
    }

    pub(crate) fn new_conversation_id(&self) -> ConversationId {
        ConversationId::from_uuid(clock::fresh_id())
    }

    /// Asks the engine, and waits for its answer: after what was changed is committed.
    pub(crate) async fn command(&self, kind: CommandKind) -> Result<Reply, Error> {
        self.ask(|answer| Ask::Command {
            kind,
            echo: None,
            answer,
        })
        .await
    }

    /// A durable write, under a new key.
    pub(crate) async fn write(
        &self,
        conversation_id: ConversationId,
        op: WriteOp,
    ) -> Result<TempId, Error> {
        let key = self.new_temp_id();
        let echo = matches!(op, WriteOp::SendMessage(_)).then(|| (key, clock::monotonic()));
        self.ask(|answer| Ask::Command {
            kind: CommandKind::Write {
                key,
                conversation_id,
                op,
            },
            echo,
            answer,
        })
        .await?;
        Ok(key)
    }

    pub(crate) async fn open_timeline(
        core: &Arc<Self>,
        conversation_id: ConversationId,
        start: TimelineStart,
        page: u32,
    ) -> Result<OpenTimeline, Error> {
        let open = OpenTimeline {
            core: Arc::clone(core),
            id: TimelineId(core.next_timeline.fetch_add(1, Ordering::Relaxed)),
            conversation_id,
            mirror: Observed::new(TimelineMirror::default()),
        };
        let view = View {
            conversation_id,
            start,
            page,
            mirror: Arc::clone(&open.mirror),
            waits: false,
        };
        // If this future is dropped before the answer, `open` closes what was opened.
        core.ask(|answer| Ask::OpenTimeline {
            timeline: open.id,
            view,
            answer,
        })
        .await?;
        Ok(open)
    }

    pub(crate) fn close_timeline(&self, timeline: TimelineId) {
        self.inbox.ask(Ask::CloseTimeline(timeline));
    }

    pub(crate) async fn lifecycle(&self, lifecycle: Lifecycle) -> Result<(), Error> {
        self.ask(|answer| Ask::Lifecycle(lifecycle, answer)).await
    }

    pub(crate) fn network(&self, hint: NetworkHint) {
        self.inbox.ask(Ask::Network(hint));
    }

    pub(crate) async fn read_cursors(&self, id: ConversationId) -> Result<Vec<ReadCursor>, Error> {
        self.ask(|answer| Ask::ReadCursors(id, answer)).await
    }

    pub(crate) async fn sign_out(&self, wipe: bool, unsent: Unsent) -> Result<(), Error> {
        self.ask(|answer| Ask::SignOut {
            wipe,
            unsent,
            answer,
        })
        .await?;
        self.ended().await;
        Ok(())
    }

    pub(crate) async fn stats(&self) -> Result<Stats, Error> {
        let (engine, counts) = self.ask(Ask::Stats).await?;
        let measured = self.measured.lock();
        let (echo_p50, echo_p99) = measured.echo.percentiles();
        let (delivery_p50, delivery_p99) = measured.delivery.percentiles();
        Ok(Stats {
            connection: self.connection.read(|state| state.0.clone()),
            messages_received: engine.messages_received,
            events_received: engine.events_received,
            messages_acknowledged: engine.messages_acknowledged,
            subscribed: engine.subscribed,
            conversations: self.list.read(|list| list.len() as u64),
            reconnects: engine.reconnects,
            outbox: self.outbox.read(|outbox| outbox.len() as u64),
            last_activity: engine.last_activity,
            round_trip: engine.round_trip,
            echo_p50,
            echo_p99,
            ack_p50: engine.ack_p50,
            ack_p99: engine.ack_p99,
            delivery_p50,
            delivery_p99,
            database_bytes: counts.database_bytes + counts.log_bytes,
        })
    }

    /// Tells the thread to end; only the last handle does.
    pub(crate) fn end(&self) {
        self.inbox.ask(Ask::Close);
    }

    pub(crate) fn is_ending(&self) -> bool {
        self.inbox.is_ending() || self.ended.has_changed().is_err()
    }

    pub(crate) fn end_signal(&self) -> watch::Receiver<()> {
        self.ended.clone()
    }

    /// Waits until the thread has ended, and with it the socket and the local data are closed.
    pub(crate) async fn ended(&self) {
        let mut ended = self.ended.clone();
        while ended.changed().await.is_ok() {}
    }

    /// Nothing more is asked, answered or told. Called by the thread at its end.
    fn close(&self) {
        self.inbox.close();
        self.connection
            .publish(|state| state.set(ConnectionState::Disconnected));
        self.connection.close();
        self.list.close();
        self.outbox.close();
        self.events.close();
        registry::ended(&self.folder);
    }

    async fn ask<T>(&self, ask: impl FnOnce(Answer<T>) -> Ask) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        self.inbox.ask(ask(answer));
        answered.await.unwrap_or_else(|_| Err(Error::closed()))
    }
}
