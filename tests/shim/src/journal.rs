//! The journal, and the order of things: whatever changes a file does so while it holds the
//! journal, so that the records stand in the order in which it happened.

use std::{
    ffi::c_int,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

use crate::{record::Record, system};

static FILE: OnceLock<c_int> = OnceLock::new();
static TURN: Mutex<u64> = Mutex::new(0);

/// The right to change files and to write that down.
pub(crate) struct Journal {
    next_sync: MutexGuard<'static, u64>,
}

/// Names the file, once.
pub(crate) fn begin(fd: c_int) {
    let _ = FILE.set(fd);
}

impl Journal {
    /// Waits for it.
    pub(crate) fn take() -> Self {
        Self {
            next_sync: TURN.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Writes it down, if there is a journal. A record is one call: a kill leaves it whole, cut
    /// short, or out.
    pub(crate) fn write(&mut self, record: &Record<'_>) {
        let Some(fd) = FILE.get() else { return };
        let mut head = record.head();
        let pieces = [
            libc::iovec {
                iov_base: head.as_mut_ptr().cast(),
                iov_len: head.len(),
            },
            libc::iovec {
                iov_base: record.data.as_ptr().cast_mut().cast(),
                iov_len: record.data.len(),
            },
        ];
        let whole = (head.len() + record.data.len()) as isize;
        if system::writev(*fd, pieces.as_ptr(), 2) != whole {
            // Whatever the test concluded from it would be wrong.
            // SAFETY: ends the process.
            unsafe { libc::abort() };
        }
    }

    /// A name for an fsync.
    pub(crate) fn next_sync(&mut self) -> u64 {
        *self.next_sync += 1;
        *self.next_sync
    }
}
