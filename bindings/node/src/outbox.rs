//! Writes that are on their way.

use causerie_border::{
    parse,
    record::{OutboxEntry, OutboxUpdate, SendStatus},
};
use napi::{Env, bindgen_prelude::PromiseRaw};
use napi_derive::napi;

use crate::{
    call::{call, look, promise},
    cancellation::{Cancellation, unless_cancelled},
    client::Client,
    updates::{Listener, Subscription, listen},
};

#[napi]
impl Client {
    /// Every write that is queued or has failed, oldest first.
    #[napi(catch_unwind)]
    pub fn outbox(&self) -> napi::Result<Vec<OutboxEntry>> {
        look(|| self.inner.outbox().list().iter().map(Into::into).collect())
    }

    /// How the outbox changes.
    #[napi(
        catch_unwind,
        ts_args_type = "listener: (update: OutboxUpdate | null) => void"
    )]
    pub fn on_outbox(&self, listener: Listener<OutboxUpdate>) -> napi::Result<Subscription> {
        let outbox = self.inner.outbox();
        let changes = outbox.updates();
        listen(changes, move |update| (update, &outbox).into(), listener)
    }

    /// How a write stands; `null` if nobody remembers it, or if it was cancelled.
    #[napi(catch_unwind)]
    pub fn write_status(&self, key: String) -> napi::Result<Option<SendStatus>> {
        call(|| {
            let key = parse::write_key(&key)?;
            Ok::<_, causerie::Error>(self.inner.outbox().state(key).map(Into::into))
        })
    }

    /// Waits until a write is sent or has failed. That may take as long as the user is offline.
    #[napi(catch_unwind)]
    pub fn settled<'env>(
        &self,
        env: &'env Env,
        key: String,
        cancel: Option<&Cancellation>,
    ) -> napi::Result<PromiseRaw<'env, SendStatus>> {
        let outbox = self.inner.outbox();
        let answer = unless_cancelled(cancel, async move {
            let key = parse::write_key(&key)?;
            outbox.settled(key).await.map(Into::into)
        });
        promise(env, answer)
    }

    /// Queues a failed write again, under the same key, as the last one.
    #[napi(catch_unwind)]
    pub fn retry<'env>(&self, env: &'env Env, key: String) -> napi::Result<PromiseRaw<'env, ()>> {
        let outbox = self.inner.outbox();
        promise(
            env,
            async move { outbox.retry(parse::write_key(&key)?).await },
        )
    }

    /// Gives a write up. One that was never sent just goes; a message that may have reached the
    /// server is deleted there, too.
    #[napi(catch_unwind)]
    pub fn cancel_write<'env>(
        &self,
        env: &'env Env,
        key: String,
    ) -> napi::Result<PromiseRaw<'env, ()>> {
        let outbox = self.inner.outbox();
        promise(
            env,
            async move { outbox.cancel(parse::write_key(&key)?).await },
        )
    }
}
