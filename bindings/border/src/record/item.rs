//! Messages as a screen shows them.

use causerie::{Content, Error, SendState};

use super::{display_as_debug, redacted};
use crate::{
    fault::integer,
    parse::{count, item_key, json},
};

/// How a write of this device stands.
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
#[cfg_attr(feature = "napi", napi_derive::napi(string_enum = "snake_case"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendKind {
    /// It goes by itself.
    Queued,
    /// The server has it, durable: `seq` may be there.
    Sent,
    /// Refused for good: `code` and `message` are there.
    Failed,
}

/// How a write of this device stands, with what belongs to it.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendStatus {
    /// Which.
    pub kind: SendKind,
    /// Its place.
    pub seq: Option<i64>,
    /// Why it was refused.
    pub code: Option<String>,
    /// The same for a person.
    pub message: Option<String>,
}

impl From<SendState> for SendStatus {
    fn from(state: SendState) -> Self {
        let of = |kind| Self {
            kind,
            seq: None,
            code: None,
            message: None,
        };
        match state {
            SendState::Queued => of(SendKind::Queued),
            SendState::Sent { seq } => Self {
                seq: seq.map(integer),
                ..of(SendKind::Sent)
            },
            SendState::Failed { code, message } => Self {
                code: Some(code.as_str().to_owned()),
                message: Some(message),
                ..of(SendKind::Failed)
            },
        }
    }
}

/// An emoji on a message, counted.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    /// The emoji.
    pub emoji: String,
    /// How many users gave it.
    pub count: i64,
    /// Whether this user is one of them.
    pub me: bool,
    /// At most five of them.
    pub user_ids: Vec<String>,
}

impl From<&causerie::Reaction> for Reaction {
    fn from(reaction: &causerie::Reaction) -> Self {
        Self {
            emoji: reaction.emoji.clone(),
            count: integer(reaction.count),
            me: reaction.me,
            user_ids: reaction.users.iter().map(ToString::to_string).collect(),
        }
    }
}

/// A file that belongs to a message; its bytes are had by REST.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "uniffi", uniffi::export(Debug, Display))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The file on the server.
    pub media_id: String,
    /// The name it had with its sender.
    pub name: String,
    /// Its media type, such as `image/jpeg`.
    pub content_type: String,
    /// Its size in bytes.
    pub size: i64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
    /// Width of an image or a video, in pixels.
    #[cfg_attr(feature = "uniffi", uniffi(default = None))]
    pub width: Option<i64>,
    /// Height of an image or a video, in pixels.
    #[cfg_attr(feature = "uniffi", uniffi(default = None))]
    pub height: Option<i64>,
    /// A blurred stand-in, as a BlurHash.
    #[cfg_attr(feature = "uniffi", uniffi(default = None))]
    pub blurhash: Option<String>,
    /// Length of a recording, in milliseconds.
    #[cfg_attr(feature = "uniffi", uniffi(default = None))]
    pub duration_ms: Option<i64>,
    /// Loudness over time of a recording, base64.
    #[cfg_attr(feature = "uniffi", uniffi(default = None))]
    pub waveform: Option<String>,
}

/// Without its name.
impl std::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attachment")
            .field("media_id", &self.media_id)
            .field("content_type", &self.content_type)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl From<&causerie::Attachment> for Attachment {
    fn from(attachment: &causerie::Attachment) -> Self {
        Self {
            media_id: attachment.media_id.clone(),
            name: attachment.name.clone(),
            content_type: attachment.content_type.clone(),
            size: integer(attachment.size),
            sha256: attachment.sha256.clone(),
            width: attachment.width.map(Into::into),
            height: attachment.height.map(Into::into),
            blurhash: attachment.blurhash.clone(),
            duration_ms: attachment.duration_ms.map(integer),
            waveform: attachment.waveform.clone(),
        }
    }
}

impl TryFrom<Attachment> for causerie::Attachment {
    type Error = Error;

