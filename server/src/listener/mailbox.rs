//! How the hub, the store and the server reach a connection's task.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use futures_util::task::AtomicWaker;
use parking_lot::Mutex;

use crate::{
    conn::Token,
    hub::Wake,
    store::{Answer, Outcome, StoreError},
};

const WOKEN: u8 = 1;
const SUPERSEDED: u8 = 2;
const DRAIN: u8 = 4;
const CUT: u8 = 8;
const LETTERS: u8 = 16;

/// What the store says to a connection.
pub(super) enum Letter {
    Outcome(Token, Outcome),
    Answer(Token, Result<Answer, StoreError>),
}

/// What has happened since the task last looked.
#[derive(Clone, Copy)]
pub(super) struct Flags(u8);

impl Flags {
    pub(super) fn woken(self) -> bool {
        self.0 & WOKEN != 0
    }

    pub(super) fn superseded(self) -> bool {
        self.0 & SUPERSEDED != 0
    }

    pub(super) fn drain(self) -> bool {
        self.0 & DRAIN != 0
    }

    pub(super) fn cut(self) -> bool {
        self.0 & CUT != 0
    }
}

/// One per connection. The store's letters are at most as many as the connection's requests under
/// way, which are bounded.
#[derive(Default)]
pub(super) struct Mailbox {
    waker: AtomicWaker,
    flags: AtomicU8,
    retry_after_ms: AtomicU64,
    letters: Mutex<Vec<Letter>>,
}

impl Mailbox {
    /// The task looks: it is woken by whatever comes from now on.
    pub(super) fn open(&self, waker: &std::task::Waker, letters: &mut Vec<Letter>) -> Flags {
        self.waker.register(waker);
        let flags = self.flags.swap(0, Ordering::AcqRel);
        if flags & LETTERS != 0 {
            std::mem::swap(letters, &mut *self.letters.lock());
        }
        Flags(flags)
    }

    pub(super) fn post(&self, letter: Letter) {
        self.letters.lock().push(letter);
        self.raise(LETTERS);
    }

    /// The server goes down.
    pub(super) fn drain(&self, retry_after_ms: u64) {
        self.retry_after_ms.store(retry_after_ms, Ordering::Release);
        self.raise(DRAIN);
    }

    pub(super) fn retry_after_ms(&self) -> u64 {
        self.retry_after_ms.load(Ordering::Acquire)
    }

    /// The connection is to break, without a word.
    #[cfg(feature = "control")]
    pub(super) fn cut(&self) {
        self.raise(CUT);
    }

    /// Look again, nothing happened: the clock was set.
    #[cfg(feature = "control")]
    pub(super) fn nudge(&self) {
        self.waker.wake();
    }

    fn raise(&self, flag: u8) {
        self.flags.fetch_or(flag, Ordering::AcqRel);
        self.waker.wake();
    }
}

impl Wake for Mailbox {
    fn wake(&self) {
        self.raise(WOKEN);
    }

    fn supersede(&self) {
        self.raise(SUPERSEDED);
    }
}
