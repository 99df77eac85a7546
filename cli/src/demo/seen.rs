//! Messages as a witness saw them: a device through its SDK, or a raw client on the wire.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A message as somebody saw it. What the checker compares byte by byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The stable key on a device; on the wire, the sender's own `temp_id` if it was told.
    pub key: String,
    /// The server's id; empty while it is not confirmed.
    pub message_id: String,
    /// Its place; 0 while it is not confirmed.
    pub seq: u64,
    /// Who said it.
    pub sender: String,
    /// What it says; `None` once it is deleted.
    pub text: Option<String>,
    /// Whether it was edited.
    pub edited: bool,
    /// Whether it was deleted.
    pub deleted: bool,
    /// Who put which emoji on it.
    pub reactions: BTreeSet<(String, String)>,
    /// How it stands on a device.
    pub mark: Mark,
}

/// How a message stands on the device that shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// On its way.
    Queued,
    /// The server has it.
    Confirmed,
    /// Refused for good.
    Failed,
}

/// A change to a device's timeline, as its SDK told it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// All of it anew.
    Reset(Vec<Seen>),
    /// A new one, behind the key named, or first.
    Insert(Option<String>, Seen),
    /// The one of this key, in place.
    Update(Seen),
    /// The one of this key goes behind another, or first.
    Move(String, Option<String>),
    /// The one of this key goes.
    Remove(String),
}

impl Seen {
    /// What a message says of itself in `new_message` or `history` (docs/protocol.md §5).
    pub fn from_wire(message: &Value) -> Self {
        let text = |field: &str| message[field].as_str().unwrap_or_default().to_owned();
        let deleted = !message["deleted_at"].is_null();
        Self {
            key: text("temp_id"),
            message_id: text("message_id"),
            seq: message["seq"].as_u64().unwrap_or_default(),
            sender: text("sender_id"),
            text: message["content"].as_str().map(str::to_owned),
            edited: !message["edited_at"].is_null(),
            deleted,
            reactions: reactions(&message["reactions"]),
            mark: Mark::Confirmed,
        }
    }

    /// The tag that every message of the demo begins with: `p017`.
    pub fn tag(&self) -> Option<&str> {
        self.text.as_deref()?.split_whitespace().next()
    }
}

fn reactions(list: &Value) -> BTreeSet<(String, String)> {
    let mut all = BTreeSet::new();
    for reaction in list.as_array().into_iter().flatten() {
        let emoji = reaction["emoji"].as_str().unwrap_or_default();
        for user in reaction["users"].as_array().into_iter().flatten() {
            all.insert((
                emoji.to_owned(),
                user.as_str().unwrap_or_default().to_owned(),
            ));
        }
    }
    all
}

/// A device's timeline, kept up to date by its changes alone, as a screen would keep it.
#[derive(Debug, Clone, Default)]
pub struct Mirror {
    items: Vec<Seen>,
}

/// A change that does not fit the timeline it was told for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit(pub String);

impl Mirror {
    /// The items, oldest first.
    pub fn items(&self) -> &[Seen] {
        &self.items
    }

    /// Forgets all: the device was restarted.
    pub fn clear(&mut self) {
        self.items.clear();
    }

    /// Takes in one change.
    ///
    /// # Errors
    /// If it names a key that is not there, or inserts one that is.
    pub fn handle(&mut self, change: Change) -> Result<(), Misfit> {
        match change {
            Change::Reset(items) => self.items = items,
            Change::Insert(after, item) => {
                if self.find(&item.key).is_ok() {
                    return Err(Misfit(format!("{} was inserted twice", item.key)));
                }
                let at = self.behind(after.as_deref())?;
                self.items.insert(at, item);
            }
            Change::Update(item) => {
                let at = self.find(&item.key)?;
                self.items[at] = item;
            }
            Change::Move(key, after) => {
                let at = self.find(&key)?;
                let item = self.items.remove(at);
                let to = self.behind(after.as_deref())?;
                self.items.insert(to, item);
            }
            Change::Remove(key) => {
                let at = self.find(&key)?;
                self.items.remove(at);
            }
        }
        Ok(())
    }

    fn find(&self, key: &str) -> Result<usize, Misfit> {
        let found = self.items.iter().rposition(|item| item.key == key);
        found.ok_or_else(|| Misfit(format!("{key} is not there")))
    }

    fn behind(&self, after: Option<&str>) -> Result<usize, Misfit> {
        after.map_or(Ok(0), |key| self.find(key).map(|at| at + 1))
    }

