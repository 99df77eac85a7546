//! The things frames speak of: messages, items, users (docs/protocol.md §4 and §5).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value};

use crate::{ConversationId, GroupId, MessageId, Millis, Seq, TempId, UserId, code::words, limits};

/// A JSON object that belongs to the app: metadata, settings, preferences.
pub type Object = Map<String, Value>;

words! {
    /// What a message is.
    MessageKind {
        /// Text of a person.
        Text = "text",
        /// Attachments, perhaps with a caption.
        Media = "media",
        /// Written by the server or the app's backend.
        System = "system",
        /// An object that the app understands.
        Custom = "custom",
    }
}

words! {
    /// What a conversation is.
    ConversationKind {
        /// Of exactly two users, for ever.
        Direct = "direct",
        /// Of listed members, or of a group's.
        Group = "group",
        /// Owner and admins write, all read.
        Broadcast = "broadcast",
    }
}

words! {
    /// Whether a user belongs to a conversation.
    MembershipState {
        /// A member.
        Joined = "joined",
        /// Asked to join; reads nothing yet.
        Invited = "invited",
        /// A member once.
        Left = "left",
    }
}

words! {
    /// What a member may do.
    Role {
        /// The creator, or who was made one.
        Owner = "owner",
        /// Manages members and settings.
        Admin = "admin",
        /// Takes part.
        Member = "member",
    }
}

impl Role {
    /// Whether this role manages members and settings and deletes others' messages.
    pub fn manages(&self) -> bool {
        match self {
            Self::Owner | Self::Admin => true,
            Self::Member | Self::Other(_) => false,
        }
    }
}

words! {
    /// Which history a later member sees.
    HistoryPolicy {
        /// From joining on. The default.
        FromJoin = "from_join",
        /// All of it.
        All = "all",
    }
}

/// A message's content: nothing (deleted, or media without a caption), a text, or an object.
/// `Debug` shows only its size, so that no content reaches a log.
#[derive(Clone, PartialEq, Default)]
pub enum Content {
    /// `null`.
    #[default]
    Empty,
    /// A string.
    Text(String),
    /// An object of the app's.
    Object(Object),
}

impl Content {
    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Empty | Self::Object(_) => None,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    /// The size as encoded JSON, in bytes.
    pub fn encoded_len(&self) -> usize {
        encoded_len(self)
    }

    /// The beginning of the text, of at most 200 characters.
    pub fn preview(&self) -> Option<String> {
        self.text()
            .map(|text| text.chars().take(limits::MAX_PREVIEW_CHARS).collect())
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Text(text) => write!(f, "Text([redacted], {} bytes)", text.len()),
            Self::Object(object) => write!(f, "Object([redacted], {} fields)", object.len()),
        }
    }
}

impl Serialize for Content {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Empty => serializer.serialize_unit(),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Object(object) => object.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Content;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string, an object or null")
            }

            fn visit_unit<E: de::Error>(self) -> Result<Content, E> {
                Ok(Content::Empty)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Content, E> {
                Ok(Content::Text(text.into()))
            }

            fn visit_string<E: de::Error>(self, text: String) -> Result<Content, E> {
                Ok(Content::Text(text))
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Content, A::Error> {
                Object::deserialize(de::value::MapAccessDeserializer::new(map)).map(Content::Object)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// The size of a value as JSON, in bytes, without building it.
pub fn encoded_len<T: Serialize>(value: &T) -> usize {
    struct Counter(usize);
    impl std::io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(0);
    match serde_json::to_writer(&mut counter, value) {
        Ok(()) => counter.0,
        Err(_) => usize::MAX,
    }
}

/// A file that belongs to a message; its bytes are had by REST.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Attachment {
    /// The file on the server.
    pub media_id: String,
    /// The name it had with its sender.
    pub name: String,
    /// Its media type, such as `image/jpeg`.
    pub content_type: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
    /// Width of an image or a video, in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Height of an image or a video, in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// A blurred stand-in, as a BlurHash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blurhash: Option<String>,
    /// Length of a recording, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Loudness over time of a recording, base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waveform: Option<String>,
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attachment")
            .field("media_id", &self.media_id)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// One emoji on a message, counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reaction {
    /// The emoji.
    pub emoji: String,
    /// How many users put it there.
    pub count: u64,
    /// Whether the asking user is one of them.
    pub me: bool,
    /// At most five of them.
    pub users: Vec<UserId>,
}

/// A message: as at its own position in a `new_message` event, folded with all later changes in
/// history pages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Where it was said.
    pub conversation_id: ConversationId,
    /// Its place in the conversation's order.
    pub seq: Seq,
    /// How many messages there were with it.
    pub number: u64,
    /// Its id.
    pub message_id: MessageId,
    /// Its sender's name for it; only the sender's devices see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temp_id: Option<TempId>,
    /// Who said it.
    pub sender_id: UserId,
    /// What it is.
    pub kind: MessageKind,
    /// What was said. Empty once deleted.
    #[serde(default)]
    pub content: Content,
    /// Files. Empty once deleted.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
    /// The message that it answers.
    #[serde(default)]
    pub reply_to: Option<MessageId>,
    /// Users whom it names.
    #[serde(default)]
    pub mentions: Vec<UserId>,
    /// The app's own. Absent once deleted.
    #[serde(default)]
    pub metadata: Option<Object>,
    /// When the server took it.
    pub created_at: Millis,
    /// When it was last edited.
    #[serde(default)]
    pub edited_at: Option<Millis>,
    /// When it was deleted.
    #[serde(default)]
    pub deleted_at: Option<Millis>,
    /// The seq of the last event that changed it; a stored message gives way only to a higher one.
    pub state_seq: Seq,
    /// Reactions, in the order in which each emoji first came.
    #[serde(default)]
    pub reactions: Vec<Reaction>,
}

/// The newest message of a conversation, in short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    /// The message.
    pub message_id: MessageId,
    /// Its place.
    pub seq: Seq,
    /// Who said it.
    pub sender_id: UserId,
    /// What it is.
    pub kind: MessageKind,
    /// At most 200 characters of its text; empty for an object, a deleted one or media without a
    /// caption.
    #[serde(default)]
    pub content: Content,
    /// When the server took it.
    pub created_at: Millis,
    /// When it was deleted.
    #[serde(default)]
    pub deleted_at: Option<Millis>,
}

