//! Timelines.

use std::sync::Arc;

use causerie_border::record::{TimelineItem, TimelineSnapshot, TimelineState};

use crate::{
    CauserieError, Subscription, TimelineListener, TimelineUpdates,
    call::{called, look, look_or},
    held::Holdings,
    listener::tell,
};

/// A conversation's messages as a screen shows them. While one is open, its conversation is
/// subscribed.
#[derive(Debug, uniffi::Object)]
pub struct Timeline {
    inner: causerie::Timeline,
    listeners: Arc<Holdings>,
}

impl Timeline {
    pub(crate) fn new(inner: causerie::Timeline, listeners: Arc<Holdings>) -> Arc<Self> {
        Arc::new(Self { inner, listeners })
    }
}

#[uniffi::export]
impl Timeline {
    /// The conversation that it shows.
    pub fn conversation_id(&self) -> String {
        look(|| self.inner.conversation_id().to_string())
    }

    /// What it shows now, oldest first.
    pub fn items(&self) -> Vec<TimelineItem> {
        look(|| self.inner.items().iter().map(Into::into).collect())
    }

    /// Items and state of the same moment: asked one after the other, they may have a change
    /// between them.
    pub fn snapshot(&self) -> TimelineSnapshot {
        // What it gives if it panics.
        let nothing = || TimelineSnapshot {
            items: Vec::new(),
            state: TimelineState::default(),
        };
        look_or(nothing, || self.inner.snapshot().into())
    }

    /// Whether there is more to load, and whether it is being loaded.
    pub fn state(&self) -> TimelineState {
        look(|| self.inner.state().into())
    }

    /// How it changes. As long as somebody holds what this gives, the timeline stays open.
    pub fn updates(&self) -> Arc<TimelineUpdates> {
        look(|| {
            // A collector would close it under the one who asks.
            let open = self.inner.clone();
            TimelineUpdates::new(open.updates(), move |batch| {
                let _ = &open;
                batch.into()
            })
        })
    }

    /// The same by callback.
    pub fn on_batch(&self, listener: Arc<dyn TimelineListener>) -> Arc<Subscription> {
        look(|| {
            let listener = self.listeners.hold(listener);
            Subscription::new(self.inner.on_update(move |batch| {
                tell(&listener, |listener| listener.on_batch(batch.into()));
            }))
        })
    }

    /// Shows a page of older messages: from the cache, and otherwise from the server, in which case
    /// they come later as a change. Offline, what is missing is loaded once connected.
    pub async fn load_older(&self) -> Result<(), CauserieError> {
        called(self.inner.load_older()).await
    }

    /// Shows a page of newer messages, after a start in the middle.
    pub async fn load_newer(&self) -> Result<(), CauserieError> {
        called(self.inner.load_newer()).await
    }

    /// Closes it, for everybody who holds it.
    pub fn end(&self) {
        look(|| self.inner.close());
    }
}
