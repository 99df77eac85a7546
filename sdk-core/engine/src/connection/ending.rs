//! How a connection ends, and what follows: to come back at once, later or with another token, to
//! wait for the app, or to give up (docs/protocol.md §8 and §9).

use std::time::Duration;

use causerie_protocol::{AfterClose, AuthCode, CloseCode};

use super::{Action, Connection, phase::Phase};
use crate::{ConnectionState, backoff::Jitter};

/// A connection of ours that ended without a word may live on at the server for so long, and then
/// be superseded, or supersede.
const ECHO: Duration = Duration::from_secs(60);

/// What the server said of the end before it came.
#[derive(Debug, Default)]
pub(super) struct Announced {
    code: Option<CloseCode>,
    retry_after: Option<Duration>,
}

impl Connection {
    /// The server said why it will close.
    pub(crate) fn handle_announced(
        &mut self,
        code: Option<CloseCode>,
        retry_after: Option<Duration>,
    ) {
        self.announced.code = code.or(self.announced.code);
        self.announced.retry_after = retry_after.or(self.announced.retry_after);
    }

    pub(crate) fn handle_auth_error(
        &mut self,
        code: &AuthCode,
        message: &str,
        retryable: bool,
        now: Duration,
    ) {
        if !self.is_listening() {
            return;
        }
        self.leave(Phase::Idle);
        match code {
            AuthCode::TokenInvalid | AuthCode::TokenExpired => self.refuse_token(message, now),
            AuthCode::VersionUnsupported => self.close(message),
            AuthCode::GuestForbidden | AuthCode::Revoked => self.need_sign_in(message),
            AuthCode::Other(_) if retryable => self.refuse_token(message, now),
            AuthCode::Other(_) => self.need_sign_in(message),
        }
    }

    /// The socket ended, or did not come to be.
    pub(crate) fn handle_closed(
        &mut self,
        code: Option<CloseCode>,
        reason: &str,
        jitter: &mut Jitter,
        now: Duration,
    ) {
        let authenticated = self.is_listening();
        if !self.phase.has_socket() {
            return;
        }
        self.phase = Phase::Idle;
        self.actions.push(Action::Lost);
        let announced = std::mem::take(&mut self.announced);
        // Proxies drop close codes: what was announced before counts unless the code is ours.
        let code = match code {
            Some(code) if code.number() >= 4000 => Some(code),
            other => announced.code.or(other),
        };
        if authenticated && code.is_none() {
            self.abandoned_at = Some(now);
        }
        let reason = match code {
            Some(code) if reason.is_empty() => format!("closed with {code}"),
            _ => reason.to_owned(),
        };
        match (code, code.map_or(AfterClose::ComeBack, CloseCode::after)) {
            (Some(CloseCode::Superseded), _) if !self.reconnected_lately(now) => {
                self.phase = Phase::AwaitingClientId;
                self.show(ConnectionState::Connecting);
                self.actions.push(Action::NewClientId);
            }
            (Some(CloseCode::TokenInvalid), _) => self.refuse_token(&reason, now),
            (Some(CloseCode::VersionUnsupported), _) => self.close(&reason),
            (_, AfterClose::NewToken) => {
                self.token.expire();
                self.wait(announced.retry_after, &reason, jitter, now);
            }
            (_, AfterClose::Stop) => self.need_sign_in(&reason),
            (_, AfterClose::Later) => {
                self.wait(Some(self.refused_delay), &reason, jitter, now);
                if let Phase::Waiting { floor, .. } = &mut self.phase {
                    *floor = now + self.refused_delay;
                }
            }
            (_, AfterClose::ComeBack) => {
                self.wait(announced.retry_after, &reason, jitter, now);
            }
        }
    }

    /// Whether a connection of ours may have superseded another one of ours.
    fn reconnected_lately(&self, now: Duration) -> bool {
        self.abandoned_at
            .is_some_and(|at| now.saturating_sub(at) < ECHO)
    }

    /// The connection does not answer, or not as it must: it is given up. What the server asked to
    /// wait counts.
    pub(crate) fn handle_broken(
        &mut self,
        reason: &str,
        retry_after: Option<Duration>,
        jitter: &mut Jitter,
        now: Duration,
    ) {
        if self.is_listening() {
            self.abandoned_at = Some(now);
        }
        self.leave(Phase::Idle);
        self.wait(retry_after, reason, jitter, now);
    }

    /// Closes the socket, if there is one, and goes to a phase without.
    pub(super) fn leave(&mut self, phase: Phase) {
        if self.phase.has_socket() {
            self.actions.push(Action::CloseSocket);
            self.actions.push(Action::Lost);
        }
        self.token.cancel_retry();
        self.phase = phase;
    }

    pub(super) fn wait(
        &mut self,
        retry_after: Option<Duration>,
        reason: &str,
        jitter: &mut Jitter,
        now: Duration,
    ) {
        if self
            .max_attempts
            .is_some_and(|most| self.backoff.failures() >= most)
        {
            return self.close(reason);
        }
        let delay = self.backoff.next_delay(jitter, retry_after);
        self.phase = Phase::Waiting {
            until: now + delay,
            floor: now
                + retry_after
                    .filter(|asked| *asked <= self.longest_floor)
                    .unwrap_or_default(),
        };
        self.show(ConnectionState::Waiting {
            attempt: self.backoff.failures(),
            retry_in: delay,
            reason: reason.to_owned(),
        });
    }

    fn refuse_token(&mut self, reason: &str, now: Duration) {
        self.token.expire();
        if self.token.refused() {
            self.open(now);
        } else {
            self.need_sign_in(reason);
        }
    }

    pub(super) fn need_sign_in(&mut self, reason: &str) {
        self.token.expire();
        self.phase = Phase::SignInNeeded;
        self.show(ConnectionState::SignInNeeded {
            reason: reason.to_owned(),
        });
    }

    fn close(&mut self, reason: &str) {
        self.phase = Phase::Closed;
        self.show(ConnectionState::Closed {
            reason: reason.to_owned(),
        });
    }
}
