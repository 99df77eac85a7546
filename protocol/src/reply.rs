//! What the server answers (docs/protocol.md §3 and §4).

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::{
    AuthCode, ConversationId, ErrorCode, GroupItem, Item, Me, Member, Message, MessageId, Millis,
    ReadCursor, Room, Seq, ServerFrame, SessionId, TempId, User, UserId, limits,
    scalar::{integer, integer_option},
};

/// The limits said in `authenticated`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Largest client frame, in bytes.
    #[serde(deserialize_with = "integer")]
    pub max_frame_bytes: u64,
    /// Largest encoded content, in bytes.
    #[serde(deserialize_with = "integer")]
    pub max_content_bytes: u64,
    /// Most conversation rooms of a connection.
    #[serde(deserialize_with = "integer")]
    pub max_subscriptions: u64,
    /// Most users watched.
    #[serde(deserialize_with = "integer")]
    pub max_presence_watches: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_frame_bytes: limits::MAX_FRAME_BYTES as u64,
            max_content_bytes: limits::MAX_CONTENT_BYTES as u64,
            max_subscriptions: limits::MAX_SUBSCRIPTIONS as u64,
            max_presence_watches: limits::MAX_PRESENCE_WATCHES as u64,
        }
    }
}

/// `authenticated`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Authenticated {
    /// Whom the token names.
    pub user_id: UserId,
    /// This connection.
    pub session_id: SessionId,
    /// The database.
    pub epoch: String,
    /// The compression that both use.
    #[serde(default)]
    pub compression: Option<String>,
    /// Interval of the server's pings.
    #[serde(deserialize_with = "integer")]
    pub heartbeat_ms: u64,
    /// How long each side waits for a pong.
    #[serde(deserialize_with = "integer")]
    pub pong_timeout_ms: u64,
    /// When the token ends.
    #[serde(deserialize_with = "integer")]
    pub token_expires_at: Millis,
    /// The server's clock.
    #[serde(deserialize_with = "integer")]
    pub server_time: Millis,
    /// Its limits.
    pub limits: Limits,
    /// What it serves beyond the core.
    #[serde(default)]
    pub features: Vec<String>,
}

/// `auth_error`; the connection closes after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuthError {
    /// Why.
    pub code: AuthCode,
    /// For a person.
    pub message: String,
    /// Whether a new token may help.
    pub retryable: bool,
}

/// `token_refreshed`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TokenRefreshed {
    /// When the new token ends.
    #[serde(deserialize_with = "integer")]
    pub token_expires_at: Millis,
}

/// `error`, `message_error`: why a request was refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErrorReply {
    /// Why.
    pub code: ErrorCode,
    /// For a person.
    pub message: String,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// When to come back.
    #[serde(
        default,
        deserialize_with = "integer_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub retry_after_ms: Option<u64>,
    /// The field that is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The room refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// The write refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temp_id: Option<TempId>,
    /// The conversation of the write refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<ConversationId>,
}

impl ErrorReply {
    /// A refusal; whether it may be retried follows from the code.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            retryable: code.is_retryable(),
            code,
            message: message.into(),
            retry_after_ms: None,
            field: None,
            room: None,
            temp_id: None,
            conversation_id: None,
        }
    }

    /// `invalid`, with the field.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: Some(field.into()),
            ..Self::new(ErrorCode::Invalid, message)
        }
    }
}

/// `subscribed`. Generic over the events, so that a server can pass on encoded ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subscribed<E = ServerFrame> {
    /// The room.
    pub room: Room,
    /// The position after this.
    #[serde(deserialize_with = "integer")]
    pub head_seq: Seq,
    /// How many messages there are.
    #[serde(deserialize_with = "integer")]
    pub head_number: u64,
    /// The first seq that `events` covers; head_seq + 1 if none.
    #[serde(deserialize_with = "integer")]
    pub from_seq: Seq,
    /// Whether nothing is missing between `since` and `events`.
    pub complete: bool,
    /// Whether the client must drop this room's confirmed rows.
    pub reset: bool,
    /// The first seq that this user may see.
    #[serde(deserialize_with = "integer")]
    pub visible_from: Seq,
    /// The events, in order.
    pub events: Vec<E>,
    /// How far members have read; only one's own in large conversations.
    #[serde(default)]
    pub read_cursors: Vec<ReadCursor>,
    /// Who looks at it now.
    #[serde(default)]
    pub viewers: Vec<UserId>,
    /// Users named here.
    #[serde(default)]
    pub users: Vec<User>,
    /// How far this user has read.
    #[serde(default, deserialize_with = "integer")]
    pub read_seq: Seq,
    /// How many messages were read.
    #[serde(default, deserialize_with = "integer")]
    pub read_number: u64,
    /// Unread messages that mention this user.
    #[serde(default, deserialize_with = "integer")]
    pub mentions_unread: u64,
    /// The revision of this user's row.
    #[serde(default, deserialize_with = "integer")]
    pub rev: u64,
}

/// `unsubscribed`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unsubscribed {
    /// The room.
    pub room: Room,
}

