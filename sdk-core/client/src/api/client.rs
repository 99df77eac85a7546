//! The client: one user on one device.

use std::sync::Arc;

use causerie_engine::{CommandKind, ConnectionState, Lifecycle, NetworkHint};
use causerie_protocol::{
    ConversationId, ConversationKind, CreateConversation, HistoryPolicy, UserId, WriteOp,
};
use futures_util::StreamExt;

use super::{
    builder::ClientBuilder,
    conversation::Conversation,
    conversations::ConversationList,
    event::{EventFilter, Events},
    outbox::Outbox,
    stats::Stats,
    subscription::{Subscription, changes},
    users::Users,
};
use crate::{
    Error,
    driver::{Core, Handle},
    observe::StateMirror,
};

/// The most events that a callback gets at once.
const EVENTS_AT_ONCE: usize = 256;

changes! {
    /// A stream of [`ConnectionState`]s. The first is the present one. Dropping it ends it.
    ConnectionStates(StateMirror<ConnectionState>) -> ConnectionState
}

impl ConnectionStates {
    /// The present state, whether or not the stream has given it.
    pub fn current(&self) -> ConnectionState {
        self.listener.source().read(|state| state.0.clone())
    }
}

/// What becomes of writes that were not sent when the user signs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unsent {
    /// Do not sign out; the error says how many they are.
    Refuse,
    /// They are lost.
    Discard,
}

/// A conversation to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewConversation {
    /// What it is. A direct one is made by [`Client::open_direct`].
    pub kind: ConversationKind,
    /// Its title.
    pub title: Option<String>,
    /// Who belongs to it beside its creator.
    pub members: Vec<String>,
    /// What later members see. Default: what is said after they joined.
    pub history: Option<HistoryPolicy>,
}

impl NewConversation {
    /// A group of these users and oneself.
    pub fn group(title: &str, members: Vec<String>) -> Self {
        Self {
            kind: ConversationKind::Group,
            title: Some(title.into()),
            members,
            history: None,
        }
    }
}

/// One user on one device: a permanent connection, a cache, an outbox. Cheap to clone; every
/// clone, and every client opened on the same folder in this process, shares one core.
///
/// ```
/// use causerie::{Client, ConnectionState};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), causerie::Error> {
/// # let folder = tempfile::tempdir().unwrap();
/// let client = Client::builder("ws://localhost:1", "alice").data_dir(folder.path()).open().await?;
/// let mut states = client.connection_state();
/// assert_eq!(states.next().await, Some(ConnectionState::Disconnected));
/// client.start().await?; // from here on it connects, and stays connected, by itself
/// assert_ne!(states.next().await, Some(ConnectionState::Disconnected));
/// client.close().await;
/// assert!(client.start().await.is_err());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Client {
    handle: Arc<Handle>,
}

impl Client {
    pub(crate) fn new(handle: Handle) -> Self {
        Self {
            handle: Arc::new(handle),
        }
    }

    /// Begins to set up a client. The address is that of the server: `wss://chat.example.org`, or
    /// `ws://` for tests, and nothing else; without a path it is `/ws`. The user's id is the one that
    /// the app's tokens name: 1 to 128 bytes, no control characters, and not only blanks.
    pub fn builder(server_url: &str, user_id: &str) -> ClientBuilder {
        ClientBuilder::new(server_url, user_id)
    }

    /// Whose client this is.
    pub fn user_id(&self) -> &UserId {
        self.core().user_id()
    }

    /// Connects, and from then on stays connected: attempts go on for ever, with back-off. Also
    /// after the user signed in again, or the connection was closed for good.
    ///
    /// # Errors
    /// `closed`.
    pub async fn start(&self) -> Result<(), Error> {
        self.core().command(CommandKind::Start).await.map(drop)
    }

    /// Disconnects until [`Client::start`]. Everything else goes on working offline.
    ///
    /// # Errors
    /// `closed`.
    pub async fn stop(&self) -> Result<(), Error> {
        self.core().command(CommandKind::Stop).await.map(drop)
    }

    /// The app goes to the background: closes the socket, and every file and the lock on the data
    /// folder, as iOS demands. What is written meanwhile is committed all the same. When this
    /// returns, all is closed.
    ///
    /// # Errors
    /// `closed`.
    pub async fn suspend(&self) -> Result<(), Error> {
        self.core().lifecycle(Lifecycle::Suspend).await
    }

    /// The app comes back: connects at once.
    ///
    /// # Errors
    /// `closed`, or why the local data cannot be opened again.
    pub async fn resume(&self) -> Result<(), Error> {
        self.core().lifecycle(Lifecycle::Resume).await
    }

    /// The system says that the network came, went or changed. A hint that saves time: attempts
    /// begin at once, and a socket that seems live is probed. Without it everything works, later.
    pub fn network_changed(&self, hint: NetworkHint) {
        self.core().network(hint);
    }

    /// Asks the server now for everything that changed; without a connection there is nothing to do,
    /// since every connection begins so. It is never needed to stay up to date.
    ///
    /// # Errors
    /// `closed`.
    pub async fn sync_now(&self) -> Result<(), Error> {
        self.core().command(CommandKind::SyncNow).await.map(drop)
    }

