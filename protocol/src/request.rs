//! What a client asks that is no durable write (docs/protocol.md §3 and §4).

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeMap};

use crate::{
    ClientId, ConversationId, MessageId, Millis, Object, Room, Seq, UserId,
    code::words,
    scalar::{integer, integer_option, list_or_null},
};

/// `authenticate`, the first frame of a connection.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Authenticate {
    /// The JWT; absent if it came with the upgrade.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The installation.
    pub client_id: ClientId,
    /// The protocol version: 1.
    pub protocol: u32,
    /// The SDK and platform, for the operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdk: Option<String>,
    /// The database that token and positions belong to.
    #[serde(default)]
    pub epoch: Option<String>,
    /// Where the last sync ended. Present (perhaps null) if a sync is wanted.
    #[serde(default, skip_serializing_if = "SyncToken::is_absent")]
    pub sync_token: SyncToken,
    /// Compressions understood, best first.
    #[serde(
        default,
        deserialize_with = "list_or_null",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub compression: Vec<String>,
    /// Rooms wanted at once.
    #[serde(
        default,
        deserialize_with = "list_or_null",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub subscriptions: Vec<Subscribe>,
}

impl std::fmt::Debug for Authenticate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authenticate")
            .field("client_id", &self.client_id)
            .field("protocol", &self.protocol)
            .field("sdk", &self.sdk)
            .field("epoch", &self.epoch)
            .field("subscriptions", &self.subscriptions.len())
            .finish_non_exhaustive()
    }
}

/// `sync_token` of `authenticate`: absent (no sync wanted), null (a first one) or a token.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SyncToken {
    /// Not in the payload.
    #[default]
    Absent,
    /// `null`.
    First,
    /// Where the last one ended.
    Since(String),
}

impl SyncToken {
    /// Whether it is left out of the payload.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

impl Serialize for SyncToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent | Self::First => serializer.serialize_none(),
            Self::Since(token) => serializer.serialize_str(token),
        }
    }
}

impl<'de> Deserialize<'de> for SyncToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Option::<String>::deserialize(deserializer)? {
            None => Self::First,
            Some(token) => Self::Since(token),
        })
    }
}

/// `refresh_token`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct RefreshToken {
    /// A newer JWT of the same user.
    pub token: String,
}

impl std::fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RefreshToken([redacted])")
    }
}

/// `subscribe`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subscribe {
    /// The room; clients join `conv:` rooms only.
    pub room: Room,
    /// The last seq that was applied.
    #[serde(
        default,
        deserialize_with = "integer_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub since: Option<Seq>,
    /// The event at that seq.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_id: Option<MessageId>,
}

/// `unsubscribe`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unsubscribe {
    /// The room.
    pub room: Room,
}

/// `mark_read` and `mark_delivered`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// Where.
    pub conversation_id: ConversationId,
    /// Up to where; clamped to the head, only rises.
    #[serde(deserialize_with = "integer")]
    pub seq: Seq,
}

/// `typing_start` and `typing_stop`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Typing {
    /// Where.
    pub conversation_id: ConversationId,
}

/// Whom a signal is for.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum SignalTarget {
    /// One user, on all devices.
    User {
        /// Who.
        user_id: UserId,
    },
    /// All who are subscribed.
    Conversation {
        /// Where.
        conversation_id: ConversationId,
    },
}

impl<'de> Deserialize<'de> for SignalTarget {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire {
            #[serde(default)]
            user_id: Option<UserId>,
            #[serde(default)]
            conversation_id: Option<ConversationId>,
        }
        let wire = Wire::deserialize(deserializer)?;
        match (wire.user_id, wire.conversation_id) {
            (Some(user_id), None) => Ok(Self::User { user_id }),
            (None, Some(conversation_id)) => Ok(Self::Conversation { conversation_id }),
            (Some(_), Some(_)) | (None, None) => Err(de::Error::custom(
                "the field `target` holds either user_id or conversation_id",
            )),
        }
    }
}

/// `signal`: call set-up, cursors and the like. Never stored.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// For whom.
    pub target: SignalTarget,
    /// What the app calls it.
    pub name: String,
    /// The app's own, at most 8 KiB encoded.
    #[serde(default)]
    pub data: serde_json::Value,
}

impl std::fmt::Debug for Signal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signal")
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

words! {
    /// What a user wants others to see.
    Status {
        /// Here.
        Online = "online",
        /// Not at the device.
        Away = "away",
        /// Busy.
        Busy = "busy",
        /// Do not disturb.
        Dnd = "dnd",
        /// Looks offline everywhere.
        Invisible = "invisible",
    }
}

/// `update_status`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UpdateStatus {
    /// The status.
    pub status: Status,
    /// A text beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Requests that name users.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct UserIds {
    /// Who.
    pub user_ids: Vec<UserId>,
}

/// `set_preferences`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SetPreferences {
    /// The app's own.
    pub preferences: Object,
}

/// `update_membership`. Absent fields stay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UpdateMembership {
    /// Where.
    pub conversation_id: ConversationId,
    /// No notifications.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted: Option<bool>,
    /// Out of the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// On top of the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<bool>,
    /// The app's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Object>,
}

/// `sync`: a new one from a token, or the next page of one. Without a cursor the token is always
/// written, as null for a first sync.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct Sync {
    /// Where the last one ended; both absent is a first sync.
    #[serde(default)]
    pub token: Option<String>,
    /// The next page.
    #[serde(default)]
    pub cursor: Option<String>,
    /// Most conversations in a page, 1 to 200.
    #[serde(default)]
    pub limit: Option<u32>,
}

impl Serialize for Sync {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if self.token.is_some() || self.cursor.is_none() {
            map.serialize_entry("token", &self.token)?;
        }
        if let Some(cursor) = &self.cursor {
            map.serialize_entry("cursor", cursor)?;
        }
        if let Some(limit) = self.limit {
            map.serialize_entry("limit", &limit)?;
        }
        map.end()
    }
}

/// `history`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// Where.
    pub conversation_id: ConversationId,
    /// Only below this seq.
    #[serde(
        default,
        deserialize_with = "integer_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub before: Option<Seq>,
    /// Only above this seq; alone, it pages upward.
    #[serde(
        default,
        deserialize_with = "integer_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub after: Option<Seq>,
    /// Most messages, 1 to 200.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Only messages whose state_seq is above this.
    #[serde(
        default,
        deserialize_with = "integer_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub changed_since: Option<Seq>,
}

/// `members`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListMembers {
    /// Where.
    pub conversation_id: ConversationId,
    /// The next page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// `ping` and `pong`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ping {
    /// Given back as it came.
    #[serde(default, deserialize_with = "integer")]
    pub t: Millis,
}

/// A request without fields.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Nothing {}
