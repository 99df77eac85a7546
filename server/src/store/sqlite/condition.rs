//! Whether the store can store just now, and why not: what `/readyz` tells.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::Mutex;

use crate::store::tables::TableError;

/// What the threads of a store know of it together.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    state: Arc<Mutex<State>>,
    files: Arc<Files>,
}

#[derive(Debug)]
enum State {
    Stores,
    /// The last transaction found no room, or the disk failed.
    Refuses(String),
    /// A thread panicked; there is no way back.
    Broken,
}

impl Condition {
    pub(super) fn new(files: Arc<Files>) -> Self {
        Self {
            state: Arc::new(Mutex::new(State::Stores)),
            files,
        }
    }

    /// Why nothing can be stored.
    pub(super) fn trouble(&self) -> Option<String> {
        match &*self.state.lock() {
            State::Stores => {}
            State::Refuses(reason) => return Some(reason.clone()),
            State::Broken => return Some("a thread of the store panicked".into()),
        }
        self.files.check().err().map(|error| error.to_string())
    }

    /// Whether the writer is to find out when it can store again.
    pub(super) fn refuses(&self) -> bool {
        matches!(*self.state.lock(), State::Refuses(_))
    }

    /// A transaction failed for this reason.
    pub(super) fn set_refusing(&self, reason: &str) {
        let mut state = self.state.lock();
        match *state {
            State::Stores => tracing::warn!(reason, "nothing can be stored now"),
            State::Refuses(_) => {}
            State::Broken => return,
        }
        *state = State::Refuses(reason.to_owned());
    }

    /// A transaction that wrote is durable.
    pub(super) fn set_storing(&self) {
        let mut state = self.state.lock();
        if matches!(*state, State::Refuses(_)) {
            tracing::info!("what is written can be stored again");
            *state = State::Stores;
        }
    }

    /// A thread panicked.
    pub(super) fn set_broken(&self) {
        *self.state.lock() = State::Broken;
    }
}

/// The files that the database was opened in. Once they are removed or replaced, the system still
/// takes what is written to them, and throws it away when the process ends.
#[derive(Debug, Default)]
pub(super) struct Files(Vec<(PathBuf, Identity)>);

/// What tells a file from another one of the same name.
#[derive(Debug, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

impl Files {
    /// The database at this path, and its log if it has one by now.
    pub(super) fn of(path: &Path) -> Self {
        // Where the path is a link, SQLite keeps the log beside the file that it leads to.
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let mut log = real.into_os_string();
        log.push("-wal");
        let files = [path.to_owned(), log.into()].into_iter();
        Self(
            files
                .filter_map(|path| identity(&path).map(|identity| (path, identity)))
                .collect(),
        )
    }

    /// Whether they are still what lies there.
    pub(super) fn check(&self) -> Result<(), TableError> {
        let gone = |(path, opened): &&(PathBuf, Identity)| identity(path).as_ref() != Some(opened);
        match self.0.iter().find(gone) {
            None => Ok(()),
            Some(_) => Err(TableError::Unavailable(
                "the database's files were removed or replaced under the server; stop it, put them back and start it again"
                    .into(),
            )),
        }
    }
}

fn identity(path: &Path) -> Option<Identity> {
    let meta = fs::metadata(path).ok()?;
    Some(Identity {
        device: meta.dev(),
        inode: meta.ino(),
    })
}
