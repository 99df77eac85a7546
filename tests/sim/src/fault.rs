//! What goes wrong, drawn before the run begins.

use std::time::Duration;

use crate::rng::Rng;

/// Something that goes wrong.
#[derive(Debug, Clone)]
pub struct Fault {
    /// Its place in the plan.
    pub index: u32,
    /// When.
    pub at: Duration,
    /// Which device it meets, or whose state it is counted with.
    pub device: usize,
    /// What.
    pub kind: FaultKind,
    /// Decides how long, how late, how much.
    pub dice: Rng,
}

impl Fault {
    /// Draws one.
    pub fn draw(index: u32, at: Duration, devices: usize, mut dice: Rng) -> Self {
        let device = dice.below(devices.max(1) as u64) as usize;
        let kind = FaultKind::ALL[dice.below(FaultKind::ALL.len() as u64) as usize];
        Self {
            index,
            at,
            device,
            kind,
            dice,
        }
    }
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// A line breaks.
    Cut,
    /// A line swallows everything.
    HalfOpen,
    /// A device reads nothing for a while.
    Stall,
    /// A device loses its network.
    Offline,
    /// A device's process dies, some outputs from now.
    DeviceDies,
    /// The server's process dies at once.
    ServerDies,
    /// The server's process dies beside a commit, some commits from now.
    ServerDiesInCommit,
    /// A transaction of the server fails, some commits from now.
    CommitFails,
    /// A device goes to the background and comes back.
    Suspend,
}

impl FaultKind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Cut,
        Self::HalfOpen,
        Self::Stall,
        Self::Offline,
        Self::DeviceDies,
        Self::ServerDies,
        Self::ServerDiesInCommit,
        Self::CommitFails,
        Self::Suspend,
    ];
}
