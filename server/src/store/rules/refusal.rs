//! Why a rule stops, in words for the person who gets them.

use causerie_protocol::{ErrorCode, ErrorReply, WriteFault, WriteKind};

use crate::store::tables::TableError;

/// What a rule decides, or why it stopped.
pub(super) type Ruling<T> = Result<T, Stop>;

/// Why a rule stopped. A refusal comes before the first write, so it has nothing to take back.
#[derive(Debug)]
pub(super) enum Stop {
    /// The rule says no.
    Refused(Box<ErrorReply>),
    /// The tables failed: the transaction is over.
    Failed(TableError),
}

impl From<ErrorReply> for Stop {
    fn from(reply: ErrorReply) -> Self {
        Self::Refused(Box::new(reply))
    }
}

impl From<TableError> for Stop {
    fn from(error: TableError) -> Self {
        Self::Failed(error)
    }
}

/// What is missing and what is closed must look the same (docs/protocol.md §4).
pub(in crate::store) fn forbidden() -> ErrorReply {
    ErrorReply::new(
        ErrorCode::Forbidden,
        "there is no such conversation, or it does not allow you this",
    )
}

/// Not allowed to a member, who may know why.
pub(super) fn not_allowed(why: &str) -> ErrorReply {
    ErrorReply::new(ErrorCode::Forbidden, why)
}

/// The message named is not there, or not for this user.
pub(super) fn no_such_message() -> ErrorReply {
    ErrorReply::new(ErrorCode::NotFound, "there is no such message")
}

/// It contradicts what is there.
pub(super) fn conflict(why: &str) -> ErrorReply {
    ErrorReply::new(ErrorCode::Conflict, why)
}

/// Beyond a limit.
pub(super) fn too_large(field: &str, why: String) -> ErrorReply {
    ErrorReply {
        field: Some(field.into()),
        ..ErrorReply::new(ErrorCode::TooLarge, why)
    }
}

/// Waits for the refused write before it.
pub(super) fn aborted() -> ErrorReply {
    ErrorReply::new(
        ErrorCode::Aborted,
        "an earlier write to this conversation was refused and has not come again",
    )
}

/// Its sender took it back before it came.
pub(super) fn cancelled() -> ErrorReply {
    ErrorReply::new(
        ErrorCode::Cancelled,
        "this message was deleted before the server had it",
    )
}

/// A request that this server does not serve.
pub(super) fn not_served(kind: WriteKind) -> ErrorReply {
    ErrorReply::new(
        ErrorCode::UnknownType,
        format!("this server does not serve {}", kind.as_str()),
    )
}

/// The store cannot now.
pub(super) fn unavailable() -> ErrorReply {
    ErrorReply::new(
        ErrorCode::Unavailable,
        "the server cannot store anything now; nothing was written",
    )
}

/// This one command broke the tables or a rule.
pub(super) fn internal() -> ErrorReply {
    ErrorReply::new(
        ErrorCode::Internal,
        "the server failed; nothing was written",
    )
}

/// What the codec found wrong with a write.
pub(super) fn fault(fault: &WriteFault) -> ErrorReply {
    ErrorReply {
        field: fault.field.clone(),
        ..ErrorReply::new(fault.code.clone(), fault.message.clone())
    }
}
