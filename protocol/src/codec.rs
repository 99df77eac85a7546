//! Bytes to frames and back (docs/protocol.md §1). Input is bounded in size by the caller, in
//! depth by `serde_json` (128 levels, and only where a payload is read), and never panics.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    ClientFrame, ConversationId, ErrorCode, ErrorReply, MessageKind, SendMessage, ServerFrame,
    ServerMessage, TempId, Write, WriteFault, WriteKind, WriteOp,
    frame::invalid_payload,
    limits::{MAX_CONTENT_BYTES, MAX_EMOJI_BYTES, MAX_INTEGER, MAX_METADATA_BYTES},
    record::encoded_len,
};

/// A frame whose payload is not yet read. Nothing of the payload is lost: unknown fields stay in it.
#[derive(Debug, Clone, Deserialize)]
pub struct RawFrame<'a> {
    /// Its type.
    #[serde(borrow, rename = "type")]
    pub kind: Cow<'a, str>,
    /// The request's id.
    #[serde(default)]
    pub id: Option<u64>,
    #[serde(borrow, default)]
    payload: Option<&'a RawValue>,
    /// What the server tells beside an event.
    #[serde(borrow, default)]
    pub meta: Option<&'a RawValue>,
}

impl<'a> RawFrame<'a> {
    /// The payload as it came; `{}` if there is none.
    pub fn payload_json(&self) -> &'a str {
        self.payload.map_or("{}", RawValue::get)
    }

    pub(crate) fn payload(&self) -> &'a RawValue {
        self.payload
            .unwrap_or_else(|| serde_json::from_str("{}").unwrap_or(RawValue::NULL))
    }
}

/// Why text is no frame.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Not JSON: what follows in this message cannot be read either.
    #[error("not JSON: {0}")]
    Syntax(serde_json::Error),
    /// JSON, but no frame.
    #[error(
        "a frame is an object with a string `type`, and perhaps an integer `id` and an object `payload`: {0}"
    )]
    Shape(serde_json::Error),
    /// A character that is allowed nowhere: U+0000, or half of a surrogate pair.
    #[error("U+0000 and lone surrogates are not allowed")]
    Character,
}

/// One frame of a batch: its text, and what was read of it.
pub type BatchItem<'a> = (&'a str, Result<RawFrame<'a>, DecodeError>);

/// The frames of a text message, one after the other. After a [`DecodeError::Syntax`] it ends.
pub fn raw_frames(text: &str) -> impl Iterator<Item = BatchItem<'_>> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    let mut broken = false;
    std::iter::from_fn(move || {
        if broken {
            return None;
        }
        Some(match values.next()? {
            Ok(raw) => (raw.get(), raw_frame(raw.get())),
            Err(error) => {
                broken = true;
                ("", Err(DecodeError::Syntax(error)))
            }
        })
    })
}

fn raw_frame(text: &str) -> Result<RawFrame<'_>, DecodeError> {
    if has_forbidden_character(text) {
        return Err(DecodeError::Character);
    }
    serde_json::from_str(text).map_err(DecodeError::Shape)
}

/// JSON text has these two only as escapes; text without any escape of that kind is clean.
fn has_forbidden_character(text: &str) -> bool {
    if !text.contains("\\u") {
        return false;
    }
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(found) = text[at..].find('\\') {
        let escape = at + found;
        if bytes.get(escape + 1) != Some(&b'u') {
            at = escape + 2;
            continue;
        }
        let Some(unit) = utf16_escape(text, escape) else {
            return false;
        };
        match unit {
            0 => return true,
            0xD800..=0xDBFF => match utf16_escape(text, escape + 6) {
                Some(0xDC00..=0xDFFF) => at = escape + 12,
                Some(_) | None => return true,
            },
            0xDC00..=0xDFFF => return true,
            _ => at = escape + 6,
        }
    }
    false
}

fn utf16_escape(text: &str, at: usize) -> Option<u16> {
    let hex = text.get(at..at + 6)?.strip_prefix("\\u")?;
    u16::from_str_radix(hex, 16).ok()
}

/// Why a client's frame cannot be served, with the id it came with.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameFault {
    /// The frame's id, if one can be read even so.
    pub id: Option<u64>,
    /// What is wrong, for a person. It has a `temp_id` if the frame is a durable write that has one.
    pub error: ErrorReply,
}

impl FrameFault {
    /// The answer: `message_error` if a durable write can be named, `error` otherwise.
    pub fn into_frame(self) -> ServerFrame {
        let message = if self.error.temp_id.is_some() {
            ServerMessage::MessageError(self.error)
        } else {
            ServerMessage::Error(self.error)
        };
        ServerFrame::reply(self.id, message)
    }
}

