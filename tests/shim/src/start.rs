//! What is set up before the program's `main`.

use std::{
    ffi::{CStr, c_int},
    sync::OnceLock,
};

use crate::{board, board::Board, journal, system};

static FOLDER: OnceLock<Vec<u8>> = OnceLock::new();
static BOARD: OnceLock<&'static Board> = OnceLock::new();

/// The loader calls what stands here.
#[used]
#[unsafe(link_section = ".init_array")]
static BEGIN: extern "C" fn() = begin;

extern "C" fn begin() {
    if let Some(fd) = open(c"CAUSERIE_SHIM_BOARD", libc::O_RDWR) {
        // SAFETY: a new mapping, shared with the test; it stays as long as the process, and the
        // board is made of atomics only, for which every bit pattern is a value.
        let board = unsafe {
            let at = libc::mmap(
                std::ptr::null_mut(),
                board::SIZE,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                fd,
                0,
            );
            (at != libc::MAP_FAILED).then(|| &*at.cast::<Board>())
        };
        system::close(fd);
        if let Some(board) = board {
            let _ = BOARD.set(board);
        }
    }
    if let Some(fd) = open(c"CAUSERIE_SHIM_JOURNAL", libc::O_WRONLY | libc::O_APPEND) {
        journal::begin(fd);
    }
    // Last: from now on something is watched.
    if let Some(folder) = variable(c"CAUSERIE_SHIM_FOLDER") {
        let _ = FOLDER.set(folder.to_bytes().to_vec());
    }
}

fn open(name: &CStr, flags: c_int) -> Option<c_int> {
    let path = variable(name)?;
    let fd = system::openat(libc::AT_FDCWD, path.as_ptr(), flags | libc::O_CLOEXEC, 0);
    if fd < 0 {
        // A test that asked for faults and runs without them would prove nothing.
        // SAFETY: ends the process.
        unsafe { libc::abort() };
    }
    Some(fd)
}

fn variable(name: &CStr) -> Option<&'static CStr> {
    // SAFETY: nobody changes the environment before `main`, and what it says stays in memory.
    unsafe {
        let value = libc::getenv(name.as_ptr());
        (!value.is_null()).then(|| CStr::from_ptr(value))
    }
}

/// The board, if there is one.
pub(crate) fn board() -> Option<&'static Board> {
    BOARD.get().copied()
}

/// What a path is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place<'a> {
    /// A file right in the folder, by its name.
    File(&'a [u8]),
    /// The folder itself.
    Folder,
}

/// Whether a path is watched.
pub(crate) fn place(path: &CStr) -> Option<Place<'_>> {
    let folder = FOLDER.get()?;
    let rest = path.to_bytes().strip_prefix(folder.as_slice())?;
    match rest {
        b"" | b"/" => Some(Place::Folder),
        [b'/', name @ ..] if !name.contains(&b'/') => Some(Place::File(name)),
        _ => None,
    }
}
