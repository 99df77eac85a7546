//! `cargo xtask size`: the library as an app ships it, and how large it is.
//!
//! The profile `mobile` does most of it. What a profile cannot say is here: SQLite without what the
//! client never uses, and relocations in their packed form, which every dynamic linker since 2022
//! reads (glibc 2.36, Android 11).

use std::process::{Command, ExitCode};

use crate::suite::{self, Place};

/// What it may weigh, in bytes.
const GOAL: u64 = 5_000_000;
const PACKAGE: &str = "causerie-ffi";
const FILE: &str = "libcauserie_ffi.so";
/// Full text search, R-trees, statistics for the planner and loadable extensions.
const SQLITE: &str = "-USQLITE_ENABLE_FTS3 -USQLITE_ENABLE_FTS3_PARENTHESIS -USQLITE_ENABLE_FTS5 \
                      -USQLITE_ENABLE_RTREE -USQLITE_ENABLE_STAT4 -USQLITE_SOUNDEX \
                      -USQLITE_ENABLE_LOAD_EXTENSION -DSQLITE_OMIT_LOAD_EXTENSION";
const PACKED: &str = "link-arg=-Wl,-z,pack-relative-relocs";

/// Builds it, in a folder of its own, and says its size. Fails if that is beyond the goal.
pub fn measure(place: &Place) -> ExitCode {
    let target = place.target().join("library");
    let built = Command::new(suite::cargo())
        .current_dir(place.root())
        .env("LIBSQLITE3_FLAGS", SQLITE)
        .args(["rustc", "--locked", "--profile", "mobile", "-p", PACKAGE])
        .args(["--lib", "--target-dir"])
        .arg(&target)
        .args(["--", "-C", PACKED])
        .status();
    match built {
        Ok(status) if status.success() => {}
        Ok(_) => return ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("xtask: cannot start cargo: {problem}");
            return ExitCode::from(2);
        }
    }
    let library = target.join("mobile").join(FILE);
    match std::fs::metadata(&library) {
        Ok(found) => {
            let size = found.len();
            println!("{}: {size} bytes, the goal is {GOAL}", library.display());
            ExitCode::from(u8::from(size > GOAL))
        }
        Err(problem) => {
            eprintln!("xtask: {}: {problem}", library.display());
            ExitCode::from(2)
        }
    }
}
