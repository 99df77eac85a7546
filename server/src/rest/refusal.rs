//! Why a request was refused, as an answer over HTTP.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use causerie_protocol::{AuthCode, ErrorCode, ErrorReply};
use serde::Serialize;

use super::Json;
use crate::auth::Refusal;

/// The body is what an `error` or `auth_error` of the socket holds.
#[derive(Debug)]
pub(super) enum Refused {
    /// The request.
    Request(Box<ErrorReply>),
    /// The token.
    Token(Refusal),
    /// The method: the path has others.
    Method,
}

impl Refused {
    pub(super) fn new(code: ErrorCode, message: &str) -> Self {
        Self::from(ErrorReply::new(code, message))
    }

    pub(super) fn invalid(field: &str, message: &str) -> Self {
        Self::from(ErrorReply::invalid(field, message))
    }

    pub(super) fn internal() -> Self {
        let message = "the store answered something else";
        Self::new(ErrorCode::Internal, message)
    }

    /// Not now: the store does not answer, or the server goes down.
    pub(super) fn unavailable(message: &str) -> Self {
        Self::from(ErrorReply {
            retry_after_ms: Some(1_000),
            ..ErrorReply::new(ErrorCode::Unavailable, message)
        })
    }
}

impl From<ErrorReply> for Refused {
    fn from(error: ErrorReply) -> Self {
        Self::Request(Box::new(error))
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Token(refusal)
    }
}

/// What a refused token is answered with: the fields of `auth_error`.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct TokenRefused {
    /// Why.
    code: AuthCode,
    /// For a person.
    message: String,
    /// Whether a new token may help.
    retryable: bool,
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Request(error) => {
                let status = status(&error.code);
                let mut response = (status, Json::of(&*error)).into_response();
                if let Some(wait) = error.retry_after_ms {
                    let seconds = wait.div_ceil(1_000).max(1);
                    let headers = response.headers_mut();
                    headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
                }
                response
            }
            Self::Token(refusal) => {
                let body = TokenRefused {
                    retryable: refusal.code == AuthCode::TokenExpired,
                    code: refusal.code,
                    message: refusal.message,
                };
                let mut response = (StatusCode::UNAUTHORIZED, Json::of(&body)).into_response();
                let scheme = HeaderValue::from_static("Bearer");
                let headers = response.headers_mut();
                headers.insert(header::WWW_AUTHENTICATE, scheme);
                response
            }
            Self::Method => {
                let message = "this path does not know this method";
                let error = ErrorReply::new(ErrorCode::UnknownType, message);
                (StatusCode::METHOD_NOT_ALLOWED, Json::of(&error)).into_response()
            }
        }
    }
}

fn status(code: &ErrorCode) -> StatusCode {
    match code {
        ErrorCode::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorCode::Forbidden => StatusCode::FORBIDDEN,
        ErrorCode::NotFound | ErrorCode::UnknownType => StatusCode::NOT_FOUND,
        ErrorCode::Invalid => StatusCode::BAD_REQUEST,
        ErrorCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::Conflict | ErrorCode::Cancelled | ErrorCode::Aborted => StatusCode::CONFLICT,
        ErrorCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::Internal | ErrorCode::Other(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_may_be_tried_again_says_when_in_whole_seconds() {
        let wait = |ms| {
            let error = ErrorReply {
                retry_after_ms: Some(ms),
                ..ErrorReply::new(ErrorCode::RateLimited, "too often")
            };
            let response = Refused::from(error).into_response();
            assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
            let value = &response.headers()[header::RETRY_AFTER];
            Duration::from_secs(value.to_str().unwrap().parse().unwrap())
        };
        assert_eq!(wait(1), Duration::from_secs(1));
        assert_eq!(wait(1_001), Duration::from_secs(2));
    }

    #[test]
    fn a_refused_token_asks_for_another_one() {
        let refusal = Refusal {
            code: AuthCode::TokenExpired,
            message: "the token has expired".into(),
        };
        let response = Refused::from(refusal).into_response();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(response.headers()[header::WWW_AUTHENTICATE], "Bearer");
    }
}
