//! A bad disk under a process that a test starts: the library of `tests/shim`, and what it knows.
//!
//! ```text
//! let disk = Disk::under(&folder)?;       // its orders and its journal lie elsewhere
//! command.envs(disk.environment());       // whatever is started with these is on this disk
//! disk.power_on()?;                       // what is there now is what the disk holds
//! …                                       // the process runs, and is killed with -9
//! disk.power_off(Loss::Unsynced)?;        // the folder holds what was fsynced, and nothing else
//! ```

mod model;
#[path = "../../../shim/src/record.rs"]
#[allow(dead_code, reason = "its writing half is for the library")]
mod record;

use std::{
    ffi::OsString,
    fs::{self, File},
    io,
    os::unix::fs::{FileExt, MetadataExt},
    path::{Path, PathBuf},
    time::Duration,
};

use tempfile::TempDir;

use self::model::Model;
pub use self::model::{Loss, Lost};

/// The board's slots, in the order of `tests/shim/src/board.rs`.
#[derive(Debug, Clone, Copy)]
enum Slot {
    SyncMicros,
    Full,
    Space,
    ClockAhead,
    Syncs,
    Writes,
    Bytes,
    Refused,
}

/// How large the board is.
const BOARD: usize = 4096;

/// How full a disk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// Enough of it.
    Enough,
    /// No file can grow; what is allocated can be overwritten, as on ext4.
    NoGrowth,
    /// Nothing can be written at all, as where every write is a copy.
    None,
    /// Files can grow by so many bytes.
    Bytes(u32),
}

/// What the process did so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Files that were fsynced.
    pub syncs: u64,
    /// Writes.
    pub writes: u64,
    /// Bytes written.
    pub bytes: u64,
    /// Writes refused since the disk was full.
    pub refused: u64,
}

/// One folder's disk.
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
    /// Board and journal.
    desk: TempDir,
    board: File,
    model: Option<Model>,
}

impl Disk {
    /// A sound disk under this folder, which is made.
    ///
    /// # Errors
    /// If a file cannot be made.
    pub fn under(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let desk = tempfile::tempdir()?;
        let board = File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(desk.path().join("board"))?;
        board.write_all_at(&[0; BOARD], 0)?;
        Ok(Self {
            folder: folder.canonicalize()?,
            desk,
            board,
            model: None,
        })
    }

    /// What a process is started with to be on it.
    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        let mut all = vec![
            ("LD_PRELOAD", library().into_os_string()),
            ("CAUSERIE_SHIM_FOLDER", self.folder.clone().into()),
            ("CAUSERIE_SHIM_BOARD", self.desk.path().join("board").into()),
        ];
        if self.model.is_some() {
            all.push(("CAUSERIE_SHIM_JOURNAL", self.journal().into()));
        }
        all
    }

    fn journal(&self) -> PathBuf {
        self.desk.path().join("journal")
    }

    /// What is in the folder now is what the disk holds. From now on a journal is kept.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn power_on(&mut self) -> io::Result<()> {
        let mut model = Model::default();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                let inode = entry.metadata()?.ino();
                let name = entry.file_name().into_encoded_bytes();
                model.hold(name, inode, fs::read(entry.path())?);
            }
        }
        self.model = Some(model);
        fs::write(self.journal(), [])
    }

    /// Leaves in the folder what the disk would hold had the power gone when the process was
    /// killed. It must be dead. Begins the next life, as [`Self::power_on`] does.
    ///
    /// # Errors
    /// If a file cannot be written.
    ///
    /// # Panics
    /// If [`Self::power_on`] was never called.
    pub fn power_off(&mut self, loss: Loss) -> io::Result<Lost> {
        let mut model = self.model.take().expect("the power was on");
        let journal = fs::read(self.journal())?;
        let mut rest = journal.as_slice();
        while let Some((record, behind)) = record::Record::first(rest) {
            model.handle(&record);
            rest = behind;
        }
        let (files, lost) = model.after(loss);
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                fs::remove_file(entry.path())?;
            }
        }
        for (name, bytes) in files {
            let name = String::from_utf8(name).map_err(io::Error::other)?;
            fs::write(self.folder.join(name), bytes)?;
        }
        self.power_on()?;
        Ok(lost)
    }

    /// Every fsync takes this long at least. Zero at first.
    pub fn slow_syncs(&self, by: Duration) {
        self.order(
            Slot::SyncMicros,
            i64::try_from(by.as_micros()).unwrap_or(i64::MAX),
        );
    }

    /// From now on it is this full.
    pub fn set_room(&self, room: Room) {
        if let Room::Bytes(bytes) = room {
            self.order(Slot::Space, bytes.into());
        }
        let mode = match room {
            Room::Enough => 0,
            Room::NoGrowth => 1,
            Room::None => 2,
            Room::Bytes(_) => 3,
        };
        self.order(Slot::Full, mode);
    }

    /// The process's wall clock is this far ahead, or behind if negative.
    pub fn set_clock(&self, ahead_ms: i64) {
        self.order(Slot::ClockAhead, ahead_ms);
    }

    /// What was done on it so far.
    pub fn counts(&self) -> Counts {
        Counts {
            syncs: self.read(Slot::Syncs),
            writes: self.read(Slot::Writes),
            bytes: self.read(Slot::Bytes),
            refused: self.read(Slot::Refused),
        }
    }

    fn order(&self, slot: Slot, value: i64) {
        let at = slot as u64 * 8;
        let written = self.board.write_all_at(&value.to_le_bytes(), at);
        written.expect("the board can be written");
    }

    fn read(&self, slot: Slot) -> u64 {
        let mut bytes = [0; 8];
        let read = self.board.read_exact_at(&mut bytes, slot as u64 * 8);
        read.expect("the board can be read");
        u64::from_le_bytes(bytes)
    }
}

/// Where the library is: where `CAUSERIE_SHIM` says, else beside the tests in the target folder.
///
/// # Panics
/// If there is none, with the way to get one.
fn library() -> PathBuf {
    let named = std::env::var_os("CAUSERIE_SHIM").map(PathBuf::from);
    let beside = || {
        let this = std::env::current_exe().ok()?;
        Some(this.parent()?.parent()?.join("libcauserie_shim.so"))
    };
    let library = named.or_else(beside).filter(|path| path.exists());
    library.expect("build it first: cargo build -p causerie-shim")
}
