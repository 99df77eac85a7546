//! A listener's bounded queue.

use std::{
    collections::VecDeque,
    task::{Context, Poll, Waker},
};

use parking_lot::Mutex;

/// Changes that wait for one listener.
pub(crate) struct Queue<T> {
    capacity: usize,
    state: Mutex<State<T>>,
}

struct State<T> {
    waiting: VecDeque<T>,
    /// The listener lacks so many changes (or, if new, everything): the queue is empty until it
    /// has caught up.
    behind: Option<u64>,
    closed: bool,
    waker: Option<Waker>,
}

/// What changes do when several wait for a listener.
pub(crate) trait Join: Sized {
    /// Takes the next change in, so that both are told at once; gives it back if each is to be
    /// told for itself, which is the default.
    fn join(&mut self, next: Self) -> Option<Self> {
        Some(next)
    }
}

/// What comes next.
pub(crate) enum Next<T> {
    /// A change.
    Change(T),
    /// The listener must catch up.
    Behind,
    /// Nothing more.
    End,
}

impl<T: Join> Queue<T> {
    /// For a listener who knows nothing yet and must catch up first.
    pub(crate) fn behind(capacity: usize) -> Self {
        Self::with(capacity, Some(0))
    }

    /// For a listener to whom only what comes matters.
    pub(crate) fn current(capacity: usize) -> Self {
        Self::with(capacity, None)
    }

    fn with(capacity: usize, behind: Option<u64>) -> Self {
        Self {
            capacity,
            state: Mutex::new(State {
                waiting: VecDeque::new(),
                behind,
                closed: false,
                waker: None,
            }),
        }
    }

    /// Gives whom to wake once no lock is held: a waker may poll at once, on this thread.
    #[must_use]
    pub(crate) fn push(&self, change: T) -> Option<Waker> {
        let mut state = self.state.lock();
        if let Some(dropped) = &mut state.behind {
            *dropped += 1;
        } else if state.waiting.len() >= self.capacity {
            state.behind = Some(state.waiting.len() as u64 + 1);
            state.waiting.clear();
        } else {
            state.waiting.push_back(change);
        }
        state.waker.take()
    }

    /// As for [`Queue::push`].
    #[must_use]
    pub(crate) fn close(&self) -> Option<Waker> {
        let mut state = self.state.lock();
        state.closed = true;
        state.waker.take()
    }

    pub(crate) fn poll(&self, context: &mut Context<'_>) -> Poll<Next<T>> {
        let mut state = self.state.lock();
        if state.behind.is_some() {
            return Poll::Ready(Next::Behind);
        }
        match state.waiting.pop_front() {
            Some(change) => Poll::Ready(Next::Change(state.join_waiting(change))),
            None if state.closed => Poll::Ready(Next::End),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    /// The listener knows everything up to now. Gives the number of changes that it lacks.
    pub(crate) fn catch_up(&self) -> u64 {
        let mut state = self.state.lock();
        state.waiting.clear();
        state.behind.take().unwrap_or(0)
    }
}

impl<T: Join> State<T> {
    /// The change, and with it those behind it that can be told in the same breath.
    fn join_waiting(&mut self, mut change: T) -> T {
        while let Some(next) = self.waiting.pop_front() {
            if let Some(apart) = change.join(next) {
                self.waiting.push_front(apart);
                break;
            }
        }
        change
    }
}
