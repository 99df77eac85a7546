//! What the server says of itself (docs/protocol.md §5).

use serde::{Deserialize, Serialize};

use crate::{
    CloseCode, Content, ConversationId, GroupId, GroupItem, Item, Message, MessageId, Millis,
    Object, Preview, Role, Room, Seq, Status, User, UserId,
    code::words,
    scalar::{integer, integer_option},
};

/// `message_edited`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageEdited {
    /// Where.
    pub conversation_id: ConversationId,
    /// The event's place.
    #[serde(deserialize_with = "integer")]
    pub seq: Seq,
    /// The event.
    pub event_id: MessageId,
    /// Which message.
    pub message_id: MessageId,
    /// Its place.
    #[serde(deserialize_with = "integer")]
    pub target_seq: Seq,
    /// What it says from now on; empty if it was deleted since.
    #[serde(default)]
    pub content: Content,
    /// When.
    #[serde(deserialize_with = "integer")]
    pub edited_at: Millis,
}

/// `message_deleted`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageDeleted {
    /// Where.
    pub conversation_id: ConversationId,
    /// The event's place.
    #[serde(deserialize_with = "integer")]
    pub seq: Seq,
    /// The event.
    pub event_id: MessageId,
    /// Which message.
    pub message_id: MessageId,
    /// Its place.
    #[serde(deserialize_with = "integer")]
    pub target_seq: Seq,
}

/// `reaction_added` and `reaction_removed`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReactionEvent {
    /// Where.
    pub conversation_id: ConversationId,
    /// The event's place.
    #[serde(deserialize_with = "integer")]
    pub seq: Seq,
    /// The event.
    pub event_id: MessageId,
    /// Which message.
    pub message_id: MessageId,
    /// Its place.
    #[serde(deserialize_with = "integer")]
    pub target_seq: Seq,
    /// Who.
    pub user_id: UserId,
    /// The emoji.
    pub emoji: String,
}

/// `member_joined`, `member_left` and `member_updated`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemberEvent {
    /// Where.
    pub conversation_id: ConversationId,
    /// The event's place.
    #[serde(deserialize_with = "integer")]
    pub seq: Seq,
    /// The event.
    pub event_id: MessageId,
    /// Whom it concerns.
    pub user_id: UserId,
    /// Their role.
    pub role: Role,
    /// Who did it.
    pub by: UserId,
}

/// `conversation_updated`: what changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConversationUpdated {
    /// Where.
    pub conversation_id: ConversationId,
    /// The event's place.
    #[serde(deserialize_with = "integer")]
    pub seq: Seq,
    /// The event.
    pub event_id: MessageId,
    /// The title, if it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The picture, if it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
    /// The app's own settings, if they changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Object>,
}

/// `skipped`: stands for a change to a message that this user may not see.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Skipped {
    /// Where.
    pub conversation_id: ConversationId,
    /// The event's place.
    #[serde(deserialize_with = "integer")]
    pub seq: Seq,
    /// The event.
    pub event_id: MessageId,
}

/// `read_receipt` and `delivery_receipt`; one's own says more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// Where.
    pub conversation_id: ConversationId,
    /// Whose.
    pub user_id: UserId,
    /// Up to here.
    #[serde(deserialize_with = "integer")]
    pub seq: Seq,
    /// When.
    #[serde(deserialize_with = "integer")]
    pub at: Millis,
    /// Own only: how many messages were read.
    #[serde(
        default,
        deserialize_with = "integer_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub read_number: Option<u64>,
    /// Own only: unread messages that mention this user.
    #[serde(
        default,
        deserialize_with = "integer_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub mentions_unread: Option<u64>,
    /// Own only: the revision of this user's row.
    #[serde(
        default,
        deserialize_with = "integer_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub rev: Option<u64>,
}

