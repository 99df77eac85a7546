//! What the judge and a device's process say to each other: one flat JSON object a line. `README.md`
//! has it for who writes a device in another language, and `protocol/` a line of each kind.

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::{
    scenario::Tokens,
    shown::{Refusal, Shown},
};

/// What a device is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Told {
    /// Whose it is. The first line, and the only one without an answer.
    Be(Spec),
    /// To say what it shows.
    Look,
    /// To call the SDK.
    #[serde(untagged)]
    Call(Call),
}

/// What a device says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "says", rename_all = "snake_case")]
pub enum Says {
    /// That it may show something else now. At any time, and no answer.
    Changed,
    /// A call returned.
    Done(Done),
    /// A call failed, or what it shows cannot be read.
    Failed(Refusal),
    /// What it shows.
    Shown(Box<Shown>),
}

/// Whose device it is and where its server is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// The server's address.
    pub url: String,
    /// The control port's address.
    pub control: String,
    /// Whose.
    pub user: String,
    /// Its data.
    pub folder: PathBuf,
    /// How long its tokens are good.
    pub token_ms: u64,
}

/// What a device does: an action of a scenario, with ids in place of names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Call {
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
    /// Closes its folder; nothing happens if it is not open.
    Close,
    /// Asks for everything that changed.
    Sync,
    /// Signs out. The client is closed by it unless it fails.
    SignOut {
        /// Whether all local data go.
        wipe: bool,
        /// Whether writes that were not sent go, too.
        discard: bool,
    },
    /// What the device's backend answers from now on, when it is asked for a token.
    Tokens {
        /// What.
        mood: Tokens,
    },
    /// The direct conversation with a user. Gives its id.
    Direct {
        /// The user.
        with: String,
    },
    /// A new group. Gives its id.
    Group {
        /// Its title.
        title: String,
        /// Who belongs to it beside its creator.
        members: Vec<String>,
        /// Whether later members see what was said before.
        all_history: bool,
    },
    /// Opens a timeline at its end, as soon as the device knows the conversation.
    Show {
        /// The conversation.
        room: String,
        /// The size of its pages.
        page: u32,
    },
    /// Closes the timeline.
    Hide {
        /// The conversation.
        room: String,
    },
    /// Loads a page of older messages into the timeline.
    Older {
        /// The conversation.
        room: String,
    },
    /// Says something. Gives the key.
    Send {
        /// The conversation.
        room: String,
        /// What.
        text: String,
        /// The id of the message that it answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply_to: Option<String>,
        /// Whom it names.
        mentions: Vec<String>,
    },
    /// Says many things, one after the other. Gives as many keys.
    Fill {
        /// The conversation.
        room: String,
        /// What.
        texts: Vec<String>,
    },
    /// Changes what a message says. Gives the write's key, as all that follow up to `Unreact`.
    Edit {
        /// The conversation.
        room: String,
        /// The message.
        #[serde(flatten)]
        target: Target,
        /// What it says from now on.
        text: String,
    },
    /// Takes a message back.
    Delete {
        /// The conversation.
        room: String,
        /// The message.
        #[serde(flatten)]
        target: Target,
    },
    /// Puts an emoji on a message.
    React {
        /// The conversation.
        room: String,
        /// The message.
        #[serde(flatten)]
        target: Target,
        /// What.
        emoji: String,
    },
    /// Takes it off.
    Unreact {
        /// The conversation.
        room: String,
        /// The message.
        #[serde(flatten)]
        target: Target,
        /// What.
        emoji: String,
    },
    /// Queues a failed write again.
    Retry {
        /// The write.
        key: String,
    },
    /// Gives a write up.
    Cancel {
        /// The write.
        key: String,
    },
    /// Has read.
    Read {
        /// The conversation.
        room: String,
        /// Up to this place, or everything.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seq: Option<u64>,
    },
    /// Types, or ceases to.
    Typing {
        /// The conversation.
        room: String,
        /// Whether.
        on: bool,
    },
    /// Keeps what was typed.
    Draft {
        /// The conversation.
        room: String,
        /// What, or nothing any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    /// Lets users in. Gives the write's key, as all that follow up to `Rename`.
    Add {
        /// The conversation.
        room: String,
        /// Whom.
        users: Vec<String>,
    },
    /// Puts users out.
    Remove {
        /// The conversation.
        room: String,
        /// Whom.
        users: Vec<String>,
    },
    /// Leaves.
    Quit {
        /// The conversation.
        room: String,
    },
    /// Gives it another title.
    Rename {
        /// The conversation.
        room: String,
        /// The title.
        title: String,
    },
    /// Asks the server for the members. Gives them.
    Members {
        /// The conversation.
        room: String,
    },
    /// Listens to an open timeline, and takes nothing until `Drain`.
    Listen {
        /// The conversation.
        room: String,
        /// The listener's name from now on.
        listener: String,
    },
    /// Takes all that waits for a listener, until it knows what the timeline shows. Gives how often
    /// since it began it was told anew what it showed, and how often an item moved.
    Drain {
        /// Which.
        listener: String,
    },
}

