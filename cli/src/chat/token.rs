//! Where the chat's token comes from.

use std::sync::atomic::{AtomicBool, Ordering};

use causerie::{TokenError, TokenProvider, TokenRequest};
use serde::Deserialize;

#[derive(Deserialize)]
struct DevToken {
    token: String,
}

/// The one given, or else the server's own for developers.
pub(super) fn provider(server: &str, given: Option<String>) -> impl TokenProvider {
    let url = dev_url(server);
    let http = reqwest::Client::new();
    let told = AtomicBool::new(false);
    move |request: TokenRequest| {
        let (url, http, given) = (url.clone(), http.clone(), given.clone());
        // The server's word that a token is none is told once; then it is final.
        let refused = request.refused && told.swap(true, Ordering::Relaxed);
        async move {
            match given {
                Some(_) if request.refused => Err(TokenError::SignInNeeded(
                    "the server refuses the token of --token".into(),
                )),
                Some(token) => Ok(token),
                None if refused => Err(TokenError::SignInNeeded(
                    "the server refuses the tokens that it makes; pass one with --token".into(),
                )),
                None => ask(&http, &url, &request).await,
            }
        }
    }
}

async fn ask(
    http: &reqwest::Client,
    url: &str,
    request: &TokenRequest,
) -> Result<String, TokenError> {
    let answer = http
        .post(url)
        .json(&serde_json::json!({ "user_id": request.user_id }))
        .send()
        .await
        .map_err(|_| TokenError::Temporary(format!("no answer from {url}")))?;
    match answer.status().as_u16() {
        200 => answer
            .json::<DevToken>()
            .await
            .map(|answer| answer.token)
            .map_err(|_| TokenError::Temporary(format!("{url} answered something else"))),
        500..=599 => Err(TokenError::Temporary(format!("{url} answered {}", answer.status()))),
        _ => Err(TokenError::SignInNeeded(
            "the server gives no tokens (it runs without --dev, or elsewhere); pass one with --token"
                .into(),
        )),
    }
}

/// `ws://host:port/path` to `http://host:port/dev/token`.
fn dev_url(server: &str) -> String {
    let (scheme, rest) = server.split_once("://").unwrap_or(("ws", server));
    let host = rest.split('/').next().unwrap_or(rest);
    let scheme = match scheme {
        "wss" | "https" => "https",
        _ => "http",
    };
    format!("{scheme}://{host}/dev/token")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_for_developers_are_asked_for_beside_the_socket() {
        assert_eq!(
            dev_url("ws://127.0.0.1:4000/ws"),
            "http://127.0.0.1:4000/dev/token"
        );
        assert_eq!(
            dev_url("wss://chat.example"),
            "https://chat.example/dev/token"
        );
    }
}
