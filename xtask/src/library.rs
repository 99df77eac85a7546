//! `cargo xtask size`: the library as an app ships it, and how large it is.
//!
//! The profile `mobile` does most of it. What a profile cannot say is here: SQLite without what the
//! client never uses, and relocations in their packed form.

use std::path::Path;
use std::process::{Command, ExitCode};

use crate::budget;
use crate::place::{self, Place};

/// The crate.
pub const PACKAGE: &str = "causerie-ffi";
/// The variable by which SQLite's build takes [`SQLITE`].
pub const SQLITE_VARIABLE: &str = "LIBSQLITE3_FLAGS";
/// Without full text search, R-trees, statistics for the planner and loadable extensions.
pub const SQLITE: &str = "-USQLITE_ENABLE_FTS3 -USQLITE_ENABLE_FTS3_PARENTHESIS \
                          -USQLITE_ENABLE_FTS5 -USQLITE_ENABLE_RTREE -USQLITE_ENABLE_STAT4 \
                          -USQLITE_SOUNDEX -USQLITE_ENABLE_LOAD_EXTENSION \
                          -DSQLITE_OMIT_LOAD_EXTENSION";
const FILE: &str = "libcauserie_ffi.so";
/// Every dynamic linker of glibc since 2.36 (2022) reads them.
const PACKED: &str = "link-arg=-Wl,-z,pack-relative-relocs";

/// Builds it, in a folder of its own, and says its size. Fails if that is beyond the budget.
pub fn measure(place: &Place) -> ExitCode {
    let target = place.target().join("library");
    let built = Command::new(place::cargo())
        .current_dir(place.root())
        .env(SQLITE_VARIABLE, SQLITE)
        .args(["rustc", "--locked", "--profile", "mobile", "-p", PACKAGE])
        // Only so does link-time optimisation take place: cargo leaves it out where the same crate
        // is to be a library for Rust as well.
        .args(["--lib", "--crate-type", "cdylib", "--target-dir"])
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
    match weigh("x86-64 Linux", &target.join("mobile").join(FILE)) {
        Ok(fits) => ExitCode::from(u8::from(!fits)),
        Err(problem) => {
            eprintln!("xtask: {problem}");
            ExitCode::from(2)
        }
    }
}

/// Says the size of a platform's library, and whether it is within the budget.
pub fn weigh(platform: &str, library: &Path) -> Result<bool, String> {
    let budget = budget::of(platform).ok_or_else(|| format!("{platform} has no budget"))?;
    let found = std::fs::metadata(library)
        .map_err(|problem| format!("{}: {problem}", library.display()))?;
    let (line, fits) = budget.judge(found.len());
    println!("{line}: {}", library.display());
    Ok(fits)
}
