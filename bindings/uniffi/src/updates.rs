//! Changes that are asked for. The first is the present state; `None` is the end.

use std::{pin::Pin, sync::Arc};

use causerie_border::{
    Pull,
    record::{ConnectionStatus, Event, ListUpdate, OutboxUpdate, TimelineBatch},
};
use futures_util::{Stream, StreamExt};

use crate::call::{look, looked};

/// The changes, as records.
type Changes<T> = Pull<Pin<Box<dyn Stream<Item = T> + Send>>>;

macro_rules! updates {
    ($($(#[$doc:meta])* $name:ident gives $change:ty, $(#[$next:meta])+;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Default, uniffi::Object)]
        pub struct $name {
            changes: Changes<$change>,
        }

        impl $name {
            pub(crate) fn new<C>(
                changes: impl Stream<Item = C> + Send + 'static,
                record: impl FnMut(C) -> $change + Send + 'static,
            ) -> Arc<Self> {
                let changes = Pull::new(changes.map(record).boxed());
                Arc::new(Self { changes })
            }
        }

        #[uniffi::export]
        impl $name {
            $(#[$next])+
            pub async fn next(&self) -> Option<$change> {
                looked(self.changes.next()).await
            }

            /// Ends it; who waits for the next gets none, at once.
            pub fn end(&self) {
                look(|| self.changes.close());
            }
        }
    )+};
}

updates! {
    /// How a timeline changes.
    TimelineUpdates gives TimelineBatch,
    /// All that changed since the last call, once there is something. The first holds a reset.
    ;
    /// How the conversation list changes.
    ListUpdates gives ListUpdate,
    /// All that changed since the last call, once there is something. The first is a reset.
    ;
    /// How the outbox changes.
    OutboxUpdates gives OutboxUpdate,
    /// All that changed since the last call, once there is something. The first is a reset.
    ;
    /// How the connection changes.
    ConnectionUpdates gives ConnectionStatus,
    /// The next state, once there is one. The first is the present one.
    ;
    /// What happens.
    Events gives Vec<Event>,
    /// All that happened since the last call, oldest first, at most 256, once there is something.
    ;
}
