//! Callbacks, and what ends them.

use std::sync::Arc;

use causerie_border::record::{ConnectionStatus, Event, ListUpdate, OutboxUpdate, TimelineBatch};
use uniffi::UnexpectedUniFFICallbackError;

use crate::{call::look, held::Held};

/// What the app's code threw. Without it, uniffi would make a panic of it.
#[derive(Debug, uniffi::Error)]
pub enum ListenerError {
    /// Something that the app did not catch.
    Thrown {
        /// What it said.
        reason: String,
    },
}

impl std::fmt::Display for ListenerError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self::Thrown { reason } = self;
        f.write_str(reason)
    }
}

impl std::error::Error for ListenerError {}

impl From<UnexpectedUniFFICallbackError> for ListenerError {
    fn from(error: UnexpectedUniFFICallbackError) -> Self {
        Self::Thrown {
            reason: error.reason,
        }
    }
}

/// Is told how the connection stands, first of all at once. On a thread of the SDK's that it may
/// block, one call at a time; what it throws is logged, and the next call comes all the same.
#[uniffi::export(foreign)]
pub trait ConnectionListener: Send + Sync {
    /// It changed.
    fn on_status(&self, status: ConnectionStatus) -> Result<(), ListenerError>;
}

/// Is told how the conversation list changes, as [`ConnectionListener`] is; each call brings all
/// that waits.
#[uniffi::export(foreign)]
pub trait ListListener: Send + Sync {
    /// It changed.
    fn on_update(&self, update: ListUpdate) -> Result<(), ListenerError>;
}

/// Is told how a timeline changes, as [`ListListener`] is.
#[uniffi::export(foreign)]
pub trait TimelineListener: Send + Sync {
    /// It changed.
    fn on_batch(&self, batch: TimelineBatch) -> Result<(), ListenerError>;
}

/// Is told how the outbox changes, as [`ListListener`] is.
#[uniffi::export(foreign)]
pub trait OutboxListener: Send + Sync {
    /// It changed.
    fn on_update(&self, update: OutboxUpdate) -> Result<(), ListenerError>;
}

/// Is told what happens, as [`ListListener`] is: oldest first, at most 256 at once.
#[uniffi::export(foreign)]
pub trait EventListener: Send + Sync {
    /// It happened.
    fn on_events(&self, events: Vec<Event>) -> Result<(), ListenerError>;
}

/// Tells a listener something, unless it was given back.
pub(crate) fn tell<T: ?Sized>(
    listener: &Held<Arc<T>>,
    call: impl FnOnce(&T) -> Result<(), ListenerError>,
) {
    if let Some(Err(error)) = listener.with(|listener| call(listener)) {
        tracing::error!("a listener of the app's threw; it will be called again: {error}");
    }
}

/// A callback that goes on until this is cancelled, or nobody holds it any more.
#[derive(Debug, Default, uniffi::Object)]
pub struct Subscription {
    inner: Option<causerie::Subscription>,
}

impl Subscription {
    pub(crate) fn new(inner: causerie::Subscription) -> Arc<Self> {
        let inner = Some(inner);
        Arc::new(Self { inner })
    }
}

#[uniffi::export]
impl Subscription {
    /// Ends it. A call that is running still ends. Once more does nothing.
    pub fn cancel(&self) {
        look(|| self.inner.iter().for_each(causerie::Subscription::cancel));
    }
}