/// Reads the frames of a client's text message. Each is one outcome; malformed JSON is the last.
pub fn decode_client(text: &str) -> impl Iterator<Item = Result<ClientFrame, FrameFault>> + '_ {
    raw_frames(text).map(|(text, raw)| {
        let raw = raw.map_err(|e| FrameFault {
            id: id_alone(text),
            error: ErrorReply::new(ErrorCode::Invalid, e.to_string()),
        })?;
        ClientFrame::from_raw(&raw).map_err(|error| FrameFault { id: raw.id, error })
    })
}

/// The id of a frame that is otherwise wrong.
fn id_alone(text: &str) -> Option<u64> {
    #[derive(Deserialize)]
    struct OnlyId {
        id: u64,
    }
    serde_json::from_str::<OnlyId>(text)
        .ok()
        .map(|only| only.id)
        .filter(|id| *id < MAX_INTEGER)
}

/// Reads the frames of a server's text message.
pub fn decode_server(text: &str) -> impl Iterator<Item = Result<ServerFrame, DecodeError>> + '_ {
    raw_frames(text)
        .map(|(_, raw)| raw.and_then(|raw| ServerFrame::from_raw(&raw).map_err(DecodeError::Shape)))
}

/// A client's frame as one line, without the line's end.
///
/// # Errors
/// If the frame holds a write that is malformed.
pub fn encode_client(frame: &ClientFrame) -> Result<String, serde_json::Error> {
    serde_json::to_string(frame)
}

/// A server's frame as one line, without the line's end.
///
/// # Errors
/// Only if a map of the app's has keys that are no strings, which JSON cannot bring.
pub fn encode_server(frame: &ServerFrame) -> Result<String, serde_json::Error> {
    serde_json::to_string(frame)
}

/// Appends a server's frame to a buffer.
///
/// # Errors
/// As [`encode_server`].
pub fn encode_server_into(
    frame: &ServerFrame,
    buffer: &mut Vec<u8>,
) -> Result<(), serde_json::Error> {
    serde_json::to_writer(buffer, frame)
}

#[derive(Deserialize)]
struct WriteHead {
    temp_id: TempId,
    conversation_id: ConversationId,
    #[serde(default)]
    skip: Option<TempId>,
}

/// Reads a durable write. Without sound names it is refused at once; any other fault stays with it,
/// since a repeat is answered whatever it carries.
pub(crate) fn decode_write(kind: WriteKind, payload: &str) -> Result<Write, ErrorReply> {
    let head: WriteHead = serde_json::from_str(payload).map_err(|e| invalid_head(payload, &e))?;
    if !head.temp_id.is_v7() {
        return Err(ErrorReply::invalid("temp_id", "a temp_id is a UUIDv7"));
    }
    let op = WriteOp::from_json(kind, payload)
        .map_err(|e| ErrorReply {
            field: named_field(&e),
            ..invalid_payload(&e)
        })
        .and_then(|op| check(&op).map(|()| op))
        .map_err(|e| WriteFault {
            kind,
            code: e.code,
            message: e.message,
            field: e.field,
        });
    Ok(Write {
        temp_id: head.temp_id,
        conversation_id: head.conversation_id,
        skip: head.skip,
        op,
    })
}

/// Names of a write that cannot be read: says which, and gives back the temp_id if that one can.
fn invalid_head(payload: &str, error: &serde_json::Error) -> ErrorReply {
    #[derive(Deserialize)]
    struct OnlyTempId {
        temp_id: TempId,
    }
    let temp_id = serde_json::from_str::<OnlyTempId>(payload)
        .ok()
        .map(|only| only.temp_id);
    let field = if temp_id.is_some() {
        "conversation_id"
    } else {
        "temp_id"
    };
    ErrorReply {
        temp_id,
        ..ErrorReply::invalid(field, format!("{field} is wrong: {error}"))
    }
}

/// The field that serde's message names between backticks, if it does.
fn named_field(error: &serde_json::Error) -> Option<String> {
    let text = error.to_string();
    let field = text
        .strip_prefix("missing field `")
        .and_then(|rest| rest.split('`').next());
    Some(field.unwrap_or("payload").to_owned())
}

/// The limits of docs/protocol.md §5, and what follows from a message's kind.
fn check(op: &WriteOp) -> Result<(), ErrorReply> {
    match op {
        WriteOp::SendMessage(send) => check_send(send),
        WriteOp::EditMessage(edit) => {
            if edit.content.is_empty() {
                return Err(ErrorReply::invalid("content", "an edit has content"));
            }
            within("content", encoded_len(&edit.content), MAX_CONTENT_BYTES)
        }
        WriteOp::AddReaction(react) | WriteOp::RemoveReaction(react) => {
            if react.emoji.is_empty() || react.emoji.chars().any(char::is_control) {
                return Err(ErrorReply::invalid("emoji", "an emoji is a short text"));
            }
            within("emoji", react.emoji.len(), MAX_EMOJI_BYTES)
        }
        WriteOp::DeleteMessage(_)
        | WriteOp::CreateConversation(_)
        | WriteOp::UpdateConversation(_)
        | WriteOp::AddMembers(_)
        | WriteOp::RemoveMembers(_)
        | WriteOp::SetRole(_)
        | WriteOp::InviteMembers(_)
        | WriteOp::AcceptInvite(_)
        | WriteOp::DeclineInvite(_)
        | WriteOp::QuitConversation(_)
        | WriteOp::CreateGroup(_)
        | WriteOp::UpdateGroup(_)
        | WriteOp::AddGroupMembers(_)
        | WriteOp::RemoveGroupMembers(_)
        | WriteOp::SetGroupRole(_)
        | WriteOp::QuitGroup(_) => check_names(op),
    }
}

