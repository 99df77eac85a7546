//! The one error as an exception.

use causerie_border::Fault;

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
