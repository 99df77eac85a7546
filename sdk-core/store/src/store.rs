//! The store: commits, questions, and letting go of the file while the app is in the background.

use std::path::{Path, PathBuf};

use causerie_engine::{LoadQuery, Snapshot, StoreOp};
use causerie_protocol::{ConversationId, Message, ReadCursor, UserId};
use rusqlite::{Connection, TransactionBehavior};

use crate::{
    OpenError, Opened, Options, Recovery, StoreError,
    apply::{self, Keys},
    checkpoint::{Checkpointer, wal_path},
    damage,
    lock::Lock,
    message,
    open::Place,
    snapshot,
};

/// A user's data in a folder. One writer; it belongs to one thread at a time.
#[derive(Debug)]
pub struct Store {
    place: Place,
    /// Absent while suspended.
    handles: Option<Handles>,
    /// The count of openings that was ours, to see whether another process came after.
    openings: i64,
}

/// Dropped in this order: the lock goes last. In memory there is no log to move and no folder to lock.
#[derive(Debug)]
struct Handles {
    connection: Connection,
    keys: Keys,
    checkpointer: Option<Checkpointer>,
    _lock: Option<Lock>,
}

/// What resuming found.
#[derive(Debug)]
pub enum Resumed {
    /// Nobody was here: what the engine remembers holds.
    Unchanged,
    /// Another process had it open, or it was damaged: the engine must be restored from this.
    Changed {
        /// What it holds now.
        snapshot: Box<Snapshot>,
        /// What was saved, if the file was damaged.
        recovery: Option<Recovery>,
    },
}

/// Sizes, for statistics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Conversations known.
    pub conversations: u64,
    /// Writes in the outbox, acknowledged ones whose event has not come included.
    pub outbox: u64,
    /// Size of the database file, in bytes.
    pub database_bytes: u64,
    /// Size of the write-ahead log, in bytes.
    pub log_bytes: u64,
}

impl Store {
    /// Opens a user's data in a folder, which is made if it is not there.
    ///
    /// # Errors
    /// [`OpenError`] says who has it, whose it is, or what the system refuses. Damage is no error:
    /// see [`Opened::recovery`].
    pub fn open(
        folder: impl AsRef<Path>,
        user_id: &UserId,
        options: Options,
    ) -> Result<Opened, OpenError> {
        let place = Place {
            folder: folder.as_ref().to_owned(),
            user_id: user_id.clone(),
            options,
        };
        std::fs::create_dir_all(&place.folder).map_err(|source| OpenError::Io {
            path: place.folder.clone(),
            source,
        })?;
        let lock = Lock::take(&place.folder)?;
        let (connected, snapshot) = place.snapshot(place.connect()?)?;
        let recovery = connected.recovery.clone();
        let openings = connected.openings + 1;
        let handles = Handles::new(&place, connected.connection, lock)?;
        Ok(Opened {
            store: Self {
                place,
                handles: Some(handles),
                openings,
            },
            snapshot,
            recovery,
        })
    }

    /// Begins a store that lives in memory and ends with this value, for simulations: schema,
    /// statements and transactions are those of a file, and nothing waits for a disk. It must not
    /// be suspended, since that would end it.
    ///
    /// # Errors
    /// [`OpenError::Sqlite`].
    pub fn in_memory(user_id: &UserId, options: Options) -> Result<Opened, OpenError> {
        let place = Place {
            folder: PathBuf::new(),
            user_id: user_id.clone(),
            options,
        };
        let connection = place.begin_in_memory()?;
        let mut store = Self {
            place,
            handles: Some(Handles {
                connection,
                keys: Keys::default(),
                checkpointer: None,
                _lock: None,
            }),
            openings: 1,
        };
        let snapshot = store.begin_anew(user_id, options)?;
        Ok(Opened {
            store,
            snapshot,
            recovery: None,
        })
    }

    /// Forgets everything and begins as a new installation, perhaps another user's: cheaper than
    /// another [`Store::in_memory`]. In a folder, [`Store::wipe`] is the way.
    ///
    /// # Errors
    /// [`OpenError::Sqlite`].
    pub fn begin_anew(
        &mut self,
        user_id: &UserId,
        options: Options,
    ) -> Result<Snapshot, OpenError> {
        self.place.user_id = user_id.clone();
        self.place.options = options;
        let snapshot = match &mut self.handles {
            Some(handles) => {
                handles.keys.forget();
                self.place.begin_anew(&handles.connection)
            }
            None => Err(rusqlite::Error::InvalidQuery),
        };
        snapshot.map_err(|source| OpenError::Sqlite {
            path: self.place.database(),
            source,
        })
    }

    /// Commits these together, or none of them.
    ///
    /// # Errors
    /// [`StoreError`]; nothing of the batch is stored then.
    pub fn apply(&mut self, ops: &[StoreOp]) -> Result<(), StoreError> {
        let handles = self.handles.as_mut().ok_or(StoreError::Suspended)?;
        if ops.is_empty() {
            return Ok(());
        }
        let result = handles.apply(ops);
        if result.is_err() {
            handles.keys.forget();
        }
        self.watch(result)
    }

