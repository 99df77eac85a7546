//! What changed, and what was not delivered yet.

use axum::extract::RawQuery;
use causerie_protocol::{ErrorReply, Request, Sync, SyncPage, limits::MAX_PAGE};

use super::{
    Answered, Json,
    caller::Caller,
    params::Params,
    refusal::{Refused, TokenRefused},
};
use crate::store::{Answer, MessagesFrom, MessagesPage, Query};

/// Messages of a page, unless the caller asks for another number.
const PAGE: u32 = 50;

/// A page of a sync: `sync` of the socket.
///
/// Without a token, or with one of another database, it is a first sync. It ends with a page that
/// has a `token`, for the next time.
#[utoipa::path(
    get, path = "/api/sync", tag = "sync",
    operation_id = "sync",
    params(
        ("token" = Option<String>, Query, description = "Where the last sync ended."),
        ("cursor" = Option<String>, Query, description = "The next page; not beside `token`."),
        ("limit" = Option<u64>, Query, description = "Most conversations: 50 unless given, at most 200.", minimum = 0, maximum = 9007199254740991_u64),
    ),
    responses(
        (status = 200, description = "A page.", body = SyncPage),
        (status = 400, description = "A parameter is malformed, or the cursor is not valid: begin again.", body = ErrorReply),
        (status = 401, description = "The token is refused.", body = TokenRefused),
    )
)]
pub(super) async fn page(mut caller: Caller, RawQuery(query): RawQuery) -> Answered {
    let mut params = Params::read(query.as_deref())?;
    let sync = Sync {
        token: params.text("token")?,
        cursor: params.text("cursor")?,
        limit: params.limit()?,
    };
    params.end()?;
    caller.ask(Request::Sync(sync)).await
}

/// Messages that are new or changed since a sync token.
///
/// Conversation by conversation, each in rising seq, as they are now. The last page has the next
/// token. A token of another database counts as the beginning of everything.
#[utoipa::path(
    get, path = "/api/messages/since", tag = "sync",
    operation_id = "listMessagesSince",
    params(
        ("token" = String, Query, description = "From a sync, or from the last page of this list."),
        ("cursor" = Option<String>, Query, description = "The next page, with the same token."),
        ("limit" = Option<u64>, Query, description = "Most messages: 50 unless given, at most 200.", minimum = 0, maximum = 9007199254740991_u64),
    ),
    responses(
        (status = 200, description = "A page.", body = MessagesPage),
        (status = 400, description = "A parameter is malformed, or the cursor is not valid: begin again.", body = ErrorReply),
        (status = 401, description = "The token is refused.", body = TokenRefused),
    )
)]
pub(super) async fn messages_since(caller: Caller, RawQuery(query): RawQuery) -> Answered {
    let mut params = Params::read(query.as_deref())?;
    let Some(token) = params.text("token")? else {
        let message = "a token is needed: /api/sync gives one";
        return Err(Refused::invalid("token", message));
    };
    messages(caller, params, MessagesFrom::Token(token)).await
}

/// What others said that was not delivered to any device yet.
///
/// That is what lies behind one's delivered cursor, conversation by conversation.
#[utoipa::path(
    get, path = "/api/messages/undelivered", tag = "sync",
    operation_id = "listUndelivered",
    params(
        ("cursor" = Option<String>, Query, description = "The next page."),
        ("limit" = Option<u64>, Query, description = "Most messages: 50 unless given, at most 200.", minimum = 0, maximum = 9007199254740991_u64),
    ),
    responses(
        (status = 200, description = "A page.", body = MessagesPage),
        (status = 400, description = "A parameter is malformed, or the cursor is not valid: begin again.", body = ErrorReply),
        (status = 401, description = "The token is refused.", body = TokenRefused),
    )
)]
pub(super) async fn undelivered(caller: Caller, RawQuery(query): RawQuery) -> Answered {
    let params = Params::read(query.as_deref())?;
    messages(caller, params, MessagesFrom::Undelivered).await
}

async fn messages(mut caller: Caller, mut params: Params, from: MessagesFrom) -> Answered {
    let cursor = params.text("cursor")?;
    let limit = params.limit()?.unwrap_or(PAGE).clamp(1, MAX_PAGE);
    params.end()?;
    let query = Query::Messages {
        user_id: caller.user_id().clone(),
        from,
        cursor,
        limit,
    };
    match caller.look("messages", query).await? {
        Answer::Messages(page) => Json::of(&*page),
        _ => Err(Refused::internal()),
    }
}
