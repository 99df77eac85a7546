//! Changes that are asked for. The first is the present state; `None` is the end.

use std::sync::Arc;

use causerie_border::{
    Pull,
    record::{ConnectionStatus, ListUpdate, TimelineBatch},
};

use crate::gate::woken;

/// How a timeline changes.
#[derive(Debug, uniffi::Object)]
pub struct TimelineUpdates {
    pull: Pull<causerie::TimelineUpdates>,
}

/// How the conversation list changes.
#[derive(Debug, uniffi::Object)]
pub struct ListUpdates {
    pull: Pull<causerie::ConversationListUpdates>,
}

/// How the connection changes.
#[derive(Debug, uniffi::Object)]
pub struct ConnectionUpdates {
    pull: Pull<causerie::ConnectionStates>,
}

impl TimelineUpdates {
    pub(crate) fn new(updates: causerie::TimelineUpdates) -> Arc<Self> {
        let pull = Pull::new(updates);
        Arc::new(Self { pull })
    }
}

impl ListUpdates {
    pub(crate) fn new(updates: causerie::ConversationListUpdates) -> Arc<Self> {
        let pull = Pull::new(updates);
        Arc::new(Self { pull })
    }
}

impl ConnectionUpdates {
    pub(crate) fn new(updates: causerie::ConnectionStates) -> Arc<Self> {
        let pull = Pull::new(updates);
        Arc::new(Self { pull })
    }
}

#[uniffi::export]
impl TimelineUpdates {
    /// All that changed since the last call, once there is something.
    pub async fn next(&self) -> Option<TimelineBatch> {
        woken(self.pull.next()).await.map(Into::into)
    }

    /// Ends it; who waits for the next gets none, at once.
    pub fn end(&self) {
        self.pull.close();
    }
}

#[uniffi::export]
impl ListUpdates {
    /// All that changed since the last call, once there is something.
    pub async fn next(&self) -> Option<ListUpdate> {
        woken(self.pull.next()).await.map(Into::into)
    }

    /// Ends it; who waits for the next gets none, at once.
    pub fn end(&self) {
        self.pull.close();
    }
}

#[uniffi::export]
impl ConnectionUpdates {
    /// The next state, once there is one.
    pub async fn next(&self) -> Option<ConnectionStatus> {
        woken(self.pull.next()).await.map(Into::into)
    }

    /// Ends it; who waits for the next gets none, at once.
    pub fn end(&self) {
        self.pull.close();
    }
}
