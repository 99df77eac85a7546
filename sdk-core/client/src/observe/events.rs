//! What happens, for those who listen to events.

use std::{
    pin::Pin,
    sync::{Arc, Weak},
    task::{Context, Poll},
};

use futures_util::Stream;
use parking_lot::Mutex;

use super::{CAPACITY, Next, Queue};
use crate::{Event, EventFilter};

/// Passes events on to those whose filter lets them through.
#[derive(Default)]
pub(crate) struct EventHub {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    listeners: Vec<(EventFilter, Weak<Queue<Event>>)>,
    closed: bool,
}

impl EventHub {
    pub(crate) fn publish(&self, event: &Event) {
        let mut inner = self.inner.lock();
        inner.listeners.retain(|(filter, listener)| {
            let Some(queue) = listener.upgrade() else {
                return false;
            };
            if filter.wants(event) {
                queue.push(event.clone());
            }
            true
        });
    }

    pub(crate) fn listen(&self, filter: EventFilter) -> EventListener {
        let queue = Arc::new(Queue::current(CAPACITY * 4));
        let mut inner = self.inner.lock();
        if inner.closed {
            queue.close();
        } else {
            inner.listeners.push((filter, Arc::downgrade(&queue)));
        }
        EventListener { queue }
    }

    pub(crate) fn close(&self) {
        let mut inner = self.inner.lock();
        inner.closed = true;
        for (_, listener) in inner.listeners.drain(..) {
            if let Some(queue) = listener.upgrade() {
                queue.close();
            }
        }
    }
}

/// One who listens. Dropping it ends that.
pub(crate) struct EventListener {
    queue: Arc<Queue<Event>>,
}

impl std::fmt::Debug for EventListener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventListener").finish_non_exhaustive()
    }
}

impl Stream for EventListener {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        match self.queue.poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Next::Change(event)) => Poll::Ready(Some(event)),
            Poll::Ready(Next::End) => Poll::Ready(None),
            Poll::Ready(Next::Behind) => Poll::Ready(Some(Event::Missed {
                count: self.queue.catch_up(),
            })),
        }
    }
}
