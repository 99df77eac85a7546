//! How long the connection's token lasts (docs/protocol.md §3).

use std::time::Duration;

use causerie_protocol::Millis;

use crate::clock::Now;

const WARN_BEFORE_MS: Millis = 60_000;
const CLOSE_AFTER_MS: Millis = 25_000;

/// The life of a token, by the wall clock, which may jump.
#[derive(Debug)]
pub(super) struct TokenLife {
    expires_at: Millis,
    warned: bool,
}

impl TokenLife {
    pub(super) fn new(expires_at: Millis) -> Self {
        Self {
            expires_at,
            warned: false,
        }
    }

    /// Whether `token_expiring` is to be said now. It counts as said.
    pub(super) fn take_warning(&mut self, now: Now) -> bool {
        if self.warned || now.wall < self.warn_at() {
            return false;
        }
        self.warned = true;
        true
    }

    /// Whether the connection is to be closed.
    pub(super) fn is_over(&self, now: Now) -> bool {
        now.wall >= self.close_at()
    }

    /// When one of the two is next due; while no warning may be given, only the end is.
    pub(super) fn next_at(&self, now: Now, may_warn: bool) -> Duration {
        now.mono_at(if self.warned || !may_warn {
            self.close_at()
        } else {
            self.warn_at()
        })
    }

    fn warn_at(&self) -> Millis {
        self.expires_at.saturating_sub(WARN_BEFORE_MS)
    }

    fn close_at(&self) -> Millis {
        self.expires_at.saturating_add(CLOSE_AFTER_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_warns_once_a_minute_before_its_end_and_closes_25_s_after_it() {
        let at = |wall| Now {
            mono: Duration::from_secs(1),
            wall,
        };
        let mut token = TokenLife::new(1_000_000);
        assert!(!token.take_warning(at(939_999)));
        assert_eq!(token.next_at(at(939_000), true), Duration::from_secs(2));
        let end = Duration::from_secs(86);
        assert_eq!(token.next_at(at(940_000), false), end);
        assert!(token.take_warning(at(940_000)));
        assert!(!token.take_warning(at(950_000)));
        assert!(!token.is_over(at(1_024_999)));
        assert!(token.is_over(at(1_025_000)));
    }
}