/// `message_sent`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MessageSent {
    /// Its sender's name for it.
    pub temp_id: TempId,
    /// The server's.
    pub message_id: MessageId,
    /// Where.
    pub conversation_id: ConversationId,
    /// Its place.
    #[serde(deserialize_with = "integer")]
    pub seq: Seq,
    /// How many messages there were with it.
    #[serde(deserialize_with = "integer")]
    pub number: u64,
    /// When the server took it.
    #[serde(deserialize_with = "integer")]
    pub created_at: Millis,
    /// Whether it had been taken before.
    pub duplicate: bool,
    /// Its present state, when it had been taken before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Message>,
}

/// `ack` of a durable write.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WriteAck {
    /// Its sender's name for it.
    pub temp_id: TempId,
    /// Where.
    pub conversation_id: ConversationId,
    /// The event's place; null if nothing changed.
    #[serde(default, deserialize_with = "integer_option")]
    pub seq: Option<Seq>,
    /// When.
    #[serde(deserialize_with = "integer")]
    pub at: Millis,
    /// Whether it had been taken before.
    pub duplicate: bool,
    /// The conversation created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<Item>,
    /// The group created or changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupItem>,
}

/// `ack` of `mark_read` and `mark_delivered`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CursorAck {
    /// Where.
    pub conversation_id: ConversationId,
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
}

/// `ack`, which depends on what was asked.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Ack {
    /// Of a durable write.
    Write(Box<WriteAck>),
    /// Of a cursor.
    Cursor(CursorAck),
    /// Of anything else.
    Done {},
}

/// The fields of every `ack`. `temp_id` makes it that of a write, `read_seq` that of a cursor.
#[derive(Deserialize)]
struct WireAck {
    #[serde(default)]
    temp_id: Option<TempId>,
    #[serde(default)]
    conversation_id: Option<ConversationId>,
    #[serde(default, deserialize_with = "integer_option")]
    seq: Option<Seq>,
    #[serde(default, deserialize_with = "integer_option")]
    at: Option<Millis>,
    #[serde(default)]
    duplicate: Option<bool>,
    #[serde(default)]
    conversation: Option<Item>,
    #[serde(default)]
    group: Option<GroupItem>,
    #[serde(default, deserialize_with = "integer_option")]
    read_seq: Option<Seq>,
    #[serde(default, deserialize_with = "integer_option")]
    read_number: Option<u64>,
    #[serde(default, deserialize_with = "integer_option")]
    mentions_unread: Option<u64>,
    #[serde(default, deserialize_with = "integer_option")]
    rev: Option<u64>,
}

impl<'de> Deserialize<'de> for Ack {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        fn needed<T, E: de::Error>(field: Option<T>, name: &'static str) -> Result<T, E> {
            field.ok_or_else(|| E::missing_field(name))
        }
        let wire = WireAck::deserialize(deserializer)?;
        if let Some(temp_id) = wire.temp_id {
            return Ok(Self::Write(Box::new(WriteAck {
                temp_id,
                conversation_id: needed(wire.conversation_id, "conversation_id")?,
                seq: wire.seq,
                at: needed(wire.at, "at")?,
                duplicate: needed(wire.duplicate, "duplicate")?,
                conversation: wire.conversation,
                group: wire.group,
            })));
        }
        if let Some(read_seq) = wire.read_seq {
            return Ok(Self::Cursor(CursorAck {
                conversation_id: needed(wire.conversation_id, "conversation_id")?,
                read_seq,
                read_number: needed(wire.read_number, "read_number")?,
                mentions_unread: needed(wire.mentions_unread, "mentions_unread")?,
                rev: needed(wire.rev, "rev")?,
            }));
        }
        Ok(Self::Done {})
    }
}

/// `presence_state`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PresenceState {
    /// The watched users' present state.
    pub users: Vec<crate::StatusUpdate>,
}

/// `sync_page`: exactly one of `cursor` and `token` is there.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SyncPage {
    /// Conversations, newest activity first.
    #[serde(default)]
    pub conversations: Vec<Item>,
    /// Groups.
    #[serde(default)]
    pub groups: Vec<GroupItem>,
    /// Users named here.
    #[serde(default)]
    pub users: Vec<User>,
    /// The user's own state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub me: Option<Me>,
    /// There is more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// This was the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// `history_page`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HistoryPage {
    /// Where.
    pub conversation_id: ConversationId,
    /// In rising seq.
    pub messages: Vec<Message>,
    /// The first seq that this page proves.
    #[serde(deserialize_with = "integer")]
    pub lo: Seq,
    /// The last seq that this page proves.
    #[serde(deserialize_with = "integer")]
    pub hi: Seq,
    /// The head when the page was read.
    #[serde(deserialize_with = "integer")]
    pub as_of_seq: Seq,
    /// The first seq that this user may see.
    #[serde(deserialize_with = "integer")]
    pub visible_from: Seq,
    /// Whether the interval asked for is not exhausted.
    pub more: bool,
    /// Users named here.
    #[serde(default)]
    pub users: Vec<User>,
}

/// `members_page`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MembersPage {
    /// Members.
    pub members: Vec<Member>,
    /// Their names.
    #[serde(default)]
    pub users: Vec<User>,
    /// There is more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// `users_page`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct UsersPage {
    /// Those that are known and may be seen.
    pub users: Vec<User>,
}
