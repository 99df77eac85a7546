//! Callbacks, and what ends them.

use causerie_border::record::TimelineBatch;
use napi::{bindgen_prelude::block_on, threadsafe_function::ThreadsafeFunction};
use napi_derive::napi;

/// A function of JavaScript's; weak, so that the process may end while somebody listens.
pub(crate) type Listener<T> = ThreadsafeFunction<T, (), T, napi::Status, false, true>;

/// Calls it, and waits until it has returned: so what comes meanwhile waits, and comes as one
/// batch. Node's own queue has no bound.
pub(crate) fn tell(listener: &Listener<TimelineBatch>, batch: TimelineBatch) {
    if let Err(error) = block_on(listener.call_async_catch(batch)) {
        tracing::error!("a listener of the app's threw; it will be called again: {error}");
    }
}

/// A callback that goes on until this is cancelled.
#[napi]
pub struct Subscription {
    inner: causerie::Subscription,
}

impl Subscription {
    pub(crate) fn new(inner: causerie::Subscription) -> Self {
        Self { inner }
    }
}

#[napi]
impl Subscription {
    /// Ends it. A call that is on its way still comes. Once more does nothing.
    #[napi(catch_unwind)]
    pub fn cancel(&self) {
        self.inner.cancel();
    }
}
