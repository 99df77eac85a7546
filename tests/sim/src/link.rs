//! The line between a device and the server: ordered in each direction, and unreliable.

use std::time::Duration;

use crate::witness::Witness;

/// Names a link; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkId(pub u64);

/// A direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// Up.
    Server,
    /// Down.
    Device,
}

/// A link.
#[derive(Debug)]
pub struct Link {
    /// Whose.
    pub device: usize,
    /// To which node.
    pub node: usize,
    /// Whether bytes still flow.
    pub alive: bool,
    /// Everything vanishes, and neither end is told.
    pub swallows: bool,
    /// What comes down vanishes, while what goes up arrives.
    pub deaf: bool,
    /// Everything takes this much longer until then.
    pub slow: (Duration, Duration),
    /// The device reads nothing until then.
    pub stalled_until: Duration,
    /// What the device was told by it.
    pub witness: Witness,
    last_up: Duration,
    last_down: Duration,
}

impl Link {
    /// A fresh one.
    pub fn new(device: usize, node: usize) -> Self {
        Self {
            device,
            node,
            alive: true,
            swallows: false,
            deaf: false,
            slow: (Duration::ZERO, Duration::ZERO),
            stalled_until: Duration::ZERO,
            witness: Witness::default(),
            last_up: Duration::ZERO,
            last_down: Duration::ZERO,
        }
    }

    /// How much longer things take now.
    pub fn slowness(&self, now: Duration) -> Duration {
        let (by, until) = self.slow;
        if now < until { by } else { Duration::ZERO }
    }

    /// When something sent now arrives: never before what was sent earlier.
    pub fn arrival(&mut self, to: To, now: Duration, delay: Duration) -> Duration {
        let last = match to {
            To::Server => &mut self.last_up,
            To::Device => &mut self.last_down,
        };
        let mut at = (now + delay).max(*last);
        if to == To::Device {
            at = at.max(self.stalled_until);
        }
        *last = at;
        at
    }
}
