//! What Dart sees.

use causerie::{TimelineStart, TokenFuture, TokenRequest};
use causerie_border::{
    Fault, Pull, parse,
    record::{
        ConnectionStatus, ConversationEntry, ListUpdate, SendStatus, TimelineBatch, TimelineItem,
        TokenAnswer, TokenQuestion,
    },
};
use flutter_rust_bridge::{DartFnFuture, frb};

/// What opening takes.
#[derive(Debug, Clone)]
pub struct Options {
    /// The server: `wss://chat.example.org`.
    pub server_url: String,
    /// Whose client it is, as the app's tokens name the user.
    pub user_id: String,
    /// The folder for this user's data.
    pub data_dir: String,
}

/// Brings tokens by a function of Dart's, which must not throw.
struct Asked<F>(F);

impl<F> causerie::TokenProvider for Asked<F>
where
    F: Fn(TokenQuestion) -> DartFnFuture<TokenAnswer> + Send + Sync + 'static,
{
    fn token(&self, request: TokenRequest) -> TokenFuture {
        let answer = (self.0)(request.into());
        Box::pin(async move { answer.await.into() })
    }
}

/// One user on one device.
#[frb(opaque)]
pub struct Client {
    inner: causerie::Client,
}

impl Client {
    /// Opens the local data; works offline.
    pub async fn open(
        options: Options,
        tokens: impl Fn(TokenQuestion) -> DartFnFuture<TokenAnswer> + Send + Sync + 'static,
    ) -> Result<Client, Fault> {
        let inner = causerie::Client::builder(&options.server_url, &options.user_id)
            .data_dir(options.data_dir)
            .token_provider(Asked(tokens))
            .open()
            .await?;
        Ok(Client { inner })
    }

    /// Whose client this is.
    #[frb(sync)]
    pub fn user_id(&self) -> String {
        self.inner.user_id().to_string()
    }

    /// Connects, and stays connected.
    pub async fn start(&self) -> Result<(), Fault> {
        Ok(self.inner.start().await?)
    }

    /// Disconnects until the next start.
    pub async fn stop(&self) -> Result<(), Fault> {
        Ok(self.inner.stop().await?)
    }

    /// Closes everything. Calls after it fail with `closed`.
    pub async fn end(&self) {
        self.inner.close().await;
    }

    /// How the connection stands.
    #[frb(sync)]
    pub fn connection(&self) -> ConnectionStatus {
        self.inner.connection_state().current().into()
    }

    /// How the connection changes.
    #[frb(sync)]
    pub fn connection_updates(&self) -> ConnectionUpdates {
        ConnectionUpdates {
            pull: Pull::new(self.inner.connection_state()),
        }
    }

    /// The conversation list as it stands.
    #[frb(sync)]
    pub fn conversations(&self) -> Vec<ConversationEntry> {
        let items = self.inner.conversations().items();
        items.iter().map(Into::into).collect()
    }

    /// How the conversation list changes.
    #[frb(sync)]
    pub fn conversation_updates(&self) -> ListUpdates {
        ListUpdates {
            pull: Pull::new(self.inner.conversations().updates()),
        }
    }

    /// A conversation by its id.
    #[frb(sync)]
    pub fn conversation(&self, id: String) -> Result<Conversation, Fault> {
        let id = parse::conversation_id(&id)?;
        Ok(Conversation {
            inner: self.inner.conversation(id),
        })
    }

    /// The direct conversation with a user.
    pub async fn open_direct(&self, user_id: String) -> Result<Conversation, Fault> {
        let inner = self.inner.open_direct(&user_id).await?;
        Ok(Conversation { inner })
    }

    /// How a write stands; none if nobody remembers it.
    #[frb(sync)]
    pub fn write_status(&self, key: String) -> Result<Option<SendStatus>, Fault> {
        let key = parse::write_key(&key)?;
        Ok(self.inner.outbox().state(key).map(Into::into))
    }

    /// Waits until a write is sent or has failed.
    pub async fn settled(&self, key: String) -> Result<SendStatus, Fault> {
        let key = parse::write_key(&key)?;
        Ok(self.inner.outbox().settled(key).await?.into())
    }
}

/// One conversation.
#[frb(opaque)]
pub struct Conversation {
    inner: causerie::Conversation,
}

impl Conversation {
    /// Its id.
    #[frb(sync)]
    pub fn id(&self) -> String {
        self.inner.id().to_string()
    }

    /// Says something; gives the key under which it is shown, sent and confirmed.
    pub async fn send(&self, text: String) -> Result<String, Fault> {
        Ok(self.inner.send(&text).await?.to_string())
    }

    /// Opens a view of it that begins with the newest message.
    pub async fn timeline(&self) -> Result<Timeline, Fault> {
        let inner = self.inner.timeline(TimelineStart::Newest).await?;
        Ok(Timeline { inner })
    }
}

/// A conversation's messages as a screen shows them.
#[frb(opaque)]
pub struct Timeline {
    inner: causerie::Timeline,
}

impl Timeline {
    /// What it shows now, oldest first.
    #[frb(sync)]
    pub fn items(&self) -> Vec<TimelineItem> {
        self.inner.items().iter().map(Into::into).collect()
    }

    /// How it changes.
    #[frb(sync)]
    pub fn updates(&self) -> TimelineUpdates {
        TimelineUpdates {
            pull: Pull::new(self.inner.updates()),
        }
    }

    /// Shows a page of older messages.
    pub async fn load_older(&self) -> Result<(), Fault> {
        Ok(self.inner.load_older().await?)
    }

    /// Closes it, for everybody who holds it.
    #[frb(sync)]
    pub fn end(&self) {
        self.inner.close();
    }
}

/// How a timeline changes. The first is the present state; none is the end.
#[frb(opaque)]
pub struct TimelineUpdates {
    pull: Pull<causerie::TimelineUpdates>,
}

impl TimelineUpdates {
    /// All that changed since the last call, once there is something.
    pub async fn next(&self) -> Option<TimelineBatch> {
        self.pull.next().await.map(Into::into)
    }

    /// Ends it; who waits for the next gets none, at once.
    #[frb(sync)]
    pub fn end(&self) {
        self.pull.close();
    }
}

/// How the conversation list changes, as [`TimelineUpdates`].
#[frb(opaque)]
pub struct ListUpdates {
    pull: Pull<causerie::ConversationListUpdates>,
}

impl ListUpdates {
    /// All that changed since the last call, once there is something.
    pub async fn next(&self) -> Option<ListUpdate> {
        self.pull.next().await.map(Into::into)
    }

    /// Ends it; who waits for the next gets none, at once.
    #[frb(sync)]
    pub fn end(&self) {
        self.pull.close();
    }
}

/// How the connection changes, as [`TimelineUpdates`].
#[frb(opaque)]
pub struct ConnectionUpdates {
    pull: Pull<causerie::ConnectionStates>,
}

impl ConnectionUpdates {
    /// The next state, once there is one.
    pub async fn next(&self) -> Option<ConnectionStatus> {
        self.pull.next().await.map(Into::into)
    }

    /// Ends it; who waits for the next gets none, at once.
    #[frb(sync)]
    pub fn end(&self) {
        self.pull.close();
    }
}
