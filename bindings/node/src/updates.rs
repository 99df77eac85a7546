//! Changes that are asked for. The first is the present state; `null` is the end.

use causerie_border::{
    Pull,
    record::{ConnectionStatus, ListUpdate, TimelineBatch},
};
use napi_derive::napi;

/// How a timeline changes.
#[napi]
pub struct TimelineUpdates {
    pub(crate) pull: Pull<causerie::TimelineUpdates>,
}

/// How the conversation list changes.
#[napi]
pub struct ListUpdates {
    pub(crate) pull: Pull<causerie::ConversationListUpdates>,
}

/// How the connection changes.
#[napi]
pub struct ConnectionUpdates {
    pub(crate) pull: Pull<causerie::ConnectionStates>,
}

#[napi]
impl TimelineUpdates {
    /// All that changed since the last call, once there is something.
    #[napi]
    pub async fn next(&self) -> Option<TimelineBatch> {
        self.pull.next().await.map(Into::into)
    }

    /// Ends it; who waits for the next gets `null`, at once.
    #[napi(catch_unwind)]
    pub fn end(&self) {
        self.pull.close();
    }
}

#[napi]
impl ListUpdates {
    /// All that changed since the last call, once there is something.
    #[napi]
    pub async fn next(&self) -> Option<ListUpdate> {
        self.pull.next().await.map(Into::into)
    }

    /// Ends it; who waits for the next gets `null`, at once.
    #[napi(catch_unwind)]
    pub fn end(&self) {
        self.pull.close();
    }
}

#[napi]
impl ConnectionUpdates {
    /// The next state, once there is one.
    #[napi]
    pub async fn next(&self) -> Option<ConnectionStatus> {
        self.pull.next().await.map(Into::into)
    }

    /// Ends it; who waits for the next gets `null`, at once.
    #[napi(catch_unwind)]
    pub fn end(&self) {
        self.pull.close();
    }
}
