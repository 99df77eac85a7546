//! Tokens from the app.

use std::sync::Arc;

use causerie::{TokenFuture, TokenRequest};
use causerie_border::record::{TokenAnswer, TokenQuestion};
use napi::{bindgen_prelude::Promise, threadsafe_function::ThreadsafeFunction};

/// A function that brings tokens. It must return a promise, and must not throw before that.
pub(crate) type Tokens = ThreadsafeFunction<
    TokenQuestion,
    Promise<TokenAnswer>,
    TokenQuestion,
    napi::Status,
    false,
    true,
>;

/// The same for `causerie`, which waits half a minute for it.
pub(crate) struct Asked(pub(crate) Arc<Tokens>);

impl causerie::TokenProvider for Asked {
    fn token(&self, request: TokenRequest) -> TokenFuture {
        let provider = Arc::clone(&self.0);
        Box::pin(async move {
            let answer = async { provider.call_async_catch(request.into()).await?.await };
            // What an error says may hold anything, a token too.
            answer
                .await
                .unwrap_or_else(|_| TokenAnswer::temporary("the token provider failed"))
                .into()
        })
    }
}
