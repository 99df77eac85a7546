//! The board: a small file that the program under test has in its memory and the test reads and
//! writes at any time. Its slots are 64-bit numbers, little-endian; all zeros is a sound disk.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

/// How large the file is.
pub const SIZE: usize = 4096;

/// In the order of the file.
#[repr(C)]
#[derive(Debug)]
pub struct Board {
    /// Order: an fsync takes so many microseconds at least.
    pub sync_micros: AtomicU64,
    /// Order: how full the disk is. 0: not. 1: nothing can grow, as on ext4, where what is
    /// allocated can be overwritten. 2: nothing can be written, as where every write is a copy.
    /// 3: only [`Self::space`] more bytes can grow.
    pub full: AtomicU64,
    /// What is left with `full` = 3, in bytes.
    pub space: AtomicI64,
    /// Order: the wall clock is so many milliseconds ahead.
    pub clock_ahead: AtomicI64,
    /// Count: fsyncs of files that returned.
    pub syncs: AtomicU64,
    /// Count: writes.
    pub writes: AtomicU64,
    /// Count: bytes written.
    pub bytes: AtomicU64,
    /// Count: writes refused since the disk is full.
    pub refused: AtomicU64,
}

impl Board {
    /// One more, or so many.
    pub(crate) fn count(counter: &AtomicU64, by: u64) {
        counter.fetch_add(by, Relaxed);
    }
}
