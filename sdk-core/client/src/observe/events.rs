//! What happens, for those who listen to events.

use std::{
    pin::Pin,
    sync::{Arc, Weak},
    task::{Context, Poll, Waker},
};

use futures_util::Stream;
use parking_lot::Mutex;

use super::{CAPACITY, Join, Next, Queue, forget_gone, warn_of};
use crate::{Event, EventFilter};

/// Events that wait for a listener before they are dropped.
const EVENTS: usize = CAPACITY * 4;

impl Join for Event {}

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
        let mut wakers = Vec::new();
        self.inner.lock().listeners.retain(|(filter, listener)| {
            let Some(queue) = listener.upgrade() else {
                return false;
            };
            if filter.wants(event) {
                wakers.extend(queue.push(event.clone()));
            }
            true
        });
        wakers.into_iter().for_each(Waker::wake);
    }

    pub(crate) fn listen(&self, filter: EventFilter) -> EventListener {
        let queue = Arc::new(Queue::current(EVENTS));
        let mut inner = self.inner.lock();
        if inner.closed {
            // Nobody polls it yet.
            let _ = queue.close();
        } else {
            forget_gone(&mut inner.listeners, |(_, listener)| {
                listener.strong_count() > 0
            });
            inner.listeners.push((filter, Arc::downgrade(&queue)));
        }
        EventListener { queue }
    }

    pub(crate) fn close(&self) {
        let mut inner = self.inner.lock();
        inner.closed = true;
        let listeners = std::mem::take(&mut inner.listeners);
        drop(inner);
        let queues = listeners.iter().filter_map(|(_, queue)| queue.upgrade());
        queues
            .filter_map(|queue| queue.close())
            .for_each(Waker::wake);
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
            Poll::Ready(Next::Behind) => {
                let count = self.queue.catch_up();
                warn_of(count, EVENTS);
                Poll::Ready(Some(Event::Missed { count }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listeners_that_went_are_forgotten_though_nothing_happens() {
        let hub = EventHub::default();
        let _stays = hub.listen(EventFilter::all());
        for _ in 0..1_000 {
            drop(hub.listen(EventFilter::all()));
        }
        assert!(hub.inner.lock().listeners.len() < 10);
    }
}
