//! Opening: the lock, the stamp, the schema, the owner; and what to do with a damaged file.

use std::path::{Path, PathBuf};

use causerie_engine::Snapshot;
use causerie_protocol::{ClientId, UserId};
use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    OpenError, Recovery, Store,
    checkpoint::wal_path,
    damage,
    error::is_damage,
    schema::{self, Stamp},
    snapshot,
};

/// The name of the database within its folder.
pub(crate) const FILE: &str = "causerie.db";
/// Exists while the file is suspected of damage.
const SUSPECT: &str = "causerie.db.suspect";

/// What a commit survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// The death of the process, however it comes. After a power loss the newest commits may be
    /// missing, never the older ones. The default.
    #[default]
    Process,
    /// A power loss as well. Every commit waits for the disk: milliseconds on a phone.
    PowerLoss,
}

/// How to open a store.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// What a commit survives.
    pub durability: Durability,
    /// The installation's id, if the folder has none yet.
    pub fresh_client_id: ClientId,
}

/// An open store.
#[derive(Debug)]
pub struct Opened {
    /// It.
    pub store: Store,
    /// What it holds.
    pub snapshot: Snapshot,
    /// What was saved, if the file was damaged.
    pub recovery: Option<Recovery>,
}

/// Where, whose and how.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    pub(crate) user_id: UserId,
    pub(crate) options: Options,
}

/// What opening the file gave.
pub(crate) struct Connected {
    pub(crate) connection: Connection,
    /// How often it had been opened before.
    pub(crate) openings: i64,
    pub(crate) recovery: Option<Recovery>,
}

enum Failure {
    Damaged(String),
    Other(OpenError),
}

impl Place {
    pub(crate) fn database(&self) -> PathBuf {
        self.folder.join(FILE)
    }

    /// Has the next opening examine the whole file.
    pub(crate) fn suspect(&self) {
        if self.folder.as_os_str().is_empty() {
            return;
        }
        let path = self.folder.join(SUSPECT);
        if let Err(error) = std::fs::write(&path, []) {
            tracing::warn!(%error, "cannot note that the database may be damaged");
        }
    }

    /// Opens the file, or sets a damaged one aside and begins a new one with what could be saved.
    /// The lock is held by the caller.
    pub(crate) fn connect(&self) -> Result<Connected, OpenError> {
        let reason = match self.try_connect() {
            Ok(connected) => return Ok(connected),
            Err(Failure::Other(error)) => return Err(error),
            Err(Failure::Damaged(reason)) => reason,
        };
        self.replace(&reason)
    }

    /// A new database without a file.
    pub(crate) fn begin_in_memory(&self) -> Result<Connection, OpenError> {
        let mut connection = schema::in_memory().map_err(|source| self.sqlite(source))?;
        match schema::migrate(&mut connection, schema::MIGRATIONS) {
            Ok(()) => Ok(connection),
            Err(rusqlite_migration::Error::RusqliteError { err, .. }) => Err(self.sqlite(err)),
            Err(other) => Err(OpenError::Io {
                path: self.database(),
                source: std::io::Error::other(other.to_string()),
            }),
        }
    }

    /// Empties a database, and claims it for its owner.
    pub(crate) fn begin_anew(&self, connection: &Connection) -> rusqlite::Result<Snapshot> {
        schema::empty(connection)?;
        match self.claim(connection) {
            Ok(_) => snapshot::read(connection),
            Err(Failure::Other(OpenError::Sqlite { source, .. })) => Err(source),
            Err(Failure::Other(_) | Failure::Damaged(_)) => Err(rusqlite::Error::InvalidQuery),
        }
    }

    /// Reads all of it; a damaged file is replaced.
    pub(crate) fn snapshot(
        &self,
        connected: Connected,
    ) -> Result<(Connected, Snapshot), OpenError> {
        match snapshot::read(&connected.connection) {
            Ok(snapshot) => Ok((connected, snapshot)),
            Err(error) if is_damage(&error) && connected.recovery.is_none() => {
                drop(connected);
                let connected = self.replace(&error.to_string())?;
                let snapshot = snapshot::read(&connected.connection).map_err(|e| self.sqlite(e))?;
                Ok((connected, snapshot))
            }
            Err(error) => Err(self.sqlite(error)),
        }
    }

