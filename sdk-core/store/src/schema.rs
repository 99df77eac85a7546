//! Migrations, and how connections are set up.

use std::path::Path;

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

use crate::Durability;

/// "caus", in SQLite's field for the program that a file belongs to.
pub(crate) const APPLICATION_ID: i32 = 0x6361_7573;

/// Every schema there ever was. A released file is never changed; a new one is added.
pub(crate) const MIGRATIONS: &[&str] = &[include_str!("../migrations/0001_first.sql")];

/// What a file says of itself before anything is read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) application_id: i32,
    pub(crate) version: u32,
}

impl Stamp {
    /// Reads the stamp; a new file has none.
    pub(crate) fn read(connection: &Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            application_id: connection.pragma_query_value(None, "application_id", |r| r.get(0))?,
            version: connection.pragma_query_value(None, "user_version", |r| r.get(0))?,
        })
    }

    pub(crate) fn is_foreign(self, connection: &Connection) -> rusqlite::Result<bool> {
        if self.application_id == APPLICATION_ID {
            return Ok(false);
        }
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get(0))?;
        Ok(self.application_id != 0 || self.version != 0 || tables != 0)
    }
}

/// Brings the schema up to date. Each migration is a transaction of its own: if the process dies
/// between two, the next opening goes on with the second.
pub(crate) fn migrate(
    connection: &mut Connection,
    steps: &[&str],
) -> rusqlite_migration::Result<()> {
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    let migrations = Migrations::new(steps.iter().map(|sql| M::up(sql)).collect());
    let done: u32 = connection.pragma_query_value(None, "user_version", |r| r.get(0))?;
    for version in 1..=steps.len() {
        if version > done as usize {
            migrations.to_version(connection, version)?;
        }
    }
    Ok(())
}

/// Opens the writer's connection.
pub(crate) fn writer(path: &Path, durability: Durability) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(64);
    // The first statement that reads the file: a garbage header shows here.
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    connection.pragma_update(
        None,
        "synchronous",
        match durability {
            Durability::Process => "NORMAL",
            Durability::PowerLoss => "FULL",
        },
    )?;
    // Checkpoints are another thread's: a commit must not wait for the database file.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "cache_size", -8_000)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(connection)
}
