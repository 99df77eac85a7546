//! What a device shows, with ids in it: what a screen would be drawn from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Everything that a device shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// The connection's state in a word; `closed` without an open client.
    pub connection: String,
    /// The conversation list, from the top.
    pub rooms: Vec<Room>,
    /// The outbox, oldest first.
    pub outbox: Vec<Write>,
    /// How often the backend was asked for a token, since the device was opened.
    pub tokens_asked: u32,
    /// Every text that was ever shown.
    pub ever: Vec<String>,
    /// What no screen may ever be told, and was.
    pub broken: Vec<String>,
}

impl Shown {
    /// All messages of all open timelines.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.rooms
            .iter()
            .filter_map(|room| room.timeline.as_ref())
            .flat_map(|timeline| &timeline.items)
    }
}

/// An entry of the conversation list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Room {
    /// The conversation.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Messages not read.
    pub unread: u64,
    /// Of these, those that name the user.
    pub mentions: u64,
    /// What was typed and not sent.
    pub draft: Option<String>,
    /// `joined`, `invited` or `left`.
    pub membership: String,
    /// What the newest message says.
    pub last: Option<String>,
    /// The key of the newest message that is on its way.
    pub pending: Option<String>,
    /// Who types.
    pub typing: Vec<String>,
    /// How far others have read: who, and up to which seq.
    pub read_by: BTreeMap<String, u64>,
    /// The timeline, if it is open.
    pub timeline: Option<Timeline>,
}

/// An open timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timeline {
    /// As the differences have made it, oldest first.
    pub items: Vec<Item>,
    /// Whether the SDK's own copy is the same.
    pub same: bool,
    /// Whether there are older messages to load.
    pub older: bool,
    /// How often it was told anew what it showed.
    pub resets: u32,
    /// How often an item moved.
    pub moves: u32,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Its sender's key for it, on the sender's devices.
    pub temp_id: Option<String>,
    /// Its id, once it is confirmed.
    pub message_id: Option<String>,
    /// Its place, once it is confirmed.
    pub seq: u64,
    /// Who sent it.
    pub from: String,
    /// What it says.
    pub text: Option<String>,
    /// `queued`, `sent` or `failed: code`, for one that is not confirmed.
    pub send: Option<String>,
    /// Whether it was edited.
    pub edited: bool,
    /// Whether it was deleted.
    pub deleted: bool,
    /// Whether a change of this device waits to be sent.
    pub changing: bool,
    /// Its reactions.
    pub reactions: Vec<Reaction>,
    /// The id of the message that it answers.
    pub reply_to: Option<String>,
    /// Whom it names.
    pub mentions: Vec<String>,
}

/// An emoji on a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reaction {
    /// The emoji.
    pub emoji: String,
    /// Whose.
    pub by: Vec<String>,
    /// How many.
    pub count: u64,
    /// Whether one of them is the device's user.
    pub me: bool,
}

/// A write in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Write {
    /// Its key.
    pub key: String,
    /// `send`, `edit`, `delete`, `react`, `unreact`, `create`, `add`, `remove`, `quit`, `update`.
    pub what: String,
    /// The conversation.
    pub room: String,
    /// The key of the message that it changes, if it names it so.
    pub target_key: Option<String>,
    /// The id of the message that it changes, if it names it so.
    pub target_id: Option<String>,
    /// The code with which it was refused for good.
    pub failed: Option<String>,
}

/// A call did not work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The error's code; `scenario` if the call makes no sense, and `process` if the judge found it.
    pub code: String,
    /// The error's words.
    pub message: String,
}
