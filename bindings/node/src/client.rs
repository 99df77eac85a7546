//! The client.

use std::sync::Arc;

use causerie::{TokenFuture, TokenRequest};
use causerie_border::{
    Pull, parse,
    record::{ConnectionStatus, ConversationEntry, SendStatus, TokenAnswer, TokenQuestion},
};
use napi::{bindgen_prelude::Promise, threadsafe_function::ThreadsafeFunction};
use napi_derive::napi;

use crate::{
    conversation::Conversation,
    fault::rejection,
    updates::{ConnectionUpdates, ListUpdates},
};

/// A function that brings tokens. It must return a promise, and must not throw before that.
type Tokens = ThreadsafeFunction<
    TokenQuestion,
    Promise<TokenAnswer>,
    TokenQuestion,
    napi::Status,
    false,
    true,
>;

/// The same for `causerie`.
struct Asked(Arc<Tokens>);

impl causerie::TokenProvider for Asked {
    fn token(&self, request: TokenRequest) -> TokenFuture {
        let provider = Arc::clone(&self.0);
        Box::pin(async move {
            let answer = async { provider.call_async_catch(request.into()).await?.await };
            answer
                .await
                .unwrap_or_else(|error| TokenAnswer::temporary(error.reason.clone()))
                .into()
        })
    }
}

/// What opening takes.
#[napi(object)]
pub struct Options {
    /// The server: `wss://chat.example.org`.
    pub server_url: String,
    /// Whose client it is, as the app's tokens name the user.
    pub user_id: String,
    /// The folder for this user's data.
    pub data_dir: String,
}

/// One user on one device.
#[napi]
pub struct Client {
    inner: causerie::Client,
}

#[napi]
impl Client {
    /// Opens the local data; works offline.
    #[napi(factory)]
    pub async fn open(options: Options, tokens: Tokens) -> napi::Result<Self> {
        let inner = causerie::Client::builder(&options.server_url, &options.user_id)
            .data_dir(options.data_dir)
            .token_provider(Asked(Arc::new(tokens)))
            .open()
            .await
            .map_err(rejection)?;
        Ok(Self { inner })
    }

    /// Whose client this is.
    #[napi(catch_unwind)]
    pub fn user_id(&self) -> String {
        self.inner.user_id().to_string()
    }

    /// Connects, and stays connected.
    #[napi]
    pub async fn start(&self) -> napi::Result<()> {
        self.inner.start().await.map_err(rejection)
    }

    /// Disconnects until the next start.
    #[napi]
    pub async fn stop(&self) -> napi::Result<()> {
        self.inner.stop().await.map_err(rejection)
    }

    /// Closes everything. Calls after it fail with `closed`.
    #[napi]
    pub async fn end(&self) {
        self.inner.close().await;
    }

    /// How the connection stands.
    #[napi(catch_unwind)]
    pub fn connection(&self) -> ConnectionStatus {
        self.inner.connection_state().current().into()
    }

    /// How the connection changes.
    #[napi(catch_unwind)]
    pub fn connection_updates(&self) -> ConnectionUpdates {
        ConnectionUpdates {
            pull: Pull::new(self.inner.connection_state()),
        }
    }

    /// The conversation list as it stands.
    #[napi(catch_unwind)]
    pub fn conversations(&self) -> Vec<ConversationEntry> {
        let items = self.inner.conversations().items();
        items.iter().map(Into::into).collect()
    }

    /// How the conversation list changes.
    #[napi(catch_unwind)]
    pub fn conversation_updates(&self) -> ListUpdates {
        ListUpdates {
            pull: Pull::new(self.inner.conversations().updates()),
        }
    }

    /// A conversation by its id.
    #[napi(catch_unwind)]
    pub fn conversation(&self, id: String) -> napi::Result<Conversation> {
        let id = parse::conversation_id(&id).map_err(rejection)?;
        Ok(Conversation {
            inner: self.inner.conversation(id),
        })
    }

    /// The direct conversation with a user.
    #[napi]
    pub async fn open_direct(&self, user_id: String) -> napi::Result<Conversation> {
        let inner = self.inner.open_direct(&user_id).await.map_err(rejection)?;
        Ok(Conversation { inner })
    }

    /// How a write stands; `null` if nobody remembers it.
    #[napi(catch_unwind)]
    pub fn write_status(&self, key: String) -> napi::Result<Option<SendStatus>> {
        let key = parse::write_key(&key).map_err(rejection)?;
        Ok(self.inner.outbox().state(key).map(Into::into))
    }

    /// Waits until a write is sent or has failed.
    #[napi]
    pub async fn settled(&self, key: String) -> napi::Result<SendStatus> {
        let key = parse::write_key(&key).map_err(rejection)?;
        let state = self.inner.outbox().settled(key).await;
        state.map(Into::into).map_err(rejection)
    }
}
