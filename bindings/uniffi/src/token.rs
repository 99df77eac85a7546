//! Tokens from the app.

use std::{future::poll_fn, sync::Arc};

use causerie::{TokenFuture, TokenRequest};
use causerie_border::record::{self, TokenQuestion};

use crate::{
    ListenerError,
    held::{Foreign, Held, Holdings},
};

/// A token, or why there is none. The one record that is not `causerie_border`'s, which says why.
#[derive(uniffi::Record)]
#[uniffi::export(Debug, Display)]
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

impl std::fmt::Debug for TokenAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenAnswer")
            .field("token", &self.token.as_ref().map(|_| "[redacted]"))
            .field("problem", &self.problem)
            .field("sign_in_needed", &self.sign_in_needed)
            .finish()
    }
}

impl std::fmt::Display for TokenAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}

/// Brings tokens from the app's backend. Asked once at a time; at most 30 s.
#[uniffi::export(foreign)]
#[async_trait::async_trait]
pub trait TokenProvider: Send + Sync {
    /// A token, or why there is none. What it throws counts as a problem that may pass.
    async fn token(&self, question: TokenQuestion) -> Result<TokenAnswer, ListenerError>;
}

/// The same for `causerie`, which drops it when the client ends: then the app's provider is given
/// back, and so are its answers that are waited for.
pub(crate) struct Asked {
    provider: Held<Arc<dyn TokenProvider>>,
    answers: Holdings,
}

impl Asked {
    pub(crate) fn new(provider: Arc<dyn TokenProvider>) -> Self {
        Self {
            provider: Held::new(provider),
            answers: Holdings::default(),
        }
    }
}

impl causerie::TokenProvider for Asked {
    fn token(&self, request: TokenRequest) -> TokenFuture {
        let asking = self.provider.with(|provider| {
            let provider = Arc::clone(provider);
            let question = request.into();
            let asking: Foreign<_> = Box::pin(async move { provider.token(question).await });
            self.answers.hold(asking)
        });
        Box::pin(async move {
            let answer = match &asking {
                Some(asking) => poll_fn(|context| asking.poll(context)).await,
                None => None,
            };
            let answer = match answer {
                Some(Ok(answer)) => record::TokenAnswer::from(answer),
                Some(Err(error)) => record::TokenAnswer::temporary(error.to_string()),
                None => record::TokenAnswer::temporary("the client has ended"),
            };
            answer.into()
        })
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.answers.release();
    }
}
