//! How much fits into one reply.

use causerie_protocol::{encoded_len, limits::MAX_REPLY_BYTES};
use serde::Serialize;

/// Room for the frame around a page and its few numbers.
const FRAME_BYTES: usize = 1024;

/// Counts what a page holds against 256 KiB; the first thing always fits.
#[derive(Debug)]
pub(super) struct Budget {
    left: usize,
    empty: bool,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self {
            left: MAX_REPLY_BYTES - FRAME_BYTES,
            empty: true,
        }
    }

    /// Takes so many bytes; false if they do not fit any more.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        let fits = bytes <= self.left || self.empty;
        if fits {
            self.left = self.left.saturating_sub(bytes);
            self.empty = false;
        }
        fits
    }
}

/// The size of one thing in a list.
pub(super) fn listed_len<T: Serialize>(value: &T) -> usize {
    encoded_len(value) + 1
}

/// Between 1 and 200, from what was asked.
pub(super) fn page_limit(asked: u32) -> usize {
    asked.clamp(1, causerie_protocol::limits::MAX_PAGE) as usize
}
