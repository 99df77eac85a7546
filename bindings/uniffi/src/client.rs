//! The client.

use std::{sync::Arc, time::Duration};

use causerie_border::{
    parse,
    record::{ConnectionStatus, ConversationEntry, SendStatus},
};

use crate::{
    CauserieError, ConnectionListener, ConnectionUpdates, Conversation, ListListener, ListUpdates,
    Subscription, TokenProvider,
    gate::{self, woken},
    held::Holdings,
    listener::tell,
    shutdown,
    token::Asked,
};

/// How long the end waits for calls into the app's code to return. It blocks a thread that may be
/// the app's only one, and nearly all of them return at once.
const GRACE: Duration = Duration::from_millis(250);

/// What opening takes.
#[derive(Debug, Clone, uniffi::Record)]
pub struct Options {
    /// The server: `wss://chat.example.org`.
    pub server_url: String,
    /// Whose client it is, as the app's tokens name the user.
    pub user_id: String,
    /// The folder for this user's data.
    pub data_dir: String,
}

/// One user on one device.
#[derive(Debug, uniffi::Object)]
pub struct Client {
    inner: Arc<causerie::Client>,
    /// The listeners that were registered through it.
    listeners: Arc<Holdings>,
}

#[uniffi::export]
impl Client {
    /// Opens the local data; works offline.
    #[uniffi::constructor]
    pub async fn open(
        options: Options,
        tokens: Arc<dyn TokenProvider>,
    ) -> Result<Arc<Self>, CauserieError> {
        let opening = causerie::Client::builder(&options.server_url, &options.user_id)
            .data_dir(options.data_dir)
            .token_provider(Asked::new(tokens));
        if gate::is_closed() {
            return Err(causerie::Error::from(causerie::FixCode::Closed).into());
        }
        let inner = Arc::new(woken(opening.open()).await?);
        shutdown::remember(&inner);
        Ok(Arc::new(Self {
            inner,
            listeners: Arc::default(),
        }))
    }

    /// Whose client this is.
    pub fn user_id(&self) -> String {
        self.inner.user_id().to_string()
    }

    /// Connects, and stays connected.
    pub async fn start(&self) -> Result<(), CauserieError> {
        Ok(woken(self.inner.start()).await?)
    }

    /// Disconnects until the next start.
    pub async fn stop(&self) -> Result<(), CauserieError> {
        Ok(woken(self.inner.stop()).await?)
    }

    /// Closes everything. Calls after it fail with `closed`, and none of the listeners that were
    /// registered through it is called after it. What ends the process comes after this, or is
    /// [`crate::shutdown`].
    pub async fn end(&self) {
        woken(self.inner.close()).await;
        self.listeners.release();
        if !gate::wait(GRACE) {
            tracing::warn!("a callback of the app's is still running at the client's end");
        }
    }

    /// How the connection stands.
    pub fn connection(&self) -> ConnectionStatus {
        self.inner.connection_state().current().into()
    }

    /// How the connection changes.
    pub fn connection_updates(&self) -> Arc<ConnectionUpdates> {
        ConnectionUpdates::new(self.inner.connection_state())
    }

    /// The same by callback.
    pub fn on_connection(&self, listener: Arc<dyn ConnectionListener>) -> Arc<Subscription> {
        let listener = self.listeners.hold(listener);
        Subscription::new(self.inner.on_connection_state(move |state| {
            tell(&listener, |listener| listener.on_status(state.into()));
        }))
    }

    /// The conversation list as it stands.
    pub fn conversations(&self) -> Vec<ConversationEntry> {
        let items = self.inner.conversations().items();
        items.iter().map(Into::into).collect()
    }

    /// How the conversation list changes.
    pub fn conversation_updates(&self) -> Arc<ListUpdates> {
        ListUpdates::new(self.inner.conversations().updates())
    }

    /// The same by callback.
    pub fn on_conversations(&self, listener: Arc<dyn ListListener>) -> Arc<Subscription> {
        let listener = self.listeners.hold(listener);
        Subscription::new(self.inner.conversations().on_update(move |update| {
            tell(&listener, |listener| listener.on_update(update.into()));
        }))
    }

    /// A conversation by its id.
    pub fn conversation(&self, id: &str) -> Result<Arc<Conversation>, CauserieError> {
        let id = parse::conversation_id(id)?;
        let inner = self.inner.conversation(id);
        Ok(Conversation::new(inner, Arc::clone(&self.listeners)))
    }

    /// The direct conversation with a user.
    pub async fn open_direct(&self, user_id: &str) -> Result<Arc<Conversation>, CauserieError> {
        let inner = woken(self.inner.open_direct(user_id)).await?;
        Ok(Conversation::new(inner, Arc::clone(&self.listeners)))
    }

    /// How a write stands; none if nobody remembers it.
    pub fn write_status(&self, key: &str) -> Result<Option<SendStatus>, CauserieError> {
        let key = parse::write_key(key)?;
        Ok(self.inner.outbox().state(key).map(Into::into))
    }

    /// Waits until a write is sent or has failed.
    pub async fn settled(&self, key: &str) -> Result<SendStatus, CauserieError> {
        let key = parse::write_key(key)?;
        Ok(woken(self.inner.outbox().settled(key)).await?.into())
    }
}
