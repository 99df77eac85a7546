//! Changes: pushed, or asked for. The first is the present state; `null` is the end.

use std::{fmt, pin::Pin, sync::Arc};

use causerie_border::{
    Pull,
    record::{Event, TimelineBatch},
};
use futures_util::{Stream, StreamExt};
use napi::{
    Env, Status,
    bindgen_prelude::{PromiseRaw, ToNapiValue, spawn},
    threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode},
};
use napi_derive::napi;

use crate::call::{Failure, look, promise};

/// The changes, as records.
type Changes<T> = Pull<Pin<Box<dyn Stream<Item = T> + Send>>>;

/// A function of JavaScript's that is told changes, and `null` at their end; weak, so that the
/// process may end while somebody listens.
pub(crate) type Listener<T> = ThreadsafeFunction<Option<T>, (), Option<T>, Status, false, true>;

/// A function that is called until this is cancelled, or nobody holds it any more: a worker that
/// ends drops it.
#[napi]
pub struct Subscription {
    end: Box<dyn Fn() + Send + Sync>,
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").finish_non_exhaustive()
    }
}

#[napi]
impl Subscription {
    /// Ends it. A call that is on its way still comes. Once more does nothing.
    #[napi(catch_unwind)]
    pub fn cancel(&self) -> napi::Result<()> {
        look(|| (self.end)())
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        (self.end)();
    }
}

/// Tells a listener all changes. The next call waits until the one before has returned: what comes
/// meanwhile waits here, and comes as one. Node's own queue has no bound.
pub(crate) fn listen<C, T: ToNapiValue + Send + 'static>(
    changes: impl Stream<Item = C> + Send + 'static,
    record: impl FnMut(C) -> T + Send + 'static,
    listener: Listener<T>,
) -> napi::Result<Subscription> {
    look(|| {
        let pull: Arc<Changes<T>> = Arc::new(Pull::new(changes.map(record).boxed()));
        let telling = Arc::clone(&pull);
        spawn(async move {
            while let Some(change) = telling.next().await {
                let told = tokio::select! {
                    biased;
                    // A JavaScript thread that ends drops the call, and its answer never comes.
                    () = telling.closed() => break,
                    told = listener.call_async_catch(Some(change)) => told,
                };
                match told.map_err(|error| error.status) {
                    Ok(()) => {}
                    Err(Status::PendingException) => {
                        tracing::error!("a listener threw; it will be called again");
                    }
                    Err(_) => break,
                }
            }
            telling.close();
            // It may be gone, and then nobody needs it.
            listener.call(None, ThreadsafeFunctionCallMode::NonBlocking);
        });
        Subscription {
            end: Box::new(move || pull.close()),
        }
    })
}

macro_rules! updates {
    ($($(#[$doc:meta])* $name:ident gives $change:ty;)+) => {$(
        $(#[$doc])*
        #[napi]
        #[derive(Debug)]
        pub struct $name {
            changes: Arc<Changes<$change>>,
        }

        impl $name {
            pub(crate) fn new<C>(
                changes: impl Stream<Item = C> + Send + 'static,
                record: impl FnMut(C) -> $change + Send + 'static,
            ) -> Self {
                let changes = Arc::new(Pull::new(changes.map(record).boxed()));
                Self { changes }
            }
        }

        #[napi]
        impl $name {
            /// All that came since the last call, once there is something.
            #[napi(catch_unwind)]
            pub fn next<'env>(
                &self,
                env: &'env Env,
            ) -> napi::Result<PromiseRaw<'env, Option<$change>>> {
                let changes = Arc::clone(&self.changes);
                promise(env, async move { Ok::<_, Failure>(changes.next().await) })
            }

            /// Ends it; who waits for the next gets `null`, at once.
            #[napi(catch_unwind)]
            pub fn end(&self) -> napi::Result<()> {
                look(|| self.changes.close())
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                self.changes.close();
            }
        }
    )+};
}

updates! {
    /// How a timeline changes. The first batch holds a reset.
    TimelineUpdates gives TimelineBatch;
    /// What happens, oldest first, at most 256 at once.
    Events gives Vec<Event>;
}
