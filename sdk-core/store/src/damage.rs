//! A damaged file: set aside under another name, never deleted, and read out as far as it can be.
//!
//! What the server told comes again by itself. What exists only here is the outbox, the drafts,
//! the conversations that wait for their creation, and the installation's id: these are read row
//! by row, from both ends of their tables and then one by one, and what cannot be read is counted.

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use causerie_engine::{ConversationRow, OutboxRow, StoreOp};
use causerie_protocol::{ClientId, ConversationId, UserId, WriteKind};
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, config::DbConfig};

use crate::{
    StoreError,
    apply::{self, Keys},
    checkpoint::wal_path,
    row, schema, snapshot,
};

/// How every SQLite file begins.
pub(crate) const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// What was saved of a damaged file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// Where the damaged file is now.
    pub set_aside: PathBuf,
    /// What was wrong with it.
    pub reason: String,
    /// Writes saved.
    pub outbox: usize,
    /// Drafts saved.
    pub drafts: usize,
    /// Rows of either kind that are known to have been there and could not be read.
    pub lost: usize,
    /// Whether the installation keeps its id.
    pub client_id_kept: bool,
}

/// What could be read.
#[derive(Debug, Default)]
pub(crate) struct Salvage {
    /// It is readable enough to see that it is somebody else's.
    pub(crate) other_user: bool,
    client_id: Option<ClientId>,
    outbox: Vec<OutboxRow>,
    unborn: Vec<ConversationRow>,
    drafts: Vec<(ConversationId, String)>,
    lost: usize,
}

/// The first 100 bytes.
pub(crate) fn header(path: &Path) -> io::Result<[u8; 100]> {
    let mut bytes = [0; 100];
    fs::File::open(path)?.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Reads what can be read. Leaves the file as it is.
pub(crate) fn salvage(path: &Path, user_id: &UserId) -> io::Result<Salvage> {
    if let Ok(connection) = open(path) {
        return Ok(read(&connection, user_id));
    }
    // Only its first bytes may be broken, or its end missing: with a header as ours always is, and
    // no count of pages in it, a copy may still open.
    let copy = sibling(path, "salvage");
    let mended = mend_header(path, &copy);
    let saved = match mended {
        Ok(()) => open(&copy).map_or_else(|_| Salvage::default(), |c| read(&c, user_id)),
        Err(_) => Salvage::default(),
    };
    for file in [copy.clone(), wal_path(&copy), shm_path(&copy)] {
        remove(&file)?;
    }
    Ok(saved)
}

/// Renames the file and its log, so that they stay together.
pub(crate) fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let target = (1..)
        .map(|n| sibling(path, &format!("damaged-{n}")))
        .find(|candidate| !candidate.exists())
        .ok_or_else(|| io::Error::other("no free name"))?;
    for (from, to) in [
        (path.to_owned(), target.clone()),
        (wal_path(path), wal_path(&target)),
    ] {
        match fs::rename(&from, &to) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    remove(&shm_path(path))?;
    Ok(target)
}

/// Deletes the database, its log, and whatever was set aside.
pub(crate) fn remove_all(path: &Path) -> io::Result<()> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Ok(());
    };
    let name = name.to_string_lossy().into_owned();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(&name) {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

impl Salvage {
    /// Writes what was read into a new file.
    pub(crate) fn restore(
        self,
        connection: &mut Connection,
        set_aside: PathBuf,
        reason: &str,
    ) -> Result<Recovery, StoreError> {
        let recovery = Recovery {
            set_aside,
            reason: reason.to_owned(),
            outbox: self.outbox.len(),
            drafts: self.drafts.len(),
            lost: self.lost,
            client_id_kept: self.client_id.is_some(),
        };
        let client_id = self.client_id.map(StoreOp::PutClientId);
        let unborn = self.unborn.into_iter().map(Box::new);
        let drafts = self
            .drafts
            .into_iter()
            .map(|(conversation_id, draft)| StoreOp::PutDraft {
                conversation_id,
                draft: Some(draft),
            });
        let outbox = self.outbox.into_iter().map(Box::new);
        let ops = client_id
            .into_iter()
            .chain(unborn.map(StoreOp::PutConversation))
            .chain(drafts)
            .chain(outbox.map(StoreOp::PutOutbox));
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut keys = Keys::default();
        for op in ops {
            apply::apply(&transaction, &mut keys, &op)?;
        }
        transaction.commit()?;
        // The file that held all this is out of the way from now on: it must be on the disk
        // whatever commits otherwise wait for, and a checkpoint does wait.
        connection.query_row("PRAGMA wal_checkpoint(FULL)", [], |_| Ok(()))?;
        Ok(recovery)
    }
}

/// Opens a file whose schema can be read, without changing it when it is closed.
fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(connection)
}

