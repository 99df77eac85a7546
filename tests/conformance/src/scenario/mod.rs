//! The format, as types. `README.md` says what each means.

mod action;
mod expect;
mod order;

pub use action::{Action, Tokens};
pub use expect::{Expect, Item, Reaction, Room, Write};
pub use order::{Order, Signal};

use std::collections::BTreeMap;

use serde::Deserialize;

/// A scenario.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What must hold, in a sentence.
    pub about: String,
    /// What the judge needs for it.
    pub tags: Vec<Tag>,
    /// The devices, by name.
    pub cast: BTreeMap<String, Cast>,
    /// What holds all the time.
    #[serde(default)]
    pub always: Vec<Always>,
    /// What happens, one after the other.
    pub steps: Vec<Step>,
}

/// What the judge needs for a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tag {
    /// Only the client's public API and the server.
    CoreOnly,
    /// A device that is a process of its own, to be killed.
    NeedsKill,
    /// A server that it may stop and start.
    NeedsRestart,
    /// Waits for real seconds to pass.
    RealTime,
}

impl Tag {
    /// How a file spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::CoreOnly => "core-only",
            Self::NeedsKill => "needs-kill",
            Self::NeedsRestart => "needs-restart",
            Self::RealTime => "real-time",
        }
    }
}

/// A device.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cast {
    /// Whose it is. Default: the device's own name.
    pub user: Option<String>,
    /// Whether it is a process of its own. Default: no.
    #[serde(default)]
    pub process: bool,
    /// How long its tokens are good, in minutes. Default: a day.
    #[serde(default = "a_day")]
    pub token_minutes: u64,
}

fn a_day() -> u64 {
    24 * 60
}

/// What holds all the time, from the first step to the last.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Always {
    /// No timeline and no list of this device ever says this.
    NeverShows {
        /// The device.
        at: String,
        /// The text.
        text: String,
    },
    /// No item of this timeline ever moves.
    NeverMoves {
        /// The device.
        at: String,
        /// The conversation.
        room: String,
    },
    /// This timeline is never told anew while it shows something.
    NeverResets {
        /// The device.
        at: String,
        /// The conversation.
        room: String,
    },
}

/// A step, and where it stands in its file.
#[derive(Debug, Clone)]
pub struct Step {
    /// Line, from 1.
    pub line: u64,
    /// Column, from 1.
    pub column: u64,
    /// What happens.
    pub event: Event,
}

/// What happens in a step.
#[derive(Debug, Clone)]
pub enum Event {
    /// A device does something.
    Do {
        /// Which.
        device: String,
        /// What.
        action: Action,
        /// The code of the error that this must give, if it must.
        fails: Option<String>,
    },
    /// Something befalls the server.
    Server(Order),
    /// Waits until devices show this, and nothing else.
    Expect(Expect),
}