    fn try_connect(&self) -> Result<Connected, Failure> {
        let path = self.database();
        if is_cut_short(&path) {
            return Err(Failure::Damaged("the file is shorter than it says".into()));
        }
        let fault = |error: rusqlite::Error| self.failure(error);
        let mut connection = schema::writer(&path, self.options.durability).map_err(fault)?;
        let stamp = Stamp::read(&connection).map_err(fault)?;
        if stamp.is_foreign(&connection).map_err(fault)? {
            return Err(Failure::Other(OpenError::Foreign { path }));
        }
        let known = u32::try_from(schema::MIGRATIONS.len()).unwrap_or(u32::MAX);
        if stamp.version > known {
            return Err(Failure::Other(OpenError::Newer {
                path,
                found: stamp.version,
                known,
            }));
        }
        let suspect = self.folder.join(SUSPECT);
        if suspect.exists() {
            if let Some(found) = examine(&connection).map_err(fault)? {
                return Err(Failure::Damaged(found));
            }
            let _ = std::fs::remove_file(suspect);
        }
        schema::migrate(&mut connection, schema::MIGRATIONS).map_err(|error| match error {
            rusqlite_migration::Error::RusqliteError { err, .. } => self.failure(err),
            other => Failure::Damaged(other.to_string()),
        })?;
        let openings = self.claim(&connection)?;
        if stamp.version < known {
            tracing::info!(
                from = stamp.version,
                to = known,
                "the local database has a new schema"
            );
        }
        tracing::debug!(
            schema = known,
            openings,
            bytes = std::fs::metadata(&path).map_or(0, |file| file.len()),
            "the local database is open"
        );
        Ok(Connected {
            connection,
            openings,
            recovery: None,
        })
    }

    /// Writes the owner into a new file, refuses another's, and counts the opening.
    fn claim(&self, connection: &Connection) -> Result<i64, Failure> {
        let fault = |error: rusqlite::Error| self.failure(error);
        let owner = connection
            .query_row("SELECT user_id, openings FROM meta", [], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
            })
            .optional()
            .map_err(fault)?;
        match owner {
            Some((owner, _)) if owner != self.user_id.as_str() => {
                Err(Failure::Other(OpenError::OtherUser {
                    path: self.folder.clone(),
                }))
            }
            Some((_, openings)) => {
                connection
                    .execute("UPDATE meta SET openings = openings + 1", [])
                    .map_err(fault)?;
                Ok(openings)
            }
            None => {
                connection
                    .execute(
                        "INSERT INTO meta (id, user_id, client_id, openings) VALUES (1, ?1, ?2, 1)",
                        params![
                            self.user_id.as_str(),
                            self.options.fresh_client_id.uuid().as_bytes().as_slice()
                        ],
                    )
                    .map_err(fault)?;
                Ok(0)
            }
        }
    }

    /// Sets the file aside and opens a new one with what could be read out of it.
    fn replace(&self, reason: &str) -> Result<Connected, OpenError> {
        let path = self.database();
        let saved = damage::salvage(&path, &self.user_id).map_err(|source| OpenError::Io {
            path: path.clone(),
            source,
        })?;
        if saved.other_user {
            return Err(OpenError::OtherUser {
                path: self.folder.clone(),
            });
        }
        let set_aside = damage::set_aside(&path).map_err(|source| OpenError::Io {
            path: path.clone(),
            source,
        })?;
        let _ = std::fs::remove_file(self.folder.join(SUSPECT));
        let mut connected = match self.try_connect() {
            Ok(connected) => connected,
            Err(Failure::Other(error)) => return Err(error),
            Err(Failure::Damaged(why)) => {
                return Err(OpenError::Io {
                    path,
                    source: std::io::Error::other(why),
                });
            }
        };
        let recovery = saved
            .restore(&mut connected.connection, set_aside, reason)
            .map_err(|error| match error {
                crate::StoreError::Sqlite(source) => self.sqlite(source),
                other => OpenError::Io {
                    path: path.clone(),
                    source: std::io::Error::other(other.to_string()),
                },
            })?;
        tracing::warn!(
            reason,
            outbox = recovery.outbox,
            drafts = recovery.drafts,
            lost = recovery.lost,
            "the local database was damaged and was set aside"
        );
        connected.recovery = Some(recovery);
        Ok(connected)
    }

    fn failure(&self, error: rusqlite::Error) -> Failure {
        if is_damage(&error) {
            Failure::Damaged(error.to_string())
        } else {
            Failure::Other(self.sqlite(error))
        }
    }

    fn sqlite(&self, source: rusqlite::Error) -> OpenError {
        OpenError::Sqlite {
            path: self.database(),
            source,
        }
    }
}

/// What is wrong with the file, if anything is. Reads all of it.
fn examine(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let verdict: String = connection.pragma_query_value(None, "quick_check", |row| row.get(0))?;
    Ok((verdict != "ok").then_some(verdict))
}

/// Whether the file has fewer pages than its header says, and no log that may hold them.
fn is_cut_short(path: &Path) -> bool {
    if std::fs::metadata(wal_path(path)).is_ok_and(|log| log.len() > 0) {
        return false;
    }
    let Ok(bytes) = damage::header(path) else {
        return false;
    };
    let page_size = match u16::from_be_bytes([bytes[16], bytes[17]]) {
        1 => 65_536,
        size => u64::from(size),
    };
    let pages = u64::from(u32::from_be_bytes([
        bytes[28], bytes[29], bytes[30], bytes[31],
    ]));
    // The count holds only where it was written together with the change counter.
    let counted = bytes[24..28] == bytes[92..96];
    let length = std::fs::metadata(path).map_or(0, |meta| meta.len());
    counted && bytes.starts_with(damage::MAGIC) && length < pages * page_size
}
