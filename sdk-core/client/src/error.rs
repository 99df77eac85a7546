//! What can go wrong, grouped by what the caller does next.

use std::{path::PathBuf, time::Duration};

use causerie_engine::CommandError;
use causerie_protocol::{ConversationId, ErrorCode, TempId};
use causerie_store::{OpenError, StoreError};

/// An error of the SDK, by what to do about it.
///
/// [`Error::code`] is stable: apps may compare it, log it and translate it. The texts are for
/// developers and may change.
///
/// ```
/// use causerie::{Action, Client};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let error = Client::builder("ws://localhost:4000", "alice").open().await.unwrap_err();
/// assert_eq!(error.code(), "no_data_dir");
/// assert_eq!(error.action(), Action::FixCode);
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The same call may succeed later, without a change to it.
    #[error(transparent)]
    RetryLater(#[from] RetryLater),
    /// A person must decide or do something.
    #[error(transparent)]
    AskUser(#[from] AskUser),
    /// The user must sign in.
    #[error(transparent)]
    SignIn(#[from] SignIn),
    /// The program is wrong: repeating the call gives the same error.
    #[error(transparent)]
    FixCode(#[from] FixCode),
}

/// What the caller does about an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Try again, after [`Error::retry_after`] if it is there.
    RetryLater,
    /// Show it: a person must decide or do something.
    AskUser,
    /// Have the user sign in.
    SignIn,
    /// Mend the program.
    FixCode,
}

/// The same call may succeed later.
#[derive(Debug, thiserror::Error)]
pub enum RetryLater {
    /// It needs the server, which is not reached now.
    #[error("this needs the server, which is not reached now")]
    Offline,
    /// The server cannot now.
    #[error("the server refused for now ({code}): {message}")]
    Refused {
        /// The server's code.
        code: ErrorCode,
        /// The server's words.
        message: String,
    },
    /// The local database failed; nothing of the call was done.
    #[error("the local database failed, and nothing was stored: {0}")]
    Store(String),
    /// The call was on its way when the local database failed, and its answer is lost.
    #[error("the answer was lost, since the local database failed in between")]
    Interrupted,
}

/// A person must decide or do something.
#[derive(Debug, thiserror::Error)]
pub enum AskUser {
    /// The disk is full; nothing of the call was done.
    #[error("the disk is full, and nothing was stored; free some space")]
    DiskFull,
    /// What was written is beyond a limit; it was not queued.
    #[error("{field}: {message}")]
    TooLarge {
        /// Which part of it.
        field: String,
        /// How large it is, and what the limit is.
        message: String,
    },
    /// Signing out would lose messages that were not sent.
    #[error("{count} writes were not sent yet and would be lost")]
    Unsent {
        /// How many.
        count: u64,
    },
    /// Another process has the data folder open.
    #[error("{message}")]
    InUse {
        /// The folder.
        path: PathBuf,
        /// Who has it.
        message: String,
    },
    /// A newer version wrote the data.
    #[error("{0}")]
    Outdated(String),
    /// The server does not allow it, or it contradicts what is there.
    #[error("the server refused ({code}): {message}")]
    Refused {
        /// The server's code.
        code: ErrorCode,
        /// The server's words.
        message: String,
    },
}

/// The user must sign in.
#[derive(Debug, thiserror::Error)]
pub enum SignIn {
    /// It needs the server, which is not asked again before the user signed in: see
    /// [`ConnectionState::SignInNeeded`](crate::ConnectionState::SignInNeeded).
    #[error("this needs the server, which wants the user to sign in first: {reason}")]
    Needed {
        /// Why: what the token provider or the server said.
        reason: String,
    },
    /// The server wants a valid token for this.
    #[error("the server wants a valid token ({code}): {message}")]
    Refused {
        /// The server's code.
        code: ErrorCode,
        /// The server's words.
        message: String,
    },
    /// The data folder, or the open client of this folder, belongs to another user.
    #[error("{0}")]
    OtherUser(String),
}

/// The program is wrong.
#[derive(Debug, thiserror::Error)]
pub enum FixCode {
    /// An argument is malformed or beyond a limit.
    #[error("{field}: {message}")]
    Invalid {
        /// Which.
        field: String,
        /// What is wrong.
        message: String,
    },
    /// No conversation of this id is known on this device.
    #[error("no such conversation is known on this device: {0}")]
    UnknownConversation(ConversationId),
    /// No write of this key is in the outbox.
    #[error("no such write is in the outbox: {0}")]
    UnknownWrite(TempId),
    /// The timeline was closed.
    #[error("the timeline is closed")]
    TimelineClosed,
    /// The client was closed or signed out.
    #[error("the client is closed")]
    Closed,
    /// No data folder was named.
    #[error("name a folder for the local data with data_dir()")]
    NoDataDir,
    /// The data folder cannot be used.
    #[error("{0}")]
    DataDir(String),
    /// The same folder is open for another server.
    #[error("the folder {} is open for the server {open}, not {asked}", path.display())]
    OtherServer {
        /// The folder.
        path: PathBuf,
        /// The server it is open for.
        open: String,
        /// The server asked for.
        asked: String,
    },
    /// The server does not know the request, or finds it malformed.
    #[error("the server refused ({code}): {message}")]
    Refused {
        /// The server's code.
        code: ErrorCode,
        /// The server's words.
        message: String,
    },
}

impl Error {
    /// A stable word for it. It never changes its meaning; new ones may come.
    pub fn code(&self) -> &str {
        match self {
            Self::RetryLater(RetryLater::Offline) => "offline",
            Self::RetryLater(RetryLater::Refused { code, .. })
            | Self::AskUser(AskUser::Refused { code, .. })
            | Self::SignIn(SignIn::Refused { code, .. })
            | Self::FixCode(FixCode::Refused { code, .. }) => code.as_str(),
            Self::RetryLater(RetryLater::Store(_)) => "store_failed",
            Self::RetryLater(RetryLater::Interrupted) => "interrupted",
            Self::AskUser(AskUser::DiskFull) => "disk_full",
            Self::AskUser(AskUser::TooLarge { .. }) => "too_large",
            Self::AskUser(AskUser::Unsent { .. }) => "unsent",
            Self::AskUser(AskUser::InUse { .. }) => "in_use",
            Self::AskUser(AskUser::Outdated(_)) => "outdated",
            Self::SignIn(SignIn::Needed { .. }) => "sign_in_needed",
            Self::SignIn(SignIn::OtherUser(_)) => "other_user",
            Self::FixCode(FixCode::Invalid { .. }) => "invalid",
            Self::FixCode(FixCode::UnknownConversation(_)) => "unknown_conversation",
            Self::FixCode(FixCode::UnknownWrite(_)) => "unknown_write",
            Self::FixCode(FixCode::TimelineClosed) => "timeline_closed",
            Self::FixCode(FixCode::Closed) => "closed",
            Self::FixCode(FixCode::NoDataDir) => "no_data_dir",
            Self::FixCode(FixCode::DataDir(_)) => "data_dir",
            Self::FixCode(FixCode::OtherServer { .. }) => "other_server",
        }
    }

    /// What to do about it.
    pub fn action(&self) -> Action {
        match self {
            Self::RetryLater(_) => Action::RetryLater,
            Self::AskUser(_) => Action::AskUser,
            Self::SignIn(_) => Action::SignIn,
            Self::FixCode(_) => Action::FixCode,
        }
    }

    /// Whether the same call may succeed later: at once for some, after a person's doing for
    /// others (a full disk).
    pub fn retryable(&self) -> bool {
        match self {
            Self::RetryLater(_)
            | Self::AskUser(AskUser::DiskFull | AskUser::Unsent { .. } | AskUser::InUse { .. }) => {
                true
            }
            Self::AskUser(
                AskUser::TooLarge { .. } | AskUser::Outdated(_) | AskUser::Refused { .. },
            )
            | Self::SignIn(_)
            | Self::FixCode(_) => false,
        }
    }

    /// How long to wait before the same call has a chance. `None` where that is not known, or
    /// where time does not help. Only for calls that are not durable: durable writes come again by
    /// themselves.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RetryLater(RetryLater::Store(_) | RetryLater::Interrupted) => {
                Some(Duration::from_secs(1))
            }
            Self::RetryLater(RetryLater::Refused { .. }) => Some(Duration::from_secs(5)),
            Self::RetryLater(RetryLater::Offline)
            | Self::AskUser(_)
            | Self::SignIn(_)
            | Self::FixCode(_) => None,
        }
    }

    pub(crate) fn closed() -> Self {
        FixCode::Closed.into()
    }

    pub(crate) fn invalid(field: &str, message: impl std::fmt::Display) -> Self {
        FixCode::Invalid {
            field: field.into(),
            message: message.to_string(),
        }
        .into()
    }

    fn refused(code: ErrorCode, message: String) -> Self {
        match code {
            ErrorCode::RateLimited
            | ErrorCode::Aborted
            | ErrorCode::Unavailable
            | ErrorCode::Internal => RetryLater::Refused { code, message }.into(),
            ErrorCode::Unauthenticated => SignIn::Refused { code, message }.into(),
            ErrorCode::Forbidden
            | ErrorCode::NotFound
            | ErrorCode::Conflict
            | ErrorCode::Cancelled
            | ErrorCode::TooLarge
            | ErrorCode::Other(_) => AskUser::Refused { code, message }.into(),
            ErrorCode::Invalid | ErrorCode::UnknownType => {
                FixCode::Refused { code, message }.into()
            }
        }
    }
}

