//! The client.

use std::{sync::Arc, time::Duration};

use causerie_border::{
    parse,
    record::{
        ConnectionKind, ConnectionStatus, ConversationEntry, Durability, Event, EventFilter,
        NetworkHint, NewConversation, Stats, Unsent, User,
    },
};
use futures_util::StreamExt;

use crate::{
    Cancellation, CauserieError, ConnectionListener, ConnectionUpdates, Conversation,
    EventListener, Events, ListListener, ListUpdates, Subscription, TokenProvider,
    call::{call, called, look, look_or, looked},
    cancellation::unless_cancelled,
    gate,
    held::Holdings,
    listener::tell,
    shutdown,
    token::Asked,
};

/// How long the end waits for calls into the app's code to return. It blocks a thread that may be
/// the app's only one, and nearly all of them return at once.
const GRACE: Duration = Duration::from_millis(250);
/// The most events that come at once.
const EVENTS_AT_ONCE: usize = 256;

/// What opening takes.
#[derive(Debug, Clone, uniffi::Record)]
pub struct Options {
    /// The server: `wss://chat.example.org`.
    pub server_url: String,
    /// Whose client it is, as the app's tokens name the user.
    pub user_id: String,
    /// The folder for this user's data.
    pub data_dir: String,
    /// After so many failed attempts in a row the connection is closed until the next start.
    /// Default: attempts never end.
    #[uniffi(default = None)]
    pub max_reconnect_attempts: Option<i64>,
    /// What a commit survives. Default: the death of the process.
    #[uniffi(default = None)]
    pub durability: Option<Durability>,
}

/// One user on one device.
#[derive(Debug, uniffi::Object)]
pub struct Client {
    pub(crate) inner: Arc<causerie::Client>,
    /// The listeners that were registered through it.
    pub(crate) listeners: Arc<Holdings>,
}

#[uniffi::export]
impl Client {
    /// Opens the local data; works offline.
    #[uniffi::constructor]
    pub async fn open(
        options: Options,
        tokens: Arc<dyn TokenProvider>,
    ) -> Result<Arc<Self>, CauserieError> {
        called(async {
            let attempts = options
                .max_reconnect_attempts
                .map(|attempts| parse::count("max_reconnect_attempts", attempts))
                .transpose()?;
            let durability = options.durability.map(Into::into).unwrap_or_default();
            let opening = causerie::Client::builder(&options.server_url, &options.user_id)
                .data_dir(options.data_dir)
                .max_reconnect_attempts(attempts)
                .durability(durability)
                .token_provider(Asked::new(tokens));
            if gate::is_closed() {
                return Err(causerie::FixCode::Closed.into());
            }
            let inner = Arc::new(opening.open().await?);
            shutdown::remember(&inner);
            Ok::<_, causerie::Error>(Arc::new(Self {
                inner,
                listeners: Arc::default(),
            }))
        })
        .await
    }

    /// Whose client this is.
    pub fn user_id(&self) -> String {
        look(|| self.inner.user_id().to_string())
    }

    /// Connects, and stays connected.
    pub async fn start(&self) -> Result<(), CauserieError> {
        called(self.inner.start()).await
    }

    /// Disconnects until the next start.
    pub async fn stop(&self) -> Result<(), CauserieError> {
        called(self.inner.stop()).await
    }

    /// The app goes to the background: closes the socket, every file, and the lock on the data
    /// folder. What is written meanwhile is committed all the same.
    pub async fn suspend(&self) -> Result<(), CauserieError> {
        called(self.inner.suspend()).await
    }

    /// The app comes back: connects at once.
    pub async fn resume(&self) -> Result<(), CauserieError> {
        called(self.inner.resume()).await
    }

    /// The system says that the network came, went or changed. It saves time; without it everything
    /// works, later.
    pub fn network_changed(&self, hint: NetworkHint) {
        look(|| self.inner.network_changed(hint.into()));
    }

    /// Asks the server now for everything that changed. It is never needed to stay up to date.
    #[uniffi::method(default(cancel = None))]
    pub async fn sync_now(&self, cancel: Option<Arc<Cancellation>>) -> Result<(), CauserieError> {
        called(unless_cancelled(cancel, self.inner.sync_now())).await
    }

    /// Signs the user out on this device, and closes everything, as [`Client::end`]. With `wipe`,
    /// all local data of the user is deleted; without, it is kept for the next time.
    pub async fn sign_out(&self, wipe: bool, unsent: Unsent) -> Result<(), CauserieError> {
        called(async {
            self.inner.sign_out(wipe, unsent.into()).await?;
            self.give_back();
            Ok::<_, causerie::Error>(())
        })
        .await
    }

    /// Gives this client up: none of the listeners that were registered through it is called after
    /// it. With the last client of its folder everything is closed, and calls after that fail with
    /// `closed`. What ends the process comes after this, or is [`crate::shutdown`].
    pub async fn end(&self) {
        looked(async {
            self.inner.close().await;
            self.give_back();
        })
        .await;
    }

