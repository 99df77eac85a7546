//! The token: asked for once, whoever needs it, and kept until it is refused (docs/protocol.md §9).

use std::time::Duration;

use crate::{
    EngineConfig, TokenFailure,
    backoff::{Backoff, Jitter},
};

/// What a provider gave, unless no server can read it: the same token would come again.
pub(super) fn sound(token: String) -> Result<String, TokenFailure> {
    if token.is_empty() || token.chars().any(char::is_control) {
        return Err(TokenFailure::SignInNeeded(
            "the token provider gave something that is no token: it is empty, or holds a control \
             character such as a line's end"
                .into(),
        ));
    }
    Ok(token)
}

#[derive(Debug)]
pub(super) struct Token {
    value: Option<String>,
    /// The provider was asked, and has not answered.
    asked: bool,
    /// Refusals in a row.
    refusals: u32,
    /// The provider must not give the last one again.
    stale: bool,
    /// When to ask again for a newer one, while the present one still serves.
    retry_at: Option<Duration>,
    backoff: Backoff,
}

impl Token {
    pub(super) fn new(config: &EngineConfig) -> Self {
        Self {
            value: None,
            asked: false,
            refusals: 0,
            stale: false,
            retry_at: None,
            backoff: Backoff::new(config.backoff_base, config.backoff_cap),
        }
    }

    pub(super) fn value(&self) -> Option<&String> {
        self.value.as_ref()
    }

    /// Whether the provider is to be asked now, and if so, whether the last one is of no use. It is
    /// asked once at a time.
    pub(super) fn ask(&mut self) -> Option<bool> {
        if self.asked {
            return None;
        }
        self.asked = true;
        self.retry_at = None;
        Some(self.stale)
    }

    /// The provider answered with one.
    pub(super) fn given(&mut self, value: String) {
        self.asked = false;
        self.stale = false;
        self.retry_at = None;
        self.backoff.reset();
        self.value = Some(value);
    }

    /// The provider has none.
    pub(super) fn not_given(&mut self) {
        self.asked = false;
        self.retry_at = None;
    }

    /// To be asked for again, later.
    pub(super) fn retry(&mut self, jitter: &mut Jitter, now: Duration) {
        self.retry_at = Some(now + self.backoff.next_delay(jitter, None));
    }

    pub(super) fn retry_at(&self) -> Option<Duration> {
        self.retry_at
    }

    pub(super) fn cancel_retry(&mut self) {
        self.retry_at = None;
    }

    /// The server took it.
    pub(super) fn accepted(&mut self) {
        self.refusals = 0;
        self.stale = false;
    }

    /// It serves no longer.
    pub(super) fn expire(&mut self) {
        self.value = None;
        self.stale = true;
    }

    /// It serves, but not for long.
    pub(super) fn expiring(&mut self) {
        self.stale = true;
    }

    /// The server refused it. Says whether another one is worth trying: after a second refusal in
    /// a row it is not.
    pub(super) fn refused(&mut self) -> bool {
        self.refusals += 1;
        self.refusals < 2
    }

    /// The app begins anew.
    pub(super) fn forgive(&mut self) {
        self.refusals = 0;
    }
}
