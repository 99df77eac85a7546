//! Tokens from the app.

use std::sync::Arc;

use causerie::{TokenFuture, TokenRequest};
use causerie_border::record::{self, TokenQuestion};

use crate::ListenerError;

/// A token, or why there is none. The one record that is not `causerie_border`'s, which says why.
#[derive(uniffi::Record)]
pub struct TokenAnswer {
    /// The token.
    pub token: Option<String>,
    /// Why there is none.
    pub problem: Option<String>,
    /// That will not pass by itself: the user must sign in again.
    pub sign_in_needed: bool,
}

impl From<TokenAnswer> for record::TokenAnswer {
    fn from(answer: TokenAnswer) -> Self {
        Self {
            token: answer.token,
            problem: answer.problem,
            sign_in_needed: answer.sign_in_needed,
        }
    }
}

/// Brings tokens from the app's backend. Asked once at a time; at most 30 s.
#[uniffi::export(foreign)]
#[async_trait::async_trait]
pub trait TokenProvider: Send + Sync {
    /// A token, or why there is none. What it throws counts as a problem that may pass.
    async fn token(&self, question: TokenQuestion) -> Result<TokenAnswer, ListenerError>;
}

/// The same for `causerie`.
pub(crate) struct Asked(pub(crate) Arc<dyn TokenProvider>);

impl causerie::TokenProvider for Asked {
    fn token(&self, request: TokenRequest) -> TokenFuture {
        let provider = Arc::clone(&self.0);
        Box::pin(async move {
            provider
                .token(request.into())
                .await
                .map_or_else(
                    |error| record::TokenAnswer::temporary(error.to_string()),
                    record::TokenAnswer::from,
                )
                .into()
        })
    }
}
