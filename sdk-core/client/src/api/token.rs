//! Tokens: the app's backend makes them, the SDK asks for them when it needs one.

use std::{future::Future, pin::Pin};

use causerie_engine::TokenFailure;
use causerie_protocol::UserId;

/// What a [`TokenProvider`] is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// For whom.
    pub user_id: UserId,
    /// The server refused the last token: get a new one, do not give a remembered one again.
    pub refused: bool,
}

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It may work later: the app's backend was not reached. The SDK asks again by itself, with
    /// back-off.
    #[error("no token for now: {0}")]
    Temporary(String),
    /// The user must sign in again. The SDK waits until [`Client::start`](crate::Client::start) is
    /// called.
    #[error("the user must sign in: {0}")]
    SignInNeeded(String),
}

impl From<TokenError> for TokenFailure {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Temporary(why) => Self::Temporary(why),
            TokenError::SignInNeeded(why) => Self::SignInNeeded(why),
        }
    }
}

/// A provider's answer, when it comes.
pub type TokenFuture = Pin<Box<dyn Future<Output = Result<String, TokenError>> + Send>>;

/// Brings tokens from the app's backend. Asked once at a time, whoever needs one; at most 30 s.
/// White space around a token is taken off. A panic in it counts as [`TokenError::Temporary`], and so
/// does what can be no token, since it is empty, holds a control character, or has more than 28 KiB.
/// A token that ends within a minute is replaced with growing waits, of 15 s on average in the end.
///
/// Every async closure of the right type is one:
///
/// ```
/// use causerie::{Client, TokenError, TokenRequest};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), causerie::Error> {
/// # let folder = tempfile::tempdir().unwrap();
/// let client = Client::builder("wss://chat.example.org", "alice")
///     .data_dir(folder.path())
///     .token_provider(|request: TokenRequest| async move {
///         let backend_says = format!("a token for {}", request.user_id);
///         Ok::<String, TokenError>(backend_says)
///     })
///     .open()
///     .await?;
/// # client.close().await;
/// # Ok(()) }
/// ```
pub trait TokenProvider: Send + Sync + 'static {
    /// A token for the user, by whom the server's operator trusts.
    fn token(&self, request: TokenRequest) -> TokenFuture;
}

impl<F, R> TokenProvider for F
where
    F: Fn(TokenRequest) -> R + Send + Sync + 'static,
    R: Future<Output = Result<String, TokenError>> + Send + 'static,
{
    fn token(&self, request: TokenRequest) -> TokenFuture {
        Box::pin(self(request))
    }
}

/// No provider was set: the client works offline, and says so when it is asked to connect.
pub(crate) struct NoProvider;

impl TokenProvider for NoProvider {
    fn token(&self, _: TokenRequest) -> TokenFuture {
        Box::pin(async {
            Err(TokenError::SignInNeeded(
                "this client was built without a token provider".into(),
            ))
        })
    }
}
