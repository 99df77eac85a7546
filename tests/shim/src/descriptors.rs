//! Which descriptors are of watched files.

use std::{
    ffi::c_int,
    sync::atomic::{AtomicU64, Ordering::SeqCst},
};

/// Beyond this nothing is watched; no program under test opens a database so late.
const MOST: usize = 65_536;

/// For each descriptor: 0, or what it is of.
static WATCHED: [AtomicU64; MOST] = [const { AtomicU64::new(0) }; MOST];

/// The folder itself.
const FOLDER: u64 = u64::MAX;

/// What a descriptor is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    /// A file in the folder, by its inode.
    File(u64),
    /// The folder.
    Folder,
}

fn slot(fd: c_int) -> Option<&'static AtomicU64> {
    WATCHED.get(usize::try_from(fd).ok()?)
}

/// From now on this descriptor is watched.
pub(crate) fn watch(fd: c_int, of: Of) {
    if let Some(slot) = slot(fd) {
        slot.store(
            match of {
                Of::File(inode) => inode,
                Of::Folder => FOLDER,
            },
            SeqCst,
        );
    }
}

/// It is closed, or about to be.
pub(crate) fn forget(fd: c_int) {
    if let Some(slot) = slot(fd) {
        slot.store(0, SeqCst);
    }
}

/// What it is of, if it is watched.
pub(crate) fn of(fd: c_int) -> Option<Of> {
    match slot(fd)?.load(SeqCst) {
        0 => None,
        FOLDER => Some(Of::Folder),
        inode => Some(Of::File(inode)),
    }
}
