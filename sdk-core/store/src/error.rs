//! Why the store cannot be opened, and why a commit failed.

use std::path::PathBuf;

use rusqlite::ErrorCode;

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error(
        "the folder {} is in use by {}; give each process a folder of its own",
        path.display(),
        match holder { Some(pid) => format!("the process {pid}"), None => "another process".into() }
    )]
    InUse {
        /// The folder.
        path: PathBuf,
        /// The other process, if it said its number.
        holder: Option<u32>,
    },
    /// It holds another user's data.
    #[error(
        "the folder {} holds the data of another user; give each user a folder of their own, or sign the other one out with wiping",
        path.display()
    )]
    OtherUser {
        /// The folder.
        path: PathBuf,
    },
    /// A newer version wrote it.
    #[error(
        "{} was written by a newer version (schema {found}, this one knows {known}); update the app",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The newest schema that this version knows.
        known: u32,
    },
    /// The file is a sound database of some other program.
    #[error("{} is a database of another program; choose another folder", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The folder or a file in it cannot be written, read or renamed.
    #[error("cannot use {}: {source}", path.display())]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// SQLite refused, for a reason other than damage.
    #[error("cannot open {}: {source}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
}

/// Why a batch was not committed, or a question not answered. Nothing of the batch is stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No space, or no quota.
    #[error("the disk is full; nothing was stored")]
    Full,
    /// The file is damaged. The next opening examines it and sets it aside if need be.
    #[error("the local database is damaged; it will be set aside when it is opened next: {0}")]
    Damaged(String),
    /// It was suspended, and not yet resumed.
    #[error("the local database is closed while the app is in the background")]
    Suspended,
    /// Any other refusal of SQLite's, such as an input or output error.
    #[error("the local database failed: {0}")]
    Sqlite(rusqlite::Error),
    /// A record that cannot be written as JSON.
    #[error("a record cannot be stored: {0}")]
    Encode(serde_json::Error),
}

impl StoreError {
    /// Whether the same batch may succeed later.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Full | Self::Suspended | Self::Sqlite(_) | Self::Damaged(_) => true,
            Self::Encode(_) => false,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        if is_damage(&error) {
            return Self::Damaged(error.to_string());
        }
        if is_full(&error) {
            return Self::Full;
        }
        Self::Sqlite(error)
    }
}

/// Whether there was no space. SQLite calls it an I/O error if it is the index of the log, beside
/// the file, that cannot grow, which is what an opening needs first.
fn is_full(error: &rusqlite::Error) -> bool {
    match error {
        rusqlite::Error::SqliteFailure(e, _) => {
            e.code == ErrorCode::DiskFull || e.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE
        }
        _ => false,
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Encode(error)
    }
}

/// Whether an error says that the file's content is broken, and not that the system refused.
pub(crate) fn is_damage(error: &rusqlite::Error) -> bool {
    match error {
        rusqlite::Error::SqliteFailure(e, _) => {
            matches!(e.code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
                || e.extended_code == rusqlite::ffi::SQLITE_IOERR_SHORT_READ
        }
        // A row that is not what the schema says was not written by this program.
        rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::Utf8Error(..) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opening_that_finds_no_space_is_a_full_disk_and_another_io_error_is_not() {
        use rusqlite::ffi::{self, SQLITE_FULL, SQLITE_IOERR_READ, SQLITE_IOERR_SHMSIZE};
        let failure =
            |code| StoreError::from(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
        assert!(matches!(failure(SQLITE_FULL), StoreError::Full));
        assert!(matches!(failure(SQLITE_IOERR_SHMSIZE), StoreError::Full));
        assert!(matches!(failure(SQLITE_IOERR_READ), StoreError::Sqlite(_)));
    }
}
