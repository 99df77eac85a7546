//! The schema, as numbered migrations. A released one is never changed: the next one mends it.

use rusqlite::Connection;
use rusqlite_migration::{Error, M, Migrations};

const MIGRATIONS: &[M<'_>] = &[
    M::up(include_str!("migrations/0001_tables.sql")),
    M::up(include_str!("migrations/0002_changes_of_events.sql")),
];

/// Brings a database to the newest schema, each step in a transaction of its own.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), Error> {
    Migrations::from_slice(MIGRATIONS).to_latest(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_migrations_lead_from_nothing_to_the_newest_schema() {
        let mut connection = Connection::open_in_memory().expect("a database");
        migrate(&mut connection).expect("all migrations");
        let version: i64 = connection
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .expect("a version");
        assert_eq!(version, MIGRATIONS.len() as i64);
        migrate(&mut connection).expect("nothing to do");
    }
}
