//! What the SDK says of its work, for developers.

/// How much a record matters, or how much one wants to hear.
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
#[cfg_attr(feature = "napi", napi_derive::napi(string_enum = "snake_case"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Something is lost or does not work.
    Error,
    /// Something is not as it should be; the SDK goes on by itself.
    Warn,
    /// One line for each thing that happens: connecting, signing out.
    Info,
    /// Why it happens.
    Debug,
    /// Each frame.
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
