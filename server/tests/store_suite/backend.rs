//! The stores under test.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
    mpsc,
};

use causerie_protocol::{ConversationId, MessageId};
use causerie_server::store::{
    Answer, AuditEntry, Command, Commit, Outcome, Query, Store,
    memory::MemoryStore,
    sqlite::{Options, SqliteStore},
    tables::Rows,
};
use parking_lot::Mutex;
use uuid::{Builder, Uuid};

use crate::harness::user;

/// Makes the same times and ids for the same scenario.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    pub clock: Arc<AtomicU64>,
    counter: Arc<AtomicU64>,
}

impl Sources {
    /// The server's time.
    pub fn now(&self) -> u64 {
        1_700_000_000_000 + self.clock.load(Ordering::SeqCst)
    }

    /// A UUIDv7 that was never made before.
    pub fn uuid(&self) -> Uuid {
        let n = self.counter.fetch_add(1, Ordering::SeqCst);
        let mut bytes = [0; 10];
        bytes[2..].copy_from_slice(&n.to_be_bytes());
        Builder::from_unix_timestamp_millis(self.now(), &bytes).into_uuid()
    }
}

/// What a store must do to be tested.
pub trait Backend {
    /// Queues all and waits for all.
    fn apply(&mut self, commands: Vec<Command>) -> Vec<Outcome>;
    /// Reads.
    fn query(&mut self, query: Query) -> Answer;
    /// The commits published since the last call.
    fn take_commits(&mut self) -> Vec<Commit>;
    /// Makes the next transaction fail.
    fn fail_next_commit(&mut self);
    /// Ends the process, and starts it again.
    fn restart(&mut self);
    /// The audit, oldest first.
    fn audit(&mut self) -> Vec<AuditEntry>;
}

/// The memory store.
pub struct Memory {
    store: MemoryStore,
    sources: Sources,
    commits: Vec<Commit>,
}

impl Memory {
    pub fn new(sources: Sources) -> Self {
        Self {
            store: MemoryStore::new("c0ffee"),
            sources,
            commits: Vec::new(),
        }
    }

    /// With a cache that holds next to nothing.
    pub fn forgetful(sources: Sources) -> Self {
        let mut memory = Self::new(sources);
        memory.store.set_cache(1);
        memory
    }
}

impl Backend for Memory {
    fn apply(&mut self, commands: Vec<Command>) -> Vec<Outcome> {
        let sources = self.sources.clone();
        let ids = || MessageId::from_uuid(sources.uuid());
        let (outcomes, commits) = self.store.apply(&commands, self.sources.now(), ids);
        self.commits.extend(commits);
        outcomes
    }

    fn query(&mut self, query: Query) -> Answer {
        self.store.query(&query).expect("maps can be read")
    }

    fn take_commits(&mut self) -> Vec<Commit> {
        std::mem::take(&mut self.commits)
    }

    fn fail_next_commit(&mut self) {
        self.store.fail_commits(1);
    }

    fn restart(&mut self) {
        self.store.restart();
    }

    fn audit(&mut self) -> Vec<AuditEntry> {
        let lines = self.store.tables().audit(usize::MAX).expect("the audit");
        lines.into_iter().map(|(_, entry)| entry).collect()
    }
}

/// The SQLite store, in a folder that goes away.
pub struct Sqlite {
    store: Option<SqliteStore>,
    folder: tempfile::TempDir,
    sources: Sources,
    published: Arc<Mutex<Vec<Commit>>>,
}

impl Sqlite {
    pub fn new(sources: Sources) -> Self {
        let mut sqlite = Self {
            store: None,
            folder: tempfile::tempdir().expect("a folder"),
            sources,
            published: Arc::default(),
        };
        sqlite.open();
        sqlite
    }

    fn open(&mut self) {
        let (clock, ids) = (self.sources.clone(), self.sources.clone());
        let options = Options::default()
            .clock(move || clock.now())
            .ids(move || MessageId::from_uuid(ids.uuid()));
        let published = Arc::clone(&self.published);
        let publish = Box::new(move |commits| published.lock().extend(commits));
        let store = SqliteStore::open(self.folder.path(), options, publish);
        self.store = Some(store.expect("a store"));
    }

    fn store(&self) -> &SqliteStore {
        self.store.as_ref().expect("an open store")
    }
}

impl Backend for Sqlite {
    fn apply(&mut self, commands: Vec<Command>) -> Vec<Outcome> {
        let (answer, answers) = mpsc::channel();
        let count = commands.len();
        for command in commands {
            let answer = answer.clone();
            let done = Box::new(move |outcome| answer.send(outcome).expect("a test that waits"));
            self.store().submit(command, done);
        }
        let outcomes = answers.iter().take(count);
        outcomes.collect()
    }

    fn query(&mut self, query: Query) -> Answer {
        let (answer, answers) = mpsc::channel();
        let read = Box::new(move |read| answer.send(read).expect("a test that waits"));
        self.store().query(query, read);
        let answer = answers.recv().expect("an answer");
        answer.expect("the database can be read")
    }

    fn take_commits(&mut self) -> Vec<Commit> {
        std::mem::take(&mut *self.published.lock())
    }

    fn fail_next_commit(&mut self) {
        self.store().fail_commits(1);
    }

    fn restart(&mut self) {
        self.store = None;
        self.open();
    }

    fn audit(&mut self) -> Vec<AuditEntry> {
        let database = rusqlite::Connection::open(self.folder.path().join("causerie.db"));
        let database = database.expect("the database");
        let mut audit = database
            .prepare("SELECT user, action, conversation, subject, outcome FROM audit ORDER BY line")
            .expect("the audit");
        let lines = audit.query_map([], |row| {
            let conversation: Option<[u8; 16]> = row.get(2)?;
            let subject: Option<String> = row.get(3)?;
            Ok(AuditEntry {
                user_id: user(&row.get::<_, String>(0)?),
                action: row.get(1)?,
                conversation_id: conversation
                    .map(|bytes| ConversationId::from_uuid(Uuid::from_bytes(bytes))),
                subject: subject.map(|subject| user(&subject)),
                outcome: row.get(4)?,
            })
        });
        let lines = lines.expect("the audit");
        lines.collect::<Result<_, _>>().expect("lines")
    }
}
