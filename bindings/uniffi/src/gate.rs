//! The way from Rust's threads into the app's language.
//!
//! Most runtimes do not survive a foreign thread that calls into them while they end: Python kills
//! such a thread by unwinding it through Rust's frames, which aborts the process, and its callbacks
//! are freed soon after. So every call that a thread of the SDK's makes into the app's language
//! goes through this one gate: listeners, token providers, the wakers of futures, and what tells
//! the language that its object is no longer held. [`crate::shutdown`] closes it for good and waits
//! for those inside.

use std::{
    collections::BTreeMap,
    future::{Future, poll_fn},
    pin::pin,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    task::{Context, Wake, Waker},
    thread::{self, ThreadId},
    time::Duration,
};

static GATE: Gate = Gate::new();

pub(crate) struct Gate {
    state: Mutex<State>,
    left: Condvar,
}

struct State {
    closed: bool,
    next: u64,
    /// Who is on the other side, by when they went.
    inside: BTreeMap<u64, ThreadId>,
}

/// As long as this lives, its thread may be on the other side.
pub(crate) struct Inside {
    gate: &'static Gate,
    number: u64,
}

/// Lets this thread through; none once the gate is closed. Then nothing of the app's may be called,
/// nor dropped.
pub(crate) fn enter() -> Option<Inside> {
    GATE.enter()
}

/// Whether the gate is closed.
pub(crate) fn is_closed() -> bool {
    GATE.lock().closed
}

/// Closes it.
pub(crate) fn close() {
    GATE.lock().closed = true;
}

/// Waits until the threads that are on the other side now have come back, this one aside. Whether
/// they have.
pub(crate) fn wait(patience: Duration) -> bool {
    GATE.wait(patience)
}

/// A future whose wakers go through the gate: whoever wakes it calls into the app's language.
pub(crate) async fn woken<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|context| {
        let waker = Waker::from(Arc::new(Knock(context.waker().clone())));
        future.as_mut().poll(&mut Context::from_waker(&waker))
    })
    .await
}

struct Knock(Waker);

impl Wake for Knock {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Some(_inside) = enter() {
            self.0.wake_by_ref();
        }
    }
}

impl Gate {
    const fn new() -> Self {
        Self {
            state: Mutex::new(State {
                closed: false,
                next: 0,
                inside: BTreeMap::new(),
            }),
            left: Condvar::new(),
        }
    }

    fn enter(&'static self) -> Option<Inside> {
        let mut state = self.lock();
        if state.closed {
            return None;
        }
        let number = state.next;
        state.next += 1;
        state.inside.insert(number, thread::current().id());
        Some(Inside { gate: self, number })
    }

    fn wait(&self, patience: Duration) -> bool {
        let own = thread::current().id();
        let state = self.lock();
        let later = state.next;
        let is_inside = |state: &mut State| {
            let mut earlier = state.inside.range(..later);
            earlier.any(|(_, thread)| *thread != own)
        };
        let (_state, waited) = self
            .left
            .wait_timeout_while(state, patience, is_inside)
            .unwrap_or_else(PoisonError::into_inner);
        !waited.timed_out()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.gate.lock().inside.remove(&self.number);
        self.gate.left.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    fn gate() -> &'static Gate {
        Box::leak(Box::new(Gate::new()))
    }

    #[test]
    fn who_waits_waits_for_those_inside_but_not_for_itself_nor_for_later_ones() {
        let gate = gate();
        let _own = gate.enter().unwrap();
        assert!(gate.wait(Duration::ZERO), "its own");

        let (tell, told) = mpsc::channel::<()>();
        let other = gate.enter_from_another_thread(told);
        assert!(!gate.wait(Duration::ZERO), "another's");
        drop(tell);
        assert!(gate.wait(PATIENCE));
        other.join().unwrap();
    }

    #[test]
    fn a_closed_gate_lets_nobody_through() {
        let gate = gate();
        gate.lock().closed = true;
        assert!(gate.enter().is_none());
        assert!(gate.wait(Duration::ZERO));
    }

    impl Gate {
        fn enter_from_another_thread(
            &'static self,
            until: mpsc::Receiver<()>,
        ) -> thread::JoinHandle<()> {
            let (tell, told) = mpsc::channel();
            let other = thread::spawn(move || {
                let inside = self.enter();
                tell.send(()).unwrap();
                let _ = until.recv();
                drop(inside);
            });
            told.recv().unwrap();
            other
        }
    }
}
