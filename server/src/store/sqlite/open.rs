//! Opening a folder: one server at a time, and words for what can be wrong with it.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rusqlite::ErrorCode;

use super::{condition::Files, database::Database, identity, schema};

/// The database in its folder.
const DATABASE: &str = "causerie.db";
/// Locked as long as a server uses the folder.
const LOCK: &str = "causerie.lock";

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It cannot be made or written.
    #[error("cannot use the folder {}: {source}", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another server uses it.
    #[error(
        "the folder {} is in use by another causerie server; stop that one or choose another folder",
        path.display()
    )]
    InUse {
        /// Which.
        path: PathBuf,
    },
    /// What lies there is no database, or a broken one. Nothing was changed.
    #[error(
        "the database in {} is damaged ({reason}); restore a backup, or move the file away to begin anew",
        path.display()
    )]
    Damaged {
        /// Where.
        path: PathBuf,
        /// What SQLite says.
        reason: String,
    },
    /// A newer causerie wrote it. Nothing was changed.
    #[error("the database in {} was written by a newer causerie; use that one", path.display())]
    Newer {
        /// Where.
        path: PathBuf,
    },
    /// There is no space for what opening it needs. Nothing was changed.
    #[error("the disk of {} is full; free some space", path.display())]
    Full {
        /// The folder.
        path: PathBuf,
    },
    /// The database cannot be read or written now.
    #[error("cannot open the database: {0}")]
    Database(#[source] rusqlite::Error),
}

impl OpenError {
    pub(super) fn folder(path: &Path, source: io::Error) -> Self {
        Self::Folder {
            path: path.to_owned(),
            source,
        }
    }

    pub(super) fn database(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }

    /// With the folder, for errors that speak of the file.
    fn of(self, folder: &Path) -> Self {
        let damaged = |error: &rusqlite::Error| {
            matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt)
            )
        };
        // SQLite calls it an I/O error if it is the index of the log that cannot grow.
        let full = |error: &rusqlite::Error| {
            error.sqlite_error_code() == Some(ErrorCode::DiskFull)
                || error
                    .sqlite_error()
                    .is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE)
        };
        match self {
            Self::Folder { path, source } if source.kind() == io::ErrorKind::StorageFull => {
                Self::Full { path }
            }
            Self::Database(error) if full(&error) => Self::Full {
                path: folder.to_owned(),
            },
            Self::Database(error) if damaged(&error) => Self::Damaged {
                path: folder.to_owned(),
                reason: error.to_string(),
            },
            other => other,
        }
    }
}

/// What was opened.
pub(super) struct Opened {
    pub(super) writer: Database,
    pub(super) readers: Vec<Database>,
    pub(super) epoch: String,
    pub(super) lock: File,
}

/// Opens a folder, which is made if need be.
pub(super) fn open(folder: &Path, readers: usize) -> Result<Opened, OpenError> {
    fs::create_dir_all(folder).map_err(|error| OpenError::folder(folder, error))?;
    let lock = lock(folder)?;
    let path = folder.join(DATABASE);
    // Whoever moved a damaged file away begins anew; whose file is empty did not mean to.
    let was_used = path.exists() && identity::is_known(folder);
    if was_used && fs::metadata(&path).is_ok_and(|meta| meta.len() == 0) {
        return Err(emptied(folder));
    }
    let opened = (|| {
        let mut writer = Database::open_writer(&path).map_err(OpenError::Database)?;
        check_owner(&writer, folder, was_used)?;
        schema::migrate(&mut writer.connection).map_err(|error| migration_error(error, folder))?;
        let epoch = identity::settle(&mut writer.connection, folder)?;
        let readers = (0..readers)
            .map(|_| Database::open_reader(&path).map_err(OpenError::Database))
            .collect::<Result<_, _>>()?;
        writer.files = Arc::new(Files::of(&path));
        Ok((writer, readers, epoch))
    })();
    let (writer, readers, epoch) = opened.map_err(|error: OpenError| error.of(folder))?;
    Ok(Opened {
        writer,
        readers,
        epoch,
        lock,
    })
}

fn lock(folder: &Path) -> Result<File, OpenError> {
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join(LOCK))
        .map_err(|error| OpenError::folder(folder, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse {
            path: folder.to_owned(),
        }),
        Err(TryLockError::Error(error)) => Err(OpenError::folder(folder, error)),
    }
}

fn emptied(folder: &Path) -> OpenError {
    OpenError::Damaged {
        path: folder.to_owned(),
        reason: "it is empty, and it was not".into(),
    }
}

/// Reads the first page, and refuses a database of another program before anything is written.
/// The same for an empty one where a server has been before: it would lose everything in silence.
fn check_owner(database: &Database, folder: &Path, was_used: bool) -> Result<(), OpenError> {
    let number = |name: &str| {
        database
            .connection
            .pragma_query_value(None, name, |row| row.get::<_, i64>(0))
            .map_err(OpenError::Database)
    };
    let (owner, version) = (number("application_id")?, number("user_version")?);
    let tables: i64 = database
        .connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(OpenError::Database)?;
    let ours = owner == 0x4341_5553 && version > 0;
    let empty = version == 0 && tables == 0;
    if empty && was_used {
        return Err(emptied(folder));
    }
    if ours || empty {
        return Ok(());
    }
    Err(OpenError::Damaged {
        path: folder.to_owned(),
        reason: "this is a database of another program".into(),
    })
}

fn migration_error(error: rusqlite_migration::Error, folder: &Path) -> OpenError {
    use rusqlite_migration::{Error, MigrationDefinitionError::DatabaseTooFarAhead};
    match error {
        Error::MigrationDefinition(DatabaseTooFarAhead) => OpenError::Newer {
            path: folder.to_owned(),
        },
        Error::RusqliteError { err, .. } => OpenError::Database(err),
        other => OpenError::Damaged {
            path: folder.to_owned(),
            reason: other.to_string(),
        },
    }
}
