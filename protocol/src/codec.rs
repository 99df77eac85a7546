//! Bytes to frames and back (docs/protocol.md §1). Input is bounded in size by the caller and in
//! depth by `serde_json`: 128 levels, and only where a value is kept. Nothing here panics.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize, de::Error as _};
use serde_json::value::RawValue;

use crate::{
    ClientFrame, ErrorCode, ErrorReply, FrameFault, ServerFrame,
    fault::{describe, faulty_field, refuse},
    limits::MAX_FRAME_BYTES,
    salvage::salvage,
    scalar::{integer_option, raw_object},
};

/// A frame whose payload is not yet read. Nothing of the payload is lost: unknown fields stay in it.
/// `Debug` shows only its size.
#[derive(Clone, Deserialize)]
pub struct RawFrame<'a> {
    /// Its type.
    #[serde(borrow, rename = "type")]
    pub kind: Cow<'a, str>,
    /// The request's id.
    #[serde(default, deserialize_with = "integer_option")]
    pub id: Option<u64>,
    #[serde(borrow, default, deserialize_with = "raw_object")]
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

impl fmt::Debug for RawFrame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawFrame")
            .field("kind", &self.kind)
            .field("id", &self.id)
            .field("payload_bytes", &self.payload_json().len())
            .finish_non_exhaustive()
    }
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

/// Why text is no frame. Neither `Display` nor `Debug` shows a text that stands in it.
#[derive(thiserror::Error)]
pub enum DecodeError {
    /// Not JSON: what follows in this message cannot be read either.
    #[error("not JSON: {0}")]
    Syntax(serde_json::Error),
    /// JSON, but no frame.
    #[error(
        "a frame is an object with a string `type`, and perhaps an integer `id` and an object `payload`: {}",
        describe(.0)
    )]
    Shape(serde_json::Error),
    /// A character that is allowed nowhere: U+0000, or half of a surrogate pair.
    #[error("U+0000 and lone surrogates are not allowed")]
    Character,
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DecodeError({self})")
    }
}

/// One frame of a batch: its text, and what was read of it.
pub type BatchItem<'a> = (&'a str, Result<RawFrame<'a>, DecodeError>);

/// The frames of a text message, one after the other. After a [`DecodeError::Syntax`] it ends. A
/// place that an error names is counted from the beginning of its frame.
pub fn raw_frames(text: &str) -> impl Iterator<Item = BatchItem<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches([' ', '\t', '\n', '\r']);
        if rest.is_empty() {
            return None;
        }
        let (frame, outcome) = first_frame(rest);
        rest = match outcome {
            Err(DecodeError::Syntax(_)) => "",
            Ok(_) | Err(DecodeError::Shape(_) | DecodeError::Character) => {
                rest.get(frame.len()..).unwrap_or_default()
            }
        };
        Some((frame, outcome))
    })
}

/// The frame that `text` begins with. Almost always one pass finds both its end and its parts.
fn first_frame(text: &str) -> BatchItem<'_> {
    let shape = if text.starts_with('{') {
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<RawFrame<'_>>();
        match values.next() {
            Some(Ok(raw)) => {
                let frame = text.get(..values.byte_offset()).unwrap_or(text);
                if has_forbidden_character(frame) {
                    return (frame, Err(DecodeError::Character));
                }
                return (frame, Ok(raw));
            }
            Some(Err(error)) => error,
            None => serde_json::Error::custom("an empty text"),
        }
    } else {
        serde_json::Error::custom("not an object")
    };
    match serde_json::Deserializer::from_str(text)
        .into_iter::<&RawValue>()
        .next()
    {
        Some(Ok(value)) if has_forbidden_character(value.get()) => {
            (value.get(), Err(DecodeError::Character))
        }
        Some(Ok(value)) => (value.get(), Err(DecodeError::Shape(shape))),
        Some(Err(error)) => ("", Err(DecodeError::Syntax(error))),
        None => ("", Err(DecodeError::Syntax(shape))),
    }
}

/// JSON text has these two only as escapes; text without any escape of that kind is clean.
pub(crate) fn has_forbidden_character(text: &str) -> bool {
    if !text.contains("\\u") {
        return false;
    }
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(found) = bytes
        .get(at..)
        .and_then(|rest| rest.iter().position(|byte| *byte == b'\\'))
    {
        let escape = at + found;
        if bytes.get(escape + 1) != Some(&b'u') {
            at = escape + 2;
            continue;
        }
        match utf16_escape(bytes, escape) {
            Some(0) | None => return true,
            Some(0xD800..=0xDBFF) => match utf16_escape(bytes, escape + 6) {
                Some(0xDC00..=0xDFFF) => at = escape + 12,
                Some(_) | None => return true,
            },
            Some(0xDC00..=0xDFFF) => return true,
            Some(_) => at = escape + 6,
        }
    }
    false
}

fn utf16_escape(bytes: &[u8], at: usize) -> Option<u16> {
    let hex = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    u16::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()
}

/// Reads the frames of a client's text message. Each is one outcome; malformed JSON is the last.
///
/// A durable write whose names can be read is never a fault, whatever else is wrong with it, its
/// size and its characters included: that is said in [`Write::op`](crate::Write::op), since a
/// repeat is answered all the same.
pub fn decode_client(text: &str) -> impl Iterator<Item = Result<ClientFrame, FrameFault>> + '_ {
    raw_frames(text).map(|(text, raw)| match raw {
        Ok(raw) if text.len() <= MAX_FRAME_BYTES => {
            ClientFrame::from_raw(&raw).map_err(|error| FrameFault { id: raw.id, error })
        }
        Ok(_) => refuse(
            text,
            ErrorReply::new(
                ErrorCode::TooLarge,
                format!(
                    "the frame has {} bytes, the limit is {MAX_FRAME_BYTES}",
                    text.len()
                ),
            ),
        ),
        Err(error) => {
            let field = match &error {
                DecodeError::Shape(shape) => faulty_field(text, shape),
                DecodeError::Syntax(_) | DecodeError::Character => None,
            };
            let message = error.to_string();
            let error = ErrorReply::new(ErrorCode::Invalid, message);
            refuse(text, ErrorReply { field, ..error })
        }
    })
}

/// Reads the frames of a server's text message.
///
/// An error that is not the message's end may be followed by what is left of the same frame: a page
/// without the row that cannot be read, an event that has nothing but its place, or, in place of an
/// answer, an `error` with its id.
pub fn decode_server(text: &str) -> impl Iterator<Item = Result<ServerFrame, DecodeError>> + '_ {
    raw_frames(text).flat_map(|(text, raw)| {
        let read = raw.and_then(|raw| ServerFrame::from_raw(&raw).map_err(DecodeError::Shape));
        let left = match &read {
            Ok(_) | Err(DecodeError::Syntax(_)) => None,
            Err(DecodeError::Shape(_) | DecodeError::Character) => salvage(text),
        };
        std::iter::once(read).chain(left.map(Ok))
    })
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
