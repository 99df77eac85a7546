//! What befalls the server.

use serde::Deserialize;

/// What befalls the server.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Order {
    /// Breaks connections.
    Cut {
        /// Of this user only.
        user: Option<String>,
    },
    /// Keeps answers back for so many milliseconds.
    Delay(u64),
    /// Refuses the next durable writes.
    Refuse {
        /// How many.
        writes: u32,
        /// With which code.
        code: String,
        /// Of this user only.
        user: Option<String>,
    },
    /// Breaks the connection in place of the next acknowledgements.
    DropAcks {
        /// How many.
        count: u32,
        /// Of this user only.
        user: Option<String>,
    },
    /// Does not read from sockets.
    Stall {
        /// Whether.
        on: bool,
        /// Of this user only.
        user: Option<String>,
    },
    /// Does not write to sockets.
    Mute {
        /// Whether.
        on: bool,
        /// Of this user only.
        user: Option<String>,
    },
    /// Sets the wall clock off by so many minutes.
    Clock(i64),
    /// Ends the server.
    Stop(Signal),
    /// Starts it again.
    Start,
    /// Kills it, and starts it again.
    Restart,
    /// Kills it, keeps a copy of its database, and starts it again.
    Backup,
    /// Kills it, puts the copy in the place of its database, and starts it.
    Restore,
    /// Kills it, and starts it with an empty data folder.
    NewDatabase,
}

/// How the server is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// SIGTERM: it says goodbye.
    Term,
    /// SIGKILL.
    Kill,
}
