//! Ending a call that waits.

use std::{future::Future, sync::Arc};

use causerie_border::{Action, Fault};
use napi_derive::napi;
use tokio::sync::watch;

use crate::call::{Failure, look};

/// Ends calls that wait.
#[napi]
#[derive(Debug)]
pub struct Cancellation {
    cancelled: Arc<watch::Sender<bool>>,
}

#[napi]
impl Cancellation {
    /// One for as many calls as one likes.
    #[napi(catch_unwind, factory)]
    pub fn make() -> napi::Result<Self> {
        look(|| Self {
            cancelled: Arc::default(),
        })
    }

    /// Ends all calls that were given it, now and later: they fail with `cancelled`. What was asked
    /// for may be done all the same. Once more does nothing.
    #[napi(catch_unwind)]
    pub fn cancel(&self) -> napi::Result<()> {
        look(|| {
            self.cancelled.send_replace(true);
        })
    }
}

/// Waits for an answer, unless that is cancelled. What was cancelled before is not begun.
pub(crate) fn unless_cancelled<T, A>(
    cancel: Option<&Cancellation>,
    answer: A,
) -> impl Future<Output = Result<T, Failure>> + Send + use<T, A>
where
    A: Future<Output = Result<T, causerie::Error>> + Send,
{
    let cancelled = cancel.map(|cancel| Arc::clone(&cancel.cancelled));
    async move {
        let Some(cancelled) = cancelled else {
            return Ok(answer.await?);
        };
        let mut told = cancelled.subscribe();
        tokio::select! {
            biased;
            // The sender lives as long as `cancelled`.
            _ = told.wait_for(|it_is| *it_is) => Err(Failure(Fault {
                code: "cancelled".into(),
                action: Action::RetryLater,
                message: "the call was cancelled".into(),
                retryable: true,
                retry_after_ms: None,
            })),
            answer = answer => Ok(answer?),
        }
    }
}
