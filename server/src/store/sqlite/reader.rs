//! Threads that read. Each query gets one snapshot, in one read transaction.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, mpsc::Receiver},
};

use parking_lot::Mutex;

use crate::store::{Answer, Query, Read, StoreError, queries, tables::TableError};

use super::database::Database;

/// A query that waits.
pub(super) struct Job {
    pub(super) query: Query,
    pub(super) read: Read,
}

/// Reads until nobody can ask any more.
pub(super) fn run(database: &Database, epoch: &str, jobs: &Arc<Mutex<Receiver<Job>>>) {
    loop {
        // The lock is held while waiting: the next reader waits for the lock instead.
        let job = jobs.lock().recv();
        let Ok(Job { query, read }) = job else {
            return;
        };
        let answer = catch_unwind(AssertUnwindSafe(|| snapshot(database, epoch, &query)))
            .unwrap_or_else(|_| Err(TableError::Defect("a query panicked".into())));
        if let Err(error) = &answer {
            tracing::error!(%error, "a query could not be answered");
        }
        read(answer.map_err(|error| StoreError(error.to_string())));
    }
}

fn snapshot(database: &Database, epoch: &str, query: &Query) -> Result<Answer, TableError> {
    if !database.connection.is_autocommit() {
        // A query that panicked left its transaction open.
        database.run("ROLLBACK", [])?;
    }
    database.run("BEGIN", [])?;
    let answer = queries::answer(database, epoch, query);
    database.run("COMMIT", [])?;
    answer
}
