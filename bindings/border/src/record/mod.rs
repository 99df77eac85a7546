//! Records that cross the border. What a field means stands at its counterpart in `causerie`.

mod connection;
mod conversation;
mod timeline;
mod token;

pub use connection::{ConnectionKind, ConnectionStatus};
pub use conversation::{ConversationEntry, ListDiff, ListUpdate};
pub use timeline::{
    DiffKind, Reaction, SendKind, SendStatus, TimelineBatch, TimelineDiff, TimelineItem,
};
pub use token::{TokenAnswer, TokenQuestion};
