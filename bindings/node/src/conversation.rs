//! Conversations and their timelines.

use causerie::TimelineStart;
use causerie_border::{
    Pull,
    record::{TimelineBatch, TimelineItem},
};
use napi_derive::napi;

use crate::{
    fault::rejection,
    listener::{Listener, Subscription, tell},
    updates::TimelineUpdates,
};

/// One conversation.
#[napi]
pub struct Conversation {
    pub(crate) inner: causerie::Conversation,
}

#[napi]
impl Conversation {
    /// Its id.
    #[napi(catch_unwind)]
    pub fn id(&self) -> String {
        self.inner.id().to_string()
    }

    /// Says something; gives the key under which it is shown, sent and confirmed.
    #[napi]
    pub async fn send(&self, text: String) -> napi::Result<String> {
        let key = self.inner.send(&text).await.map_err(rejection)?;
        Ok(key.to_string())
    }

    /// Opens a view of it that begins with the newest message.
    #[napi]
    pub async fn timeline(&self) -> napi::Result<Timeline> {
        let inner = self.inner.timeline(TimelineStart::Newest).await;
        inner.map(|inner| Timeline { inner }).map_err(rejection)
    }
}

/// A conversation's messages as a screen shows them.
#[napi]
pub struct Timeline {
    inner: causerie::Timeline,
}

#[napi]
impl Timeline {
    /// What it shows now, oldest first.
    #[napi(catch_unwind)]
    pub fn items(&self) -> Vec<TimelineItem> {
        self.inner.items().iter().map(Into::into).collect()
    }

    /// How it changes.
    #[napi(catch_unwind)]
    pub fn updates(&self) -> TimelineUpdates {
        TimelineUpdates {
            pull: Pull::new(self.inner.updates()),
        }
    }

    /// The same by callback, on JavaScript's thread.
    #[napi(
        catch_unwind,
        ts_args_type = "listener: (batch: TimelineBatch) => void"
    )]
    pub fn on_batch(&self, listener: Listener<TimelineBatch>) -> Subscription {
        Subscription::new(
            self.inner
                .on_update(move |batch| tell(&listener, batch.into())),
        )
    }

    /// Shows a page of older messages.
    #[napi]
    pub async fn load_older(&self) -> napi::Result<()> {
        self.inner.load_older().await.map_err(rejection)
    }

    /// Closes it, for everybody who holds it.
    #[napi(catch_unwind)]
    pub fn end(&self) {
        self.inner.close();
    }
}
