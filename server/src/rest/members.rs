//! `/api/conversations/{id}/members`.

use axum::extract::{Path, RawQuery};
use causerie_protocol::{
    ConversationId, ErrorReply, ListMembers, MembersPage, Request, TempId, UserId, WriteAck,
};

use super::{
    Answered,
    body::{AddMembers, Body},
    caller::Caller,
    params::{Params, id},
    refusal::TokenRefused,
};

/// Who belongs to a conversation.
#[utoipa::path(
    get, path = "/api/conversations/{id}/members", tag = "members",
    operation_id = "listMembers",
    params(
        ("id" = ConversationId, Path, description = "The conversation."),
        ("cursor" = Option<String>, Query, description = "The next page."),
    ),
    responses(
        (status = 200, description = "A page of at most 200.", body = MembersPage),
        (status = 400, description = "The cursor is none of this server's.", body = ErrorReply),
        (status = 401, description = "The token is refused.", body = TokenRefused),
        (status = 403, description = "There is none, or it is closed to this user.", body = ErrorReply),
    )
)]
pub(super) async fn list(
    mut caller: Caller,
    Path(conversation): Path<String>,
    RawQuery(query): RawQuery,
) -> Answered {
    let mut params = Params::read(query.as_deref())?;
    let request = ListMembers {
        conversation_id: id("id", &conversation)?,
        cursor: params.text("cursor")?,
    };
    params.end()?;
    caller.ask(Request::Members(request)).await
}

/// Lets users in: `add_members` of the socket.
#[utoipa::path(
    post, path = "/api/conversations/{id}/members", tag = "members",
    operation_id = "addMembers",
    params(("id" = ConversationId, Path, description = "The conversation.")),
    request_body = AddMembers,
    responses(
        (status = 200, description = "It is durable; `seq` is null if nothing changed.", body = WriteAck),
        (status = 400, description = "The body is malformed.", body = ErrorReply),
        (status = 401, description = "The token is refused.", body = TokenRefused),
        (status = 403, description = "This user may not let anyone in there.", body = ErrorReply),
        (status = 409, description = "The temp_id stands for something else.", body = ErrorReply),
        (status = 413, description = "The body, or a part of it, is too large.", body = ErrorReply),
    )
)]
pub(super) async fn add(
    mut caller: Caller,
    Path(conversation): Path<String>,
    RawQuery(query): RawQuery,
    body: Body,
) -> Answered {
    Params::read(query.as_deref())?.end()?;
    let id: ConversationId = id("id", &conversation)?;
    let more = Some(("conversation_id", id.to_string()));
    caller.write("add_members", &body, more).await
}

/// Puts users out: `remove_members` of the socket.
#[utoipa::path(
    delete, path = "/api/conversations/{id}/members", tag = "members",
    operation_id = "removeMembers",
    params(
        ("id" = ConversationId, Path, description = "The conversation."),
        ("temp_id" = TempId, Query, description = "The sender's name for the request."),
        ("user_id" = Vec<UserId>, Query, description = "Whom; it may stand several times.", min_items = 1),
    ),
    responses(
        (status = 200, description = "It is durable; `seq` is null if nothing changed.", body = WriteAck),
        (status = 400, description = "A parameter is malformed.", body = ErrorReply),
        (status = 401, description = "The token is refused.", body = TokenRefused),
        (status = 403, description = "This user may not put them out.", body = ErrorReply),
        (status = 409, description = "The temp_id stands for something else.", body = ErrorReply),
        (status = 413, description = "Too many at once.", body = ErrorReply),
    )
)]
pub(super) async fn remove(
    mut caller: Caller,
    Path(conversation): Path<String>,
    RawQuery(query): RawQuery,
) -> Answered {
    let mut params = Params::read(query.as_deref())?;
    let fields = serde_json::json!({
        "temp_id": params.text("temp_id")?,
        "user_ids": params.all("user_id"),
    });
    params.end()?;
    let id: ConversationId = id("id", &conversation)?;
    let more = Some(("conversation_id", id.to_string()));
    caller
        .write("remove_members", &Body::of(&fields), more)
        .await
}