    /// Cached messages, in rising seq.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn load(&mut self, query: &LoadQuery) -> Result<Vec<Message>, StoreError> {
        let handles = self.handles.as_mut().ok_or(StoreError::Suspended)?;
        let result = handles.load(query);
        self.watch(result)
    }

    /// All that an engine is restored from, as it is now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let handles = self.handles.as_ref().ok_or(StoreError::Suspended)?;
        let result = snapshot::read(&handles.connection).map_err(StoreError::from);
        self.watch(result)
    }

    /// How far others have read in a conversation, as far as this device was told.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn cursors(
        &mut self,
        conversation_id: ConversationId,
    ) -> Result<Vec<ReadCursor>, StoreError> {
        let handles = self.handles.as_mut().ok_or(StoreError::Suspended)?;
        let result = handles.cursors(conversation_id);
        self.watch(result)
    }

    /// Sizes, for statistics.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn counts(&self) -> Result<Counts, StoreError> {
        let handles = self.handles.as_ref().ok_or(StoreError::Suspended)?;
        let count = |table: &str| -> Result<u64, StoreError> {
            let sql = format!("SELECT count(*) FROM {table}");
            let rows: i64 = handles
                .connection
                .prepare_cached(&sql)?
                .query_row([], |row| row.get(0))?;
            Ok(rows.unsigned_abs())
        };
        let path = self.place.database();
        let size = |path: &Path| std::fs::metadata(path).map_or(0, |meta| meta.len());
        Ok(Counts {
            conversations: count("conversations")?,
            outbox: count("outbox")?,
            database_bytes: size(&path),
            log_bytes: size(&wal_path(&path)),
        })
    }

    /// Closes every handle and gives up the lock, as an app in the background must. Committed work
    /// stays. Until [`Store::resume`] everything is answered with [`StoreError::Suspended`].
    pub fn suspend(&mut self) {
        self.handles = None;
    }

    /// Whether it is suspended.
    pub fn is_suspended(&self) -> bool {
        self.handles.is_none()
    }

    /// Opens it again after [`Store::suspend`].
    ///
    /// # Errors
    /// [`OpenError`], as for [`Store::open`]. It stays suspended then.
    pub fn resume(&mut self) -> Result<Resumed, OpenError> {
        if self.handles.is_some() {
            return Ok(Resumed::Unchanged);
        }
        let lock = Lock::take(&self.place.folder)?;
        let connected = self.place.connect()?;
        let unchanged = connected.recovery.is_none() && connected.openings == self.openings;
        let (connected, resumed) = if unchanged {
            (connected, Resumed::Unchanged)
        } else {
            let (connected, snapshot) = self.place.snapshot(connected)?;
            let changed = Resumed::Changed {
                snapshot: Box::new(snapshot),
                recovery: connected.recovery.clone(),
            };
            (connected, changed)
        };
        let openings = connected.openings + 1;
        self.handles = Some(Handles::new(&self.place, connected.connection, lock)?);
        self.openings = openings;
        Ok(resumed)
    }

    /// Sets a quota: commits that would make the database larger than so many pages of 4 KiB fail
    /// with [`StoreError::Full`], as on a full disk. Holds until it is suspended or closed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn limit_pages(&self, pages: u32) -> Result<(), StoreError> {
        let handles = self.handles.as_ref().ok_or(StoreError::Suspended)?;
        handles
            .connection
            .pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
        Ok(())
    }

    /// Forgets every write in the outbox, for a user who signs out and gives them up.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn discard_outbox(&mut self) -> Result<(), StoreError> {
        let handles = self.handles.as_ref().ok_or(StoreError::Suspended)?;
        let result = handles
            .connection
            .execute("DELETE FROM outbox", [])
            .map(|_| ())
            .map_err(StoreError::from);
        self.watch(result)
    }

    /// Deletes everything that this user has here, files set aside included, for signing out. The
    /// store is suspended then, and would begin anew if it were resumed.
    ///
    /// # Errors
    /// [`OpenError::Io`] if a file cannot be deleted, [`OpenError::InUse`] if another process took
    /// the folder while this one was suspended.
    pub fn wipe(&mut self) -> Result<(), OpenError> {
        let lock = match self.handles.take() {
            Some(Handles {
                connection,
                checkpointer,
                _lock: lock,
                ..
            }) => {
                drop(connection);
                drop(checkpointer);
                lock
            }
            None => None,
        };
        let lock = match lock {
            Some(lock) => lock,
            None => Lock::take(&self.place.folder)?,
        };
        let wiped = damage::remove_all(&self.place.database()).map_err(|source| OpenError::Io {
            path: self.place.folder.clone(),
            source,
        });
        drop(lock);
        wiped
    }

    /// Notes damage, so that the next opening looks for it.
    fn watch<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(StoreError::Damaged(_)) = &result {
            self.place.suspect();
        }
        result
    }
}

impl Handles {
    fn new(place: &Place, connection: Connection, lock: Lock) -> Result<Self, OpenError> {
        let path = place.database();
        let checkpointer =
            Checkpointer::start(&path).map_err(|source| OpenError::Io { path, source })?;
        Ok(Self {
            connection,
            keys: Keys::default(),
            checkpointer: Some(checkpointer),
            _lock: Some(lock),
        })
    }

    fn apply(&mut self, ops: &[StoreOp]) -> Result<(), StoreError> {
        // Immediate: a transaction that begins by reading could not become a writing one while
        // another connection writes.
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        for op in ops {
            apply::apply(&transaction, &mut self.keys, op)?;
        }
        transaction.commit()?;
        if let Some(checkpointer) = &mut self.checkpointer {
            checkpointer.committed(&self.connection);
        }
        Ok(())
    }

    fn load(&mut self, query: &LoadQuery) -> Result<Vec<Message>, StoreError> {
        match self
            .keys
            .conversation(&self.connection, query.conversation_id)?
        {
            Some(conversation) => message::load(&self.connection, conversation, query),
            None => Ok(Vec::new()),
        }
    }

    fn cursors(&mut self, id: ConversationId) -> Result<Vec<ReadCursor>, StoreError> {
        match self.keys.conversation(&self.connection, id)? {
            Some(conversation) => Ok(snapshot::cursors(&self.connection, conversation)?),
            None => Ok(Vec::new()),
        }
    }
}