fn check_send(send: &SendMessage) -> Result<(), ErrorReply> {
    use crate::{Content, limits};
    let fits = match (&send.kind, &send.content) {
        (MessageKind::Text | MessageKind::System, Content::Text(text)) => !text.is_empty(),
        (MessageKind::Media, Content::Text(_) | Content::Empty) => true,
        (MessageKind::Custom, Content::Object(_)) => true,
        (MessageKind::Other(_), _) => {
            return Err(ErrorReply::invalid(
                "kind",
                "a message is text, media, system or custom",
            ));
        }
        (_, _) => false,
    };
    if !fits {
        return Err(ErrorReply::invalid(
            "content",
            "content is a non-empty string for text, an object for custom",
        ));
    }
    if send.kind == MessageKind::Media && send.attachments.is_empty() {
        return Err(ErrorReply::invalid(
            "attachments",
            "a media message has attachments",
        ));
    }
    within("content", encoded_len(&send.content), MAX_CONTENT_BYTES)?;
    within(
        "metadata",
        send.metadata.as_ref().map_or(0, encoded_len),
        MAX_METADATA_BYTES,
    )?;
    within(
        "attachments",
        send.attachments.len(),
        limits::MAX_ATTACHMENTS,
    )?;
    within("mentions", send.mentions.len(), limits::MAX_MENTIONS)
}

fn check_names(op: &WriteOp) -> Result<(), ErrorReply> {
    use crate::limits::{MAX_AVATAR_BYTES, MAX_INITIAL_MEMBERS, MAX_TITLE_BYTES, MAX_USER_IDS};
    let len = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    match op {
        WriteOp::CreateConversation(create) => {
            within("title", len(&create.title), MAX_TITLE_BYTES)?;
            within(
                "members",
                create.members.as_ref().map_or(0, Vec::len),
                MAX_INITIAL_MEMBERS,
            )
        }
        WriteOp::CreateGroup(create) => {
            within("title", len(&create.title), MAX_TITLE_BYTES)?;
            within("avatar", len(&create.avatar), MAX_AVATAR_BYTES)?;
            within(
                "members",
                create.members.as_ref().map_or(0, Vec::len),
                MAX_INITIAL_MEMBERS,
            )
        }
        WriteOp::UpdateConversation(update) | WriteOp::UpdateGroup(update) => {
            within("title", len(&update.title), MAX_TITLE_BYTES)?;
            within("avatar", len(&update.avatar), MAX_AVATAR_BYTES)?;
            within(
                "settings",
                update.settings.as_ref().map_or(0, encoded_len),
                MAX_METADATA_BYTES,
            )
        }
        WriteOp::AddMembers(members)
        | WriteOp::RemoveMembers(members)
        | WriteOp::SetRole(members)
        | WriteOp::InviteMembers(members)
        | WriteOp::AddGroupMembers(members)
        | WriteOp::RemoveGroupMembers(members)
        | WriteOp::SetGroupRole(members) => {
            if members.user_ids.is_empty() {
                return Err(ErrorReply::invalid("user_ids", "name at least one user"));
            }
            within("user_ids", members.user_ids.len(), MAX_USER_IDS)
        }
        WriteOp::SendMessage(_)
        | WriteOp::EditMessage(_)
        | WriteOp::DeleteMessage(_)
        | WriteOp::AddReaction(_)
        | WriteOp::RemoveReaction(_)
        | WriteOp::AcceptInvite(_)
        | WriteOp::DeclineInvite(_)
        | WriteOp::QuitConversation(_)
        | WriteOp::QuitGroup(_) => Ok(()),
    }
}

fn within(field: &str, size: usize, limit: usize) -> Result<(), ErrorReply> {
    if size <= limit {
        return Ok(());
    }
    Err(ErrorReply {
        field: Some(field.into()),
        ..ErrorReply::new(
            ErrorCode::TooLarge,
            format!("{field} is {size}, the limit is {limit}"),
        )
    })
}

/// What a server passes on without reading it again.
impl Serialize for RawFrame<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", &self.kind)?;
        if let Some(id) = self.id {
            map.serialize_entry("id", &id)?;
        }
        map.serialize_entry("payload", self.payload())?;
        if let Some(meta) = self.meta {
            map.serialize_entry("meta", meta)?;
        }
        map.end()
    }
}
