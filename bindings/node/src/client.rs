//! The client.

use std::sync::Arc;

use causerie_border::{
    parse,
    record::{
        ConnectionStatus, ConversationEntry, Durability, Event, EventFilter, ListUpdate,
        NetworkHint, NewConversation, Stats, Unsent, User,
    },
};
use futures_util::StreamExt;
use napi::{Env, bindgen_prelude::PromiseRaw};
use napi_derive::napi;

use crate::{
    call::{call, look, promise},
    cancellation::{Cancellation, unless_cancelled},
    conversation::Conversation,
    token::{Asked, Tokens},
    updates::{Events, Listener, Subscription, listen},
};

/// The most events that come at once.
const EVENTS_AT_ONCE: usize = 256;

/// What opening takes.
#[napi(object)]
#[derive(Debug)]
pub struct Options {
    /// The server: `wss://chat.example.org`.
    pub server_url: String,
    /// Whose client it is, as the app's tokens name the user.
    pub user_id: String,
    /// The folder for this user's data.
    pub data_dir: String,
    /// After so many failed attempts in a row the connection is closed until the next start.
    pub max_reconnect_attempts: Option<i64>,
    /// What a commit survives. Default: the death of the process.
    pub durability: Option<Durability>,
}

/// One user on one device.
#[napi]
#[derive(Debug)]
pub struct Client {
    pub(crate) inner: causerie::Client,
}

