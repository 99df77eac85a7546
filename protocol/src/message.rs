//! Messages and what they are made of (docs/protocol.md §5).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    ConversationId, MessageId, Millis, Object, Seq, TempId, UserId,
    code::words,
    limits,
    scalar::{integer, integer_option, list_or_null},
};

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
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Attachment {
    /// The file on the server.
    pub media_id: String,
    /// The name it had with its sender.
    pub name: String,
    /// Its media type, such as `image/jpeg`.
    pub content_type: String,
    /// Its size in bytes.
    #[serde(deserialize_with = "integer")]
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
    #[serde(
        default,
        deserialize_with = "integer_option",
        skip_serializing_if = "Option::is_none"
    )]
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
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reaction {
    /// The emoji.
    pub emoji: String,
    /// How many users put it there.
    #[serde(deserialize_with = "integer")]
    pub count: u64,
    /// Whether the asking user is one of them.
    pub me: bool,
    /// At most five of them.
    pub users: Vec<UserId>,
}

/// A message: as at its own position in a `new_message` event, folded with all later changes in
/// history pages.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "WireMessage")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temp_id: Option<TempId>,
    /// Who said it.
    pub sender_id: UserId,
    /// What it is.
    pub kind: MessageKind,
    /// What was said. Empty once deleted.
    pub content: Content,
    /// Files. Empty once deleted.
    pub attachments: Vec<Attachment>,
    /// The message that it answers.
    pub reply_to: Option<MessageId>,
    /// Users whom it names.
    pub mentions: Vec<UserId>,
    /// The app's own. Absent once deleted.
    pub metadata: Option<Object>,
    /// When the server took it.
    pub created_at: Millis,
    /// When it was last edited.
    pub edited_at: Option<Millis>,
    /// When it was deleted.
    pub deleted_at: Option<Millis>,
    /// The seq of the last event that changed it; a stored message gives way only to a higher one.
    pub state_seq: Seq,
    /// Reactions, in the order in which each emoji first came.
    pub reactions: Vec<Reaction>,
}

/// A message as it is read, alone or as an event. One struct for both, since serde's `flatten`
/// would buffer every field of the most frequent frame.
#[derive(Deserialize)]
struct WireMessage {
    #[serde(default)]
    event_id: Option<MessageId>,
    conversation_id: ConversationId,
    #[serde(deserialize_with = "integer")]
    seq: Seq,
    #[serde(deserialize_with = "integer")]
    number: u64,
    message_id: MessageId,
    #[serde(default)]
    temp_id: Option<TempId>,
    sender_id: UserId,
    kind: MessageKind,
    #[serde(default)]
    content: Content,
    #[serde(default, deserialize_with = "list_or_null")]
    attachments: Vec<Attachment>,
    #[serde(default)]
    reply_to: Option<MessageId>,
    #[serde(default, deserialize_with = "list_or_null")]
    mentions: Vec<UserId>,
    #[serde(default)]
    metadata: Option<Object>,
    #[serde(deserialize_with = "integer")]
    created_at: Millis,
    #[serde(default, deserialize_with = "integer_option")]
    edited_at: Option<Millis>,
    #[serde(default, deserialize_with = "integer_option")]
    deleted_at: Option<Millis>,
    #[serde(deserialize_with = "integer")]
    state_seq: Seq,
    #[serde(default, deserialize_with = "list_or_null")]
    reactions: Vec<Reaction>,
}

impl From<WireMessage> for Message {
    fn from(wire: WireMessage) -> Self {
        Self {
            conversation_id: wire.conversation_id,
            seq: wire.seq,
            number: wire.number,
            message_id: wire.message_id,
            temp_id: wire.temp_id,
            sender_id: wire.sender_id,
            kind: wire.kind,
            content: wire.content,
            attachments: wire.attachments,
            reply_to: wire.reply_to,
            mentions: wire.mentions,
            metadata: wire.metadata,
            created_at: wire.created_at,
            edited_at: wire.edited_at,
            deleted_at: wire.deleted_at,
            state_seq: wire.state_seq,
            reactions: wire.reactions,
        }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("conversation_id", &self.conversation_id)
            .field("seq", &self.seq)
            .field("message_id", &self.message_id)
            .field("temp_id", &self.temp_id)
            .field("sender_id", &self.sender_id)
            .field("kind", &self.kind)
            .field("content", &self.content)
            .field("edited_at", &self.edited_at)
            .field("deleted_at", &self.deleted_at)
            .field("state_seq", &self.state_seq)
            .finish_non_exhaustive()
    }
}

/// `new_message`. `event_id` equals the message's id.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NewMessage {
    /// The event.
    pub event_id: MessageId,
    /// The message as at its seq, unless it was deleted since.
    #[serde(flatten)]
    pub message: Message,
}

impl<'de> Deserialize<'de> for NewMessage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = WireMessage::deserialize(deserializer)?;
        Ok(Self {
            event_id: wire
                .event_id
                .ok_or_else(|| de::Error::missing_field("event_id"))?,
            message: wire.into(),
        })
    }
}

/// The newest message of a conversation, in short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Preview {
    /// The message.
    pub message_id: MessageId,
    /// Its place.
    #[serde(deserialize_with = "integer")]
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
    #[serde(deserialize_with = "integer")]
    pub created_at: Millis,
    /// When it was deleted.
    #[serde(default, deserialize_with = "integer_option")]
    pub deleted_at: Option<Millis>,
}
