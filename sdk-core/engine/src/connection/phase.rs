//! How a connection stands.

use std::time::Duration;

use crate::TimerReason;

#[derive(Debug)]
pub(super) enum Phase {
    /// Not wanted, or in the background.
    Idle,
    /// The socket opens.
    Opening {
        deadline: Duration,
    },
    /// It is open, and the provider has not brought a token yet.
    AwaitingToken {
        deadline: Duration,
    },
    /// The server looks at the token.
    Authenticating {
        deadline: Duration,
    },
    Live(Live),
    /// For the next attempt. Not before `floor`, whatever hints come; a server that asked for much
    /// set none.
    Waiting {
        until: Duration,
        floor: Duration,
    },
    AwaitingClientId,
    SignInNeeded,
    Closed,
}

#[derive(Debug)]
pub(super) struct Live {
    /// When something came last.
    pub(super) heard: Duration,
    /// How long nothing may come.
    pub(super) silence: Duration,
    /// Something must come before.
    pub(super) probe: Option<Duration>,
    /// When earlier failures are forgotten.
    pub(super) reset_at: Option<Duration>,
}

impl Phase {
    pub(super) fn has_socket(&self) -> bool {
        match self {
            Self::Opening { .. }
            | Self::AwaitingToken { .. }
            | Self::Authenticating { .. }
            | Self::Live(_) => true,
            Self::Idle
            | Self::Waiting { .. }
            | Self::AwaitingClientId
            | Self::SignInNeeded
            | Self::Closed => false,
        }
    }

    /// Why a phase whose time is over has failed.
    pub(super) fn missed_deadline(&self, now: Duration) -> Option<&'static str> {
        let (deadline, reason) = match self {
            Self::Opening { deadline } => (*deadline, "the socket did not open in time"),
            Self::AwaitingToken { deadline } => (*deadline, "no token came in time"),
            Self::Authenticating { deadline } => (*deadline, "the server did not answer in time"),
            Self::Live(live) if live.heard + live.silence <= now => (now, "the server fell silent"),
            Self::Live(live) => (live.probe?, "the connection showed no life"),
            Self::Idle
            | Self::Waiting { .. }
            | Self::AwaitingClientId
            | Self::SignInNeeded
            | Self::Closed => return None,
        };
        (deadline <= now).then_some(reason)
    }

    pub(super) fn poll_timeout(&self) -> Option<(Duration, TimerReason)> {
        match self {
            Self::Opening { deadline }
            | Self::AwaitingToken { deadline }
            | Self::Authenticating { deadline } => Some((*deadline, TimerReason::OpenDeadline)),
            Self::Live(live) => [
                Some((live.heard + live.silence, TimerReason::Silence)),
                live.probe.map(|at| (at, TimerReason::Probe)),
                live.reset_at.map(|at| (at, TimerReason::BackoffReset)),
            ]
            .into_iter()
            .flatten()
            .min_by_key(|(at, _)| *at),
            Self::Waiting { until, .. } => Some((*until, TimerReason::Reconnect)),
            Self::Idle | Self::AwaitingClientId | Self::SignInNeeded | Self::Closed => None,
        }
    }
}
