//! Asking the app for a token.

use std::{sync::Arc, time::Duration};

use causerie_engine::TokenFailure;
use tokio::time::timeout;

use crate::{TokenProvider, TokenRequest};

/// A provider that answers later than this counts as one that could not.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks, and turns whatever the app's code does into an answer.
pub(crate) async fn ask(
    provider: Arc<dyn TokenProvider>,
    request: TokenRequest,
) -> Result<String, TokenFailure> {
    // A task of its own, so that a panic ends there. It does not keep the provider, which is
    // dropped when the client ends, and not after.
    let mut asked = tokio::spawn(async move {
        let answer = provider.token(request);
        drop(provider);
        answer.await
    });
    match timeout(PATIENCE, &mut asked).await {
        Ok(Ok(answer)) => answer.map_err(Into::into),
        Ok(Err(_)) => {
            tracing::error!("the token provider panicked; it will be asked again");
            Err(TokenFailure::Temporary(
                "the token provider panicked".into(),
            ))
        }
        Err(_) => {
            asked.abort();
            Err(TokenFailure::Temporary(
                "the token provider did not answer within 30 s".into(),
            ))
        }
    }
}
