//! Migrations, and how connections are set up.

use std::path::Path;

use rusqlite::{Connection, config::DbConfig};
use rusqlite_migration::{M, Migrations};

use crate::{Durability, checkpoint::KEPT, row::int};

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

/// Opens a database without a file.
pub(crate) fn in_memory() -> rusqlite::Result<Connection> {
    let connection = Connection::open_in_memory()?;
    connection.set_prepared_statement_cache_capacity(64);
    keep_plans(&connection)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(connection)
}

/// A statement's plan does not depend on what is bound to it. It would otherwise be made anew each
/// time that a range of messages is loaded, which takes longer than loading it.
fn keep_plans(connection: &Connection) -> rusqlite::Result<()> {
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map(|_| ())
}

/// Deletes every row.
pub(crate) fn empty(connection: &Connection) -> rusqlite::Result<()> {
    let mut tables = connection.prepare_cached(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    )?;
    let names: Vec<String> = tables
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for name in names {
        connection
            .prepare_cached(&format!("DELETE FROM {name}"))?
            .execute([])?;
    }
    Ok(())
}

/// Opens the writer's connection.
pub(crate) fn writer(path: &Path, durability: Durability) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(64);
    keep_plans(&connection)?;
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
    connection.pragma_update(None, "journal_size_limit", int(KEPT))?;
    connection.pragma_update(None, "cache_size", -8_000)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: &[&str] = &[
        "CREATE TABLE one (a TEXT) STRICT;",
        "INSERT INTO one VALUES ('kept'); CREATE TABLE two (b TEXT) STRICT;",
        "CREATE TABLE three (c TEXT) STRICT;",
    ];

    fn version(connection: &Connection) -> u32 {
        Stamp::read(connection).unwrap().version
    }

    #[test]
    fn migrations_resume_where_they_were_interrupted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.db");
        let mut connection = writer(&path, Durability::Process).unwrap();
        let broken = [
            STEPS[0],
            "INSERT INTO one VALUES ('half'); SELECT nonsense;",
        ];
        migrate(&mut connection, &broken).unwrap_err();
        assert_eq!(
            version(&connection),
            1,
            "the first step is done, the second is not"
        );
        drop(connection);

        let mut connection = writer(&path, Durability::Process).unwrap();
        migrate(&mut connection, STEPS).unwrap();
        assert_eq!(version(&connection), 3);
        let rows: Vec<String> = connection
            .prepare("SELECT a FROM one")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(rows, ["kept"], "nothing of the step that failed stayed");
    }

    #[test]
    fn the_schema_is_strict_and_complete() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, MIGRATIONS).unwrap();
        let loose: i64 = connection
            .query_row(
                "SELECT count(*) FROM pragma_table_list
                 WHERE schema = 'main' AND name NOT LIKE 'sqlite_%' AND strict = 0",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(loose, 0);
    }

    fn plan(connection: &Connection, sql: &str) -> String {
        let parameters = sql.matches('?').count();
        let mut statement = connection
            .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
            .unwrap();
        let nulls = vec![rusqlite::types::Null; statement.parameter_count().min(parameters)];
        let lines: Vec<String> = statement
            .query_map(rusqlite::params_from_iter(nulls), |row| row.get(3))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        lines.join("; ")
    }

    #[test]
    fn every_hot_query_goes_by_the_index_that_its_comment_names() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, MIGRATIONS).unwrap();
        let by_place = "SEARCH m USING PRIMARY KEY (conversation=?";
        for (sql, expected) in [
            (crate::message::NEWEST, by_place),
            (crate::message::OLDEST, by_place),
            (crate::message::ONE, by_place),
            (
                crate::snapshot::CURSORS,
                "SEARCH c USING PRIMARY KEY (conversation=?)",
            ),
            (
                "DELETE FROM messages WHERE conversation = ?1 AND seq < ?2",
                "SEARCH messages USING PRIMARY KEY (conversation=? AND seq<?)",
            ),
            (
                "SELECT id FROM conversations WHERE conversation_id = ?1",
                "USING COVERING INDEX sqlite_autoindex_conversations_1",
            ),
            (
                "SELECT id FROM users WHERE user_id = ?1",
                "USING COVERING INDEX sqlite_autoindex_users_1",
            ),
            (
                "DELETE FROM outbox WHERE key = ?1",
                "INDEX sqlite_autoindex_outbox_1 (key=?)",
            ),
        ] {
            let plan = plan(&connection, sql);
            assert!(plan.contains(expected), "{sql}\n{plan}");
            assert!(!plan.contains("SCAN"), "{sql}\n{plan}");
            assert!(!plan.contains("TEMP B-TREE"), "{sql}\n{plan}");
        }
    }
}
