//! What the store keeps for the engine, and the operations that change it.

use causerie_protocol::{
    ClientId, Content, ConversationId, ErrorCode, Item, Message, MessageId, Millis, ReadCursor,
    Seq, TempId, User, UserId, WriteOp,
};
use serde::{Deserialize, Serialize};

/// Everything that the engine is restored from.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Whose data this is.
    pub user_id: UserId,
    /// The installation.
    pub client_id: ClientId,
    /// The server's database that confirmed rows belong to.
    pub epoch: Option<String>,
    /// Where the last sync ended.
    pub sync_token: Option<String>,
    /// The next page of a sync that was interrupted.
    pub sync_cursor: Option<String>,
    /// All conversations known.
    pub conversations: Vec<ConversationRow>,
    /// Writes not yet settled, by rising `order`.
    pub outbox: Vec<OutboxRow>,
    /// Names of users.
    pub users: Vec<User>,
}

/// A conversation as the client keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct ConversationRow {
    /// As the server last told it, or as made here while offline (then `rev` is 0).
    pub item: Item,
    /// Up to where events were applied. Moved by events and `subscribed` only.
    pub position: Option<Position>,
    /// Where the cached messages are without holes; disjoint, rising. Adjacent ones differ in
    /// `as_of`.
    pub ranges: Vec<Range>,
    /// A read cursor that the server has not confirmed.
    pub read_mark: Option<Seq>,
    /// Text that was typed and not sent.
    pub draft: Option<String>,
}

/// A place in a conversation's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The seq applied last.
    pub seq: Seq,
    /// The event there, if it was seen.
    pub event_id: Option<MessageId>,
}

/// A stretch of a conversation whose messages are all cached (docs/protocol.md §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// Its first seq.
    pub lo: Seq,
    /// Its last seq.
    pub hi: Seq,
    /// The seq up to which changes to its messages are known.
    pub as_of: Seq,
}

/// A write on its way.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxRow {
    /// The name under which it is shown, sent and confirmed.
    pub key: TempId,
    /// Its place among the writes of this device.
    pub order: u64,
    /// Where.
    pub conversation_id: ConversationId,
    /// What.
    pub op: WriteOp,
    /// When it was made, by this device's clock; shown, never compared.
    pub created_at: Millis,
    /// Whether it may have reached the server.
    pub attempted: bool,
    /// How it stands. Being in flight is no state: that lives in memory only.
    pub state: OutboxState,
}

/// How a write on its way stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum OutboxState {
    /// It goes by itself.
    Queued,
    /// The server refused it for good; `retry` or `cancel`.
    Failed {
        /// Why.
        code: ErrorCode,
        /// For a person.
        message: String,
        /// It is shown after this seq.
        after_seq: Seq,
    },
    /// The server has it, but this conversation's position does not cover it yet: until then it
    /// stays an overlay on what is cached.
    Acked {
        /// The event's place.
        seq: Seq,
        /// When.
        at: Millis,
    },
}

/// A change to a cached message. It takes effect only if the message is cached with a lower
/// `state_seq`, which it then raises.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch {
    /// Where.
    pub conversation_id: ConversationId,
    /// Which message, by its place.
    pub target_seq: Seq,
    /// The event's place.
    pub seq: Seq,
    /// What changes.
    pub change: Change,
}

/// What an event changes in a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// It says something else.
    Edited {
        /// What.
        content: Content,
        /// When.
        at: Millis,
    },
    /// It is gone; its place stays.
    Deleted {
        /// When.
        at: Millis,
    },
    /// Someone put an emoji on it.
    ReactionAdded {
        /// Who.
        user_id: UserId,
        /// The emoji.
        emoji: String,
        /// Whether that is this user.
        me: bool,
    },
    /// Someone took it off.
    ReactionRemoved {
        /// Who.
        user_id: UserId,
        /// The emoji.
        emoji: String,
        /// Whether that is this user.
        me: bool,
    },
}

/// One change to the store. All of an [`crate::Output::Store`] commit together or not at all.
#[derive(Debug, Clone, PartialEq)]
pub enum StoreOp {
    /// The database that confirmed rows belong to.
    PutEpoch(Option<String>),
    /// The installation's new id.
    PutClientId(ClientId),
    /// Where the last sync ended.
    PutSyncToken(Option<String>),
    /// The next page of a running sync.
    PutSyncCursor(Option<String>),
    /// Inserts or replaces everything of a conversation's row, its draft apart.
    PutConversation(Box<ConversationRow>),
    /// Keeps or forgets what was typed.
    PutDraft {
        /// Where.
        conversation_id: ConversationId,
        /// What.
        draft: Option<String>,
    },
    /// Removes a conversation's row, messages, cursors and draft; its outbox stays.
    DropConversation(ConversationId),
    /// Inserts a message, or replaces the one at its place if that has a lower `state_seq`.
    PutMessage(Box<Message>),
    /// Changes a cached message.
    PatchMessage(Patch),
    /// Removes the messages of a conversation below a seq; all of them with `None`.
    DropMessages {
        /// Where.
        conversation_id: ConversationId,
        /// Those below this seq.
        below: Option<Seq>,
    },
    /// Inserts or replaces a write.
    PutOutbox(Box<OutboxRow>),
    /// Removes a write.
    DropOutbox(TempId),
    /// Inserts users, or replaces those with a lower `rev`.
    PutUsers(Vec<User>),
    /// Raises others' cursors in a conversation.
    PutCursors {
        /// Where.
        conversation_id: ConversationId,
        /// Whose, and how far.
        cursors: Vec<ReadCursor>,
    },
    /// Forgets everything that the server told: conversations made by it, messages, cursors,
    /// ranges, positions, read marks, token and cursor. The outbox, drafts, names and conversations
    /// whose creation is still in the outbox stay.
    DropConfirmed,
}

/// A question to the store about cached messages; answered by [`crate::Input::Loaded`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadQuery {
    /// Where.
    pub conversation_id: ConversationId,
    /// Only from this seq on.
    pub lo: Seq,
    /// Only up to this seq.
    pub hi: Seq,
    /// Most messages.
    pub limit: u32,
    /// The newest of them (true) or the oldest (false).
    pub newest: bool,
}
