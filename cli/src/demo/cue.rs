//! What the demo and its client processes say to each other: JSON, one line each, over the
//! child's standard input and output.

use serde::{Deserialize, Serialize};

use super::seen::{Change, Seen};

/// From the demo to a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cue {
    /// Send this text.
    Say {
        /// Comes back in [`Report::Said`].
        number: usize,
        /// What.
        text: String,
    },
    /// Change a message.
    Change {
        /// Comes back in [`Report::Done`].
        number: usize,
        /// Which.
        target: Target,
        /// How.
        how: How,
    },
    /// The system says that the network changed.
    NetworkChanged,
    /// Tell all that the timeline shows, read anew from the local data.
    Dump,
}

/// What is done to a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// It says this from now on.
    Edit(String),
    /// It is taken back.
    Delete,
    /// It gets this emoji.
    React(String),
}

/// Which message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// One's own, by the key under which it was sent.
    Key(String),
    /// Anybody's, by the server's id.
    Message(String),
}

/// From a client to the demo. Times are microseconds since the epoch: all processes are on one
/// machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Report {
    /// `send` returned: it is shown, and durable on the device.
    Said {
        /// The cue's.
        number: usize,
        /// The key that it was given.
        key: String,
        /// When `send` was called.
        at: u64,
    },
    /// The change of this number is made: it is durable on the device.
    Done {
        /// The cue's.
        number: usize,
    },
    /// The timeline changed.
    Changed {
        /// When it was told.
        at: u64,
        /// How, in order.
        changes: Vec<Change>,
    },
    /// The connection changed.
    Link {
        /// Whether frames flow.
        live: bool,
    },
    /// The outbox changed.
    Outbox {
        /// Writes in it, failed ones included.
        waiting: usize,
        /// Why those that failed did.
        failed: Vec<String>,
    },
    /// The timeline has shown all that the device has, what is unsent included.
    Ready,
    /// The answer to [`Cue::Dump`].
    Dump {
        /// Oldest first.
        items: Vec<Seen>,
    },
    /// A call failed that must not fail.
    Trouble {
        /// What and why.
        what: String,
    },
}
