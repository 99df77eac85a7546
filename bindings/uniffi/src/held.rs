//! Objects of the app's language that Rust holds.

use std::{
    future::Future,
    mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll},
};

use crate::gate;

/// A listener, a token provider, or a future of its: called, polled and dropped inside the gate
/// only, by whatever thread.
pub(crate) struct Held<T>(Mutex<Slot<T>>);

struct Slot<T> {
    /// None also while it is polled.
    app: Option<T>,
    released: bool,
}

/// What can be given up from elsewhere.
pub(crate) trait Release: Send + Sync {
    /// Gives it back to the app's language. It is not called again; a call that is running ends.
    fn release(&self);
}

/// A future of the app's.
pub(crate) type Foreign<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl<T> Held<T> {
    pub(crate) fn new(app: T) -> Self {
        Self(Mutex::new(Slot {
            app: Some(app),
            released: false,
        }))
    }

    fn lock(&self) -> MutexGuard<'_, Slot<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives it back to the app's language. It is not called again; a call that is running ends.
    pub(crate) fn give_back(&self) {
        // Taken first: dropping it may wait for the app, and may come back here.
        let app = {
            let mut slot = self.lock();
            slot.released = true;
            slot.app.take()
        };
        match gate::enter() {
            Some(inside) => {
                drop(app);
                drop(inside);
            }
            // The app's language has ended, or is about to: what it freed is not to be touched.
            None => mem::forget(app),
        }
    }
}

impl<T: ?Sized> Held<Arc<T>> {
    /// Does something with it; none once it was given back.
    pub(crate) fn with<R>(&self, call: impl FnOnce(&Arc<T>) -> R) -> Option<R> {
        let _inside = gate::enter()?;
        // Dropped before it leaves, which counts if it was given back meanwhile.
        let app = self.lock().app.clone()?;
        Some(call(&app))
    }
}

impl<T> Held<Foreign<T>> {
    /// Polls it; ready with none once it was given back.
    pub(crate) fn poll(&self, context: &mut Context<'_>) -> Poll<Option<T>> {
        let Some(_inside) = gate::enter() else {
            return Poll::Ready(None);
        };
        // Taken out: the app may give it back from within the call.
        let Some(mut future) = self.lock().app.take() else {
            return Poll::Ready(None);
        };
        let answer = future.as_mut().poll(context);
        if answer.is_pending() {
            let mut slot = self.lock();
            if slot.released {
                drop(slot);
                return Poll::Ready(None);
            }
            slot.app = Some(future);
        }
        answer.map(Some)
    }
}

impl<T: Send> Release for Held<T> {
    fn release(&self) {
        self.give_back();
    }
}

impl<T> Drop for Held<T> {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// All that one owner holds, to be given back at once.
#[derive(Default)]
pub(crate) struct Holdings(Mutex<Listed>);

#[derive(Default)]
struct Listed {
    released: bool,
    held: Vec<Weak<dyn Release>>,
}

impl Holdings {
    /// Takes something of the app's in hand. If all was given back already, this is at once.
    pub(crate) fn hold<T: Send + 'static>(&self, app: T) -> Arc<Held<T>> {
        let held = Arc::new(Held::new(app));
        let mut listed = self.lock();
        if listed.released {
            drop(listed);
            held.release();
        } else {
            listed.held.retain(|held| held.strong_count() > 0);
            let entry: Arc<dyn Release> = held.clone();
            listed.held.push(Arc::downgrade(&entry));
        }
        held
    }

    /// Gives all of it back, also what comes later.
    pub(crate) fn release(&self) {
        let held = {
            let mut listed = self.lock();
            listed.released = true;
            mem::take(&mut listed.held)
        };
        for held in held.iter().filter_map(Weak::upgrade) {
            held.release();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Listed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Holdings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Holdings").finish_non_exhaustive()
    }
}
