//! Callbacks, for apps and bindings that prefer them to streams.

use futures_util::{Stream, StreamExt};
use tokio::{runtime::Handle, task::AbortHandle};

/// A callback that is called until this is cancelled or dropped, or the client is closed. A call
/// that is running then still ends.
///
/// Callbacks run one after the other on a thread that they may block, and never on the core's. One
/// that panics is called again the next time.
#[must_use = "dropping it ends the callback"]
#[derive(Debug)]
pub struct Subscription {
    task: AbortHandle,
}

impl Subscription {
    /// Ends it, as dropping does; for languages in which nobody knows when that is. Once more does
    /// nothing.
    pub fn cancel(&self) {
        self.task.abort();
    }

    pub(crate) fn spawn<T: Send + 'static>(
        runtime: &Handle,
        mut changes: impl Stream<Item = T> + Send + Unpin + 'static,
        callback: impl Fn(T) + Send + Sync + 'static,
    ) -> Self {
        let callback = std::sync::Arc::new(callback);
        let pool = runtime.clone();
        let task = runtime.spawn(async move {
            while let Some(change) = changes.next().await {
                let callback = std::sync::Arc::clone(&callback);
                if let Err(error) = pool.spawn_blocking(move || callback(change)).await
                    && error.is_panic()
                {
                    tracing::error!("a callback of the app panicked; it will be called again");
                }
            }
        });
        Self {
            task: task.abort_handle(),
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.cancel();
    }
}

/// A public stream of changes over a private listener: `next`, `Stream`, nothing else.
macro_rules! changes {
    ($(#[$doc:meta])* $name:ident($mirror:ty) -> $change:ty) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name {
            pub(crate) listener: crate::observe::Listener<$mirror>,
        }

        impl $name {
            /// The next one; `None` once the client is closed. Dropping the future loses nothing.
            pub async fn next(&mut self) -> Option<$change> {
                futures_util::StreamExt::next(&mut self.listener).await
            }
        }

        impl futures_util::Stream for $name {
            type Item = $change;

            fn poll_next(
                mut self: std::pin::Pin<&mut Self>,
                context: &mut std::task::Context<'_>,
            ) -> std::task::Poll<Option<$change>> {
                futures_util::StreamExt::poll_next_unpin(&mut self.listener, context)
            }
        }
    };
}
pub(crate) use changes;
