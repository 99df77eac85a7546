//! What the server serves over HTTP: the upgrade, health, metrics, and in `--dev` tokens.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Extension, Router,
    body::Body,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use causerie_protocol::{UserId, limits::SUBPROTOCOL};
use hyper::upgrade::OnUpgrade;
use parking_lot::Mutex;
use serde::Deserialize;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::Server;

/// How long a token of `POST /dev/token` lasts.
const DEV_TOKEN_MS: u64 = 24 * 60 * 60 * 1000;

/// A request that was upgraded.
pub(super) struct Upgrade {
    pub(super) on_upgrade: OnUpgrade,
    /// The token of the header `Authorization`.
    pub(super) bearer: Option<String>,
}

/// Where the upgrade's handler leaves it for the connection's task.
#[derive(Clone, Default)]
pub(super) struct Handoff(Arc<Mutex<Option<Upgrade>>>);

impl Handoff {
    pub(super) fn take(&self) -> Option<Upgrade> {
        self.0.lock().take()
    }
}

/// The address of the other side.
#[derive(Clone, Copy)]
pub(super) struct Peer(pub(super) SocketAddr);

pub(super) fn router(server: Arc<Server>) -> Router {
    let mut router = Router::new()
        .route("/ws", get(upgrade))
        .route("/ws/chat", get(upgrade))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics));
    if server.options.dev {
        router = router
            .route("/dev/token", post(dev_token))
            .layer(DefaultBodyLimit::max(16 * 1024));
    }
    router
        .merge(crate::rest::router(&server))
        .with_state(server)
}

async fn ready(State(server): State<Arc<Server>>) -> Response {
    if server.connections.is_draining() {
        return (StatusCode::SERVICE_UNAVAILABLE, "draining\n").into_response();
    }
    let store = Arc::clone(&server.store);
    let trouble = tokio::task::spawn_blocking(move || store.trouble());
    match trouble.await {
        Ok(None) => "ready\n".into_response(),
        Ok(Some(reason)) => {
            let why = format!("nothing can be stored: {reason}\n");
            (StatusCode::SERVICE_UNAVAILABLE, why).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn metrics(State(server): State<Arc<Server>>) -> Response {
    let text = server.shared.metrics.render();
    let kind = HeaderValue::from_static("text/plain; version=0.0.4");
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

async fn upgrade(State(server): State<Arc<Server>>, mut request: Request) -> Response {
    let refuse =
        |status: StatusCode, why: &'static str| (status, format!("{why}\n")).into_response();
    let headers = request.headers();
    if !has_word(headers, header::CONNECTION, "upgrade")
        || !has_word(headers, header::UPGRADE, "websocket")
    {
        let mut response = refuse(StatusCode::UPGRADE_REQUIRED, "this is a WebSocket endpoint");
        let websocket = HeaderValue::from_static("websocket");
        response.headers_mut().insert(header::UPGRADE, websocket);
        return response;
    }
    let mut versions = headers.get_all(header::SEC_WEBSOCKET_VERSION).iter();
    if versions.next().is_none_or(|version| version != "13") || versions.next().is_some() {
        let mut response = refuse(StatusCode::UPGRADE_REQUIRED, "the WebSocket version is 13");
        let version = HeaderValue::from_static("13");
        response
            .headers_mut()
            .insert(header::SEC_WEBSOCKET_VERSION, version);
        return response;
    }
    let Some(key) = headers.get(header::SEC_WEBSOCKET_KEY) else {
        return refuse(StatusCode::BAD_REQUEST, "there is no Sec-WebSocket-Key");
    };
    let accept = derive_accept_key(key.as_bytes());
    if !server.options.allows_origin(headers) {
        return refuse(
            StatusCode::FORBIDDEN,
            "this origin is not on the server's allow list",
        );
    }
    let Ok(subprotocol) = subprotocol(headers) else {
        return refuse(
            StatusCode::BAD_REQUEST,
            "the subprotocol is causerie.v1.json",
        );
    };
    if server.connections.is_draining() {
        return refuse(StatusCode::SERVICE_UNAVAILABLE, "the server goes down");
    }
    let bearer = bearer(headers);
    let on_upgrade = hyper::upgrade::on(&mut request);
    let Some(handoff) = request.extensions().get::<Handoff>() else {
        return refuse(StatusCode::INTERNAL_SERVER_ERROR, "no upgrade here");
    };
    *handoff.0.lock() = Some(Upgrade { on_upgrade, bearer });

    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::from_str(&accept) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    if subprotocol {
        let chosen = HeaderValue::from_static(SUBPROTOCOL);
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, chosen);
    }
    response
}

async fn dev_token(
    State(server): State<Arc<Server>>,
    Extension(Peer(peer)): Extension<Peer>,
    headers: HeaderMap,
    body: String,
) -> Response {
    #[derive(Deserialize)]
    struct Ask {
        user_id: UserId,
        name: Option<String>,
    }
    if !peer.ip().to_canonical().is_loopback() {
        return (StatusCode::FORBIDDEN, "only on loopback\n").into_response();
    }
    if !server.options.gives_dev_token(&headers) {
        let why =
            "only for localhost or an address, and for pages of this machine or of the list\n";
        return (StatusCode::FORBIDDEN, why).into_response();
    }
    let ask: Ask = match serde_json::from_str(&body) {
        Ok(ask) => ask,
        Err(_) => {
            let why = "the body is {\"user_id\": \"…\"}, with an id of 1 to 128 bytes\n";
            return (StatusCode::BAD_REQUEST, why).into_response();
        }
    };
    let expires_at = server.clock.wall() + DEV_TOKEN_MS;
    match server
        .shared
        .auth
        .mint(&ask.user_id, expires_at, ask.name.as_deref())
    {
        Some(token) => axum::Json(serde_json::json!({ "token": token })).into_response(),
        None => {
            let why = "this server checks tokens with a public key and cannot make any\n";
            (StatusCode::CONFLICT, why).into_response()
        }
    }
}

fn has_word(headers: &HeaderMap, name: header::HeaderName, word: &str) -> bool {
    words(headers, name).any(|other| other.eq_ignore_ascii_case(word))
}

fn words(headers: &HeaderMap, name: header::HeaderName) -> impl Iterator<Item = &str> {
    headers
        .get_all(name)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|word| !word.is_empty())
}

/// Whether to name the subprotocol: not if the client offered none. An error if it offered only
/// others (docs/protocol.md §1).
fn subprotocol(headers: &HeaderMap) -> Result<bool, ()> {
    let mut offered = words(headers, header::SEC_WEBSOCKET_PROTOCOL).peekable();
    if offered.peek().is_none() {
        return Ok(false);
    }
    offered
        .any(|word| word == SUBPROTOCOL)
        .then_some(true)
        .ok_or(())
}

/// The token of the header `Authorization`.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_subprotocol_is_fine_and_only_unknown_ones_are_not() {
        for (offered, chosen) in [
            (None, Ok(false)),
            (Some("causerie.v1.json"), Ok(true)),
            (Some("foo, causerie.v1.json"), Ok(true)),
            (Some("foo,bar"), Err(())),
            (Some("causerie.v1.jsonx"), Err(())),
        ] {
            let headers = offered.map_or_else(HeaderMap::new, |offered| {
                with(&[(header::SEC_WEBSOCKET_PROTOCOL, offered)])
            });
            assert_eq!(subprotocol(&headers), chosen, "{offered:?}");
        }
    }

    fn with(pairs: &[(header::HeaderName, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect()
    }
}
