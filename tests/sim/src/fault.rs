//! What goes wrong, drawn before the run begins.

use std::time::Duration;

use crate::{coverage::State, rng::Rng};

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
    /// What it waits for before it strikes.
    pub occasion: Occasion,
    /// The state in which it wants to meet its device, if it wants one.
    pub aim: Option<State>,
    /// So many occasions pass first.
    pub left: u64,
    /// Decides how long, how late, how much.
    pub dice: Rng,
}

impl Fault {
    /// Draws one.
    pub fn draw(index: u32, at: Duration, devices: usize, mut dice: Rng) -> Self {
        let device = dice.below(devices.max(1) as u64) as usize;
        let kind = FaultKind::ALL[dice.below(FaultKind::ALL.len() as u64) as usize];
        let occasion = Occasion::draw(kind, &mut dice);
        let states: Vec<State> = State::ALL
            .into_iter()
            .filter(|state| kind.cannot_meet(*state).is_none())
            .collect();
        let aim = if dice.one_in(3) {
            dice.pick(&states).copied()
        } else {
            None
        };
        // What aims at a state has little time to let occasions pass.
        let left = match (occasion, aim) {
            (Occasion::Any | Occasion::Hint, _) => 0,
            (Occasion::Output | Occasion::Between, None) => dice.below(12),
            (Occasion::Output | Occasion::Between, Some(_)) => dice.below(3),
            (Occasion::Commit | Occasion::Apply | Occasion::Sync, None) => dice.below(8),
            (Occasion::Commit | Occasion::Apply | Occasion::Sync, Some(_)) => 0,
        };
        Self {
            index,
            at,
            device,
            kind,
            occasion,
            aim,
            left,
            dice,
        }
    }
}

/// What a fault waits for before it strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// Nothing: it strikes as soon as there is something to strike.
    Any,
    /// Its device's engine gives out something.
    Output,
    /// Its device's engine gives out something more, and what it gave out before is carried out.
    Between,
    /// A node begins a transaction.
    Commit,
    /// The database applies a transaction.
    Apply,
    /// A transaction was applied, and is not synced.
    Sync,
    /// A node has something to tell the other.
    Hint,
}

impl Occasion {
    /// Whether only a fault of the device where it arises may take it.
    pub fn is_of_a_device(self) -> bool {
        matches!(self, Self::Output | Self::Between)
    }

    fn draw(kind: FaultKind, dice: &mut Rng) -> Self {
        match kind {
            // Where one half is done and the other is not, there is most to be lost.
            FaultKind::DeviceDies if dice.one_in(2) => Self::Between,
            FaultKind::DeviceDies => Self::Output,
            FaultKind::NodeDiesInCommit => Self::Commit,
            FaultKind::CommitFails => Self::Apply,
            FaultKind::DatabaseDies if !dice.one_in(3) => Self::Sync,
            FaultKind::BusDies => Self::Hint,
            _ => Self::Any,
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
    /// A device's process dies between two outputs.
    DeviceDies,
    /// A device's calendar is off by hours from here on.
    DeviceClock,
    /// A device sleeps for hours in the middle of everything.
    Sleep,
    /// A device goes to the background, perhaps for hours, and comes back.
    Suspend,
    /// The server refuses a device's token, and the next ones.
    TokenRefused,
    /// A node's process dies at once.
    NodeDies,
    /// A node's process dies beside a commit.
    NodeDiesInCommit,
    /// A node's calendar is off by hours for a while.
    NodeClock,
    /// No node hears of another for a while.
    BusDies,
    /// The database dies, mostly in the middle of a commit: what was not synced is lost.
    DatabaseDies,
    /// A transaction fails.
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

    /// Why this fault can never meet a device in this state, if so.
    pub fn cannot_meet(self, state: State) -> Option<&'static str> {
        match (self, state) {
            (
                Self::Delay | Self::Cut | Self::HalfOpen | Self::Stall | Self::Repeat,
                State::Waiting,
            ) => Some("there is no line to strike while a device waits for its next attempt"),
            _ => None,
        }
    }
}
