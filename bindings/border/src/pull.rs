//! Changes that are asked for.

use futures_util::{Stream, StreamExt};
use tokio::sync::{Mutex, watch};

/// A stream of changes behind a shared reference, as objects of other languages are. Each of them
/// makes its own kind of stream from it: a `Flow`, an `AsyncSequence`, an async iterator.
///
/// Asking is what keeps a slow screen from being flooded: it gets all that came meanwhile in one
/// batch when it asks next.
pub struct Pull<S> {
    stream: Mutex<Option<S>>,
    closed: watch::Sender<bool>,
}

impl<S> std::fmt::Debug for Pull<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pull").finish_non_exhaustive()
    }
}

impl<S> Default for Pull<S> {
    /// One that has ended.
    fn default() -> Self {
        Self {
            stream: Mutex::new(None),
            closed: watch::Sender::new(true),
        }
    }
}

impl<S: Stream + Unpin> Pull<S> {
    /// Over a stream of `causerie`'s.
    pub fn new(stream: S) -> Self {
        Self {
            stream: Mutex::new(Some(stream)),
            closed: watch::Sender::new(false),
        }
    }

    /// The next change; `None` once this or what it observes is closed. Whoever asks while another
    /// waits comes after that one. Dropping the future loses nothing.
    pub async fn next(&self) -> Option<S::Item> {
        let mut closed = self.closed.subscribe();
        let change = tokio::select! {
            biased;
            // The sender lives as long as `self`.
            _ = closed.wait_for(|closed| *closed) => None,
            change = async { self.stream.lock().await.as_mut()?.next().await } => change,
        };
        if change.is_none() {
            self.close();
        }
        change
    }

    /// Waits until it has ended, by [`Pull::close`] or with its stream.
    pub async fn closed(&self) {
        // The sender lives as long as `self`.
        let _ = self.closed.subscribe().wait_for(|closed| *closed).await;
    }

    /// Ends it: whoever waits gets `None` at once. Once more does nothing.
    pub fn close(&self) {
        self.closed.send_replace(true);
        // If somebody waits with it, that one drops it.
        if let Ok(mut stream) = self.stream.try_lock() {
            *stream = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use causerie::{Client, TimelineStart};
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn closing_ends_whoever_waits_and_frees_the_listener() {
        let folder = tempfile::tempdir().unwrap();
        let client = Client::builder("ws://localhost:1", "alice")
            .data_dir(folder.path())
            .open()
            .await
            .unwrap();
        let conversation = client.open_direct("bob").await.unwrap();
        let timeline = conversation.timeline(TimelineStart::Newest).await.unwrap();
        let pull = Arc::new(Pull::new(timeline.updates()));
        assert!(pull.next().await.is_some());

        let waiting = tokio::spawn({
            let pull = Arc::clone(&pull);
            async move { pull.next().await }
        });
        tokio::task::yield_now().await;
        pull.close();
        let ended = timeout(Duration::from_secs(20), waiting)
            .await
            .unwrap()
            .unwrap();
        assert!(ended.is_none());
        assert!(pull.next().await.is_none());
        assert!(pull.stream.try_lock().unwrap().is_none());
        client.close().await;
    }

    #[tokio::test]
    async fn a_dropped_wait_loses_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let client = Client::builder("ws://localhost:1", "alice")
            .data_dir(folder.path())
            .open()
            .await
            .unwrap();
        let conversation = client.open_direct("bob").await.unwrap();
        let timeline = conversation.timeline(TimelineStart::Newest).await.unwrap();
        let pull = Pull::new(timeline.updates());
        pull.next().await.unwrap();
        tokio::select! {
            biased;
            _ = pull.next() => panic!("nothing has changed"),
            () = tokio::task::yield_now() => {}
        }
        conversation.send("Bonjour").await.unwrap();
        assert_eq!(pull.next().await.unwrap().diffs.len(), 1);
        client.close().await;
        assert!(pull.next().await.is_none());
    }
}
