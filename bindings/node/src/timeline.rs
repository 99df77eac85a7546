//! Timelines.

use causerie_border::record::{TimelineBatch, TimelineSnapshot};
use napi::{Env, bindgen_prelude::PromiseRaw};
use napi_derive::napi;

use crate::{
    call::{look, promise},
    updates::{Listener, Subscription, TimelineUpdates, listen},
};

/// A conversation's messages as a screen shows them. While one is open, its conversation is
/// subscribed.
#[napi]
#[derive(Debug)]
pub struct Timeline {
    pub(crate) inner: causerie::Timeline,
}

#[napi]
impl Timeline {
    /// Items and state of the same moment.
    #[napi(catch_unwind)]
    pub fn snapshot(&self) -> napi::Result<TimelineSnapshot> {
        look(|| self.inner.snapshot().into())
    }

    /// How it changes. As long as somebody holds what this gives, the timeline stays open.
    #[napi(catch_unwind)]
    pub fn updates(&self) -> napi::Result<TimelineUpdates> {
        look(|| {
            let open = self.inner.clone();
            TimelineUpdates::new(open.updates(), move |batch| {
                let _ = &open;
                batch.into()
            })
        })
    }

    /// The same, pushed.
    #[napi(
        catch_unwind,
        ts_args_type = "listener: (batch: TimelineBatch | null) => void"
    )]
    pub fn on_batch(&self, listener: Listener<TimelineBatch>) -> napi::Result<Subscription> {
        listen(self.inner.updates(), Into::into, listener)
    }

    /// Shows a page of older messages: from the cache, and otherwise from the server.
    #[napi(catch_unwind)]
    pub fn load_older<'env>(&self, env: &'env Env) -> napi::Result<PromiseRaw<'env, ()>> {
        let timeline = self.inner.clone();
        promise(env, async move { timeline.load_older().await })
    }

    /// Shows a page of newer messages, after a start in the middle.
    #[napi(catch_unwind)]
    pub fn load_newer<'env>(&self, env: &'env Env) -> napi::Result<PromiseRaw<'env, ()>> {
        let timeline = self.inner.clone();
        promise(env, async move { timeline.load_newer().await })
    }

    /// Closes it, for everybody who holds it.
    #[napi(catch_unwind)]
    pub fn end(&self) -> napi::Result<()> {
        look(|| self.inner.close())
    }
}