    /// Signs the user out on this device, and closes the core for every handle. With `wipe`, all
    /// local data of the user is deleted, and every handle shows nothing any more: lists, timelines
    /// and the outbox tell their listeners that they are empty, and then end. Without, all but the
    /// outbox is kept for the next time, and shown until the handles go.
    ///
    /// # Errors
    /// `unsent` if there are writes that were not sent, and these are not to be discarded; then
    /// nothing has changed. `data_dir` if a file cannot be deleted.
    pub async fn sign_out(&self, wipe: bool, unsent: Unsent) -> Result<(), Error> {
        self.core().sign_out(wipe, unsent).await
    }

    /// Gives up this handle and its clones. With the last handle the core ends: the socket and the
    /// local data are closed when this returns. Nothing is lost: the outbox goes on when it is
    /// opened next. Dropping the last handle does the same without waiting.
    pub async fn close(&self) {
        self.handle.close().await;
    }

    /// The connection's state now, and each new one.
    pub fn connection_state(&self) -> ConnectionStates {
        ConnectionStates {
            listener: self.core().connection().listen(),
        }
    }

    /// As [`Client::connection_state`], by callback.
    pub fn on_connection_state(
        &self,
        callback: impl Fn(ConnectionState) + Send + Sync + 'static,
    ) -> Subscription {
        Subscription::spawn(self.core().runtime(), self.connection_state(), callback)
    }

    /// What happens, errors included.
    pub fn events(&self, filter: EventFilter) -> Events {
        Events {
            listener: self.core().events().listen(filter),
        }
    }

    /// As [`Client::events`], by callback, which gets all that waits at once, oldest first.
    pub fn on_events(
        &self,
        filter: EventFilter,
        callback: impl Fn(Vec<crate::Event>) + Send + Sync + 'static,
    ) -> Subscription {
        let batches = self.events(filter).ready_chunks(EVENTS_AT_ONCE);
        Subscription::spawn(self.core().runtime(), batches, callback)
    }

    /// Names and pictures.
    pub fn users(&self) -> Users {
        Users {
            core: Arc::clone(self.core()),
        }
    }

    /// The conversation list.
    pub fn conversations(&self) -> ConversationList {
        ConversationList {
            core: Arc::clone(self.core()),
        }
    }

    /// A conversation by its id. Whether this device knows it shows when it is used.
    pub fn conversation(&self, id: ConversationId) -> Conversation {
        Conversation {
            core: Arc::clone(self.core()),
            id,
        }
    }

    /// The direct conversation with a user, made if this device does not know it. Offline, too:
    /// both sides derive the same id from the two names.
    ///
    /// # Errors
    /// `invalid` if the id is malformed or one's own, `disk_full`.
    pub async fn open_direct(&self, user: &str) -> Result<Conversation, Error> {
        let peer = user_id("user", user)?;
        if peer == *self.user_id() {
            return Err(Error::invalid(
                "user",
                "a direct conversation needs another user",
            ));
        }
        let conversation = self.conversation(ConversationId::direct(self.user_id(), &peer));
        if conversation.entry().is_none() {
            let creation = CreateConversation {
                kind: ConversationKind::Direct,
                group_id: None,
                title: None,
                members: Some(vec![peer]),
                history: None,
            };
            self.core()
                .write(conversation.id, WriteOp::CreateConversation(creation))
                .await?;
        }
        Ok(conversation)
    }

    /// Makes a conversation. It can be used at once, also offline.
    ///
    /// # Errors
    /// `invalid` if a member's id is malformed or a limit is broken, `disk_full`.
    pub async fn create_conversation(&self, new: NewConversation) -> Result<Conversation, Error> {
        if new.kind == ConversationKind::Direct {
            return Err(Error::invalid(
                "kind",
                "use open_direct for a direct conversation",
            ));
        }
        let members = new
            .members
            .iter()
            .map(|id| user_id("members", id))
            .collect::<Result<Vec<_>, _>>()?;
        let conversation = self.conversation(self.core().new_conversation_id());
        let creation = CreateConversation {
            kind: new.kind,
            group_id: None,
            title: new.title,
            members: Some(members),
            history: new.history,
        };
        self.core()
            .write(conversation.id, WriteOp::CreateConversation(creation))
            .await?;
        Ok(conversation)
    }

    /// Writes that are on their way.
    pub fn outbox(&self) -> Outbox {
        Outbox {
            core: Arc::clone(self.core()),
        }
    }

    /// Counters and latencies.
    ///
    /// # Errors
    /// `closed`.
    pub async fn stats(&self) -> Result<Stats, Error> {
        self.core().stats().await
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        self.handle.core()
    }
}

/// An id of nothing but blanks is sound on the wire; in an app it is a field that was left empty.
pub(crate) fn user_id(field: &str, id: &str) -> Result<UserId, Error> {
    if !id.is_empty() && id.trim().is_empty() {
        return Err(Error::invalid(field, "it holds nothing but blanks"));
    }
    UserId::new(id).map_err(|error| Error::invalid(field, error))
}
