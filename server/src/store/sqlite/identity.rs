//! The epoch, and how the server notices that its database is another one than before
//! (docs/protocol.md §2, "Epoch").
//!
//! Clients hold positions that are true of one history only. If the database is set back, to a
//! backup for one, the same positions mean something else, so the epoch must change. Neither the
//! name nor the inode tells: a moved folder is the same database, a copied file is not. So each
//! start leaves a new random mark, in the database and in the file `identity` beside it. A database
//! that comes back from elsewhere has an older mark than the file, or none, and gets a new epoch.
//! Whoever moves the server moves the whole folder, and nothing changes.
//!
//! The file is written before the database with both marks, the old and the new one, so that a crash
//! between the two changes nothing. What this cannot see is a whole folder that is set back, file
//! and all: that is what `causerie restore` is for.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use rusqlite::{Connection, OptionalExtension, params};

use super::open::OpenError;

/// Beside the database.
const FILE: &str = "identity";

/// Gives the epoch, a new one if the database is new or another one than before.
pub(super) fn settle(connection: &mut Connection, folder: &Path) -> Result<String, OpenError> {
    let mark = read(connection, "identity")?;
    let epoch = read(connection, "epoch")?;
    let known = known_marks(folder)?;
    let same = mark.as_ref().is_some_and(|mark| known.contains(mark));
    let epoch = match epoch {
        Some(epoch) if same => epoch,
        Some(_) => {
            tracing::warn!("the database is not the one that was here before: a new epoch begins");
            random(connection)?
        }
        None => random(connection)?,
    };
    let next = random(connection)?;
    let both: Vec<&str> = mark.iter().chain([&next]).map(String::as_str).collect();
    write_marks(folder, &both)?;
    let transaction = connection.transaction().map_err(OpenError::database)?;
    for (name, value) in [("identity", &next), ("epoch", &epoch)] {
        transaction
            .execute(
                "INSERT OR REPLACE INTO meta VALUES (?1, ?2)",
                params![name, value],
            )
            .map_err(OpenError::database)?;
    }
    transaction.commit().map_err(OpenError::database)?;
    write_marks(folder, &[&next])?;
    Ok(epoch)
}

/// Whether a server has used the folder before.
pub(super) fn is_known(folder: &Path) -> bool {
    folder.join(FILE).exists()
}

fn read(connection: &Connection, name: &str) -> Result<Option<String>, OpenError> {
    connection
        .query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| {
            row.get(0)
        })
        .optional()
        .map_err(OpenError::database)
}

/// SQLite's own source of randomness, which the operating system seeds.
fn random(connection: &Connection) -> Result<String, OpenError> {
    connection
        .query_row("SELECT lower(hex(randomblob(16)))", [], |row| row.get(0))
        .map_err(OpenError::database)
}

fn known_marks(folder: &Path) -> Result<Vec<String>, OpenError> {
    match fs::read_to_string(folder.join(FILE)) {
        Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(Vec::new()),
        Err(error) => Err(OpenError::folder(folder, error)),
    }
}

/// Replaces the file as a whole, durably.
fn write_marks(folder: &Path, marks: &[&str]) -> Result<(), OpenError> {
    let write = || {
        let new = folder.join("identity.new");
        let mut file = File::create(&new)?;
        for mark in marks {
            writeln!(file, "{mark}")?;
        }
        file.sync_all()?;
        fs::rename(&new, folder.join(FILE))?;
        // Not every system can sync a folder; where it cannot, the rename is durable by itself.
        if let Ok(folder) = File::open(folder) {
            folder.sync_all().ok();
        }
        Ok(())
    };
    write().map_err(|error| OpenError::folder(folder, error))
}