impl From<CommandError> for Error {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::UnknownConversation(id) => FixCode::UnknownConversation(id).into(),
            CommandError::UnknownWrite(key) => FixCode::UnknownWrite(key).into(),
            CommandError::UnknownTimeline => FixCode::TimelineClosed.into(),
            CommandError::Invalid { field, message } => FixCode::Invalid { field, message }.into(),
            CommandError::TooLarge { field, message } => {
                AskUser::TooLarge { field, message }.into()
            }
            CommandError::Offline => RetryLater::Offline.into(),
            CommandError::SignInNeeded { reason } => SignIn::Needed { reason }.into(),
            CommandError::Refused { code, message } => Self::refused(code, message),
        }
    }
}

impl From<&StoreError> for Error {
    fn from(error: &StoreError) -> Self {
        match error {
            StoreError::Full => AskUser::DiskFull.into(),
            StoreError::Damaged(_) | StoreError::Suspended | StoreError::Sqlite(_) => {
                RetryLater::Store(error.to_string()).into()
            }
            StoreError::Encode(_) => Self::invalid("content", error),
        }
    }
}

impl From<OpenError> for Error {
    fn from(error: OpenError) -> Self {
        let message = error.to_string();
        match error {
            OpenError::InUse { path, .. } => AskUser::InUse { path, message }.into(),
            OpenError::OtherUser { .. } => SignIn::OtherUser(message).into(),
            OpenError::Newer { .. } => AskUser::Outdated(message).into(),
            OpenError::Foreign { .. } | OpenError::Io { .. } => FixCode::DataDir(message).into(),
            OpenError::Sqlite { source, .. } => match StoreError::from(source) {
                StoreError::Full => AskUser::DiskFull.into(),
                StoreError::Damaged(_)
                | StoreError::Suspended
                | StoreError::Sqlite(_)
                | StoreError::Encode(_) => RetryLater::Store(message).into(),
            },
        }
    }
}
