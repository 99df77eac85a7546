//! What the proxy is told to do, and what it has done.

use std::{net::SocketAddr, sync::Mutex, sync::PoisonError, time::Duration};

use super::Direction;

/// What every link obeys. The two counters rise with each order; a link that was born under a
/// lower count is meant by it.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub upstream: SocketAddr,
    pub refuse: bool,
    pub stall_up: bool,
    pub stall_down: bool,
    pub delay: Duration,
    pub cut: u64,
    pub swallowed: u64,
}

impl Rules {
    pub fn new(upstream: SocketAddr) -> Self {
        Self {
            upstream,
            refuse: false,
            stall_up: false,
            stall_down: false,
            delay: Duration::ZERO,
            cut: 0,
            swallowed: 0,
        }
    }

    pub fn stalled(&self, direction: Direction) -> bool {
        match direction {
            Direction::Up => self.stall_up,
            Direction::Down => self.stall_down,
        }
    }
}

/// What happened so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    pub accepted: u64,
    pub open: usize,
    pub cut: u64,
    up: u64,
    down: u64,
}

impl Tally {
    pub fn bytes(&self, direction: Direction) -> u64 {
        match direction {
            Direction::Up => self.up,
            Direction::Down => self.down,
        }
    }

    pub fn count(&mut self, direction: Direction, bytes: usize) {
        match direction {
            Direction::Up => self.up += bytes as u64,
            Direction::Down => self.down += bytes as u64,
        }
    }
}

/// How many bytes may still pass in each direction before everything is cut; `None` if no limit.
#[derive(Debug, Default)]
pub(super) struct Budget(Mutex<[Option<u64>; 2]>);

impl Budget {
    pub fn set(&self, direction: Direction, bytes: Option<u64>) {
        self.with(direction, |left| *left = bytes);
    }

    /// Lets `spend` use up to `want` bytes; it gives back how many it used. When nothing is left,
    /// `cut` is called, once. The lock is held meanwhile, so that no other link passes a byte
    /// between the last one and the cut; neither of the two may wait.
    pub fn spend<T>(
        &self,
        direction: Direction,
        want: usize,
        spend: impl FnOnce(usize) -> (T, usize),
        cut: impl FnOnce(),
    ) -> T {
        self.with(direction, |left| {
            let allowed = left.map_or(want, |left| {
                usize::try_from(left).unwrap_or(usize::MAX).min(want)
            });
            let (result, used) = spend(allowed);
            *left = left.map(|left| left - used as u64);
            if *left == Some(0) {
                *left = None;
                cut();
            }
            result
        })
    }

    fn with<T>(&self, direction: Direction, change: impl FnOnce(&mut Option<u64>) -> T) -> T {
        // Nothing panics while it holds this lock.
        let mut both = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(match direction {
            Direction::Up => &mut both[0],
            Direction::Down => &mut both[1],
        })
    }
}
