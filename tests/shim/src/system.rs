//! The system itself, past libc's functions of the same names: those are ours in this process.

use std::ffi::{CStr, c_char, c_int, c_long, c_void};

use libc::{mode_t, off_t, size_t, ssize_t};

/// Opens.
pub(crate) fn openat(dir: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // O_LARGEFILE is implied on 64-bit systems, which are all that this is for.
    // SAFETY: the system checks the pointer and fails with EFAULT.
    let fd = unsafe { libc::syscall(libc::SYS_openat, dir, path, flags, mode as c_long) };
    fd as c_int
}

/// Closes.
pub(crate) fn close(fd: c_int) -> c_int {
    // SAFETY: no memory is touched.
    unsafe { libc::syscall(libc::SYS_close, fd) as c_int }
}

/// Writes where the descriptor stands.
pub(crate) fn write(fd: c_int, buffer: *const c_void, count: size_t) -> ssize_t {
    // SAFETY: the system checks the pointer.
    unsafe { libc::syscall(libc::SYS_write, fd, buffer, count) as ssize_t }
}

/// Writes several pieces where the descriptor stands.
pub(crate) fn writev(fd: c_int, pieces: *const libc::iovec, count: c_int) -> ssize_t {
    // SAFETY: the system checks the pointers.
    unsafe { libc::syscall(libc::SYS_writev, fd, pieces, count as c_long) as ssize_t }
}

/// Writes at an offset.
pub(crate) fn pwrite(fd: c_int, buffer: *const c_void, count: size_t, offset: off_t) -> ssize_t {
    // SAFETY: the system checks the pointer.
    unsafe { libc::syscall(libc::SYS_pwrite64, fd, buffer, count, offset) as ssize_t }
}

/// Cuts or extends.
pub(crate) fn ftruncate(fd: c_int, length: off_t) -> c_int {
    // SAFETY: no memory is touched.
    unsafe { libc::syscall(libc::SYS_ftruncate, fd, length) as c_int }
}

/// Waits for the disk.
pub(crate) fn fsync(fd: c_int) -> c_int {
    // SAFETY: no memory is touched.
    unsafe { libc::syscall(libc::SYS_fsync, fd) as c_int }
}

/// Renames.
pub(crate) fn renameat(
    from_dir: c_int,
    from: *const c_char,
    to_dir: c_int,
    to: *const c_char,
) -> c_int {
    let none: c_long = 0;
    // SAFETY: the system checks the pointers.
    unsafe { libc::syscall(libc::SYS_renameat2, from_dir, from, to_dir, to, none) as c_int }
}

/// Deletes.
pub(crate) fn unlinkat(dir: c_int, path: *const c_char, flags: c_int) -> c_int {
    // SAFETY: the system checks the pointer.
    unsafe { libc::syscall(libc::SYS_unlinkat, dir, path, flags) as c_int }
}

/// What a descriptor is of.
pub(crate) fn stat(fd: c_int) -> Option<libc::stat> {
    // SAFETY: a stat of zeros is a value of its type, and the call fills it or fails.
    unsafe {
        let mut stat: libc::stat = std::mem::zeroed();
        (libc::fstat(fd, &raw mut stat) == 0).then_some(stat)
    }
}

/// Where a descriptor stands.
pub(crate) fn position(fd: c_int) -> Option<u64> {
    // SAFETY: no memory is touched.
    let at = unsafe { libc::lseek(fd, 0, libc::SEEK_CUR) };
    u64::try_from(at).ok()
}

/// Whether a path leads to something.
pub(crate) fn exists(path: &CStr) -> bool {
    // SAFETY: the path ends with a zero byte.
    unsafe { libc::access(path.as_ptr(), libc::F_OK) == 0 }
}

/// Microseconds of the clock that never goes back.
pub(crate) fn monotonic_micros() -> u64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the pointer is to a timespec of ours.
    unsafe {
        libc::syscall(
            libc::SYS_clock_gettime,
            libc::CLOCK_MONOTONIC,
            &raw mut time,
        )
    };
    time.tv_sec as u64 * 1_000_000 + time.tv_nsec as u64 / 1_000
}

/// Waits.
pub(crate) fn wait_micros(micros: u64) {
    let mut left = libc::timespec {
        tv_sec: (micros / 1_000_000) as libc::time_t,
        tv_nsec: (micros % 1_000_000 * 1_000) as c_long,
    };
    // SAFETY: both pointers are to a timespec of ours. A signal interrupts it; then the rest.
    while unsafe { libc::nanosleep(&raw const left, &raw mut left) } != 0 {}
}

/// Fails as the system does.
pub(crate) fn set_errno(code: c_int) {
    // SAFETY: it is this thread's own errno.
    unsafe { *libc::__errno_location() = code };
}
