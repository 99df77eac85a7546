//! When a run ends before it is done: by Ctrl-C, or by its limit.

use std::{
    cell::Cell,
    future::{Future, pending},
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::{sync::Notify, time::timeout};

use super::{LoadError, now};

/// Whether the run is to end. Clones are interrupted together; a time limit is each one's own.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    interrupted: Rc<(Cell<bool>, Notify)>,
    /// From when, and how long it is then.
    limit: Option<(Instant, Duration)>,
}

impl Stop {
    /// Ends it from outside.
    pub fn interrupt(&self) {
        self.interrupted.0.set(true);
        self.interrupted.1.notify_waiters();
    }

    /// The same, which ends by itself, too, when this has passed from now on.
    pub fn within(&self, length: Duration) -> Self {
        Self {
            interrupted: Rc::clone(&self.interrupted),
            limit: Some((now(), length)),
        }
    }

    /// Whether it was ended from outside.
    pub fn is_interrupted(&self) -> bool {
        self.interrupted.0.get()
    }

    /// Whether it is to end.
    pub fn is_set(&self) -> bool {
        self.is_interrupted() || self.left().is_some_and(|left| left.is_zero())
    }

    /// The limit that ended it, as it stands on the command line.
    pub fn limit(&self) -> Option<String> {
        let (begin, length) = self.limit?;
        let is_over = !self.is_interrupted() && begin.elapsed() >= length;
        is_over.then(|| seconds(length))
    }

    /// Waits until it is to end.
    pub async fn ended(&self) {
        while !self.is_set() {
            let interrupted = self.interrupted.1.notified();
            match self.left() {
                Some(left) => {
                    let _ = timeout(left, interrupted).await;
                }
                None => interrupted.await,
            }
        }
    }

    /// Waits for something, but not beyond the end. What is ready at the end is still given.
    pub async fn or<T>(&self, waiting: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = waiting => Some(done),
            () = self.ended() => None,
        }
    }

    /// Sleeps, but not beyond the end. Returns whether it is to end.
    pub async fn sleep(&self, time: Duration) -> bool {
        let _ = timeout(time, self.or(pending::<()>())).await;
        self.is_set()
    }

    /// The run was ended before it had anything to tell.
    pub fn too_early(&self) -> LoadError {
        let by = self.limit().unwrap_or_else(|| "Ctrl-C".to_owned());
        LoadError::new(format!("ended by {by} before there was a figure"))
    }

    fn left(&self) -> Option<Duration> {
        let (begin, length) = self.limit?;
        Some(length.saturating_sub(begin.elapsed()))
    }
}

/// This limit as it stands on the command line.
pub fn seconds(length: Duration) -> String {
    format!("--seconds {}", length.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_interrupt_ends_every_clone_and_a_limit_only_its_own() {
        let stop = Stop::default();
        let limited = stop.within(Duration::ZERO);
        limited.ended().await;
        assert!(limited.is_set() && !limited.is_interrupted() && !stop.is_set());
        assert_eq!(limited.limit().as_deref(), Some("--seconds 0"));
        assert!(limited.too_early().to_string().contains("--seconds 0"));

        let waits = stop.within(Duration::from_secs(3600));
        tokio::join!(waits.ended(), async { stop.interrupt() });
        assert!(waits.is_interrupted() && waits.limit().is_none());
        assert!(waits.too_early().to_string().contains("Ctrl-C"));
    }

    #[tokio::test]
    async fn what_is_ready_at_the_end_is_given_and_nothing_else_is_waited_for() {
        let stop = Stop::default();
        stop.interrupt();
        assert_eq!(stop.or(async { 7 }).await, Some(7));
        assert_eq!(stop.or(pending::<u8>()).await, None);
        assert!(stop.sleep(Duration::from_secs(3600)).await);
    }
}