/// `conversation_activity`: the present state of a conversation that is not subscribed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConversationActivity {
    /// Where.
    pub conversation_id: ConversationId,
    /// The last seq.
    #[serde(deserialize_with = "integer")]
    pub head_seq: Seq,
    /// How many messages there are.
    #[serde(deserialize_with = "integer")]
    pub head_number: u64,
    /// How far this user has read.
    #[serde(deserialize_with = "integer")]
    pub read_seq: Seq,
    /// How many messages were read.
    #[serde(deserialize_with = "integer")]
    pub read_number: u64,
    /// Unread messages that mention this user.
    #[serde(deserialize_with = "integer")]
    pub mentions_unread: u64,
    /// The revision of this user's row.
    #[serde(deserialize_with = "integer")]
    pub rev: u64,
    /// The newest message that this user may see.
    #[serde(default)]
    pub last_message: Option<Preview>,
    /// All of it, when anything else changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<Item>,
}

/// `conversation_created` and `membership_updated`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConversationEvent {
    /// The conversation as this user sees it.
    pub conversation: Item,
}

/// `group_updated`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupEvent {
    /// The group as this user sees it.
    pub group: GroupItem,
}

/// `group_member_joined` and `group_member_left`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupMemberEvent {
    /// The group.
    pub group_id: GroupId,
    /// Whom it concerns.
    pub user_id: UserId,
    /// Their role.
    pub role: Role,
    /// Who did it.
    pub by: UserId,
}

/// `user_updated`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UserEvent {
    /// The user.
    pub user: User,
}

/// `status_update`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatusUpdate {
    /// Who.
    pub user_id: UserId,
    /// As set.
    pub status: Status,
    /// The text beside it.
    #[serde(default)]
    pub text: Option<String>,
    /// Whether a device is connected.
    pub is_online: bool,
    /// When the last device went.
    #[serde(default, deserialize_with = "integer_option")]
    pub last_seen_at: Option<Millis>,
    /// When the person last did something.
    #[serde(default, deserialize_with = "integer_option")]
    pub last_active_at: Option<Millis>,
}

/// `notification`: a message of the user's inbox.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notification {
    /// The message.
    pub message: Message,
}

/// `conversation_presence`: who looks at a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConversationPresence {
    /// Where.
    pub conversation_id: ConversationId,
    /// Who.
    pub user_id: UserId,
    /// Whether they look.
    pub viewing: bool,
    /// A node that has not applied this seq drops the frame.
    #[serde(default, deserialize_with = "integer")]
    pub as_of_seq: Seq,
}

/// `typing_indicator`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TypingIndicator {
    /// Where.
    pub conversation_id: ConversationId,
    /// Who.
    pub user_id: UserId,
    /// Whether they type.
    pub typing: bool,
    /// How long this holds.
    #[serde(deserialize_with = "integer")]
    pub expires_in_ms: u64,
    /// A node that has not applied this seq drops the frame.
    #[serde(default, deserialize_with = "integer")]
    pub as_of_seq: Seq,
}

/// `signal`, as received.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct SignalEvent {
    /// Who sent it.
    pub user_id: UserId,
    /// Where, if it was for a conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<ConversationId>,
    /// What the app calls it.
    pub name: String,
    /// The app's own.
    #[serde(default)]
    pub data: serde_json::Value,
    /// A node that has not applied this seq drops the frame.
    #[serde(default, deserialize_with = "integer")]
    pub as_of_seq: Seq,
}

impl std::fmt::Debug for SignalEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignalEvent")
            .field("user_id", &self.user_id)
            .finish_non_exhaustive()
    }
}

words! {
    /// What `connection_event` tells.
    ConnectionEventKind {
        /// The token ends in a minute.
        TokenExpiring = "token_expiring",
        /// The server goes down; come back after `retry_after_ms`.
        Draining = "draining",
        /// The connection is closed for the reason that `code` names.
        Kicked = "kicked",
        /// A subscription ended, since its user is no longer a member.
        MembershipRevoked = "membership_revoked",
    }
}

/// `connection_event`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConnectionEvent {
    /// What happens.
    pub event: ConnectionEventKind,
    /// The close code that follows or belongs to it; null if none does.
    #[serde(default)]
    pub code: Option<CloseCode>,
    /// When to come back.
    #[serde(
        default,
        deserialize_with = "integer_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub retry_after_ms: Option<u64>,
    /// The room concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<Room>,
    /// The seq of the removal.
    #[serde(
        default,
        deserialize_with = "integer_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub seq: Option<Seq>,
}
