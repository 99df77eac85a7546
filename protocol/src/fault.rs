//! What is wrong with a client's frame, and how much of it can be read even so
//! (docs/protocol.md §4). An error names the field and never repeats a text that stands in it.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;

use crate::{
    ClientFrame, ConversationId, ErrorReply, Request, ServerFrame, ServerMessage, TempId, Write,
    WriteFault, WriteKind, WriteOp,
    check::check_write,
    codec::has_forbidden_character,
    scalar::{integer, raw_object},
};

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
    let op = WriteOp::from_json(kind, payload)
        .map_err(|error| invalid_payload(payload, &error))
        .and_then(|op| check_write(&op).map(|()| op));
    name_write(kind, payload, op)
}

/// Puts a write's names to what it does, or to what is wrong with it.
fn name_write(
    kind: WriteKind,
    payload: &str,
    op: Result<WriteOp, ErrorReply>,
) -> Result<Write, ErrorReply> {
    let head: WriteHead =
        serde_json::from_str(payload).map_err(|error| invalid_head(payload, &error))?;
    if !head.temp_id.is_v7() {
        return Err(ErrorReply {
            temp_id: Some(head.temp_id),
            conversation_id: Some(head.conversation_id),
            ..ErrorReply::invalid("temp_id", "a temp_id is a UUIDv7")
        });
    }
    Ok(Write {
        temp_id: head.temp_id,
        conversation_id: head.conversation_id,
        skip: head.skip,
        op: op.map_err(|error| WriteFault {
            kind,
            code: error.code,
            message: error.message,
            field: error.field,
        }),
    })
}

/// Names of a write that cannot be read: says which, and gives back those that can.
fn invalid_head(payload: &str, error: &serde_json::Error) -> ErrorReply {
    #[derive(Deserialize)]
    struct OnlyTempId {
        temp_id: TempId,
    }
    #[derive(Deserialize)]
    struct OnlyConversation {
        conversation_id: ConversationId,
    }
    ErrorReply {
        temp_id: serde_json::from_str(payload)
            .ok()
            .map(|only: OnlyTempId| only.temp_id),
        conversation_id: serde_json::from_str(payload)
            .ok()
            .map(|only: OnlyConversation| only.conversation_id),
        ..invalid_payload(payload, error)
    }
}

/// Refuses a frame that is JSON at best, with as much of it as can be read: its id, and the names of
/// a durable write, which then is no fault but a write whose `op` is one.
pub(crate) fn refuse(text: &str, error: ErrorReply) -> Result<ClientFrame, FrameFault> {
    #[derive(Deserialize)]
    struct OnlyId {
        #[serde(deserialize_with = "integer")]
        id: u64,
    }
    #[derive(Deserialize)]
    struct OnlyWrite<'a> {
        #[serde(borrow, rename = "type")]
        kind: Cow<'a, str>,
        #[serde(borrow, default, deserialize_with = "raw_object")]
        payload: Option<&'a RawValue>,
    }
    if !text.starts_with('{') {
        // An array would be read as an object's values in their order.
        return Err(FrameFault { id: None, error });
    }
    let id = serde_json::from_str(text).ok().map(|only: OnlyId| only.id);
    let write = serde_json::from_str::<OnlyWrite<'_>>(text)
        .ok()
        .and_then(|write| Some((WriteKind::from_type(&write.kind)?, write.payload?.get())));
    let Some((kind, payload)) = write else {
        return Err(FrameFault { id, error });
    };
    let error = ErrorReply {
        field: error
            .field
            .or_else(|| field_with_forbidden_character(payload)),
        ..error
    };
    match name_write(kind, payload, Err(error)) {
        Ok(write) => Ok(ClientFrame {
            id,
            request: Request::Write(Box::new(write)),
        }),
        Err(error) => Err(FrameFault { id, error }),
    }
}

/// `invalid`, with the field.
pub(crate) fn invalid_payload(payload: &str, error: &serde_json::Error) -> ErrorReply {
    ErrorReply::invalid(
        faulty_field(payload, error).unwrap_or_else(|| "payload".into()),
        format!("the payload does not fit its type: {}", describe(error)),
    )
}

/// The field of an object, at its first level, that serde could not read, missed or met twice.
pub(crate) fn faulty_field(object: &str, error: &serde_json::Error) -> Option<String> {
    field_at(object, error).or_else(|| named_field(error))
}

/// What serde found, without the text in which it found it.
pub(crate) fn describe(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let quoted = text.find(": string \"").zip(text.rfind("\", expected"));
    match quoted.and_then(|(start, end)| Some((text.get(..start)?, text.get(end + 1..)?))) {
        Some((before, after)) => format!("{before}: a string{after}"),
        None => text,
    }
}

/// The field in which serde stopped.
fn field_at(object: &str, error: &serde_json::Error) -> Option<String> {
    let line_start: usize = object
        .split_inclusive('\n')
        .take(error.line().checked_sub(1)?)
        .map(str::len)
        .sum();
    let at = line_start + error.column();
    let start_of_object = object.as_ptr() as usize;
    fields(object)?.into_iter().find_map(|(name, value)| {
        let start = value.as_ptr() as usize - start_of_object;
        (start <= at && at <= start + value.len()).then(|| name.into_owned())
    })
}

pub(crate) fn field_with_forbidden_character(payload: &str) -> Option<String> {
    fields(payload)?
        .into_iter()
        .find_map(|(name, value)| has_forbidden_character(value).then(|| name.into_owned()))
}

/// The field that serde's message names, if it does: one that is missing or there twice.
fn named_field(error: &serde_json::Error) -> Option<String> {
    let text = error.to_string();
    let (_, rest) = text.split_once(" field `")?;
    rest.split('`').next().map(str::to_owned)
}

/// The fields of an object with the text of their values, in their order.
pub(crate) fn fields(object: &str) -> Option<Vec<(Cow<'_, str>, &str)>> {
    struct Visitor;
    impl<'de> de::Visitor<'de> for Visitor {
        type Value = Vec<(Cow<'de, str>, &'de str)>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut fields = Vec::new();
            while let Some((name, value)) = map.next_entry::<Cow<'de, str>, &'de RawValue>()? {
                fields.push((name, value.get()));
            }
            Ok(fields)
        }
    }
    serde_json::Deserializer::from_str(object)
        .deserialize_map(Visitor)
        .ok()
}
