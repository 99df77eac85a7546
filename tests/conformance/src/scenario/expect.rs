//! What is expected.

use std::collections::BTreeMap;

use serde::Deserialize;

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
