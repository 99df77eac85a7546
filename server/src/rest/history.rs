//! Messages of one conversation, whole or searched.

use axum::extract::{Path, RawQuery};
use causerie_protocol::{
    ConversationId, ErrorReply, GroupId, History, HistoryPage, Request, UserId,
};

use super::{
    Answered, Json,
    caller::Caller,
    params::{Params, id},
    refusal::{Refused, TokenRefused},
};
use crate::store::{Answer, Query, Search};

/// Longest text to look for, in characters.
const MAX_TEXT_CHARS: usize = 256;

/// Messages of a conversation.
///
/// Without `from`, `to` and `q` this is `history` of the socket. With them the page holds only what
/// fulfils all of them; `lo` and `hi` say what was looked at, so a page may be empty and still say
/// `more`, and goes on at `before=lo`, or upward at `after=hi`.
#[utoipa::path(
    get, path = "/api/conversations/{id}/messages", tag = "messages",
    operation_id = "listMessages",
    params(
        ("id" = ConversationId, Path, description = "The conversation."),
        ("before" = Option<u64>, Query, description = "Only below this seq.", minimum = 0, maximum = 9007199254740991_u64),
        ("after" = Option<u64>, Query, description = "Only above this seq; alone, it pages upward.", minimum = 0, maximum = 9007199254740991_u64),
        ("limit" = Option<u64>, Query, description = "Most messages: 50 unless given, at most 200.", minimum = 0, maximum = 9007199254740991_u64),
        ("from" = Option<u64>, Query, description = "Taken by the server at this time or later, in milliseconds.", minimum = 0, maximum = 9007199254740991_u64),
        ("to" = Option<u64>, Query, description = "Taken by the server before this time, in milliseconds.", minimum = 0, maximum = 9007199254740991_u64),
        ("q" = Option<String>, Query, description = "This text stands in the content, in whatever case.", min_length = 1, max_length = 256, pattern = "^[^\\u0000]+$"),
    ),
    responses(
        (status = 200, description = "A page, in rising seq.", body = HistoryPage),
        (status = 400, description = "A parameter is malformed.", body = ErrorReply),
        (status = 401, description = "The token is refused.", body = TokenRefused),
        (status = 403, description = "There is none, or it is closed to this user.", body = ErrorReply),
    )
)]
pub(super) async fn of_conversation(
    caller: Caller,
    Path(conversation): Path<String>,
    RawQuery(query): RawQuery,
) -> Answered {
    page(caller, id("id", &conversation)?, query.as_deref()).await
}

/// Messages of the direct conversation with a user.
#[utoipa::path(
    get, path = "/api/messages/user/{user_id}", tag = "messages",
    operation_id = "listMessagesWithUser",
    params(
        ("user_id" = UserId, Path, description = "The other user."),
        ("before" = Option<u64>, Query, description = "Only below this seq.", minimum = 0, maximum = 9007199254740991_u64),
        ("after" = Option<u64>, Query, description = "Only above this seq; alone, it pages upward.", minimum = 0, maximum = 9007199254740991_u64),
        ("limit" = Option<u64>, Query, description = "Most messages: 50 unless given, at most 200.", minimum = 0, maximum = 9007199254740991_u64),
        ("from" = Option<u64>, Query, description = "Taken by the server at this time or later, in milliseconds.", minimum = 0, maximum = 9007199254740991_u64),
        ("to" = Option<u64>, Query, description = "Taken by the server before this time, in milliseconds.", minimum = 0, maximum = 9007199254740991_u64),
        ("q" = Option<String>, Query, description = "This text stands in the content, in whatever case.", min_length = 1, max_length = 256, pattern = "^[^\\u0000]+$"),
    ),
    responses(
        (status = 200, description = "A page, in rising seq.", body = HistoryPage),
        (status = 400, description = "A parameter is malformed, or the user is oneself.", body = ErrorReply),
        (status = 401, description = "The token is refused.", body = TokenRefused),
        (status = 403, description = "The two have no conversation.", body = ErrorReply),
    )
)]
pub(super) async fn with_user(
    caller: Caller,
    Path(user): Path<String>,
    RawQuery(query): RawQuery,
) -> Answered {
    let other: UserId = id("user_id", &user)?;
    if other == *caller.user_id() {
        let message = "nobody has a direct conversation with oneself";
        return Err(Refused::invalid("user_id", message));
    }
    let conversation = ConversationId::direct(caller.user_id(), &other);
    page(caller, conversation, query.as_deref()).await
}

/// Messages of a group's main conversation.
#[utoipa::path(
    get, path = "/api/messages/group/{group_id}", tag = "messages",
    operation_id = "listMessagesOfGroup",
    params(
        ("group_id" = GroupId, Path, description = "The group."),
        ("before" = Option<u64>, Query, description = "Only below this seq.", minimum = 0, maximum = 9007199254740991_u64),
        ("after" = Option<u64>, Query, description = "Only above this seq; alone, it pages upward.", minimum = 0, maximum = 9007199254740991_u64),
        ("limit" = Option<u64>, Query, description = "Most messages: 50 unless given, at most 200.", minimum = 0, maximum = 9007199254740991_u64),
        ("from" = Option<u64>, Query, description = "Taken by the server at this time or later, in milliseconds.", minimum = 0, maximum = 9007199254740991_u64),
        ("to" = Option<u64>, Query, description = "Taken by the server before this time, in milliseconds.", minimum = 0, maximum = 9007199254740991_u64),
        ("q" = Option<String>, Query, description = "This text stands in the content, in whatever case.", min_length = 1, max_length = 256, pattern = "^[^\\u0000]+$"),
    ),
    responses(
        (status = 200, description = "A page, in rising seq.", body = HistoryPage),
        (status = 400, description = "A parameter is malformed.", body = ErrorReply),
        (status = 401, description = "The token is refused.", body = TokenRefused),
        (status = 403, description = "There is none, or it is closed to this user.", body = ErrorReply),
    )
)]
pub(super) async fn of_group(
    caller: Caller,
    Path(group): Path<String>,
    RawQuery(query): RawQuery,
) -> Answered {
    page(caller, id("group_id", &group)?, query.as_deref()).await
}

async fn page(
    mut caller: Caller,
    conversation_id: ConversationId,
    query: Option<&str>,
) -> Answered {
    let mut params = Params::read(query)?;
    let history = History {
        conversation_id,
        before: params.number("before")?,
        after: params.number("after")?,
        limit: params.limit()?,
        changed_since: None,
    };
    let (from, to) = (params.number("from")?, params.number("to")?);
    let text = params.text("q")?;
    params.end()?;
    if let Some(text) = &text
        && (text.is_empty() || text.chars().count() > MAX_TEXT_CHARS)
    {
        let message = format!("a text to look for has 1 to {MAX_TEXT_CHARS} characters");
        return Err(Refused::invalid("q", &message));
    }
    if (from, to, &text) == (None, None, &None) {
        return caller.ask(Request::History(history)).await;
    }
    let request = Search {
        history,
        from,
        to,
        text,
    };
    let query = Query::Search {
        user_id: caller.user_id().clone(),
        request,
    };
    match caller.look("search", query).await? {
        Answer::History(page) => Json::of(&*page),
        _ => Err(Refused::internal()),
    }
}
