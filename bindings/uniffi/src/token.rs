//! Tokens from the app.

use std::sync::Arc;

use causerie::{TokenFuture, TokenRequest};
use causerie_border::record::{TokenAnswer, TokenQuestion};

use crate::ListenerError;

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
                .unwrap_or_else(|error| TokenAnswer::temporary(error.to_string()))
                .into()
        })
    }
}
