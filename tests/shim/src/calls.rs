//! The functions that stand in front of libc's.
//!
//! `open` has variable arguments in C. Here it takes three: by the calling conventions of Linux on
//! x86-64 and AArch64 an integer that was passed as a variable argument lies where the third would,
//! and without `O_CREAT` it is not looked at.

use std::{
    ffi::{CStr, c_char, c_int, c_void},
    sync::atomic::Ordering::Relaxed,
};

use libc::{mode_t, off_t, size_t, ssize_t};

use crate::{
    board::Board,
    descriptors::{self, Of},
    full::room,
    journal::Journal,
    record::{Kind, Record},
    start::{Place, board, place},
    system,
};

/// A path handed over by a caller, as far as it concerns us: absolute, or relative to where the
/// program stands (which is never the watched folder).
fn named<'a>(dir: c_int, path: *const c_char) -> Option<&'a CStr> {
    if path.is_null() {
        return None;
    }
    // SAFETY: the caller hands over a string, by the contract of the function it calls.
    let path = unsafe { CStr::from_ptr(path) };
    let absolute = path.to_bytes().first() == Some(&b'/');
    (absolute || dir == libc::AT_FDCWD).then_some(path)
}

fn open_any(dir: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    let Some((name, place)) = named(dir, path).and_then(|name| Some((name, place(name)?))) else {
        return system::openat(dir, path, flags, mode);
    };
    let mut journal = Journal::take();
    let made = flags & libc::O_CREAT != 0 && !system::exists(name);
    let fd = system::openat(dir, path, flags, mode);
    if fd < 0 {
        return fd;
    }
    let name = match place {
        Place::Folder => {
            descriptors::watch(fd, Of::Folder);
            return fd;
        }
        Place::File(name) => name,
    };
    let Some(inode) = system::stat(fd).map(|stat| stat.st_ino) else {
        return fd;
    };
    journal.write(&Record {
        kind: Kind::Open,
        inode,
        number: u64::from(made),
        data: name,
    });
    if flags & libc::O_TRUNC != 0 && !made {
        journal.write(&truncated(inode, 0));
    }
    descriptors::watch(fd, Of::File(inode));
    fd
}

