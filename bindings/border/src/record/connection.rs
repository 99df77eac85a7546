//! How the connection stands.

use causerie::ConnectionState;

use crate::fault::millis;

/// Which state the connection is in.
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
#[cfg_attr(feature = "napi", napi_derive::napi(string_enum = "snake_case"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionKind {
    /// Not asked to connect.
    Disconnected,
    /// The socket opens.
    Connecting,
    /// The token is asked for or checked.
    Authenticating,
    /// Frames flow.
    Live,
    /// The next attempt comes by itself: `attempt`, `retry_in_ms` and `reason` are there.
    Waiting,
    /// The app must bring a token first: `reason` is there.
    SignInNeeded,
    /// In the background.
    Suspended,
    /// Ended for good: `reason` is there.
    Closed,
}

/// How the connection stands.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionStatus {
    /// Which state.
    pub kind: ConnectionKind,
    /// Which attempt comes next, from 1.
    pub attempt: Option<i64>,
    /// In how many milliseconds.
    pub retry_in_ms: Option<i64>,
    /// Why it is so.
    pub reason: Option<String>,
}

impl From<ConnectionState> for ConnectionStatus {
    fn from(state: ConnectionState) -> Self {
        let of = |kind| Self {
            kind,
            attempt: None,
            retry_in_ms: None,
            reason: None,
        };
        match state {
            ConnectionState::Disconnected => of(ConnectionKind::Disconnected),
            ConnectionState::Connecting => of(ConnectionKind::Connecting),
            ConnectionState::Authenticating => of(ConnectionKind::Authenticating),
            ConnectionState::Live => of(ConnectionKind::Live),
            ConnectionState::Waiting {
                attempt,
                retry_in,
                reason,
            } => Self {
                attempt: Some(attempt.into()),
                retry_in_ms: Some(millis(retry_in)),
                reason: Some(reason),
                ..of(ConnectionKind::Waiting)
            },
            ConnectionState::SignInNeeded { reason } => Self {
                reason: Some(reason),
                ..of(ConnectionKind::SignInNeeded)
            },
            ConnectionState::Suspended => of(ConnectionKind::Suspended),
            ConnectionState::Closed { reason } => Self {
                reason: Some(reason),
                ..of(ConnectionKind::Closed)
            },
        }
    }
}
