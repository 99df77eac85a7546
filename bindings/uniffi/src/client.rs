//! The client.

use std::sync::Arc;

use causerie_border::{
    parse,
    record::{ConnectionStatus, ConversationEntry, SendStatus},
};

use crate::{
    CauserieError, ConnectionListener, ConnectionUpdates, Conversation, ListListener, ListUpdates,
    Subscription, TokenProvider, listener::log, token::Asked,
};

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
    inner: causerie::Client,
}

#[uniffi::export]
impl Client {
    /// Opens the local data; works offline.
    #[uniffi::constructor]
    pub async fn open(
        options: Options,
        tokens: Arc<dyn TokenProvider>,
    ) -> Result<Arc<Self>, CauserieError> {
        let inner = causerie::Client::builder(&options.server_url, &options.user_id)
            .data_dir(options.data_dir)
            .token_provider(Asked(tokens))
            .open()
            .await?;
        Ok(Arc::new(Self { inner }))
    }

    /// Whose client this is.
    pub fn user_id(&self) -> String {
        self.inner.user_id().to_string()
    }

    /// Connects, and stays connected.
    pub async fn start(&self) -> Result<(), CauserieError> {
        Ok(self.inner.start().await?)
    }

    /// Disconnects until the next start.
    pub async fn stop(&self) -> Result<(), CauserieError> {
        Ok(self.inner.stop().await?)
    }

    /// Closes everything. Calls after it fail with `closed`.
    pub async fn end(&self) {
        self.inner.close().await;
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
        Subscription::new(
            self.inner
                .on_connection_state(move |state| log(listener.on_status(state.into()))),
        )
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
        Subscription::new(
            self.inner
                .conversations()
                .on_update(move |update| log(listener.on_update(update.into()))),
        )
    }

    /// A conversation by its id.
    pub fn conversation(&self, id: &str) -> Result<Arc<Conversation>, CauserieError> {
        let id = parse::conversation_id(id)?;
        Ok(Conversation::new(self.inner.conversation(id)))
    }

    /// The direct conversation with a user.
    pub async fn open_direct(&self, user_id: &str) -> Result<Arc<Conversation>, CauserieError> {
        Ok(Conversation::new(self.inner.open_direct(user_id).await?))
    }

    /// How a write stands; none if nobody remembers it.
    pub fn write_status(&self, key: &str) -> Result<Option<SendStatus>, CauserieError> {
        let key = parse::write_key(key)?;
        Ok(self.inner.outbox().state(key).map(Into::into))
    }

    /// Waits until a write is sent or has failed.
    pub async fn settled(&self, key: &str) -> Result<SendStatus, CauserieError> {
        let key = parse::write_key(key)?;
        Ok(self.inner.outbox().settled(key).await?.into())
    }
}
