//! Conversations and their timelines.

use std::sync::Arc;

use causerie::TimelineStart;
use causerie_border::record::TimelineItem;

use crate::{
    CauserieError, Subscription, TimelineListener, TimelineUpdates, gate::woken, held::Holdings,
    listener::tell,
};

/// One conversation.
#[derive(Debug, uniffi::Object)]
pub struct Conversation {
    inner: causerie::Conversation,
    listeners: Arc<Holdings>,
}

impl Conversation {
    pub(crate) fn new(inner: causerie::Conversation, listeners: Arc<Holdings>) -> Arc<Self> {
        Arc::new(Self { inner, listeners })
    }
}

#[uniffi::export]
impl Conversation {
    /// Its id.
    pub fn id(&self) -> String {
        self.inner.id().to_string()
    }

    /// Says something; gives the key under which it is shown, sent and confirmed.
    pub async fn send(&self, text: &str) -> Result<String, CauserieError> {
        Ok(woken(self.inner.send(text)).await?.to_string())
    }

    /// Opens a view of it that begins with the newest message.
    pub async fn timeline(&self) -> Result<Arc<Timeline>, CauserieError> {
        let inner = woken(self.inner.timeline(TimelineStart::Newest)).await?;
        let listeners = Arc::clone(&self.listeners);
        Ok(Arc::new(Timeline { inner, listeners }))
    }
}

/// A conversation's messages as a screen shows them.
#[derive(Debug, uniffi::Object)]
pub struct Timeline {
    inner: causerie::Timeline,
    listeners: Arc<Holdings>,
}

#[uniffi::export]
impl Timeline {
    /// What it shows now, oldest first.
    pub fn items(&self) -> Vec<TimelineItem> {
        self.inner.items().iter().map(Into::into).collect()
    }

    /// How it changes.
    pub fn updates(&self) -> Arc<TimelineUpdates> {
        TimelineUpdates::new(self.inner.updates())
    }

    /// The same by callback.
    pub fn on_batch(&self, listener: Arc<dyn TimelineListener>) -> Arc<Subscription> {
        let listener = self.listeners.hold(listener);
        Subscription::new(self.inner.on_update(move |batch| {
            tell(&listener, |listener| listener.on_batch(batch.into()));
        }))
    }

    /// Shows a page of older messages.
    pub async fn load_older(&self) -> Result<(), CauserieError> {
        Ok(woken(self.inner.load_older()).await?)
    }

    /// Closes it, for everybody who holds it.
    pub fn end(&self) {
        self.inner.close();
    }
}
