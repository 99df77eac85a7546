//! The outbox: what was asked for and is not yet settled.

use std::sync::Arc;

use causerie_engine::{CommandKind, SendState};
use causerie_protocol::{ConversationId, Millis, TempId, WriteOp};
use futures_util::StreamExt;

use super::subscription::{Subscription, changes};
use crate::{Error, FixCode, driver::Core, observe::OutboxMirror};

/// A write that is on its way, or failed.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxEntry {
    /// The key that the call gave. A message is shown, sent and confirmed under it.
    pub key: TempId,
    /// Where.
    pub conversation_id: ConversationId,
    /// What.
    pub op: WriteOp,
    /// When it was made, by this device's clock.
    pub created_at: Millis,
    /// How it stands.
    pub state: SendState,
}

/// What changed in the outbox.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxUpdate {
    /// In order.
    pub diffs: Vec<OutboxDiff>,
}

/// A change to the outbox.
#[derive(Debug, Clone, PartialEq)]
pub enum OutboxDiff {
    /// All of it, oldest first.
    Reset(Vec<OutboxEntry>),
    /// One write changed.
    Changed {
        /// Which.
        key: TempId,
        /// How it stands; `None` once it is cancelled.
        state: Option<SendState>,
    },
}

changes! {
    /// A stream of [`OutboxUpdate`]s, each with all that waits. The first is a
    /// [`OutboxDiff::Reset`], and so is the next after one fell too far behind. Dropping it ends
    /// it.
    OutboxUpdates(OutboxMirror) -> OutboxUpdate
}

/// The durable writes of this device that the server has not settled. They go by themselves, in
/// the order made, whenever there is a connection; only [`Outbox::cancel`] gives one up.
///
/// ```
/// use causerie::{Client, SendState};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), causerie::Error> {
/// # let folder = tempfile::tempdir().unwrap();
/// let client = Client::builder("ws://localhost:1", "alice").data_dir(folder.path()).open().await?;
/// let key = client.open_direct("bob").await?.send("typed in a tunnel").await?;
/// assert_eq!(client.outbox().state(key), Some(SendState::Queued));
/// client.outbox().cancel(key).await?;
/// assert_eq!(client.outbox().state(key), None);
/// # client.close().await;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Outbox {
    pub(crate) core: Arc<Core>,
}

impl Outbox {
    /// Every write that is queued or has failed, oldest first.
    pub fn list(&self) -> Vec<OutboxEntry> {
        self.core.outbox().read(OutboxMirror::list)
    }

    /// A write that is queued or has failed.
    pub fn get(&self, key: TempId) -> Option<OutboxEntry> {
        self.core.outbox().read(|outbox| outbox.get(key).cloned())
    }

    /// How a write stands. `None` if it was cancelled, or if it was sent so long ago (4,096 writes,
    /// or before this client was opened) that nobody remembers.
    pub fn state(&self, key: TempId) -> Option<SendState> {
        self.core
            .outbox()
            .read(|outbox| outbox.state(key))
            .flatten()
    }

    /// Waits until a write is sent or has failed. That may take as long as the user is offline.
    ///
    /// # Errors
    /// `unknown_write` if it is not known here or is cancelled meanwhile, `closed` if the client is
    /// closed meanwhile.
    pub async fn settled(&self, key: TempId) -> Result<SendState, Error> {
        let mut updates = self.core.outbox().listen();
        loop {
            match updates.source().read(|outbox| outbox.state(key)) {
                Some(Some(SendState::Queued)) => {}
                Some(Some(settled)) => return Ok(settled),
                Some(None) | None => return Err(FixCode::UnknownWrite(key).into()),
            }
            if updates.next().await.is_none() {
                return Err(Error::closed());
            }
        }
    }

    /// Queues a failed write again, under the same key, as the last one.
    ///
    /// # Errors
    /// `unknown_write`; or why it could not be stored.
    pub async fn retry(&self, key: TempId) -> Result<(), Error> {
        self.core.command(CommandKind::Retry(key)).await.map(drop)
    }

    /// Gives a write up. One that was never sent just goes; a message that may have reached the
    /// server is deleted there, too.
    ///
    /// # Errors
    /// `unknown_write`; or why it could not be stored.
    pub async fn cancel(&self, key: TempId) -> Result<(), Error> {
        let deletion = self.core.new_temp_id();
        self.core
            .command(CommandKind::Cancel { key, deletion })
            .await
            .map(drop)
    }

    /// What is in it and how it changes.
    pub fn updates(&self) -> OutboxUpdates {
        OutboxUpdates {
            listener: self.core.outbox().listen(),
        }
    }

    /// As [`Outbox::updates`], by callback.
    pub fn on_update(
        &self,
        callback: impl Fn(OutboxUpdate) + Send + Sync + 'static,
    ) -> Subscription {
        Subscription::spawn(self.core.runtime(), self.updates(), callback)
    }
}
