//! What happens next, and when.

use std::time::Duration;

use causerie_protocol::{CloseCode, ConversationId, UserId};
use causerie_server::{
    bus::Hint,
    conn::Token,
    store::{Changed, Query},
};

use crate::{
    act::Act,
    fault::Fault,
    link::{LinkId, To},
    node::Read,
};

/// What comes next.
#[derive(Debug)]
pub enum Event {
    /// Somebody does something.
    Act(Box<Act>),
    /// Something goes wrong.
    Fault(Box<Fault>),
    /// Nothing goes wrong from here on.
    Calm,
    /// Bytes arrive.
    Arrive(LinkId, To, String),
    /// A device's socket is open.
    Opened(LinkId),
    /// A device sees that its socket is gone.
    DeviceSeesEnd(LinkId, Option<CloseCode>),
    /// The server sees that a socket is gone.
    ServerSeesEnd(LinkId),
    /// A device's timer.
    DeviceTimer(usize),
    /// A connection's timer.
    ConnTimer(LinkId),
    /// The app's backend answers for a token.
    Token(usize, u64),
    /// A node's transaction begins.
    Commit(usize, u64),
    /// It is durable.
    Synced(u64),
    /// The store reads a snapshot.
    Snapshot(u64, LinkId, Token, Box<Query>),
    /// What it read is given out.
    Answer(u64, LinkId, Token, Box<Read>),
    /// A node hears from another one.
    Hint(usize, u64, Box<Hint>),
    /// A node is to look for what changed.
    Sweep(usize, u64),
    /// What changed since it last looked.
    Swept(usize, u64, Option<Box<Changed>>),
    /// A node comes back.
    NodeUp(usize),
    /// The database comes back.
    DatabaseUp(u64),
    /// A user is taken in again.
    Rejoin(ConversationId, UserId),
    /// A node's calendar is put right.
    ClockRight(usize),
    /// The person signs in.
    SignIn(usize),
    /// A line that was deaf breaks.
    Break(LinkId),
    /// A device comes back.
    DeviceUp(usize),
    /// A device has its network back.
    NetworkBack(usize),
    /// A device's app comes to the foreground.
    Resume(usize),
    /// A socket of the server took what it was given.
    Flushed(LinkId),
}

/// An event in its place.
pub(crate) struct Due {
    pub(crate) at: Duration,
    pub(crate) order: u64,
    pub(crate) event: Event,
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.order) == (other.at, other.order)
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}
