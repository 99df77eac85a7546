//! The bodies of requests, and the frames that they become.
//!
//! A body holds what the payload of its frame holds, without what the path says. It is put into a
//! frame as it came, and read by the same code as a frame from a socket.

use std::time::Duration;

use axum::{
    body::{Body as HttpBody, to_bytes},
    extract::{FromRequest, Request},
};
use causerie_protocol::{
    Content, CreateConversation, ErrorCode, MessageId, SendMessage, TempId, UserId,
    limits::MAX_FRAME_BYTES,
};
use serde_json::value::RawValue;
use tokio::time::timeout;
use utoipa::ToSchema;

use super::refusal::Refused;

/// How long a body may take to come.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// The text of a JSON object.
pub(super) struct Body(String);

impl Body {
    /// Reads what came, with at most 64 KiB.
    async fn read(body: HttpBody) -> Result<Self, Refused> {
        let Ok(read) = timeout(BODY_TIMEOUT, to_bytes(body, MAX_FRAME_BYTES)).await else {
            return Err(Refused::unavailable("the body took too long to come"));
        };
        let Ok(bytes) = read else {
            let message = "a body has at most 64 KiB";
            return Err(Refused::new(ErrorCode::TooLarge, message));
        };
        let text = String::from_utf8(bytes.into())
            .map_err(|_| Refused::new(ErrorCode::Invalid, "the body is no UTF-8"))?;
        let is_object = serde_json::from_str::<&RawValue>(&text)
            .is_ok_and(|value| value.get().starts_with('{'));
        if !is_object {
            let message = "the body is a JSON object";
            return Err(Refused::new(ErrorCode::Invalid, message));
        }
        Ok(Self(text))
    }

    /// An object of these fields.
    pub(super) fn of(fields: &serde_json::Value) -> Self {
        Self(fields.to_string())
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// The same with one more field. If it is there already it stands twice then, which the reader
    /// refuses.
    pub(super) fn with(&self, name: &str, value: &str) -> Self {
        let fields = self.fields();
        let comma = self.comma();
        Self(format!("{{\"{name}\":\"{value}\"{comma}{fields}"))
    }

    /// The frame of this type and id, with one more field in its payload. If the body has that field
    /// too, it stands twice, which the reader refuses.
    pub(super) fn frame(&self, kind: &str, id: u64, more: Option<(&str, String)>) -> String {
        let (fields, comma) = (self.fields(), self.comma());
        let more = more.map_or_else(String::new, |(name, value)| {
            format!("\"{name}\":\"{value}\"{comma}")
        });
        format!("{{\"type\":\"{kind}\",\"id\":{id},\"payload\":{{{more}{fields}}}")
    }
}

impl Body {
    /// What follows the opening brace.
    fn fields(&self) -> &str {
        self.0.trim_start().strip_prefix('{').unwrap_or_default()
    }

    fn comma(&self) -> &'static str {
        if self.fields().trim_start().starts_with('}') {
            ""
        } else {
            ","
        }
    }
}

impl<S: std::marker::Send + Sync> FromRequest<S> for Body {
    type Rejection = Refused;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refused> {
        Self::read(request.into_body()).await
    }
}

/// A message to send: the payload of `send_message`, without the conversation.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a description of what the frame's reader reads")]
pub(super) struct Send {
    /// The sender's name for it. The same one sends nothing a second time.
    temp_id: TempId,
    #[schema(inline)]
    #[serde(flatten)]
    message: SendMessage,
}

/// What a message says from now on.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a description of what the frame's reader reads")]
pub(super) struct Edit {
    /// The sender's name for the edit.
    temp_id: TempId,
    /// What it says.
    content: Content,
}

/// A conversation to create: the payload of `create_conversation`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a description of what the frame's reader reads")]
pub(super) struct Create {
    /// The sender's name for the request.
    temp_id: TempId,
    /// A UUIDv7 of the caller's. For a direct conversation it follows from the two users, and may be
    /// left out.
    #[schema(pattern = "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")]
    conversation_id: Option<String>,
    #[schema(inline)]
    #[serde(flatten)]
    conversation: CreateConversation,
}

/// Users to let in.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a description of what the frame's reader reads")]
pub(super) struct AddMembers {
    /// The sender's name for the request.
    temp_id: TempId,
    /// Whom, at most 1,000.
    #[schema(min_items = 1, max_items = 1000)]
    user_ids: Vec<UserId>,
}

/// Messages that were read.
#[derive(ToSchema, serde::Deserialize)]
pub(super) struct Read {
    /// Which, at most 100; of each conversation the highest counts.
    #[schema(min_items = 1, max_items = 100)]
    pub(super) message_ids: Vec<MessageId>,
}

#[cfg(test)]
mod tests {
    use causerie_protocol::{Request as Asked, decode_client};

    use super::*;

    const ROOM: &str = "01920000-0000-7000-8000-000000000001";

    fn decode(body: &str) -> Result<Asked, causerie_protocol::FrameFault> {
        let more = Some(("conversation_id", ROOM.to_owned()));
        let frame = Body(body.into()).frame("send_message", 1, more);
        let mut frames = decode_client(&frame);
        let frame = frames.next().expect("a frame");
        assert!(frames.next().is_none());
        frame.map(|frame| {
            assert_eq!(frame.id, Some(1));
            frame.request
        })
    }

    #[test]
    fn a_body_becomes_the_frame_that_a_socket_would_bring() {
        let body = r#" { "temp_id": "01920000-0000-7000-8000-000000000002", "content": "hi" } "#;
        let Ok(Asked::Write(write)) = decode(body.trim()) else {
            panic!("no write");
        };
        assert_eq!(write.conversation_id.to_string(), ROOM);
        assert!(write.op.is_ok());
    }

    #[test]
    fn what_the_path_says_cannot_stand_in_the_body_too() {
        let other = "01920000-0000-7000-8000-000000000009";
        let body = format!(
            "{{\"temp_id\":\"{ROOM}\",\"content\":\"hi\",\"conversation_id\":\"{other}\"}}"
        );
        match decode(&body) {
            Ok(Asked::Write(write)) => assert!(write.op.is_err()),
            Ok(other) => panic!("{other:?}"),
            Err(_) => {}
        }
        assert!(decode("{}").is_err());
    }
}