/// A message that a write changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// One of the device's own user, by the key that sending it gave.
    Key(String),
    /// Another's, by its id.
    MessageId(String),
}

/// What a call gave; of most calls nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Done {
    /// Of `direct` and `group`: the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// Of what goes through the outbox: the key of each write.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// Of `members`: who, and as what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<BTreeMap<String, String>>,
    /// Of `drain`: how often it was told anew what it showed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resets: Option<u32>,
    /// Of `drain`: how often an item moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moves: Option<u32>,
}

impl Done {
    /// A conversation.
    pub fn room(id: impl ToString) -> Self {
        Self {
            room: Some(id.to_string()),
            ..Self::default()
        }
    }

    /// One write.
    pub fn key(key: impl ToString) -> Self {
        Self {
            keys: vec![key.to_string()],
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde::de::DeserializeOwned;
    use serde_json::Value;

    use super::*;

    const TOLD: &str = include_str!("../protocol/told.jsonl");
    const SAYS: &str = include_str!("../protocol/says.jsonl");

    fn comes_back<T: Serialize + DeserializeOwned>(lines: &str) {
        for line in lines.lines() {
            let value: T = serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}"));
            assert_eq!(serde_json::to_string(&value).expect("json"), line);
        }
    }

    fn kinds(lines: &str, tag: &str) -> BTreeSet<String> {
        let values = lines.lines().map(|line| {
            let value: Value = serde_json::from_str(line).expect("json");
            value[tag].as_str().expect("its kind").to_owned()
        });
        values.collect()
    }

    #[test]
    fn every_example_is_what_is_read_and_written() {
        comes_back::<Told>(TOLD);
        comes_back::<Says>(SAYS);
    }

    #[test]
    fn there_is_an_example_of_everything_that_a_scenario_can_ask_for() {
        let schema = include_str!("../scenario.schema.json");
        let schema: Value = serde_json::from_str(schema).expect("json");
        let told = kinds(TOLD, "do");
        let mut asked = verbs(&schema["$defs"]["action"]);
        assert!(asked.len() > 20, "{asked:?}");
        // The judge kills.
        asked.remove("kill");
        asked.extend(["be".to_owned(), "look".to_owned()]);
        assert_eq!(told, asked);
        let says = ["changed", "done", "failed", "shown"].map(str::to_owned);
        assert_eq!(kinds(SAYS, "says"), BTreeSet::from(says));
    }

    /// The words of an action without arguments, and the names of those with some.
    fn verbs(schema: &Value) -> BTreeSet<String> {
        let mut verbs = BTreeSet::new();
        for way in schema["oneOf"].as_array().into_iter().flatten() {
            let bare = way["enum"].as_array().into_iter().flatten();
            verbs.extend(bare.filter_map(|word| word.as_str().map(str::to_owned)));
            let named = way["properties"].as_object().into_iter().flatten();
            verbs.extend(named.map(|(name, _)| name.clone()));
        }
        verbs
    }
}
