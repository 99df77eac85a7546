//! Records that cross the border. What a field means stands at its counterpart in `causerie`.
//!
//! Those that go in are checked when they are turned into `causerie`'s: what is malformed is
//! `invalid`, and the message names the field. Those that hold what people wrote print it redacted.

mod connection;
mod conversation;
mod draft;
mod event;
mod item;
mod list;
mod log;
mod outbox;
mod setting;
mod stats;
mod timeline;
mod token;
mod user;

pub use connection::{ConnectionKind, ConnectionStatus};
pub use conversation::{ConversationChanges, ConversationEntry, LastMessage, NewConversation};
pub use draft::{MessageTarget, NewMessage};
pub use event::{Event, EventFilter, EventKind};
pub use item::{Attachment, Reaction, SendKind, SendStatus, TimelineItem};
pub use list::{ListDiff, ListUpdate};
pub use log::{LogLevel, LogRecord};
pub use outbox::{OutboxDiff, OutboxDiffKind, OutboxEntry, OutboxUpdate};
pub use setting::{Durability, NetworkHint, Unsent};
pub use stats::Stats;
pub use timeline::{
    DiffKind, StartKind, TimelineBatch, TimelineDiff, TimelineSnapshot, TimelineStart,
    TimelineState,
};
pub use token::{TokenAnswer, TokenQuestion};
pub use user::{Member, MembersPage, ReadCursor, User};

/// In place of what people wrote.
fn redacted<T>(text: &Option<T>) -> Option<&'static str> {
    text.as_ref().map(|_| "[redacted]")
}

/// `Display` as `Debug`: what logs print in other languages.
macro_rules! display_as_debug {
    ($($record:ty),+) => {$(
        impl std::fmt::Display for $record {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(self, f)
            }
        }
    )+};
}
use display_as_debug;
