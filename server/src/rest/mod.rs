//! The same over HTTP (docs/protocol.md §10).
//!
//! A request becomes a frame, and the frame goes where one from a socket goes: a [`Caller`] drives a
//! [`Visit`](crate::conn::Visit), which is a connection's own handling of requests without a socket
//! under it. So rights, limits, idempotency and the order of refusals are those of the socket. What
//! has no frame, such as a search, is a query of the store, which checks membership in the snapshot
//! that it reads.
//!
//! | file | about |
//! |---|---|
//! | `caller` | who asks, and the way of a request to its answer |
//! | `door` | how often and how many at once a user may ask |
//! | `gate` | what stands around every request: origins, metrics |
//! | `body`, `params`, `refusal` | what comes in and what goes out |
//! | `conversations`, `history`, `messages`, `members`, `sync` | the operations |
//! | `openapi` | their description, for machines and for people |

mod body;
mod caller;
mod conversations;
mod door;
mod gate;
mod history;
mod members;
mod messages;
mod openapi;
mod params;
mod refusal;
mod sync;

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    http::{HeaderValue, header},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, patch, post},
};

pub(crate) use self::door::Doors;
use self::refusal::Refused;
use crate::listener::Server;

/// What an operation gives: the payload of the frame that a socket would be sent.
type Answered = Result<Json, Refused>;

/// The routes under `/api`, and their description.
pub(crate) fn router(server: &Arc<Server>) -> Router<Arc<Server>> {
    Router::new()
        .route(
            "/api/conversations",
            get(conversations::list).post(conversations::create),
        )
        .route("/api/conversations/{id}", get(conversations::item))
        .route(
            "/api/conversations/{id}/messages",
            get(history::of_conversation).post(messages::send),
        )
        .route(
            "/api/conversations/{id}/members",
            get(members::list)
                .post(members::add)
                .delete(members::remove),
        )
        .route(
            "/api/messages/{id}",
            patch(messages::edit).delete(messages::delete),
        )
        .route("/api/messages/user/{user_id}", get(history::with_user))
        .route("/api/messages/group/{group_id}", get(history::of_group))
        .route("/api/messages/since", get(sync::messages_since))
        .route("/api/messages/undelivered", get(sync::undelivered))
        .route("/api/messages/read", post(messages::mark_read))
        .route("/api/sync", get(sync::page))
        .route("/api/{*rest}", axum::routing::any(gate::not_here))
        .method_not_allowed_fallback(gate::not_so)
        .layer(middleware::from_fn_with_state(
            Arc::clone(server),
            gate::around,
        ))
        .route("/openapi.json", get(openapi::document))
        .route("/docs", get(openapi::page))
}

/// Encoded JSON.
struct Json(Bytes);

impl Json {
    fn of<T: serde::Serialize>(value: &T) -> Result<Self, Refused> {
        match serde_json::to_vec(value) {
            Ok(bytes) => Ok(Self(bytes.into())),
            Err(_) => Err(Refused::internal()),
        }
    }
}

impl IntoResponse for Json {
    fn into_response(self) -> Response {
        let kind = HeaderValue::from_static("application/json");
        // Messages are nobody's but the reader's.
        let store = HeaderValue::from_static("no-store");
        let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, store)];
        (headers, self.0).into_response()
    }
}