#[napi]
impl Client {
    /// Opens the local data; works offline.
    #[napi(
        catch_unwind,
        ts_args_type = "options: Options, tokens: (question: TokenQuestion) => Promise<TokenAnswer>"
    )]
    pub fn open(
        env: &Env,
        options: Options,
        tokens: Tokens,
    ) -> napi::Result<PromiseRaw<'_, Client>> {
        promise(env, async move {
            let attempts = options
                .max_reconnect_attempts
                .map(|attempts| parse::count("maxReconnectAttempts", attempts))
                .transpose()?;
            let inner = causerie::Client::builder(&options.server_url, &options.user_id)
                .data_dir(options.data_dir)
                .max_reconnect_attempts(attempts)
                .durability(options.durability.map(Into::into).unwrap_or_default())
                .token_provider(Asked(Arc::new(tokens)))
                .open()
                .await?;
            Ok::<_, causerie::Error>(Client { inner })
        })
    }

    /// Whose client this is.
    #[napi(catch_unwind)]
    pub fn user_id(&self) -> napi::Result<String> {
        look(|| self.inner.user_id().to_string())
    }

    /// Connects, and stays connected.
    #[napi(catch_unwind)]
    pub fn start<'env>(&self, env: &'env Env) -> napi::Result<PromiseRaw<'env, ()>> {
        let client = self.inner.clone();
        promise(env, async move { client.start().await })
    }

    /// Disconnects until the next start.
    #[napi(catch_unwind)]
    pub fn stop<'env>(&self, env: &'env Env) -> napi::Result<PromiseRaw<'env, ()>> {
        let client = self.inner.clone();
        promise(env, async move { client.stop().await })
    }

    /// The app goes to the background: closes the socket, every file, and the lock on the folder.
    #[napi(catch_unwind)]
    pub fn suspend<'env>(&self, env: &'env Env) -> napi::Result<PromiseRaw<'env, ()>> {
        let client = self.inner.clone();
        promise(env, async move { client.suspend().await })
    }

    /// The app comes back: connects at once.
    #[napi(catch_unwind)]
    pub fn resume<'env>(&self, env: &'env Env) -> napi::Result<PromiseRaw<'env, ()>> {
        let client = self.inner.clone();
        promise(env, async move { client.resume().await })
    }

    /// The system says that the network came, went or changed.
    #[napi(catch_unwind)]
    pub fn network_changed(&self, hint: NetworkHint) -> napi::Result<()> {
        look(|| self.inner.network_changed(hint.into()))
    }

    /// Asks the server now for everything that changed.
    #[napi(catch_unwind)]
    pub fn sync_now<'env>(
        &self,
        env: &'env Env,
        cancel: Option<&Cancellation>,
    ) -> napi::Result<PromiseRaw<'env, ()>> {
        let client = self.inner.clone();
        let answer = unless_cancelled(cancel, async move { client.sync_now().await });
        promise(env, answer)
    }

    /// Signs the user out on this device, and closes everything.
    #[napi(catch_unwind)]
    pub fn sign_out<'env>(
        &self,
        env: &'env Env,
        wipe: bool,
        unsent: Unsent,
    ) -> napi::Result<PromiseRaw<'env, ()>> {
        let client = self.inner.clone();
        promise(
            env,
            async move { client.sign_out(wipe, unsent.into()).await },
        )
    }

    /// Gives this client up; with the last one of its folder everything is closed.
    #[napi(catch_unwind)]
    pub fn end<'env>(&self, env: &'env Env) -> napi::Result<PromiseRaw<'env, ()>> {
        let client = self.inner.clone();
        promise(env, async move {
            client.close().await;
            Ok::<_, causerie::Error>(())
        })
    }

    /// How the connection stands.
    #[napi(catch_unwind)]
    pub fn connection(&self) -> napi::Result<ConnectionStatus> {
        look(|| self.inner.connection_state().current().into())
    }

    /// How the connection changes.
    #[napi(
        catch_unwind,
        ts_args_type = "listener: (status: ConnectionStatus | null) => void"
    )]
    pub fn on_connection(
        &self,
        listener: Listener<ConnectionStatus>,
    ) -> napi::Result<Subscription> {
        listen(self.inner.connection_state(), Into::into, listener)
    }

    /// The conversation list as it stands.
    #[napi(catch_unwind)]
    pub fn conversations(&self) -> napi::Result<Vec<ConversationEntry>> {
        look(|| {
            let items = self.inner.conversations().items();
            items.iter().map(Into::into).collect()
        })
    }

    /// How the conversation list changes.
    #[napi(
        catch_unwind,
        ts_args_type = "listener: (update: ListUpdate | null) => void"
    )]
    pub fn on_conversations(&self, listener: Listener<ListUpdate>) -> napi::Result<Subscription> {
        listen(self.inner.conversations().updates(), Into::into, listener)
    }

    /// A conversation by its id. Whether this device knows it shows when it is used.
    #[napi(catch_unwind)]
    pub fn conversation(&self, id: String) -> napi::Result<Conversation> {
        call(|| {
            let id = parse::conversation_id(&id)?;
            Ok::<_, causerie::Error>(Conversation::new(self.inner.conversation(id)))
        })
    }

    /// The direct conversation with a user, made if this device does not know it; also offline.
    #[napi(catch_unwind)]
    pub fn open_direct<'env>(
        &self,
        env: &'env Env,
        user_id: String,
    ) -> napi::Result<PromiseRaw<'env, Conversation>> {
        let client = self.inner.clone();
        promise(env, async move {
            client.open_direct(&user_id).await.map(Conversation::new)
        })
    }

    /// Makes a conversation. It can be used at once, also offline.
    #[napi(catch_unwind)]
    pub fn create_conversation<'env>(
        &self,
        env: &'env Env,
        conversation: NewConversation,
    ) -> napi::Result<PromiseRaw<'env, Conversation>> {
        let client = self.inner.clone();
        promise(env, async move {
            let made = client.create_conversation(conversation.into()).await;
            made.map(Conversation::new)
        })
    }

    /// A user, if known on this device.
    #[napi(catch_unwind)]
    pub fn user(&self, id: String) -> napi::Result<Option<User>> {
        look(|| self.inner.users().get(&id).as_ref().map(Into::into))
    }

    /// All users known on this device, in no order.
    #[napi(catch_unwind)]
    pub fn users(&self) -> napi::Result<Vec<User>> {
        look(|| self.inner.users().list().iter().map(Into::into).collect())
    }

    /// Asks the server for up to 100 users. Those that are unknown or hidden are left out.
    #[napi(catch_unwind)]
    pub fn fetch_users<'env>(
        &self,
        env: &'env Env,
        ids: Vec<String>,
        cancel: Option<&Cancellation>,
    ) -> napi::Result<PromiseRaw<'env, Vec<User>>> {
        let users = self.inner.users();
        let answer = unless_cancelled(cancel, async move {
            let users = users.fetch(ids).await?;
            Ok(users.iter().map(Into::into).collect())
        });
        promise(env, answer)
    }

    /// What happens, errors included.
    #[napi(catch_unwind)]
    pub fn events(&self, filter: EventFilter) -> napi::Result<Events> {
        call(|| {
            let events = self.inner.events(filter.try_into()?);
            let batches = events.ready_chunks(EVENTS_AT_ONCE);
            Ok::<_, causerie::Error>(Events::new(batches, records))
        })
    }

    /// The same, pushed.
    #[napi(
        catch_unwind,
        ts_args_type = "filter: EventFilter, listener: (events: Array<Event> | null) => void"
    )]
    pub fn on_events(
        &self,
        filter: EventFilter,
        listener: Listener<Vec<Event>>,
    ) -> napi::Result<Subscription> {
        let events = call(|| Ok::<_, causerie::Error>(self.inner.events(filter.try_into()?)))?;
        listen(events.ready_chunks(EVENTS_AT_ONCE), records, listener)
    }

    /// Counters and latencies.
    #[napi(catch_unwind)]
    pub fn stats<'env>(&self, env: &'env Env) -> napi::Result<PromiseRaw<'env, Stats>> {
        let client = self.inner.clone();
        promise(env, async move { client.stats().await.map(Stats::from) })
    }
}

fn records(events: Vec<causerie::Event>) -> Vec<Event> {
    events.into_iter().map(Into::into).collect()
}