/// A conversation as one user sees it in a list (docs/protocol.md §4, "Item").
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// What it is.
    pub kind: ConversationKind,
    /// The group that it belongs to.
    #[serde(default)]
    pub group_id: Option<GroupId>,
    /// Its title.
    #[serde(default)]
    pub title: Option<String>,
    /// A reference to its picture.
    #[serde(default)]
    pub avatar: Option<String>,
    /// The other user of a direct conversation.
    #[serde(default)]
    pub peer_id: Option<UserId>,
    /// Whether this user belongs to it.
    pub membership: MembershipState,
    /// This user's role.
    pub role: Role,
    /// Rises with every change to this user's row.
    pub rev: u64,
    /// The first seq that this user may see.
    pub visible_from: Seq,
    /// The last seq.
    pub head_seq: Seq,
    /// How many messages there are.
    pub head_number: u64,
    /// How far this user has read.
    pub read_seq: Seq,
    /// How many messages were read.
    pub read_number: u64,
    /// Unread messages that mention this user.
    pub mentions_unread: u64,
    /// Whether this user muted it.
    #[serde(default)]
    pub muted: bool,
    /// Whether this user archived it.
    #[serde(default)]
    pub archived: bool,
    /// Whether this user pinned it.
    #[serde(default)]
    pub pinned: bool,
    /// The newest message that this user may see.
    #[serde(default)]
    pub last_message: Option<Preview>,
    /// When it last had activity: a message or this user's joining.
    pub updated_at: Millis,
    /// How many members it has.
    pub members_count: u64,
}

impl Item {
    /// Messages not read yet.
    pub fn unread(&self) -> u64 {
        self.head_number.saturating_sub(self.read_number)
    }
}

/// A group as one user sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupItem {
    /// The group.
    pub group_id: GroupId,
    /// Its title.
    #[serde(default)]
    pub title: Option<String>,
    /// A reference to its picture.
    #[serde(default)]
    pub avatar: Option<String>,
    /// Whether this user belongs to it.
    pub membership: MembershipState,
    /// This user's role.
    pub role: Role,
    /// How many members it has.
    pub members_count: u64,
    /// Rises with every change to this user's row.
    pub rev: u64,
}

/// A user's name and picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// Who.
    pub user_id: UserId,
    /// The name to show.
    #[serde(default)]
    pub name: Option<String>,
    /// A reference to the picture.
    #[serde(default)]
    pub avatar: Option<String>,
    /// Rises with every change.
    pub rev: u64,
}

/// What only the user has: preferences, follows, blocks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Me {
    /// The user.
    pub user: User,
    /// The app's own.
    #[serde(default)]
    pub preferences: Object,
    /// Users followed.
    #[serde(default)]
    pub follows: Vec<UserId>,
    /// Users blocked.
    #[serde(default)]
    pub blocks: Vec<UserId>,
    /// Rises with every change.
    pub rev: u64,
}

/// A member of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// Who.
    pub user_id: UserId,
    /// What they may do.
    pub role: Role,
    /// Since when.
    pub joined_at: Millis,
}

/// How far a member has read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadCursor {
    /// Who.
    pub user_id: UserId,
    /// Read up to here.
    pub seq: Seq,
    /// Delivered up to here.
    pub delivered_seq: Seq,
}
