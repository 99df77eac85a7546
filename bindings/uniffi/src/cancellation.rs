//! Ending a call that waits.

use std::{future::Future, sync::Arc};

use tokio::sync::watch;

use crate::{CauserieError, call::look};

/// Ends calls that wait, for languages in which giving a call up drops nothing in Rust: Swift's
/// tasks, above all. Kotlin's coroutines and Python's tasks drop the call and need none.
#[derive(Debug, Default, uniffi::Object)]
pub struct Cancellation {
    cancelled: watch::Sender<bool>,
}

#[uniffi::export]
impl Cancellation {
    /// One for as many calls as one likes.
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        look(Arc::default)
    }

    /// Ends all calls that were given it, now and later: they throw `cancelled`. What was asked for
    /// may be done all the same, and nothing else is changed by it. Once more does nothing.
    pub fn cancel(&self) {
        look(|| {
            self.cancelled.send_replace(true);
        });
    }
}

impl Cancellation {
    async fn cancelled(&self) {
        // The sender lives as long as `self`.
        let _ = self.cancelled.subscribe().wait_for(|it_is| *it_is).await;
    }
}

/// Waits for an answer, unless that is cancelled. What was cancelled before is not begun.
pub(crate) async fn unless_cancelled<T>(
    cancel: Option<Arc<Cancellation>>,
    answer: impl Future<Output = Result<T, causerie::Error>>,
) -> Result<T, CauserieError> {
    let Some(cancel) = cancel else {
        return Ok(answer.await?);
    };
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(CauserieError::cancelled()),
        answer = answer => Ok(answer?),
    }
}
