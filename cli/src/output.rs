//! What commands print, when whoever was to read it has gone or there is no room for it.
//!
//! [`say!`](crate::say) prints what a command is asked for; it cannot do without it. [`note!`](crate::note) writes to
//! standard error, for people; the command goes on without it. Neither panics, as `println!` does.

use std::{
    fmt,
    io::{self, Write},
};

/// A broken pipe ends a process as SIGPIPE would have: 128 and its number.
const NOBODY_READS: i32 = 141;

/// Prints a line, as `println!` does. If it cannot be printed the process ends: without a word and
/// with 141 if nobody reads any more, as in `| head -1`, else with the reason and 1.
#[macro_export]
macro_rules! say {
    () => { $crate::output::line(format_args!("")) };
    ($($what:tt)+) => { $crate::output::line(format_args!($($what)+)) };
}

/// Writes a line to standard error, as `eprintln!` does, if it can be written.
#[macro_export]
macro_rules! note {
    ($($what:tt)+) => { $crate::output::aside(format_args!($($what)+)) };
}

/// A line on standard output, or the end of the process: what [`say!`](crate::say) does.
pub fn line(what: fmt::Arguments<'_>) {
    if let Err(error) = try_line(what) {
        end(&error);
    }
}

/// A line on standard output, for a command that goes on without it.
///
/// # Errors
/// If it cannot be written.
pub fn try_line(what: fmt::Arguments<'_>) -> io::Result<()> {
    // Standard output is written at the end of a line.
    writeln!(io::stdout().lock(), "{what}")
}

/// A line on standard error, if it can be written: what [`note!`](crate::note) does.
pub fn aside(what: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "{what}");
}

/// Words on standard error that do not end the line, if they can be written.
pub fn part(what: fmt::Arguments<'_>) {
    let _ = write!(io::stderr().lock(), "{what}");
}

/// Ends the process: standard output cannot be written. What [`say!`](crate::say) does then.
pub fn end(error: &io::Error) -> ! {
    if error.kind() == io::ErrorKind::BrokenPipe {
        std::process::exit(NOBODY_READS);
    }
    aside(format_args!(
        "causerie: standard output cannot be written: {error}"
    ));
    std::process::exit(1)
}
