//! What listeners see: the present state of something, and then its changes.
//!
//! An [`Observed`] holds a mirror of what the engine told. A [`Listener`] first gets all of it,
//! then each change in order. Its queue is bounded; if it overflows, the queue is dropped and the
//! listener gets all of it again. So a slow listener misses steps, never state, and costs the
//! core's thread nothing. Diffs that wait are told as one batch, since each telling is dear where
//! it crosses into another language. Changes are published, and listeners caught up, under the same lock.

mod conversations;
mod events;
mod outbox;
mod queue;
mod state;
mod timeline;

use std::{
    pin::Pin,
    sync::{Arc, Weak},
    task::{Context, Poll, Waker},
};

use futures_util::Stream;
use parking_lot::Mutex;

pub(crate) use conversations::ListMirror;
pub(crate) use events::{EventHub, EventListener};
pub(crate) use outbox::OutboxMirror;
pub(crate) use queue::{Join, Next, Queue};
pub(crate) use state::StateMirror;
pub(crate) use timeline::{Diverged, TimelineMirror};

/// Changes that wait for a listener before it is given everything anew.
pub(crate) const CAPACITY: usize = 256;

/// Holds a state, and knows how to tell all of it.
pub(crate) trait Mirror: Send + 'static {
    /// What listeners get.
    type Change: Join + Clone + Send + 'static;

    /// All of it, as one change.
    fn whole(&self) -> Self::Change;
}

/// A state with listeners.
pub(crate) struct Observed<M: Mirror> {
    inner: Mutex<Inner<M>>,
}

struct Inner<M: Mirror> {
    mirror: M,
    listeners: Vec<Weak<Queue<M::Change>>>,
    closed: bool,
}

impl<M: Mirror> std::fmt::Debug for Observed<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Observed").finish_non_exhaustive()
    }
}

impl<M: Mirror> Observed<M> {
    pub(crate) fn new(mirror: M) -> Arc<Self> {
        Arc::new(Self {
            inner: Mutex::new(Inner {
                mirror,
                listeners: Vec::new(),
                closed: false,
            }),
        })
    }

    /// Reads the present state.
    pub(crate) fn read<R>(&self, read: impl FnOnce(&M) -> R) -> R {
        read(&self.inner.lock().mirror)
    }

    /// Changes the state, and tells the listeners what it returns, if anything. Gives the number
    /// of listeners told.
    pub(crate) fn publish(&self, change: impl FnOnce(&mut M) -> Option<M::Change>) -> usize {
        let mut inner = self.inner.lock();
        let Some(change) = change(&mut inner.mirror) else {
            return 0;
        };
        let mut told = 0;
        let mut wakers = Vec::new();
        inner.listeners.retain(|listener| {
            let Some(queue) = listener.upgrade() else {
                return false;
            };
            wakers.extend(queue.push(change.clone()));
            told += 1;
            true
        });
        drop(inner);
        wakers.into_iter().for_each(Waker::wake);
        told
    }

    /// A listener, who begins with all of it.
    pub(crate) fn listen(self: &Arc<Self>) -> Listener<M> {
        let queue = Arc::new(Queue::behind(CAPACITY));
        let mut inner = self.inner.lock();
        if inner.closed {
            // Nobody polls it yet.
            let _ = queue.close();
        } else {
            forget_gone(&mut inner.listeners, |listener| listener.strong_count() > 0);
            inner.listeners.push(Arc::downgrade(&queue));
        }
        drop(inner);
        Listener {
            source: Arc::clone(self),
            queue,
        }
    }

    /// Nothing more comes: listeners get what waits for them, and then the end.
    pub(crate) fn close(&self) {
        let mut inner = self.inner.lock();
        inner.closed = true;
        let listeners = std::mem::take(&mut inner.listeners);
        drop(inner);
        let queues = listeners.iter().filter_map(Weak::upgrade);
        queues
            .filter_map(|queue| queue.close())
            .for_each(Waker::wake);
    }
}

/// Makes room for one more where there is none, at the cost of those that are gone: it may be long
/// until something is published, which forgets them, too.
fn forget_gone<T>(listeners: &mut Vec<T>, is_there: impl FnMut(&T) -> bool) {
    if listeners.len() == listeners.capacity() {
        listeners.retain(is_there);
    }
}

/// A listener's queue ran over. One that is new may lack some changes, and lost nothing. Called
/// with no lock held: whoever takes the log may look at anything.
fn warn_of(dropped: u64, capacity: usize) {
    if dropped > capacity as u64 {
        tracing::warn!(
            dropped,
            "a listener was too slow, and changes for it were dropped"
        );
    }
}

/// One who listens. Dropping it ends that.
pub(crate) struct Listener<M: Mirror> {
    source: Arc<Observed<M>>,
    queue: Arc<Queue<M::Change>>,
}

impl<M: Mirror> std::fmt::Debug for Listener<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener").finish_non_exhaustive()
    }
}

impl<M: Mirror> Listener<M> {
    pub(crate) fn source(&self) -> &Observed<M> {
        &self.source
    }
}

impl<M: Mirror> Stream for Listener<M> {
    type Item = M::Change;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<M::Change>> {
        match self.queue.poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Next::Change(change)) => Poll::Ready(Some(change)),
            Poll::Ready(Next::End) => Poll::Ready(None),
            Poll::Ready(Next::Behind) => {
                // Under the lock that publishing takes, so that nothing comes twice.
                let inner = self.source.inner.lock();
                let dropped = self.queue.catch_up();
                let whole = inner.mirror.whole();
                drop(inner);
                warn_of(dropped, CAPACITY);
                Poll::Ready(Some(whole))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, task::Wake};

    use futures_util::StreamExt;
    use parking_lot::ReentrantMutex;

    use super::*;

    impl Join for u32 {}

    /// What a binding's executor may do: poll at once, on the thread that wakes.
    struct Eager {
        listener: ReentrantMutex<RefCell<Listener<StateMirror<u32>>>>,
        seen: Mutex<Vec<u32>>,
    }

    impl Wake for Eager {
        fn wake(self: Arc<Self>) {
            let waker = Waker::from(Arc::clone(&self));
            let mut context = Context::from_waker(&waker);
            let lock = self.listener.lock();
            while let Poll::Ready(Some(value)) = lock.borrow_mut().poll_next_unpin(&mut context) {
                self.seen.lock().push(value);
            }
        }
    }

    #[test]
    fn a_listener_may_be_polled_from_within_its_own_waking() {
        let state = Observed::new(StateMirror(0));
        let eager = Arc::new(Eager {
            listener: ReentrantMutex::new(state.listen().into()),
            seen: Mutex::default(),
        });
        Arc::clone(&eager).wake();
        for value in 1..=3 {
            state.publish(|mirror| mirror.set(value));
        }
        state.close();
        assert_eq!(*eager.seen.lock(), [0, 1, 2, 3]);
    }

    #[test]
    fn listeners_that_went_are_forgotten_though_nothing_is_published() {
        let state = Observed::new(StateMirror(0));
        let stays = state.listen();
        for _ in 0..1_000 {
            drop(state.listen());
        }
        assert!(state.inner.lock().listeners.len() < 10);
        assert_eq!(state.publish(|mirror| mirror.set(1)), 1);
        drop(stays);
    }
}
