//! Sending, editing, deleting and having read.

use std::collections::BTreeMap;

use axum::extract::{Path, RawQuery};
use causerie_protocol::{
    ConversationId, CursorAck, ErrorCode, ErrorReply, Mark, MessageId, MessageSent, Request, Seq,
    TempId, WriteAck, limits::MAX_USER_IDS,
};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{
    Answered, Json,
    body::{Body, Edit, Read, Send},
    caller::{Caller, bytes},
    params::{Params, id},
    refusal::{Refused, TokenRefused},
};
use crate::store::{Answer, Place, Query};

/// Sends a message: `send_message` of the socket.
#[utoipa::path(
    post, path = "/api/conversations/{id}/messages", tag = "messages",
    operation_id = "sendMessage",
    params(("id" = ConversationId, Path, description = "The conversation.")),
    request_body = Send,
    responses(
        (status = 200, description = "It is durable, or it was already.", body = MessageSent),
        (status = 400, description = "The body is malformed.", body = ErrorReply),
        (status = 401, description = "The token is refused.", body = TokenRefused),
        (status = 403, description = "There is no such conversation, or this user may not send there.", body = ErrorReply),
        (status = 409, description = "The temp_id stands for something else, or the message was deleted before it came.", body = ErrorReply),
        (status = 413, description = "The body, or a part of it, is too large.", body = ErrorReply),
    )
)]
pub(super) async fn send(
    mut caller: Caller,
    Path(conversation): Path<String>,
    RawQuery(query): RawQuery,
    body: Body,
) -> Answered {
    Params::read(query.as_deref())?.end()?;
    let id: ConversationId = id("id", &conversation)?;
    let more = Some(("conversation_id", id.to_string()));
    caller.write("send_message", &body, more).await
}

/// Changes what a message says: `edit_message` of the socket.
#[utoipa::path(
    patch, path = "/api/messages/{id}", tag = "messages",
    operation_id = "editMessage",
    params(("id" = MessageId, Path, description = "The message.")),
    request_body = Edit,
    responses(
        (status = 200, description = "It is durable; `seq` is null if nothing changed.", body = WriteAck),
        (status = 400, description = "The body is malformed.", body = ErrorReply),
        (status = 401, description = "The token is refused.", body = TokenRefused),
        (status = 403, description = "This user may not change it.", body = ErrorReply),
        (status = 404, description = "There is none, or it is closed to this user.", body = ErrorReply),
        (status = 409, description = "It was deleted, or the temp_id stands for something else.", body = ErrorReply),
        (status = 413, description = "The content is too large.", body = ErrorReply),
    )
)]
pub(super) async fn edit(
    mut caller: Caller,
    Path(message): Path<String>,
    RawQuery(query): RawQuery,
    body: Body,
) -> Answered {
    Params::read(query.as_deref())?.end()?;
    let place = place(&mut caller, "edit_message", id("id", &message)?).await?;
    let body = body.with("message_id", &place.message_id.to_string());
    let more = Some(("conversation_id", place.conversation_id.to_string()));
    caller.write("edit_message", &body, more).await
}

/// Deletes a message: `delete_message` of the socket.
#[utoipa::path(
    delete, path = "/api/messages/{id}", tag = "messages",
    operation_id = "deleteMessage",
    params(
        ("id" = MessageId, Path, description = "The message."),
        ("temp_id" = TempId, Query, description = "The sender's name for the deletion."),
    ),
    responses(
        (status = 200, description = "It is durable; `seq` is null if it was deleted already.", body = WriteAck),
        (status = 400, description = "A parameter is malformed.", body = ErrorReply),
        (status = 401, description = "The token is refused.", body = TokenRefused),
        (status = 403, description = "This user may not delete it.", body = ErrorReply),
        (status = 404, description = "There is none, or it is closed to this user.", body = ErrorReply),
        (status = 409, description = "The temp_id stands for something else.", body = ErrorReply),
    )
)]
pub(super) async fn delete(
    mut caller: Caller,
    Path(message): Path<String>,
    RawQuery(query): RawQuery,
) -> Answered {
    let mut params = Params::read(query.as_deref())?;
    let temp_id = params.text("temp_id")?;
    params.end()?;
    let place = place(&mut caller, "delete_message", id("id", &message)?).await?;
    let fields = serde_json::json!({
        "temp_id": temp_id,
        "message_id": place.message_id,
    });
    let more = Some(("conversation_id", place.conversation_id.to_string()));
    caller
        .write("delete_message", &Body::of(&fields), more)
        .await
}