    /// Messages shown twice and messages shown in the wrong order, as it stands now: what must not
    /// happen even for a moment.
    pub fn flaws(&self) -> Flaws {
        let mut flaws = Flaws::default();
        let mut by_name = BTreeMap::<(&str, &str), usize>::new();
        for item in &self.items {
            *by_name.entry(("key", &item.key)).or_default() += 1;
            if !item.message_id.is_empty() {
                *by_name.entry(("id", &item.message_id)).or_default() += 1;
            }
            if let Some(tag) = item.tag() {
                *by_name.entry(("tag", tag)).or_default() += 1;
            }
        }
        for ((_, name), count) in by_name {
            if count > 1 {
                flaws.doubled.insert(name.to_owned());
            }
        }
        let mut last = 0;
        for item in &self.items {
            if item.seq == 0 {
                continue;
            }
            if item.seq <= last {
                flaws.out_of_order.insert(item.key.clone());
            }
            last = last.max(item.seq);
        }
        flaws
    }
}

/// What is wrong with one timeline at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flaws {
    /// Names of what stands there twice.
    pub doubled: BTreeSet<String>,
    /// Keys of what stands behind a later one.
    pub out_of_order: BTreeSet<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(key: &str, seq: u64) -> Seen {
        Seen {
            key: key.into(),
            message_id: if seq == 0 {
                String::new()
            } else {
                format!("m{seq}")
            },
            seq,
            sender: "alice".into(),
            text: Some(format!("{key} says something")),
            edited: false,
            deleted: false,
            reactions: BTreeSet::new(),
            mark: Mark::Confirmed,
        }
    }

    fn mirror(items: &[Seen]) -> Mirror {
        Mirror {
            items: items.to_vec(),
        }
    }

    fn keys(mirror: &Mirror) -> String {
        mirror.items.iter().map(|item| item.key.as_str()).collect()
    }

    #[test]
    fn changes_build_the_timeline_that_they_describe() {
        let mut mirror = mirror(&[seen("b", 2)]);
        for change in [
            Change::Insert(None, seen("a", 1)),
            Change::Insert(Some("b".into()), seen("d", 0)),
            Change::Insert(Some("b".into()), seen("c", 3)),
            Change::Move("d".into(), Some("a".into())),
            Change::Update(seen("d", 9)),
            Change::Remove("b".into()),
        ] {
            mirror.handle(change).expect("fits");
        }
        assert_eq!(keys(&mirror), "adc");
        assert_eq!(mirror.items()[1].seq, 9);
    }

    #[test]
    fn a_change_that_names_what_is_not_there_is_noticed() {
        let mut mirror = mirror(&[seen("a", 1)]);
        for change in [
            Change::Insert(Some("x".into()), seen("b", 2)),
            Change::Insert(None, seen("a", 2)),
            Change::Update(seen("x", 2)),
            Change::Move("x".into(), None),
            Change::Remove("x".into()),
        ] {
            assert!(mirror.handle(change).is_err());
        }
    }

    #[test]
    fn the_echo_and_the_event_of_one_message_side_by_side_are_a_double() {
        let mut event = seen("m2", 2);
        event.text = Some("p1 says something".into());
        let flaws = mirror(&[seen("p0", 1), event, seen("p1", 0)]).flaws();
        assert_eq!(flaws.doubled.into_iter().collect::<Vec<_>>(), ["p1"]);
    }

    #[test]
    fn a_message_behind_a_later_one_is_out_of_order_and_a_pending_one_is_not() {
        let flaws = mirror(&[seen("a", 1), seen("c", 3), seen("b", 2), seen("d", 0)]).flaws();
        assert_eq!(flaws.out_of_order.into_iter().collect::<Vec<_>>(), ["b"]);
        assert_eq!(
            mirror(&[seen("a", 1), seen("b", 2), seen("c", 0)]).flaws(),
            Flaws::default()
        );
    }

    #[test]
    fn the_wire_tells_text_reactions_edits_and_deletions() {
        let seen = Seen::from_wire(&serde_json::json!({
            "seq": 4, "message_id": "m4", "temp_id": "t4", "sender_id": "bob",
            "content": "b001 hello", "edited_at": 12, "deleted_at": null,
            "reactions": [{"emoji": "♥", "count": 2, "me": false, "users": ["alice", "bob"]}],
        }));
        assert_eq!(seen.tag(), Some("b001"));
        assert!(seen.edited && !seen.deleted);
        assert_eq!(seen.reactions.len(), 2);
    }
}
