//! The one error.

use std::time::Duration;

/// What the caller does about a [`Fault`].
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
#[cfg_attr(feature = "napi", napi_derive::napi(string_enum = "snake_case"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Try again, after `retry_after_ms` if it is there.
    RetryLater,
    /// Show it: a person must decide or do something.
    AskUser,
    /// Have the user sign in.
    SignIn,
    /// Mend the program.
    FixCode,
}

/// What went wrong. Each language throws it in its own way, with these fields.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "uniffi", uniffi::export(Debug, Display))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// A stable word, to compare, log and translate. It never changes its meaning.
    pub code: String,
    /// What to do about it.
    pub action: Action,
    /// For developers; may change.
    pub message: String,
    /// Whether the same call may succeed later.
    pub retryable: bool,
    /// How long to wait before that has a chance, in milliseconds.
    pub retry_after_ms: Option<i64>,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            code,
            message,
            action,
            ..
        } = self;
        write!(f, "{code}: {message} ({action:?})")
    }
}

impl From<causerie::Error> for Fault {
    fn from(error: causerie::Error) -> Self {
        Self {
            code: error.code().to_owned(),
            action: error.action().into(),
            message: error.to_string(),
            retryable: error.retryable(),
            retry_after_ms: error.retry_after().map(millis),
        }
    }
}

impl From<causerie::Action> for Action {
    fn from(action: causerie::Action) -> Self {
        match action {
            causerie::Action::RetryLater => Self::RetryLater,
            causerie::Action::AskUser => Self::AskUser,
            causerie::Action::SignIn => Self::SignIn,
            causerie::Action::FixCode => Self::FixCode,
        }
    }
}

/// Whole milliseconds; a duration beyond 2^53 of them, which nothing here has, is that.
pub(crate) fn millis(duration: Duration) -> i64 {
    integer(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

/// The wire and the stores keep integers below 2^53, which every language holds exactly.
pub(crate) fn integer(number: u64) -> i64 {
    const MOST: u64 = (1 << 53) - 1;
    i64::try_from(number.min(MOST)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_integer_is_one_that_javascript_holds_exactly() {
        assert_eq!(integer(0), 0);
        assert_eq!(integer((1 << 53) - 1), (1 << 53) - 1);
        assert_eq!(integer(u64::MAX), (1 << 53) - 1);
        assert_eq!(millis(Duration::from_micros(2_500)), 2);
    }
}