    fn try_from(attachment: Attachment) -> Result<Self, Error> {
        let pixels = |field, length: Option<i64>| length.map(|n| count(field, n)).transpose();
        Ok(Self {
            media_id: attachment.media_id,
            name: attachment.name,
            content_type: attachment.content_type,
            size: count("size", attachment.size)?,
            sha256: attachment.sha256,
            width: pixels("width", attachment.width)?,
            height: pixels("height", attachment.height)?,
            blurhash: attachment.blurhash,
            duration_ms: attachment
                .duration_ms
                .map(|length| count("duration_ms", length))
                .transpose()?,
            waveform: attachment.waveform,
        })
    }
}

/// A message as a screen shows it.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "uniffi", uniffi::export(Debug, Display))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Clone, PartialEq, Eq)]
pub struct TimelineItem {
    /// Stable, also over the message's confirmation.
    pub key: String,
    /// Where it was said.
    pub conversation_id: String,
    /// The server's id, once it is confirmed.
    pub message_id: Option<String>,
    /// Its sender's name for it; only the sender's devices see it.
    pub temp_id: Option<String>,
    /// Its place in the conversation's order, once it is confirmed.
    pub seq: Option<i64>,
    /// Who said it.
    pub sender_id: String,
    /// `text`, `media` and so on, as `docs/protocol.md` §5 names them; new ones may come.
    pub kind: String,
    /// What was said, if it is text.
    pub text: Option<String>,
    /// What was said, if it is an object of the app's, as JSON.
    pub object: Option<String>,
    /// Files. None once it is deleted.
    pub attachments: Vec<Attachment>,
    /// The message that it answers.
    pub reply_to: Option<String>,
    /// Users whom it names.
    pub mentions: Vec<String>,
    /// The app's own, as JSON. None once it is deleted.
    pub metadata: Option<String>,
    /// When it was taken, in milliseconds since 1970.
    pub created_at: i64,
    /// When it was last edited.
    pub edited_at: Option<i64>,
    /// When it was deleted.
    pub deleted_at: Option<i64>,
    /// In the order in which each emoji first came.
    pub reactions: Vec<Reaction>,
    /// How it stands, for one of this device that is not confirmed.
    pub send: Option<SendStatus>,
    /// An edit, deletion or reaction of this device is laid over it and on its way.
    pub pending_change: bool,
}

/// Without what people wrote.
impl std::fmt::Debug for TimelineItem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TimelineItem")
            .field("key", &self.key)
            .field("message_id", &self.message_id)
            .field("seq", &self.seq)
            .field("sender_id", &self.sender_id)
            .field("kind", &self.kind)
            .field("text", &redacted(&self.text))
            .field("object", &redacted(&self.object))
            .field("attachments", &self.attachments)
            .field("created_at", &self.created_at)
            .field("edited_at", &self.edited_at)
            .field("deleted_at", &self.deleted_at)
            .field("reactions", &self.reactions)
            .field("send", &self.send)
            .field("pending_change", &self.pending_change)
            .finish_non_exhaustive()
    }
}

display_as_debug!(Attachment, TimelineItem);

impl From<&causerie::TimelineItem> for TimelineItem {
    fn from(item: &causerie::TimelineItem) -> Self {
        let message = &item.message;
        let confirmed = item.send.is_none();
        Self {
            key: item_key(item.key),
            conversation_id: message.conversation_id.to_string(),
            message_id: confirmed.then(|| message.message_id.to_string()),
            temp_id: message.temp_id.map(|id| id.to_string()),
            seq: confirmed.then(|| integer(message.seq)),
            sender_id: message.sender_id.to_string(),
            kind: message.kind.as_str().to_owned(),
            text: message.content.text().map(str::to_owned),
            object: match &message.content {
                Content::Object(object) => json(object),
                Content::Empty | Content::Text(_) => None,
            },
            attachments: message.attachments.iter().map(Into::into).collect(),
            reply_to: message.reply_to.map(|id| id.to_string()),
            mentions: message.mentions.iter().map(ToString::to_string).collect(),
            metadata: message.metadata.as_ref().and_then(json),
            created_at: integer(message.created_at),
            edited_at: message.edited_at.map(integer),
            deleted_at: message.deleted_at.map(integer),
            reactions: message.reactions.iter().map(Into::into).collect(),
            send: item.send.clone().map(Into::into),
            pending_change: item.pending_change,
        }
    }
}
