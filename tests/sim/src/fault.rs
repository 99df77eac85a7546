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
    /// A line is slow for a while.
    Delay,
    /// A line breaks.
    Cut,
    /// A line swallows everything.
    HalfOpen,
    /// A device reads nothing for a while.
    Stall,
    /// What a device says arrives, and is never answered, so that it is said again.
    Repeat,
    /// A device loses its network.
    Offline,
    /// A device's process dies, some outputs from now.
    DeviceDies,
    /// A device's calendar is off by hours from here on.
    DeviceClock,
    /// A device sleeps for hours in the middle of everything.
    Sleep,
    /// A device goes to the background, perhaps for hours, and comes back.
    Suspend,
    /// The server refuses the next tokens.
    TokenRefused,
    /// A node's process dies at once.
    NodeDies,
    /// A node's process dies beside a commit, some commits from now.
    NodeDiesInCommit,
    /// A node's calendar is off by hours for a while.
    NodeClock,
    /// No node hears of another for a while.
    BusDies,
    /// The database dies, mostly in the middle of a commit: what was not synced is lost.
    DatabaseDies,
    /// A transaction fails, some commits from now.
    CommitFails,
    /// The database is replaced by a backup, with another epoch.
    Restore,
    /// A user is put out of a group, and mostly taken in again.
    Removal,
}

impl FaultKind {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::Delay,
        Self::Cut,
        Self::HalfOpen,
        Self::Stall,
        Self::Repeat,
        Self::Offline,
        Self::DeviceDies,
        Self::DeviceClock,
        Self::Sleep,
        Self::Suspend,
        Self::TokenRefused,
        Self::NodeDies,
        Self::NodeDiesInCommit,
        Self::NodeClock,
        Self::BusDies,
        Self::DatabaseDies,
        Self::CommitFails,
        Self::Restore,
        Self::Removal,
    ];
}
