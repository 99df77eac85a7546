//! What a sweep finds (see [`crate::bus`]).

use std::sync::Arc;

use causerie_protocol::{ConversationId, Seq, UserId};

use super::ReadState;

/// What changed since a transaction, as it is now.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Changed {
    /// The last transaction in this snapshot.
    pub change: u64,
    /// The conversations that changed, or in which a user's row did.
    pub conversations: Vec<ChangedConversation>,
}

/// A conversation in a sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangedConversation {
    /// Which.
    pub conversation_id: ConversationId,
    /// The last seq.
    pub head_seq: Seq,
    /// Whether the conversation itself changed, so that every member has to look.
    pub changed: bool,
    /// All who are joined.
    pub members: Arc<[UserId]>,
    /// The rows of users that changed.
    pub rows: Vec<ChangedRow>,
}

/// A user's row in a sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangedRow {
    /// Whose.
    pub user_id: UserId,
    /// The seq of the user's `member_left`, if the user is no member now.
    pub left_at: Option<Seq>,
    /// How far the user has read.
    pub read: ReadState,
    /// How far the user's devices have received.
    pub delivered_seq: Seq,
}
