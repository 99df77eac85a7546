//! The one connection: when to open it, what ends it, when to come back (docs/protocol.md §3, §8
//! and §9). It knows sockets, tokens and waits, and nothing of what travels over them.
//!
//! The token is asked for once, whoever needs it, and kept until it is refused. While it is asked
//! for the socket opens already. A token that is refused is replaced by another one at once; a
//! second refusal in a row waits for the app.

mod ending;
mod phase;
mod token;

#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::{
    ConnectionState, EngineConfig, NetworkHint, TimerReason, TokenFailure,
    backoff::{Backoff, Jitter},
};

use ending::Announced;
use phase::{Live, Phase};
use token::Token;

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    OpenSocket,
    CloseSocket,
    RequestToken {
        refused: bool,
    },
    NewClientId,
    /// Send `authenticate` with this token.
    Authenticate(String),
    /// Send `refresh_token` with this token.
    Refresh(String),
    /// Send `ping`.
    Ping,
    /// What hung on the connection is gone.
    Lost,
}

#[derive(Debug)]
pub(crate) struct Connection {
    open_timeout: Duration,
    probe_timeout: Duration,
    refused_delay: Duration,
    reset_after: Duration,
    max_attempts: Option<u32>,
    /// A hint of the network or of the person does not wait for longer, whatever the server said.
    longest_floor: Duration,
    wanted: bool,
    suspended: bool,
    phase: Phase,
    token: Token,
    backoff: Backoff,
    announced: Announced,
    abandoned_at: Option<Duration>,
    state: ConnectionState,
    changed: bool,
    opened: u64,
    actions: Vec<Action>,
}

impl Connection {
    pub(crate) fn new(config: &EngineConfig) -> Self {
        Self {
            open_timeout: config.open_timeout,
            probe_timeout: config.probe_timeout,
            refused_delay: config.refused_delay,
            reset_after: config.backoff_reset,
            max_attempts: config.max_reconnect_attempts,
            longest_floor: config.backoff_cap,
            wanted: false,
            suspended: false,
            phase: Phase::Idle,
            token: Token::new(config),
            backoff: Backoff::new(config.backoff_base, config.backoff_cap),
            announced: Announced::default(),
            abandoned_at: None,
            state: ConnectionState::Disconnected,
            changed: false,
            opened: 0,
            actions: Vec::new(),
        }
    }

    pub(crate) fn state(&self) -> &ConnectionState {
        &self.state
    }

