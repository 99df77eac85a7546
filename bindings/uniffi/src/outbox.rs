//! Writes that are on their way.

use std::sync::Arc;

use causerie_border::{
    parse,
    record::{OutboxEntry, OutboxUpdate, SendStatus},
};

use crate::{
    Cancellation, CauserieError, Client, OutboxListener, OutboxUpdates, Subscription,
    call::{call, called, look},
    cancellation::unless_cancelled,
    listener::tell,
};

#[uniffi::export]
impl Client {
    /// Every write that is queued or has failed, oldest first.
    pub fn outbox(&self) -> Vec<OutboxEntry> {
        look(|| self.inner.outbox().list().iter().map(Into::into).collect())
    }

    /// How the outbox changes.
    pub fn outbox_updates(&self) -> Arc<OutboxUpdates> {
        look(|| {
            let outbox = self.inner.outbox();
            OutboxUpdates::new(outbox.updates(), move |update| (update, &outbox).into())
        })
    }

    /// The same by callback.
    pub fn on_outbox(&self, listener: Arc<dyn OutboxListener>) -> Arc<Subscription> {
        look(|| {
            let listener = self.listeners.hold(listener);
            let outbox = self.inner.outbox();
            let within = outbox.clone();
            Subscription::new(outbox.on_update(move |update| {
                let update = OutboxUpdate::from((update, &within));
                tell(&listener, |listener| listener.on_update(update));
            }))
        })
    }

    /// How a write stands; none if nobody remembers it, or if it was cancelled.
    pub fn write_status(&self, key: &str) -> Result<Option<SendStatus>, CauserieError> {
        call(|| {
            let key = parse::write_key(key)?;
            let status = self.inner.outbox().state(key).map(Into::into);
            Ok::<_, causerie::Error>(status)
        })
    }

    /// Waits until a write is sent or has failed. That may take as long as the user is offline.
    #[uniffi::method(default(cancel = None))]
    pub async fn settled(
        &self,
        key: &str,
        cancel: Option<Arc<Cancellation>>,
    ) -> Result<SendStatus, CauserieError> {
        let outbox = self.inner.outbox();
        let settled = async {
            let key = parse::write_key(key)?;
            outbox.settled(key).await
        };
        Ok(called(unless_cancelled(cancel, settled)).await?.into())
    }

    /// Queues a failed write again, under the same key, as the last one.
    pub async fn retry(&self, key: &str) -> Result<(), CauserieError> {
        called(async {
            let key = parse::write_key(key)?;
            self.inner.outbox().retry(key).await
        })
        .await
    }

    /// Gives a write up. One that was never sent just goes; a message that may have reached the
    /// server is deleted there, too.
    pub async fn cancel_write(&self, key: &str) -> Result<(), CauserieError> {
        called(async {
            let key = parse::write_key(key)?;
            self.inner.outbox().cancel(key).await
        })
        .await
    }
}
