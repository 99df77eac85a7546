//! What the SDK says of its work, for developers.

/// How much a record matters, or how much one wants to hear.
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
#[cfg_attr(feature = "napi", napi_derive::napi(string_enum = "snake_case"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Something is lost, or does not go on before somebody acts: the local data fail or are
    /// damaged, a sign-in is needed, a callback of the app's threw.
    Error,
    /// Something is not as it should be, and the SDK goes on by itself: there is no connection (with
    /// the reason, and the delay before the next attempt), no token was had, the server refused a
    /// token, a write or a subscription (with its code), a listener was too slow.
    Warn,
    /// One line for each thing that happens: opened, connected, synced (with counts), disconnected,
    /// suspended, signed out, closed.
    Info,
    /// How it comes about: sockets and why they end, tokens asked for, writes queued, sent and
    /// confirmed (by their keys), the local database's opening.
    Debug,
    /// Each frame, by its type.
    Trace,
}

/// One record. It holds no message content, no token and no file name.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRecord {
    /// How much it matters.
    pub level: LogLevel,
    /// Which part of the SDK says it.
    pub target: String,
    /// What it says, the fields included.
    pub message: String,
    /// When, by this device's clock, in milliseconds since 1970.
    pub at_ms: i64,
}