    pub(crate) fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Live(_))
    }

    /// Whether frames of the server are expected.
    pub(crate) fn is_listening(&self) -> bool {
        matches!(self.phase, Phase::Authenticating { .. } | Phase::Live(_))
    }

    /// Connections that were live after the first one.
    pub(crate) fn reconnects(&self) -> u64 {
        self.opened.saturating_sub(1)
    }

    /// The state, if it changed since this was last asked.
    pub(crate) fn take_change(&mut self) -> Option<ConnectionState> {
        std::mem::take(&mut self.changed).then(|| self.state.clone())
    }

    pub(crate) fn take_actions(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.actions)
    }

    pub(crate) fn handle_start(&mut self, now: Duration) {
        self.wanted = true;
        if self.suspended {
            return;
        }
        match self.phase {
            Phase::Idle | Phase::SignInNeeded | Phase::Closed => {
                self.token.forgive();
                self.backoff.reset();
                self.open(now);
            }
            Phase::Waiting { .. } => self.try_at_once(now),
            Phase::Opening { .. }
            | Phase::AwaitingToken { .. }
            | Phase::Authenticating { .. }
            | Phase::Live(_)
            | Phase::AwaitingClientId => {}
        }
    }

    pub(crate) fn handle_stop(&mut self) {
        self.wanted = false;
        self.leave(Phase::Idle);
        self.show(ConnectionState::Disconnected);
    }

    pub(crate) fn handle_suspend(&mut self) {
        self.suspended = true;
        self.leave(Phase::Idle);
        self.show(ConnectionState::Suspended);
    }

    pub(crate) fn handle_resume(&mut self, now: Duration) {
        self.suspended = false;
        match self.phase {
            Phase::Idle if self.wanted => self.open(now),
            Phase::Idle => self.show(ConnectionState::Disconnected),
            Phase::SignInNeeded => {
                self.token.forgive();
                self.open(now);
            }
            Phase::Opening { .. }
            | Phase::AwaitingToken { .. }
            | Phase::Authenticating { .. }
            | Phase::Live(_)
            | Phase::Waiting { .. } => self.try_at_once(now),
            Phase::AwaitingClientId | Phase::Closed => {}
        }
    }

    pub(crate) fn handle_network(&mut self, hint: NetworkHint, now: Duration) {
        match hint {
            NetworkHint::Changed => self.try_at_once(now),
            NetworkHint::Lost if self.is_live() => self.try_at_once(now),
            NetworkHint::Lost => {}
        }
    }

    /// Opens now what waits, and gives what seems open a short time to prove it.
    fn try_at_once(&mut self, now: Duration) {
        let soon = now + self.probe_timeout;
        match &mut self.phase {
            Phase::Waiting { until, floor } => {
                *until = (*floor).max(now);
                if *until <= now {
                    self.open(now);
                }
            }
            Phase::Live(live) => {
                if live.probe.is_none() {
                    live.probe = Some(soon);
                    self.actions.push(Action::Ping);
                }
            }
            Phase::Opening { deadline }
            | Phase::AwaitingToken { deadline }
            | Phase::Authenticating { deadline } => *deadline = (*deadline).min(soon),
            Phase::Idle | Phase::AwaitingClientId | Phase::SignInNeeded | Phase::Closed => {}
        }
    }

    pub(crate) fn handle_opened(&mut self, now: Duration) {
        if !matches!(self.phase, Phase::Opening { .. }) {
            return;
        }
        let deadline = now + self.open_timeout;
        self.show(ConnectionState::Authenticating);
        match self.token.value().cloned() {
            Some(token) => {
                self.phase = Phase::Authenticating { deadline };
                self.actions.push(Action::Authenticate(token));
            }
            None => self.phase = Phase::AwaitingToken { deadline },
        }
    }

    /// The server accepted us. `silence` is how long it may stay silent.
    pub(crate) fn handle_authenticated(&mut self, silence: Duration, now: Duration) {
        self.token.accepted();
        self.opened += 1;
        self.phase = Phase::Live(Live {
            heard: now,
            silence,
            probe: None,
            reset_at: Some(now + self.reset_after),
        });
        self.show(ConnectionState::Live);
    }

    /// Something came from the server.
    pub(crate) fn handle_heard(&mut self, now: Duration) {
        if let Phase::Live(live) = &mut self.phase {
            live.heard = now;
            live.probe = None;
        }
    }

    pub(crate) fn handle_token(
        &mut self,
        token: Result<String, TokenFailure>,
        jitter: &mut Jitter,
        now: Duration,
    ) {
        let token = token.and_then(|token| token::sound(&token));
        if token.is_err() {
            self.token.not_given();
        }
        match token {
            Ok(token) => {
                self.token.given(token.clone(), now);
                match self.phase {
                    Phase::AwaitingToken { deadline } => {
                        self.phase = Phase::Authenticating { deadline };
                        self.actions.push(Action::Authenticate(token));
                    }
                    Phase::Live(_) => self.actions.push(Action::Refresh(token)),
                    Phase::SignInNeeded => self.open(now),
                    Phase::Idle
                    | Phase::Opening { .. }
                    | Phase::Authenticating { .. }
                    | Phase::Waiting { .. }
                    | Phase::AwaitingClientId
                    | Phase::Closed => {}
                }
            }
            Err(TokenFailure::Temporary(reason)) => match self.phase {
                Phase::Opening { .. } | Phase::AwaitingToken { .. } => {
                    self.leave(Phase::Idle);
                    self.wait(None, &reason, jitter, now);
                }
                Phase::Live(_) => self.token.retry(jitter, now),
                Phase::Idle
                | Phase::Authenticating { .. }
                | Phase::Waiting { .. }
                | Phase::AwaitingClientId
                | Phase::SignInNeeded
                | Phase::Closed => {}
            },
            Err(TokenFailure::SignInNeeded(reason)) => match self.phase {
                Phase::Opening { .. } | Phase::AwaitingToken { .. } | Phase::Waiting { .. } => {
                    self.leave(Phase::Idle);
                    self.need_sign_in(&reason);
                }
                // The present token holds until the server says otherwise.
                Phase::Live(_)
                | Phase::Authenticating { .. }
                | Phase::Idle
                | Phase::AwaitingClientId
                | Phase::SignInNeeded
                | Phase::Closed => {}
            },
        }
    }

    /// The token ends soon.
    pub(crate) fn handle_token_expiring(&mut self, jitter: &mut Jitter, now: Duration) {
        if self.token.expiring(jitter, now) {
            self.ask_token();
        }
    }

    /// `refresh_token` was refused.
    pub(crate) fn handle_refresh_refused(&mut self, jitter: &mut Jitter, now: Duration) {
        if self.token.refused() {
            self.handle_token_expiring(jitter, now);
        }
    }

    /// The server took the newer token.
    pub(crate) fn handle_refreshed(&mut self) {
        self.token.accepted();
    }

    /// The driver made another client id.
    pub(crate) fn handle_client_id(&mut self, jitter: &mut Jitter, now: Duration) {
        if matches!(self.phase, Phase::AwaitingClientId) {
            self.wait(None, "another device used this one's id", jitter, now);
        }
    }

    pub(crate) fn handle_timer(&mut self, jitter: &mut Jitter, now: Duration) {
        if self.is_live() && self.token.retry_at().is_some_and(|at| at <= now) {
            self.ask_token();
        }
        if let Phase::Live(live) = &mut self.phase
            && live.reset_at.is_some_and(|at| at <= now)
        {
            live.reset_at = None;
            self.backoff.reset();
        }
        if let Some(reason) = self.phase.missed_deadline(now) {
            self.handle_broken(reason, None, jitter, now);
        } else if let Phase::Waiting { until, .. } = self.phase
            && until <= now
        {
            self.open(now);
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<(Duration, TimerReason)> {
        let retry = self
            .token
            .retry_at()
            .filter(|_| self.is_live())
            .map(|at| (at, TimerReason::TokenRetry));
        self.phase
            .poll_timeout()
            .into_iter()
            .chain(retry)
            .min_by_key(|(at, _)| *at)
    }

    fn open(&mut self, now: Duration) {
        self.announced = Announced::default();
        self.phase = Phase::Opening {
            deadline: now + self.open_timeout,
        };
        self.show(ConnectionState::Connecting);
        self.actions.push(Action::OpenSocket);
        if self.token.value().is_none() {
            self.ask_token();
        }
    }

    fn ask_token(&mut self) {
        if let Some(refused) = self.token.ask() {
            self.actions.push(Action::RequestToken { refused });
        }
    }

    fn show(&mut self, state: ConnectionState) {
        if self.state != state {
            self.state = state;
            self.changed = true;
        }
    }
}
