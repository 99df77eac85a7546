//! A bus that is as bad as a bus may be.

use std::time::Duration;

use parking_lot::Mutex;

use super::{Bus, Hint};

/// How bad, in thousandths of the hints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Odds {
    /// So many are lost.
    pub lost: u64,
    /// So many of the others come twice.
    pub repeated: u64,
    /// So many take up to `late_ms`, whatever was sent after them.
    pub late: u64,
    /// The longest delay of a late one, in milliseconds.
    pub late_ms: u64,
    /// The longest delay of the others, in milliseconds.
    pub usual_ms: u64,
}

/// Hints on their way. It has no randomness of its own: [`Lossy::carry`] is given dice.
#[derive(Debug)]
pub struct Lossy {
    sent: Mutex<Vec<Hint>>,
}

impl Lossy {
    /// With nothing on its way.
    pub fn new() -> Self {
        Self {
            sent: Mutex::new(Vec::new()),
        }
    }

    /// What becomes of a hint on its way to one other node: a copy for each time that it arrives, and
    /// how long that takes. `below(n)` gives a number below n.
    pub fn carry(
        hint: &Hint,
        odds: &Odds,
        below: &mut dyn FnMut(u64) -> u64,
    ) -> Vec<(Duration, Hint)> {
        let mut copies = Vec::new();
        if below(1000) < odds.lost {
            return copies;
        }
        let count = if below(1000) < odds.repeated { 2 } else { 1 };
        for _ in 0..count {
            let longest = if below(1000) < odds.late {
                odds.late_ms
            } else {
                odds.usual_ms
            };
            let delay = Duration::from_millis(below(longest + 1));
            copies.push((delay, hint.clone()));
        }
        copies
    }

    /// What was sent since the last call.
    pub fn take(&self) -> Vec<Hint> {
        std::mem::take(&mut *self.sent.lock())
    }
}

impl Default for Lossy {
    fn default() -> Self {
        Self::new()
    }
}

impl Bus for Lossy {
    fn has_peers(&self) -> bool {
        true
    }

    fn send(&self, hint: Hint) {
        self.sent.lock().push(hint);
    }
}
