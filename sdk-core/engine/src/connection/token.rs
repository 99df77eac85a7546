//! The token: asked for once, whoever needs it, and kept until it is refused (docs/protocol.md §9).

use std::time::Duration;

use crate::{
    EngineConfig, TokenFailure,
    backoff::{Backoff, Jitter},
};

/// The most bytes of a token: `authenticate` must fit into what a server reads of somebody whom it
/// does not know yet (docs/protocol.md §8), with 4 KiB for its other fields.
const MAX_TOKEN_BYTES: usize = causerie_protocol::limits::MAX_UNAUTHENTICATED_BYTES - 4 * 1024;

/// What a provider gave, without the white space around it, unless no server can read it. What
/// stands between device and backend may answer in its place for a while (a portal of a hotel's, a
/// proxy), so that is no reason to send a person to the sign-in.
pub(super) fn sound(token: &str) -> Result<String, TokenFailure> {
    let token = token.trim();
    let fault = if token.is_empty() {
        "it is empty".to_owned()
    } else if token.chars().any(char::is_control) {
        "it holds a control character, such as a line's end".to_owned()
    } else if token.len() > MAX_TOKEN_BYTES {
        let bytes = token.len();
        format!("it has {bytes} bytes, and a server reads {MAX_TOKEN_BYTES} at most")
    } else {
        return Ok(token.to_owned());
    };
    Err(TokenFailure::Temporary(format!(
        "the token provider gave something that is no token: {fault}"
    )))
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
    /// When the present one came.
    given_at: Option<Duration>,
    /// When to ask again for a newer one, while the present one still serves.
    retry_at: Option<Duration>,
    backoff: Backoff,
    /// One that comes to its end sooner than this after it came was none worth having: the next is
    /// asked for with growing waits.
    lasting: Duration,
}

impl Token {
    pub(super) fn new(config: &EngineConfig) -> Self {
        Self {
            value: None,
            asked: false,
            refusals: 0,
            stale: false,
            given_at: None,
            retry_at: None,
            backoff: Backoff::new(config.backoff_base, config.backoff_cap),
            lasting: config.backoff_cap,
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
    pub(super) fn given(&mut self, value: String, now: Duration) {
        self.asked = false;
        self.stale = false;
        self.retry_at = None;
        self.given_at = Some(now);
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

    /// It serves, but not for long. Says whether another one is to be asked for now; otherwise that
    /// is done later, since the provider gives such ones.
    pub(super) fn expiring(&mut self, jitter: &mut Jitter, now: Duration) -> bool {
        self.stale = true;
        let lasted = self
            .given_at
            .is_none_or(|at| now.saturating_sub(at) >= self.lasting);
        if lasted {
            self.backoff.reset();
            return true;
        }
        if self.retry_at.is_none() && !self.asked {
            self.retry(jitter, now);
        }
        false
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
