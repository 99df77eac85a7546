//! The format, as types. `README.md` says what each means.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A scenario.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What must hold, in a sentence.
    pub about: String,
    /// What a runner needs for it.
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// The devices, by name.
    pub cast: BTreeMap<String, Cast>,
    /// What holds all the time.
    #[serde(default)]
    pub always: Vec<Always>,
    /// What happens, one after the other.
    pub steps: Vec<Step>,
}

/// What a runner needs for a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tag {
    /// Only the client's public API and the server.
    CoreOnly,
    /// A device that is a process of its own, to be killed.
    NeedsKill,
    /// A server that it may stop and start.
    NeedsRestart,
    /// Waits for real seconds to pass.
    RealTime,
}

impl Tag {
    /// How a file spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::CoreOnly => "core-only",
            Self::NeedsKill => "needs-kill",
            Self::NeedsRestart => "needs-restart",
            Self::RealTime => "real-time",
        }
    }
}

/// A device.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cast {
    /// Whose it is. Default: the device's own name.
    pub user: Option<String>,
    /// Whether it is a process of its own. Default: no.
    #[serde(default)]
    pub process: bool,
    /// How long its tokens are good, in minutes. Default: a day.
    #[serde(default = "a_day")]
    pub token_minutes: u64,
}

fn a_day() -> u64 {
    24 * 60
}

/// What holds all the time, from the first step to the last.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Always {
    /// No timeline and no list of this device ever says this.
    NeverShows {
        /// The device.
        at: String,
        /// The text.
        text: String,
    },
    /// No item of this timeline ever moves.
    NeverMoves {
        /// The device.
        at: String,
        /// The conversation.
        room: String,
    },
    /// This timeline is never told anew, but for the first time.
    NeverResets {
        /// The device.
        at: String,
        /// The conversation.
        room: String,
    },
}

/// A step, and where it stands in its file.
#[derive(Debug, Clone)]
pub struct Step {
    /// Line, from 1.
    pub line: u64,
    /// Column, from 1.
    pub column: u64,
    /// What happens.
    pub event: Event,
}

/// What happens in a step.
#[derive(Debug, Clone)]
pub enum Event {
    /// A device does something.
    Do {
        /// Which.
        device: String,
        /// What.
        action: Action,
        /// The code of the error that this must give, if it must.
        fails: Option<String>,
    },
    /// Something befalls the server.
    Server(Order),
    /// Waits until devices show this, and nothing else.
    Expect(Expect),
}

/// What a device does. Names stand for ids; a device is handed an action in which the ids have
/// taken their places.
#[derive(Debug, Clone, Serialize, Deserialize)]
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
        /// How often it was told everything anew, the first time included.
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
    /// Kills it, and starts it as on another database.
    NewEpoch,
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

/// What devices show. It is always all of it: what is not said is not there.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// Which devices.
    pub at: Vec<String>,
    /// The connection's state; not looked at if absent.
    pub connection: Option<String>,
    /// The conversation list, from the top.
    pub rooms: Vec<Room>,
    /// The outbox, oldest first.
    #[serde(default)]
    pub outbox: Vec<Write>,
    /// How often its backend was asked for a token; not looked at if absent.
    pub tokens_asked: Option<u32>,
}

/// An entry of the conversation list, and its timeline if that is open.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Room {
    /// Which.
    pub room: String,
    /// Its title; not looked at if absent.
    pub title: Option<String>,
    /// Messages not read.
    #[serde(default)]
    pub unread: u64,
    /// Of these, those that name the user.
    #[serde(default)]
    pub mentions: u64,
    /// What was typed and not sent.
    pub draft: Option<String>,
    /// Whether the user belongs to it.
    #[serde(default = "joined")]
    pub membership: String,
    /// What the newest message says that the server has.
    pub last: Option<String>,
    /// The newest message that is on its way.
    pub pending: Option<String>,
    /// Who types.
    #[serde(default)]
    pub typing: Vec<String>,
    /// How far others have read, by user; not looked at if absent.
    pub read_by: Option<BTreeMap<String, String>>,
    /// The timeline, oldest first; absent if it is not open.
    pub timeline: Option<Vec<Item>>,
    /// Whether there are older messages to load.
    #[serde(default)]
    pub older: bool,
}

fn joined() -> String {
    "joined".into()
}

/// A message of a timeline.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Its name, or those of many: `a1..a9`.
    pub id: String,
    /// Who sent it.
    pub from: String,
    /// What it says. Default: its name; nothing if it is deleted.
    pub text: Option<String>,
    /// In place of a text: so many bytes.
    pub size: Option<usize>,
    /// Whether it waits to be sent.
    #[serde(default)]
    pub queued: bool,
    /// The code with which it was refused for good.
    pub failed: Option<String>,
    /// Whether it was edited.
    #[serde(default)]
    pub edited: bool,
    /// Whether it was deleted.
    #[serde(default)]
    pub deleted: bool,
    /// Whether an edit, a deletion or a reaction of this device waits to be sent.
    #[serde(default)]
    pub changing: bool,
    /// Its reactions, in the order in which they came.
    #[serde(default)]
    pub reactions: Vec<Reaction>,
    /// The message that it answers.
    pub reply_to: Option<String>,
    /// Whom it names.
    #[serde(default)]
    pub mentions: Vec<String>,
}

/// An emoji on a message.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reaction {
    /// The emoji.
    pub emoji: String,
    /// Whose.
    pub by: Vec<String>,
}

/// A write in the outbox.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Write {
    /// What it does.
    pub write: String,
    /// To which message, or in which conversation.
    pub of: String,
    /// The code with which it was refused for good; it waits to be sent if absent.
    pub failed: Option<String>,
}
