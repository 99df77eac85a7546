//! One connection to the database, and how each kind is set up.

use std::{
    path::Path,
    sync::{Arc, atomic::AtomicU32},
};

use rusqlite::{CachedStatement, Connection, OpenFlags};

use crate::store::tables::TableError;

use super::condition::Files;

/// Statements that a connection keeps prepared: all of them.
const STATEMENTS: usize = 96;

/// A connection. The rows are read and written in the files beside this one.
#[derive(Debug)]
pub(super) struct Database {
    pub(super) connection: Connection,
    /// So many commits are to fail, as on a full disk; for tests.
    pub(super) fail_commits: Arc<AtomicU32>,
    /// Where it writes, once that is settled.
    pub(super) files: Arc<Files>,
}

impl Database {
    /// The one connection that writes.
    ///
    /// - `synchronous=FULL` makes each commit wait for the disk: acknowledged means durable.
    ///   `fullfsync` does the same on Apple's systems, where `fsync` alone does not.
    /// - `secure_delete` overwrites what is deleted, on the page where it lay.
    /// - The log is written back every 64 MiB, on this thread, since a log that is written back
    ///   beside a busy writer never ends.
    pub(super) fn open_writer(path: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA fullfsync = ON;
             PRAGMA checkpoint_fullfsync = ON;
             PRAGMA secure_delete = ON;
             PRAGMA wal_autocheckpoint = 16384;
             PRAGMA journal_size_limit = 100663296;
             PRAGMA cache_size = -32768;
             PRAGMA temp_store = MEMORY;
             PRAGMA busy_timeout = 5000;",
        )?;
        #[cfg(feature = "control")]
        loosen(&connection)?;
        Ok(Self::with(connection))
    }

    /// A connection that only reads.
    pub(super) fn open_reader(path: &Path) -> rusqlite::Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.execute_batch(
            "PRAGMA query_only = ON;
             PRAGMA cache_size = -8192;
             PRAGMA temp_store = MEMORY;
             PRAGMA busy_timeout = 5000;",
        )?;
        Ok(Self::with(connection))
    }

    fn with(connection: Connection) -> Self {
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        Self {
            connection,
            fail_commits: Arc::default(),
            files: Arc::default(),
        }
    }

    /// A statement that is prepared once.
    pub(super) fn sql(&self, sql: &str) -> Result<CachedStatement<'_>, TableError> {
        Ok(self.connection.prepare_cached(sql)?)
    }

    /// Runs a statement that gives no rows, and says how many it changed.
    pub(super) fn run(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
    ) -> Result<usize, TableError> {
        Ok(self.sql(sql)?.execute(params)?)
    }

    /// Writes the log back and cuts it, so that what was erased lies nowhere in it. Another time,
    /// if somebody reads just now.
    pub(super) fn cut_log(&self) -> Result<bool, TableError> {
        let mut cut = self.sql("PRAGMA wal_checkpoint(TRUNCATE)")?;
        let busy: i64 = cut.query_row([], |row| row.get(0))?;
        Ok(busy == 0)
    }
}

/// The bug that is planted for the tests of power failures: with `CAUSERIE_CONTROL_SYNCHRONOUS` set
/// to `OFF` or `NORMAL` commits do not wait for the disk, and the tests must see what that loses.
#[cfg(feature = "control")]
fn loosen(connection: &Connection) -> rusqlite::Result<()> {
    match std::env::var("CAUSERIE_CONTROL_SYNCHRONOUS") {
        Ok(mode) => connection.pragma_update(None, "synchronous", mode),
        Err(_) => Ok(()),
    }
}
