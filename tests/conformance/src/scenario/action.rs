//! What a device does.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a device does. Names stand for ids; a device is handed a [`Call`](crate::protocol::Call), in
/// which the ids have taken their places.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Opens its folder, without a connection.
    Open,
    /// Connects, and stays connected.
    Start,
    /// Disconnects.
    Stop,
    /// Goes to the background.
    Suspend,
    /// Comes back.
    Resume,
    /// Closes its folder.
    Close,
    /// Dies by SIGKILL.
    Kill,
    /// Asks for everything that changed.
    Sync,
    /// Signs out.
    SignOut {
        /// Whether all local data go.
        #[serde(default)]
        wipe: bool,
        /// Whether writes that were not sent go, too.
        #[serde(default)]
        discard: bool,
    },
    /// What its backend answers from now on, when it is asked for a token.
    Tokens(Tokens),
    /// The direct conversation with a user.
    Direct {
        /// The user.
        with: String,
        /// Its name from now on.
        r#as: String,
    },
    /// A new group.
    Group {
        /// Its name from now on.
        r#as: String,
        /// Its title.
        title: String,
        /// Who belongs to it beside its creator.
        members: Vec<String>,
        /// Whether later members see what was said before. Default: no.
        #[serde(default)]
        all_history: bool,
    },
    /// Opens a timeline, which stays open.
    Show {
        /// Of which conversation.
        room: String,
        /// The size of its pages. Default: 50.
        #[serde(default = "page")]
        page: u32,
    },
    /// Closes the timeline.
    Hide(String),
    /// Loads a page of older messages into the timeline.
    Older(String),
    /// Says something.
    Send {
        /// Where.
        to: String,
        /// The message's name from now on.
        id: String,
        /// What. Default: its name.
        text: Option<String>,
        /// In place of a text: so many bytes.
        size: Option<usize>,
        /// The message that it answers.
        reply_to: Option<String>,
        /// Whom it names.
        #[serde(default)]
        mentions: Vec<String>,
    },
    /// Says many things, one after the other: `a1..a9`.
    Fill {
        /// Where.
        to: String,
        /// The messages' names from now on; each says its name.
        id: String,
    },
    /// Changes what a message says.
    Edit {
        /// Which.
        id: String,
        /// To what.
        text: String,
        /// The edit's own name.
        r#as: Option<String>,
    },
    /// Takes a message back.
    Delete {
        /// Which.
        id: String,
        /// The deletion's own name.
        r#as: Option<String>,
    },
    /// Puts an emoji on a message.
    React {
        /// Which.
        id: String,
        /// What.
        emoji: String,
        /// The reaction's own name.
        r#as: Option<String>,
    },
    /// Takes it off.
    Unreact {
        /// Which.
        id: String,
        /// What.
        emoji: String,
        /// The write's own name.
        r#as: Option<String>,
    },
    /// Queues a failed write again.
    Retry(String),
    /// Gives a write up.
    Cancel(String),
    /// Has read.
    Read {
        /// Where.
        room: String,
        /// Up to this message. Default: everything.
        up_to: Option<String>,
    },
    /// Types, or ceases to.
    Typing {
        /// Where.
        room: String,
        /// Whether.
        on: bool,
    },
    /// Keeps what was typed.
    Draft {
        /// Where.
        room: String,
        /// What; nothing any more if absent.
        text: Option<String>,
    },
    /// Lets users in.
    Add {
        /// Where.
        room: String,
        /// Whom.
        users: Vec<String>,
        /// The write's own name.
        r#as: Option<String>,
    },
    /// Puts users out.
    Remove {
        /// Where.
        room: String,
        /// Whom.
        users: Vec<String>,
        /// The write's own name.
        r#as: Option<String>,
    },
    /// Leaves.
    Quit(String),
    /// Gives it another title.
    Rename {
        /// What.
        room: String,
        /// The title.
        title: String,
    },
    /// Asks the server for the members, who must be these.
    Members {
        /// Of which conversation.
        of: String,
        /// Who, and as what.
        are: BTreeMap<String, String>,
    },
    /// Listens to a timeline, and takes nothing until `drain`.
    Listen {
        /// To which.
        room: String,
        /// The listener's name from now on.
        r#as: String,
    },
    /// Takes all that waits for a listener, who must then know what the timeline shows.
    Drain {
        /// Which.
        listener: String,
        /// How often it was told anew what it showed.
        #[serde(default)]
        resets: u32,
        /// How often an item moved.
        #[serde(default)]
        moves: u32,
    },
}

fn page() -> u32 {
    50
}

/// What a device's backend answers when it is asked for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tokens {
    /// A good one.
    Good,
    /// One that the server refuses.
    Forged,
    /// That it cannot now.
    Unavailable,
    /// That the user must sign in.
    SignedOut,
}