/// Where the message stands. That there is none, and that it is closed to this user, cannot be told
/// apart.
async fn place(caller: &mut Caller, action: &str, id: MessageId) -> Result<Place, Refused> {
    let places = places(caller, action, vec![id]).await?;
    match places.first() {
        Some(place) => Ok(*place),
        None => {
            let error = ErrorReply::new(ErrorCode::NotFound, "there is no such message");
            Err(caller.refuse(action, error))
        }
    }
}

async fn places(
    caller: &mut Caller,
    action: &str,
    message_ids: Vec<MessageId>,
) -> Result<Vec<Place>, Refused> {
    let query = Query::Places {
        user_id: caller.user_id().clone(),
        message_ids,
    };
    match caller.look_first(action, query).await? {
        Answer::Places(places) => Ok(places),
        _ => Err(Refused::internal()),
    }
}

/// How far one has read now.
#[derive(Serialize, ToSchema)]
pub(super) struct ReadCursors {
    /// One for each conversation.
    #[schema(value_type = Vec<CursorAck>)]
    cursors: Vec<Box<RawValue>>,
}

/// Messages were read: `mark_read` of the socket, up to the highest of each conversation.
///
/// Ids that name nothing this user can see are passed over; if that is all of them, the answer is
/// `not_found`.
#[utoipa::path(
    post, path = "/api/messages/read", tag = "messages",
    operation_id = "markRead",
    request_body = Read,
    responses(
        (status = 200, description = "The cursors.", body = ReadCursors),
        (status = 400, description = "The body is malformed.", body = ErrorReply),
        (status = 401, description = "The token is refused.", body = TokenRefused),
        (status = 403, description = "This user is no member any more.", body = ErrorReply),
        (status = 404, description = "None of them is there.", body = ErrorReply),
        (status = 413, description = "Too many at once.", body = ErrorReply),
    )
)]
pub(super) async fn mark_read(
    mut caller: Caller,
    RawQuery(query): RawQuery,
    body: Body,
) -> Answered {
    Params::read(query.as_deref())?.end()?;
    let read: Read = serde_json::from_str(body.text())
        .map_err(|error| Refused::invalid("message_ids", &error.to_string()))?;
    if read.message_ids.is_empty() {
        let message = "there is no message_id";
        return Err(Refused::invalid("message_ids", message));
    }
    if read.message_ids.len() > MAX_USER_IDS {
        let message = format!("at most {MAX_USER_IDS} messages at once");
        return Err(Refused::new(ErrorCode::TooLarge, &message));
    }
    let mut marks: BTreeMap<ConversationId, Seq> = BTreeMap::new();
    for place in places(&mut caller, "mark_read", read.message_ids).await? {
        let seq = marks.entry(place.conversation_id).or_default();
        *seq = place.seq.max(*seq);
    }
    if marks.is_empty() {
        let error = ErrorReply::new(ErrorCode::NotFound, "none of these messages is there");
        return Err(caller.refuse("mark_read", error));
    }
    let asked = marks.into_iter().map(|(conversation_id, seq)| {
        Request::MarkRead(Mark {
            conversation_id,
            seq,
        })
    });
    let answers = caller.ask_all(asked.collect()).await?;
    let cursors = answers
        .iter()
        .filter_map(|answer| serde_json::from_slice(bytes(answer)).ok());
    Json::of(&ReadCursors {
        cursors: cursors.collect(),
    })
}
