//! Checkpoints, off the writer's thread: a connection of their own moves what the write-ahead log
//! holds into the database file, while the writer goes on appending.

use std::{
    path::{Path, PathBuf},
    sync::mpsc::{self, Receiver, SyncSender},
    thread::JoinHandle,
    time::Duration,
};

use rusqlite::Connection;

/// The log is moved when it is larger than this: 1,024 pages, as SQLite's own default.
const LARGE: u64 = 4 * 1024 * 1024;
/// Beyond this the writer waits for once, so that the log begins anew and cannot grow for ever.
const HUGE: u64 = 64 * 1024 * 1024;
/// Commits between two looks at the log's size.
const COMMITS_PER_LOOK: u32 = 16;

/// Owned by the writer; ends its thread when dropped.
#[derive(Debug)]
pub(crate) struct Checkpointer {
    wal: PathBuf,
    commits: u32,
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    pub(crate) fn start(path: &Path) -> std::io::Result<Self> {
        let wal = wal_path(path);
        // One waiting wake-up is enough: it looks at all there is.
        let (wake, woken) = mpsc::sync_channel(1);
        let (database, log) = (path.to_owned(), wal.clone());
        let thread = std::thread::Builder::new()
            .name("causerie-checkpoint".into())
            .spawn(move || run(&database, &log, &woken))?;
        Ok(Self {
            wal,
            commits: 0,
            wake: Some(wake),
            thread: Some(thread),
        })
    }

    /// Called after each commit.
    pub(crate) fn committed(&mut self) {
        self.commits += 1;
        if self.commits < COMMITS_PER_LOOK {
            return;
        }
        self.commits = 0;
        if size(&self.wal) > LARGE
            && let Some(wake) = &self.wake
        {
            let _ = wake.try_send(());
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(path: &Path, wal: &Path, woken: &Receiver<()>) {
    // Opened at the first need, so that opening a store stays fast.
    let mut connection = None;
    while woken.recv().is_ok() {
        let size = size(wal);
        if size <= LARGE {
            continue;
        }
        if connection.is_none() {
            connection = open(path).ok();
        }
        let Some(connection) = &connection else {
            continue;
        };
        // The second round moves what was written during the first, and that is little, so that
        // the writer's next commit finds nothing left and begins the log anew.
        let mode = if size > HUGE { "TRUNCATE" } else { "PASSIVE" };
        for mode in ["PASSIVE", mode] {
            let sql = format!("PRAGMA wal_checkpoint({mode})");
            if let Err(error) = connection.query_row(&sql, [], |_| Ok(())) {
                tracing::debug!(%error, "a checkpoint failed; the next one moves more");
            }
        }
    }
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(1))?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    Ok(connection)
}

fn size(wal: &Path) -> u64 {
    std::fs::metadata(wal).map_or(0, |meta| meta.len())
}

pub(crate) fn wal_path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}
