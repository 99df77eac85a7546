//! Checkpoints, off the writer's thread: a connection of their own moves what the write-ahead log
//! holds into the database file, while the writer goes on appending.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, SyncSender},
    },
    thread::JoinHandle,
    time::Duration,
};

use rusqlite::Connection;

/// The log is moved when it is larger than this: 1,024 pages, as SQLite's own default.
const LARGE: u64 = 4 * 1024 * 1024;
/// Beyond this the writer moves the rest itself, which the thread has kept small: a writer that
/// never rests would otherwise never find the log wholly moved, and it could not begin anew.
const HUGE: u64 = 16 * 1024 * 1024;
/// What remains of the log's file when it begins anew, in bytes.
pub(crate) const KEPT: u64 = 1024 * 1024;
/// Commits between two looks at the log's size.
const COMMITS_PER_LOOK: u32 = 16;

/// Owned by the writer; ends its thread when dropped.
#[derive(Debug)]
pub(crate) struct Checkpointer {
    wal: PathBuf,
    commits: u32,
    /// Held while somebody checkpoints: SQLite would turn the second one away.
    turn: Arc<Mutex<()>>,
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    pub(crate) fn start(path: &Path) -> std::io::Result<Self> {
        let wal = wal_path(path);
        // One waiting wake-up is enough: it looks at all there is.
        let (wake, woken) = mpsc::sync_channel(1);
        let (database, log) = (path.to_owned(), wal.clone());
        let turn = Arc::new(Mutex::new(()));
        let threads_turn = Arc::clone(&turn);
        let thread = std::thread::Builder::new()
            .name("causerie-checkpoint".into())
            .spawn(move || run(&database, &log, &threads_turn, &woken))?;
        Ok(Self {
            wal,
            commits: 0,
            turn,
            wake: Some(wake),
            thread: Some(thread),
        })
    }

    /// Called after each commit.
    pub(crate) fn committed(&mut self, writer: &Connection) {
        self.commits += 1;
        if self.commits < COMMITS_PER_LOOK {
            return;
        }
        self.commits = 0;
        let size = size(&self.wal);
        if size > LARGE
            && let Some(wake) = &self.wake
        {
            let _ = wake.try_send(());
        }
        if size > HUGE {
            checkpoint(writer, &self.turn);
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

fn run(path: &Path, wal: &Path, turn: &Mutex<()>, woken: &Receiver<()>) {
    // Opened at the first need, so that opening a store stays fast.
    let mut connection = None;
    while woken.recv().is_ok() {
        if size(wal) <= LARGE {
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
        for _ in 0..2 {
            checkpoint(connection, turn);
        }
    }
}

/// Waits for no reader: what cannot be moved now is moved the next time.
fn checkpoint(connection: &Connection, turn: &Mutex<()>) {
    let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
    if let Err(error) = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
        tracing::debug!(%error, "a checkpoint failed; the next one moves more");
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
