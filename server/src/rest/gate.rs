//! What stands around every request under `/api`: which pages may ask, and what is counted.

use std::sync::Arc;

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use causerie_protocol::ErrorCode;

use super::refusal::Refused;
use crate::listener::Server;

/// How long a browser may remember what it was allowed, in seconds.
const PREFLIGHT_SECONDS: &str = "600";

/// Goes around the operation.
pub(super) async fn around(
    State(server): State<Arc<Server>>,
    request: Request,
    next: Next,
) -> Response {
    let began = server.clock.now().mono;
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unknown".to_owned(), |path| path.as_str().to_owned());
    let response = pass(&server, request, next).await;
    let took = server.clock.now().mono.saturating_sub(began);
    let status = response.status();
    server
        .shared
        .metrics
        .rest_answered(&method, &route, status, took);
    response
}

async fn pass(server: &Server, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let origin = headers.get(header::ORIGIN).cloned();
    if !server.options.allows_origin(headers) {
        let message = "this origin is not on the server's allow list";
        return Refused::new(ErrorCode::Forbidden, message).into_response();
    }
    let mut response = if is_preflight(&request) {
        preflight()
    } else if server.connections.is_draining() {
        Refused::unavailable("the server goes down").into_response()
    } else {
        next.run(request).await
    };
    if let Some(origin) = origin {
        allow(response.headers_mut(), origin);
    }
    response
}

fn is_preflight(request: &Request) -> bool {
    let headers = request.headers();
    *request.method() == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

fn preflight() -> Response {
    let value = HeaderValue::from_static;
    let headers = [
        (
            header::ACCESS_CONTROL_ALLOW_METHODS,
            value("GET, POST, PATCH, DELETE"),
        ),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            value("authorization, content-type"),
        ),
        (header::ACCESS_CONTROL_MAX_AGE, value(PREFLIGHT_SECONDS)),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// The page may read the answer. Tokens are no cookies, so credentials of the browser play no part.
fn allow(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("retry-after"),
    );
    headers.append(header::VARY, HeaderValue::from_static("origin"));
}

/// A path that nobody knows.
pub(super) async fn not_here() -> Refused {
    let message = "this server does not know this request";
    Refused::new(ErrorCode::UnknownType, message)
}

/// A path that has other methods.
pub(super) async fn not_so() -> Refused {
    Refused::Method
}