fn truncated(inode: u64, length: u64) -> Record<'static> {
    Record {
        kind: Kind::Truncate,
        inode,
        number: length,
        data: &[],
    }
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn open(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    open_any(libc::AT_FDCWD, path, flags, mode)
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn open64(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    open_any(libc::AT_FDCWD, path, flags, mode)
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openat(
    dir: c_int,
    path: *const c_char,
    flags: c_int,
    mode: mode_t,
) -> c_int {
    open_any(dir, path, flags, mode)
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openat64(
    dir: c_int,
    path: *const c_char,
    flags: c_int,
    mode: mode_t,
) -> c_int {
    open_any(dir, path, flags, mode)
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn close(fd: c_int) -> c_int {
    // Before: the moment it is closed, another thread may get the same number.
    descriptors::forget(fd);
    system::close(fd)
}

/// Writes what there is room for, and writes it down. `offset` is none for where the descriptor
/// stands.
fn write_watched(
    fd: c_int,
    inode: u64,
    bytes: *const c_void,
    count: size_t,
    offset: Option<u64>,
) -> ssize_t {
    let mut journal = Journal::take();
    let appends = || {
        // SAFETY: no memory is touched.
        let flags = unsafe { libc::fcntl(fd, libc::F_GETFL) };
        flags & libc::O_APPEND != 0
    };
    let at = match offset {
        Some(offset) => offset,
        None if appends() => system::stat(fd).map_or(0, |stat| stat.st_size as u64),
        None => system::position(fd).unwrap_or(0),
    };
    let count = match room(fd, at, count) {
        Ok(count) => count,
        Err(code) => {
            system::set_errno(code);
            return -1;
        }
    };
    let written = match offset {
        Some(offset) => system::pwrite(fd, bytes, count, offset as off_t),
        None => system::write(fd, bytes, count),
    };
    if let Ok(written) = usize::try_from(written) {
        // SAFETY: the system has just read as many bytes there.
        let data = unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), written) };
        journal.write(&Record {
            kind: Kind::Write,
            inode,
            number: at,
            data,
        });
        if let Some(board) = board() {
            Board::count(&board.writes, 1);
            Board::count(&board.bytes, written as u64);
        }
    }
    written
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn write(fd: c_int, bytes: *const c_void, count: size_t) -> ssize_t {
    match descriptors::of(fd) {
        Some(Of::File(inode)) => write_watched(fd, inode, bytes, count, None),
        Some(Of::Folder) | None => system::write(fd, bytes, count),
    }
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn writev(fd: c_int, pieces: *const libc::iovec, count: c_int) -> ssize_t {
    let Some(Of::File(inode)) = descriptors::of(fd) else {
        return system::writev(fd, pieces, count);
    };
    // The first piece alone, which is a short write as any may be.
    for n in 0..usize::try_from(count).unwrap_or(0) {
        // SAFETY: the caller hands over so many pieces.
        let piece = unsafe { &*pieces.add(n) };
        if piece.iov_len > 0 {
            return write_watched(fd, inode, piece.iov_base, piece.iov_len, None);
        }
    }
    0
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwrite(
    fd: c_int,
    bytes: *const c_void,
    count: size_t,
    offset: off_t,
) -> ssize_t {
    match descriptors::of(fd) {
        Some(Of::File(inode)) => write_watched(fd, inode, bytes, count, Some(offset as u64)),
        Some(Of::Folder) | None => system::pwrite(fd, bytes, count, offset),
    }
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwrite64(
    fd: c_int,
    bytes: *const c_void,
    count: size_t,
    offset: off_t,
) -> ssize_t {
    // SAFETY: the same.
    unsafe { pwrite(fd, bytes, count, offset) }
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftruncate(fd: c_int, length: off_t) -> c_int {
    let Some(Of::File(inode)) = descriptors::of(fd) else {
        return system::ftruncate(fd, length);
    };
    let mut journal = Journal::take();
    let result = system::ftruncate(fd, length);
    if result == 0 {
        journal.write(&truncated(inode, length as u64));
    }
    result
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftruncate64(fd: c_int, length: off_t) -> c_int {
    // SAFETY: the same.
    unsafe { ftruncate(fd, length) }
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fsync(fd: c_int) -> c_int {
    let Some(of) = descriptors::of(fd) else {
        return system::fsync(fd);
    };
    let inode = match of {
        Of::File(inode) => inode,
        Of::Folder => 0,
    };
    let begun = system::monotonic_micros();
    let sync = {
        let mut journal = Journal::take();
        let number = journal.next_sync();
        let record = Record {
            kind: Kind::SyncBegins,
            inode,
            number,
            data: &[],
        };
        journal.write(&record);
        record
    };
    let result = system::fsync(fd);
    if let Some(board) = board() {
        let taken = system::monotonic_micros().saturating_sub(begun);
        system::wait_micros(board.sync_micros.load(Relaxed).saturating_sub(taken));
    }
    if result == 0 {
        Journal::take().write(&Record {
            kind: Kind::SyncEnded,
            ..sync
        });
        if let (Some(board), Of::File(_)) = (board(), of) {
            Board::count(&board.syncs, 1);
        }
    }
    result
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fdatasync(fd: c_int) -> c_int {
    // SAFETY: the same, and what it writes in addition hurts nobody.
    unsafe { fsync(fd) }
}

fn rename_any(from_dir: c_int, from: *const c_char, to_dir: c_int, to: *const c_char) -> c_int {
    let place_of = |dir, path| named(dir, path).and_then(place);
    let (Some(Place::File(source)), Some(Place::File(target))) =
        (place_of(from_dir, from), place_of(to_dir, to))
    else {
        return system::renameat(from_dir, from, to_dir, to);
    };
    let mut journal = Journal::take();
    let result = system::renameat(from_dir, from, to_dir, to);
    if result == 0 {
        let mut names = source.to_vec();
        names.push(0);
        names.extend_from_slice(target);
        journal.write(&Record {
            kind: Kind::Rename,
            inode: 0,
            number: 0,
            data: &names,
        });
    }
    result
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    rename_any(libc::AT_FDCWD, from, libc::AT_FDCWD, to)
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn renameat(
    from_dir: c_int,
    from: *const c_char,
    to_dir: c_int,
    to: *const c_char,
) -> c_int {
    rename_any(from_dir, from, to_dir, to)
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn unlink(path: *const c_char) -> c_int {
    // SAFETY: the same.
    unsafe { unlinkat(libc::AT_FDCWD, path, 0) }
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn unlinkat(dir: c_int, path: *const c_char, flags: c_int) -> c_int {
    let Some(Place::File(name)) = named(dir, path).and_then(place) else {
        return system::unlinkat(dir, path, flags);
    };
    let mut journal = Journal::take();
    let result = system::unlinkat(dir, path, flags);
    if result == 0 {
        journal.write(&Record {
            kind: Kind::Unlink,
            inode: 0,
            number: 0,
            data: name,
        });
    }
    result
}