    /// How the connection stands.
    pub fn connection(&self) -> ConnectionStatus {
        let unknown = || ConnectionStatus {
            kind: ConnectionKind::Disconnected,
            attempt: None,
            retry_in_ms: None,
            reason: None,
        };
        look_or(unknown, || self.inner.connection_state().current().into())
    }

    /// How the connection changes.
    pub fn connection_updates(&self) -> Arc<ConnectionUpdates> {
        look(|| ConnectionUpdates::new(self.inner.connection_state(), Into::into))
    }

    /// The same by callback.
    pub fn on_connection(&self, listener: Arc<dyn ConnectionListener>) -> Arc<Subscription> {
        look(|| {
            let listener = self.listeners.hold(listener);
            Subscription::new(self.inner.on_connection_state(move |state| {
                tell(&listener, |listener| listener.on_status(state.into()));
            }))
        })
    }

    /// The conversation list as it stands.
    pub fn conversations(&self) -> Vec<ConversationEntry> {
        look(|| {
            let items = self.inner.conversations().items();
            items.iter().map(Into::into).collect()
        })
    }

    /// One entry of it, if this device knows the conversation.
    pub fn entry(&self, id: &str) -> Result<Option<ConversationEntry>, CauserieError> {
        call(|| {
            let id = parse::conversation_id(id)?;
            let entry = self.inner.conversations().get(id);
            Ok::<_, causerie::Error>(entry.as_ref().map(Into::into))
        })
    }

    /// How the conversation list changes.
    pub fn conversation_updates(&self) -> Arc<ListUpdates> {
        look(|| ListUpdates::new(self.inner.conversations().updates(), Into::into))
    }

    /// The same by callback.
    pub fn on_conversations(&self, listener: Arc<dyn ListListener>) -> Arc<Subscription> {
        look(|| {
            let listener = self.listeners.hold(listener);
            Subscription::new(self.inner.conversations().on_update(move |update| {
                tell(&listener, |listener| listener.on_update(update.into()));
            }))
        })
    }

    /// A conversation by its id. Whether this device knows it shows when it is used.
    pub fn conversation(&self, id: &str) -> Result<Arc<Conversation>, CauserieError> {
        call(|| {
            let id = parse::conversation_id(id)?;
            Ok::<_, causerie::Error>(self.around(self.inner.conversation(id)))
        })
    }

    /// The direct conversation with a user, made if this device does not know it; also offline.
    pub async fn open_direct(&self, user_id: &str) -> Result<Arc<Conversation>, CauserieError> {
        let inner = called(self.inner.open_direct(user_id)).await?;
        Ok(self.around(inner))
    }

    /// Makes a conversation. It can be used at once, also offline.
    pub async fn create_conversation(
        &self,
        new: NewConversation,
    ) -> Result<Arc<Conversation>, CauserieError> {
        let inner = called(self.inner.create_conversation(new.into())).await?;
        Ok(self.around(inner))
    }

    /// A user, if known on this device.
    pub fn user(&self, id: &str) -> Option<User> {
        look(|| self.inner.users().get(id).as_ref().map(Into::into))
    }

    /// All users known on this device, in no order.
    pub fn users(&self) -> Vec<User> {
        look(|| self.inner.users().list().iter().map(Into::into).collect())
    }

    /// Asks the server for up to 100 users. Those that are unknown or hidden are left out.
    #[uniffi::method(default(cancel = None))]
    pub async fn fetch_users(
        &self,
        ids: Vec<String>,
        cancel: Option<Arc<Cancellation>>,
    ) -> Result<Vec<User>, CauserieError> {
        let users = self.inner.users();
        let users = called(unless_cancelled(cancel, users.fetch(ids))).await?;
        Ok(users.iter().map(Into::into).collect())
    }

    /// What happens, errors included.
    pub fn events(&self, filter: EventFilter) -> Result<Arc<Events>, CauserieError> {
        call(|| {
            let events = self.inner.events(filter.try_into()?);
            let batches = events.ready_chunks(EVENTS_AT_ONCE);
            Ok::<_, causerie::Error>(Events::new(batches, records))
        })
    }

    /// The same by callback.
    pub fn on_events(
        &self,
        filter: EventFilter,
        listener: Arc<dyn EventListener>,
    ) -> Result<Arc<Subscription>, CauserieError> {
        call(|| {
            let filter = filter.try_into()?;
            let listener = self.listeners.hold(listener);
            let told = self.inner.on_events(filter, move |events| {
                tell(&listener, |listener| listener.on_events(records(events)));
            });
            Ok::<_, causerie::Error>(Subscription::new(told))
        })
    }

    /// Counters and latencies.
    pub async fn stats(&self) -> Result<Stats, CauserieError> {
        Ok(called(self.inner.stats()).await?.into())
    }
}

fn records(events: Vec<causerie::Event>) -> Vec<Event> {
    events.into_iter().map(Into::into).collect()
}

impl Client {
    fn around(&self, inner: causerie::Conversation) -> Arc<Conversation> {
        Conversation::new(inner, Arc::clone(&self.listeners))
    }

    /// Gives the listeners back, and waits for those that are running.
    fn give_back(&self) {
        self.listeners.release();
        if !gate::wait(GRACE) {
            tracing::warn!("a callback of the app's is still running at the client's end");
        }
    }
}