fn read(connection: &Connection, user_id: &UserId) -> Salvage {
    let mut saved = Salvage::default();
    let owner: Option<String> = connection
        .query_row("SELECT user_id FROM meta", [], |row| row.get(0))
        .unwrap_or_default();
    // A folder belongs to one user. If the owner cannot be read, it is the one who opens it.
    if owner.is_some_and(|owner| owner != user_id.as_str()) {
        saved.other_user = true;
        return saved;
    }
    saved.client_id = connection
        .query_row("SELECT client_id FROM meta", [], |row| row::uuid(row, 0))
        .optional()
        .unwrap_or_default()
        .map(ClientId::from_uuid);
    (saved.outbox, saved.lost) = outbox(connection);
    let created: HashSet<ConversationId> = saved
        .outbox
        .iter()
        .filter(|row| {
            matches!(
                row.op.kind(),
                WriteKind::CreateConversation | WriteKind::CreateGroup
            )
        })
        .map(|row| row.conversation_id)
        .collect();
    let conversations = Table {
        columns: "id, conversation_id, item, draft",
        name: "conversations",
        index: "sqlite_autoindex_conversations_1",
    };
    let (rows, lost) = conversations.rows(connection, |row| {
        let id = ConversationId::from_uuid(row::uuid(row, 1)?);
        let item = row
            .get_ref(2)?
            .as_str()
            .ok()
            .and_then(|text| serde_json::from_str(text).ok());
        Ok((id, item, row.get::<_, Option<String>>(3)?))
    });
    saved.lost += lost;
    for (id, item, draft) in rows {
        if let (Some(item), true) = (item, created.contains(&id)) {
            saved.unborn.push(ConversationRow {
                item,
                position: None,
                ranges: Vec::new(),
                read_mark: None,
                draft: None,
            });
        }
        if let Some(draft) = draft {
            saved.drafts.push((id, draft));
        }
    }
    saved
}

fn outbox(connection: &Connection) -> (Vec<OutboxRow>, usize) {
    let table = Table {
        columns: "id, key, place, conversation_id, kind, payload, created_at, attempted, state",
        name: "outbox",
        index: "sqlite_autoindex_outbox_1",
    };
    let (mut rows, lost) = table.rows(connection, snapshot::outbox_row);
    rows.sort_by_key(|row| row.order);
    (rows, lost)
}

/// A table with a rowid, and an index that names all of its rows.
struct Table {
    /// The first is `id`.
    columns: &'static str,
    name: &'static str,
    index: &'static str,
}

impl Table {
    /// The rows that can be read, and how many are known to be there that cannot.
    fn rows<T>(
        &self,
        connection: &Connection,
        mut read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> (Vec<T>, usize) {
        let Self {
            columns,
            name,
            index,
        } = self;
        let mut found: BTreeMap<i64, Option<T>> = BTreeMap::new();
        let mut scan = |tail: &str, found: &mut BTreeMap<i64, Option<T>>| {
            let sql = format!("SELECT {columns} FROM {name} {tail}");
            let Ok(mut statement) = connection.prepare(&sql) else {
                return;
            };
            let Ok(mut rows) = statement.query([]) else {
                return;
            };
            while let Ok(Some(row)) = rows.next() {
                let Ok(id) = row.get::<_, i64>(0) else {
                    continue;
                };
                let value = read(row).ok();
                let slot = found.entry(id).or_default();
                if slot.is_none() {
                    *slot = value;
                }
            }
        };
        scan("NOT INDEXED ORDER BY id", &mut found);
        scan("NOT INDEXED ORDER BY id DESC", &mut found);
        for id in ids(connection, name, index) {
            if !found.contains_key(&id) {
                scan(&format!("WHERE id = {id}"), &mut found);
                found.entry(id).or_default();
            }
        }
        let known = found.len();
        let rows: Vec<T> = found.into_values().flatten().collect();
        let lost = known - rows.len();
        (rows, lost)
    }
}

/// What the index still says is there.
fn ids(connection: &Connection, table: &str, index: &str) -> Vec<i64> {
    let sql = format!("SELECT id FROM {table} INDEXED BY {index}");
    let mut ids = Vec::new();
    let Ok(mut statement) = connection.prepare(&sql) else {
        return ids;
    };
    let Ok(mut rows) = statement.query([]) else {
        return ids;
    };
    while let Ok(Some(row)) = rows.next() {
        if let Ok(id) = row.get(0) {
            ids.push(id);
        }
    }
    ids
}

/// Copies a file and its log, and gives the copy the header that every file of ours has.
fn mend_header(path: &Path, copy: &Path) -> io::Result<()> {
    let template = sibling(path, "template");
    let made = (|| -> rusqlite::Result<()> {
        let mut connection = Connection::open(&template)?;
        connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
        schema::migrate(&mut connection, schema::MIGRATIONS)
            .map_err(|_| rusqlite::Error::InvalidQuery)?;
        connection.close().map_err(|(_, error)| error)
    })();
    let bytes = header(&template);
    for file in [template.clone(), wal_path(&template), shm_path(&template)] {
        remove(&file)?;
    }
    made.map_err(io::Error::other)?;
    let mut contents = fs::read(path)?;
    if contents.len() < 4096 {
        return Err(io::Error::other("not one page is left"));
    }
    let mut bytes = bytes?;
    // Another change counter than the one beside the page count makes SQLite count by itself.
    bytes[24..28].copy_from_slice(&[0xFF; 4]);
    contents[..100].copy_from_slice(&bytes);
    fs::write(copy, contents)?;
    match fs::copy(wal_path(path), wal_path(copy)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn sibling(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}

fn shm_path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-shm");
    name.into()
}
