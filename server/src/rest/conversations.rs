//! `/api/conversations`.

use axum::extract::{Path, RawQuery};
use causerie_protocol::{ConversationId, ErrorReply, Item, User, UserId, WriteAck};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{
    Answered, Json,
    body::{Body, Create},
    caller::Caller,
    params::{Params, id},
    refusal::{Refused, TokenRefused},
};
use crate::store::{Answer, Query, SyncFrom};

/// Conversations of a page, unless the caller asks for another number.
const PAGE: u32 = 20;

/// Conversations, newest activity first.
#[derive(Serialize, ToSchema)]
pub(super) struct ConversationsPage {
    /// As they are now.
    conversations: Vec<Item>,
    /// Users named here.
    users: Vec<User>,
    /// There is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

/// The conversations that one is a member of.
///
/// Newest activity first. Pages follow each other by `cursor`, which misses nothing that changes
/// meanwhile below the page; `offset` counts from the newest, as lists with numbered pages do.
#[utoipa::path(
    get, path = "/api/conversations", tag = "conversations",
    operation_id = "listConversations",
    params(
        ("limit" = Option<u64>, Query, description = "Most conversations: 20 unless given, at most 200.", minimum = 0, maximum = 9007199254740991_u64),
        ("offset" = Option<u64>, Query, description = "Leave out so many of the newest.", minimum = 0, maximum = 9007199254740991_u64),
        ("cursor" = Option<String>, Query, description = "The next page; not beside `offset`."),
    ),
    responses(
        (status = 200, description = "A page.", body = ConversationsPage),
        (status = 400, description = "A parameter is malformed, or the cursor is none of this database's.", body = ErrorReply),
        (status = 401, description = "The token is refused.", body = TokenRefused),
    )
)]
pub(super) async fn list(mut caller: Caller, RawQuery(query): RawQuery) -> Answered {
    let mut params = Params::read(query.as_deref())?;
    let limit = params.limit()?.unwrap_or(PAGE);
    let from = match (params.number("offset")?, params.text("cursor")?) {
        (Some(_), Some(_)) => {
            let message = "a page has an offset or a cursor, not both";
            return Err(Refused::invalid("cursor", message));
        }
        (_, Some(cursor)) => SyncFrom::Cursor(cursor),
        (Some(offset), None) => SyncFrom::Behind(offset),
        (None, None) => SyncFrom::First,
    };
    params.end()?;
    let query = Query::Sync {
        user_id: caller.user_id().clone(),
        from,
        limit: limit.clamp(1, causerie_protocol::limits::MAX_PAGE),
    };
    match caller.look("conversations", query).await? {
        Answer::Sync(page) => Json::of(&ConversationsPage {
            conversations: page.conversations,
            users: page.users,
            cursor: page.cursor,
        }),
        _ => Err(Refused::internal()),
    }
}

/// One conversation.
#[utoipa::path(
    get, path = "/api/conversations/{id}", tag = "conversations",
    operation_id = "getConversation",
    params(("id" = ConversationId, Path, description = "The conversation.")),
    responses(
        (status = 200, description = "It.", body = Item),
        (status = 400, description = "That is no id.", body = ErrorReply),
        (status = 401, description = "The token is refused.", body = TokenRefused),
        (status = 403, description = "There is none, or it is closed to this user.", body = ErrorReply),
    )
)]
pub(super) async fn item(
    mut caller: Caller,
    Path(conversation): Path<String>,
    RawQuery(query): RawQuery,
) -> Answered {
    Params::read(query.as_deref())?.end()?;
    let query = Query::Item {
        user_id: caller.user_id().clone(),
        conversation_id: id("id", &conversation)?,
    };
    match caller.look("conversation", query).await? {
        Answer::Item(item) => Json::of(&*item),
        _ => Err(Refused::internal()),
    }
}

/// Creates a conversation: `create_conversation` of the socket.
#[utoipa::path(
    post, path = "/api/conversations", tag = "conversations",
    operation_id = "createConversation",
    request_body = Create,
    responses(
        (status = 200, description = "It is there, or it was already.", body = WriteAck),
        (status = 400, description = "The body is malformed.", body = ErrorReply),
        (status = 401, description = "The token is refused.", body = TokenRefused),
        (status = 403, description = "It exists and is closed to this user.", body = ErrorReply),
        (status = 409, description = "It exists and is another one.", body = ErrorReply),
        (status = 413, description = "The body, or a part of it, is too large.", body = ErrorReply),
    )
)]
pub(super) async fn create(mut caller: Caller, RawQuery(query): RawQuery, body: Body) -> Answered {
    Params::read(query.as_deref())?.end()?;
    let id = direct_id(caller.user_id(), &body);
    let more = id.map(|id| ("conversation_id", id.to_string()));
    caller.write("create_conversation", &body, more).await
}

/// The id of a direct conversation that the body does not name: it follows from the two users.
fn direct_id(me: &UserId, body: &Body) -> Option<ConversationId> {
    #[derive(Deserialize)]
    struct Named<'a> {
        #[serde(borrow, default)]
        conversation_id: Option<&'a RawValue>,
        kind: String,
        members: Vec<UserId>,
    }
    let named: Named<'_> = serde_json::from_str(body.text()).ok()?;
    let mut others = named.members.iter().filter(|user| *user != me);
    match (named.conversation_id, others.next(), others.next()) {
        (None, Some(other), None) if named.kind == "direct" => {
            Some(ConversationId::direct(me, other))
        }
        _ => None,
    }
}
