//! A bad disk and a wrong clock for any program on Linux: a library for `LD_PRELOAD` whose
//! functions stand in front of libc's.
//!
//! It sees every write, truncation, rename, deletion and fsync below one folder, which is named by
//! `CAUSERIE_SHIM_FOLDER` (an absolute path; its subfolders are not watched), and
//!
//! - writes them down in order in the file named by `CAUSERIE_SHIM_JOURNAL`, if it is set. Whoever
//!   killed the program can work out from it what a disk would hold had the power gone: see
//!   [`record`] for the format, and `disk` in the crate `causerie-e2e` for who reads it;
//! - obeys the orders on the board, the file named by `CAUSERIE_SHIM_BOARD`: slow fsyncs, a full
//!   disk, a clock set off by hours. They may be changed at any time. It also counts there. See
//!   [`board`].
//!
//! Everything else goes straight to the system, and without the variables all of it does.
//!
//! SQLite and Rust's standard library are all that must be seen, and what they call was looked up
//! in `sqlite3.c` (`aSyscall`, `HAVE_FDATASYNC`) and among the symbols that the binary imports:
//! `open`, `open64`, `openat64`, `write`, `writev`, `pwrite64`, `ftruncate64`, `fsync`, `rename`,
//! `unlink`, `unlinkat`, `close`. Their siblings stand here too. What is written through a memory
//! map is not seen; SQLite only keeps its `-shm` file so, which it makes anew after a crash.

#![cfg(target_os = "linux")]
#![allow(
    unsafe_code,
    reason = "this crate takes the place of C functions: exporting their names, following the \
              pointers that callers hand over and calling the system are unsafe by nature. It is \
              for tests, and no other crate of the workspace links it"
)]

pub mod board;
mod calls;
mod clock;
mod descriptors;
mod full;
mod journal;
pub mod record;
mod start;
mod system;
