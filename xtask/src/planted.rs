//! This binary as a stand-in for `rustc`, which adds `--cfg planted`.
//!
//! The planted bugs prove that the simulation sees. `RUSTFLAGS` would
//! build every dependency a second time, SQLite included; cargo runs
//! `RUSTC_WORKSPACE_WRAPPER` for the workspace's own crates only, and keeps what comes
//! out of it apart from the ordinary build.

use std::ffi::OsString;
use std::process::{Command, ExitCode};

/// Set for a build with planted bugs; cargo hands it down to the stand-in.
pub const MARK: &str = "CAUSERIE_PLANTED";

/// The environment that makes cargo build the workspace with `cfg(planted)`.
pub fn environment() -> Vec<(&'static str, OsString)> {
    match std::env::current_exe() {
        Ok(this) => vec![
            ("RUSTC_WORKSPACE_WRAPPER", this.into_os_string()),
            (MARK, "1".into()),
        ],
        // Dearer, but the same: everything is built again.
        Err(_) => vec![("RUSTFLAGS", "--cfg planted".into())],
    }
}

/// Runs `rustc` if cargo called us in its place, and gives its exit code.
pub fn stand_in_for_rustc() -> Option<ExitCode> {
    std::env::var_os(MARK)?;
    let mut args = std::env::args_os().skip(1);
    let rustc = args.next()?;
    let is_rustc = std::path::Path::new(&rustc)
        .file_stem()
        .is_some_and(|stem| stem == "rustc");
    if !is_rustc {
        return None;
    }
    let status = Command::new(rustc)
        .args(args)
        .args(["--cfg", "planted"])
        .status();
    Some(match status {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("xtask in place of rustc: {problem}");
            ExitCode::FAILURE
        }
    })
}
