//! The store in SQLite: one file, one thread that writes, a few that read.
//!
//! A folder holds `causerie.db`, its log, the file `identity` (see `identity.rs`) and a lock, so
//! that no second server opens it. Commands are committed in groups (see `writer.rs`); queries read
//! snapshots beside it, which WAL mode allows.
//!
//! Erasing is physical. `secure_delete` overwrites what is deleted on its page, and since older
//! versions of a page lie in the log until it is written back and cut, the writer does that once it
//! has nothing else to do, and in any case before long. What it cannot reach is what the file system
//! or a backup kept.

mod changes;
mod condition;
mod conversations;
mod database;
mod identity;
mod messages;
mod open;
mod reader;
mod schema;
mod tables;
mod values;
mod writer;

#[cfg(test)]
mod faults;
#[cfg(test)]
mod plans;

use std::{
    fs::File,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
        mpsc::{self, Sender},
    },
    thread::{self, JoinHandle},
};

use causerie_protocol::{MessageId, Millis};
use parking_lot::Mutex;

pub use open::OpenError;

use self::{
    condition::Condition,
    open::Opened,
    writer::{Sources, Writer},
};
use crate::clock::Clock;

use super::{
    Command, Done, Publish, Query, Read, Store, StoreError,
    rules::{Ledger, never_run},
};

/// How a store is opened.
pub struct Options {
    readers: usize,
    batch: usize,
    sources: Sources,
    broken: Arc<dyn Fn() + Send + Sync>,
}

impl Default for Options {
    fn default() -> Self {
        let clock = Clock::system();
        Self {
            readers: 2,
            batch: 512,
            sources: Sources {
                now: Box::new(move || clock.wall()),
                ids: Box::new(new_id),
            },
            broken: Arc::new(|| {}),
        }
    }
}

impl Options {
    /// How many threads read. Default 2; each has 8 MiB of cache, and more help only with more
    /// processors.
    pub fn readers(mut self, readers: usize) -> Self {
        self.readers = readers.max(1);
        self
    }

    /// Most commands in a transaction. Default 512; more share an fsync, but each waits longer.
    pub fn batch(mut self, batch: usize) -> Self {
        self.batch = batch.max(1);
        self
    }

    /// Where time comes from. Default: the system's clock.
    pub fn clock(mut self, now: impl FnMut() -> Millis + Send + 'static) -> Self {
        self.sources.now = Box::new(now);
        self
    }

    /// What to do when a thread of the store panicked, which the log says. It is called on that
    /// thread, and from then on the store answers nothing that it can be trusted with: a server ends.
    /// Default: nothing.
    pub fn on_broken(mut self, broken: impl Fn() + Send + Sync + 'static) -> Self {
        self.broken = Arc::new(broken);
        self
    }

    /// Where the ids of events come from. Default: UUIDv7 of the present.
    pub fn ids(mut self, ids: impl FnMut() -> MessageId + Send + 'static) -> Self {
        self.sources.ids = Box::new(ids);
        self
    }
}

/// A store in a folder. Dropping it answers what was submitted, then closes the database.
pub struct SqliteStore {
    epoch: String,
    commands: Option<Sender<writer::Job>>,
    queries: Option<Sender<reader::Job>>,
    writer: Option<JoinHandle<()>>,
    readers: Vec<JoinHandle<()>>,
    fail_commits: Arc<AtomicU32>,
    condition: Condition,
    broken: Arc<dyn Fn() + Send + Sync>,
    _lock: File,
}

impl SqliteStore {
    /// Opens a folder, which is made if it is not there. `publish` is called on the writing thread.
    ///
    /// # Errors
    /// If the folder cannot be used, another server uses it, or the database is damaged or newer.
    pub fn open(folder: &Path, options: Options, publish: Publish) -> Result<Self, OpenError> {
        let Opened {
            writer,
            readers,
            epoch,
            lock,
        } = open::open(folder, options.readers)?;
        let (commands, jobs) = mpsc::channel();
        let (queries, asked) = mpsc::channel();
        let mut store = Self {
            epoch,
            commands: Some(commands),
            queries: Some(queries),
            writer: None,
            readers: Vec::with_capacity(readers.len()),
            fail_commits: Arc::clone(&writer.fail_commits),
            condition: Condition::new(Arc::clone(&writer.files)),
            broken: options.broken,
            _lock: lock,
        };
        let writer = Writer {
            database: writer,
            ledger: Ledger::default(),
            jobs,
            sources: options.sources,
            publish,
            batch: options.batch,
            condition: store.condition.clone(),
        };
        store.writer = Some(store.spawn(folder, "store-writer", move || writer.run())?);
        let asked = Arc::new(Mutex::new(asked));
        for database in readers {
            let (epoch, asked) = (store.epoch.clone(), Arc::clone(&asked));
            let reader = store.spawn(folder, "store-reader", move || {
                reader::run(&database, &epoch, &asked);
            })?;
            store.readers.push(reader);
        }
        Ok(store)
    }

    /// Makes the next transactions fail, as a full disk would; for tests.
    pub fn fail_commits(&self, commits: u32) {
        self.fail_commits.store(commits, Ordering::Relaxed);
    }

    fn spawn(
        &self,
        folder: &Path,
        name: &'static str,
        run: impl FnOnce() + Send + 'static,
    ) -> Result<JoinHandle<()>, OpenError> {
        let (condition, broken) = (self.condition.clone(), Arc::clone(&self.broken));
        let run = move || {
            // Nobody touches again what the panic left behind.
            if catch_unwind(AssertUnwindSafe(run)).is_err() {
                condition.set_broken();
                tracing::error!(thread = name, "a thread of the store panicked");
                broken();
            }
        };
        thread::Builder::new()
            .name(name.into())
            .spawn(run)
            .map_err(|error| OpenError::folder(folder, error))
    }
}

impl Store for SqliteStore {
    fn epoch(&self) -> &str {
        &self.epoch
    }

    fn submit(&self, command: Command, done: Done) {
        let job = writer::Job { command, done };
        let unsent = match &self.commands {
            Some(commands) => commands.send(job).err().map(|unsent| unsent.0),
            None => Some(job),
        };
        if let Some(job) = unsent {
            let outcome = never_run(&job.command);
            (job.done)(outcome);
        }
    }

    fn trouble(&self) -> Option<String> {
        self.condition.trouble()
    }

    fn query(&self, query: Query, read: Read) {
        let job = reader::Job { query, read };
        let unsent = match &self.queries {
            Some(queries) => queries.send(job).err().map(|unsent| unsent.0),
            None => Some(job),
        };
        if let Some(job) = unsent {
            (job.read)(Err(StoreError("it is closed".into())));
        }
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // Whoever closes last writes the log back into the database and removes it, which two that
        // close at once leave to each other. A log that stayed would be laid over a backup that is put
        // in the database's place.
        self.queries = None;
        self.readers.drain(..).for_each(join);
        self.commands = None;
        self.writer.take().into_iter().for_each(join);
    }
}

fn join(thread: JoinHandle<()>) {
    // The last owner may be an answer that runs on one of these threads.
    if thread.thread().id() != thread::current().id() {
        // A panic was told of where it was caught.
        let _ = thread.join();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the store's driver: the rules are given the ids"
)]
fn new_id() -> MessageId {
    MessageId::from_uuid(uuid::Uuid::now_v7())
}
