//! The one error as an exception.

use causerie_border::{Action, Fault};

/// What every call throws. uniffi wants an enum of an exception; the record in it is the same in
/// every language, and keeps `message` apart from the exception's own.
#[derive(Debug, uniffi::Error)]
pub enum CauserieError {
    /// The call failed.
    Failed {
        /// How, and what to do about it.
        fault: Fault,
    },
}

impl CauserieError {
    /// The caller cancelled the call. What it asked for may be done all the same.
    pub(crate) fn cancelled() -> Self {
        Self::Failed {
            fault: Fault {
                code: "cancelled".into(),
                action: Action::RetryLater,
                message: "the call was cancelled".into(),
                retryable: true,
                retry_after_ms: None,
            },
        }
    }

    /// The call panicked, which is a mistake in Causerie. Other calls go on working.
    pub(crate) fn panicked(what: &str) -> Self {
        Self::Failed {
            fault: Fault {
                code: "panicked".into(),
                action: Action::FixCode,
                message: format!("a mistake in Causerie, please report it: {what}"),
                retryable: false,
                retry_after_ms: None,
            },
        }
    }
}

impl std::fmt::Display for CauserieError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self::Failed { fault } = self;
        write!(f, "{}: {}", fault.code, fault.message)
    }
}

impl std::error::Error for CauserieError {}

impl From<causerie::Error> for CauserieError {
    fn from(error: causerie::Error) -> Self {
        Self::Failed {
            fault: error.into(),
        }
    }
}
