//! The objects that an app sees.

mod builder;
mod client;
mod conversation;
mod conversations;
mod event;
mod outbox;
mod stats;
mod subscription;
mod timeline;
mod token;
mod users;

pub use builder::ClientBuilder;
pub use client::{Client, ConnectionStates, NewConversation, Unsent};
pub use conversation::{Conversation, MessageTarget};
pub use conversations::{ConversationList, ConversationListUpdates, ListDiff, ListUpdate};
pub use event::{Event, EventFilter, EventKind, Events};
pub use outbox::{Outbox, OutboxDiff, OutboxEntry, OutboxUpdate, OutboxUpdates};
pub use stats::Stats;
pub use subscription::Subscription;
pub use timeline::{Timeline, TimelineSnapshot, TimelineUpdates};
pub use token::{TokenError, TokenFuture, TokenProvider, TokenRequest};
pub use users::Users;

pub(crate) use timeline::OpenTimeline;
