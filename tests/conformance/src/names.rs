//! Which ids the names of a scenario stand for.

use std::collections::BTreeMap;

use crate::{
    scenario::Action,
    shown::{Given, Item, Shown},
};

/// All names that were given so far.
#[derive(Debug, Default)]
pub struct Names {
    rooms: BTreeMap<String, String>,
    /// Writes by name, messages among them.
    writes: BTreeMap<String, Written>,
    /// What the server calls a message, and its place, by key.
    confirmed: BTreeMap<String, Confirmed>,
    /// What each message said when it was sent: no two said the same.
    texts: BTreeMap<String, String>,
}

#[derive(Debug)]
struct Written {
    /// What the call gave.
    key: String,
    /// Whose it is.
    user: String,
    /// In which conversation.
    room: String,
}

#[derive(Debug, Clone)]
struct Confirmed {
    message_id: String,
    seq: u64,
}

/// A name cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub enum Unusable {
    /// Nobody has seen it confirmed yet.
    NotYet(String),
    /// It never will be.
    Never(String),
}

/// The names that `a1..a9` stands for; one that is no range stands for itself.
pub fn many(id: &str) -> Vec<String> {
    let numbered = |name: &str| {
        let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let number: u32 = name[stem.len()..].parse().ok()?;
        Some((stem.to_owned(), number))
    };
    let range = id.split_once("..").and_then(|(first, last)| {
        let ((stem, first), (other, last)) = (numbered(first)?, numbered(last)?);
        (stem == other && first <= last).then_some((stem, first..=last))
    });
    match range {
        Some((stem, numbers)) => numbers.map(|n| format!("{stem}{n}")).collect(),
        None => vec![id.to_owned()],
    }
}

impl Names {
    /// Takes note of what a call gave.
    ///
    /// # Errors
    /// If a conversation has another id than before.
    pub fn give(&mut self, user: &str, given: Vec<Given>) -> Result<(), String> {
        for given in given {
            match given {
                Given::Room { name, id } => {
                    let known = self.rooms.entry(name.clone()).or_insert_with(|| id.clone());
                    if *known != id {
                        return Err(format!("`{name}` has another id here"));
                    }
                }
                Given::Write { name, key, room } => {
                    let user = user.to_owned();
                    self.writes.insert(name, Written { key, user, room });
                }
            }
        }
        Ok(())
    }

    /// Takes note of what a message says, by what was done to send it.
    pub fn said(&mut self, action: &Action) {
        match action {
            Action::Send { id, text, size, .. } => {
                let sized = size.map(|size| "x".repeat(size));
                let text = sized.as_ref().or(text.as_ref()).unwrap_or(id);
                self.texts.insert(text.clone(), id.clone());
            }
            Action::Fill { id, .. } => {
                let names = many(id).into_iter();
                self.texts.extend(names.map(|name| (name.clone(), name)));
            }
            _ => {}
        }
    }

    /// The name of a message that a device shows: by its ids, and while nobody has seen these at its
    /// sender, by what it says.
    pub fn shown(&self, item: &Item) -> String {
        let (key, id) = (item.temp_id.as_deref(), item.message_id.as_deref());
        let named = self.find(key, id).or_else(|| {
            let name = self.texts.get(item.text.as_ref()?)?;
            let key = &self.writes.get(name)?.key;
            (!self.confirmed.contains_key(key)).then_some(name)
        });
        named.cloned().unwrap_or_else(|| "(unknown)".into())
    }

    /// Takes note of what the server calls the messages of a user's own devices.
    ///
    /// # Errors
    /// If a message is called otherwise than before.
    pub fn learn(&mut self, shown: &Shown) -> Result<(), String> {
        for item in shown.items() {
            let (Some(key), Some(message_id)) = (&item.temp_id, &item.message_id) else {
                continue;
            };
            let now = Confirmed {
                message_id: message_id.clone(),
                seq: item.seq,
            };
            let before = self.confirmed.entry(key.clone()).or_insert(now.clone());
            if (&before.message_id, before.seq) != (&now.message_id, now.seq) {
                let name = self.message(Some(key), None);
                return Err(format!("`{name}` was confirmed twice, as two messages"));
            }
        }
        Ok(())
    }

    /// The name of a conversation.
    pub fn room(&self, id: &str) -> String {
        let named = self.rooms.iter().find(|(_, known)| *known == id);
        named.map_or_else(|| "(unknown)".into(), |(name, _)| name.clone())
    }

    /// The name of a message that has this key or id.
    pub fn message(&self, key: Option<&str>, message_id: Option<&str>) -> String {
        let named = self.find(key, message_id);
        named.cloned().unwrap_or_else(|| "(unknown)".into())
    }

    fn find(&self, key: Option<&str>, message_id: Option<&str>) -> Option<&String> {
        let key = key.or_else(|| {
            let confirmed = self.confirmed.iter();
            let mut found = confirmed.filter(|(_, c)| Some(c.message_id.as_str()) == message_id);
            found.next().map(|(key, _)| key.as_str())
        })?;
        let mut named = self.writes.iter().filter(|(_, written)| written.key == key);
        named.next().map(|(name, _)| name)
    }

    /// The name of the last message of a conversation up to this place.
    pub fn up_to(&self, room: &str, seq: u64) -> String {
        let places = self.writes.iter().filter_map(|(name, written)| {
            let confirmed = self.confirmed.get(&written.key)?;
            (written.room == room && confirmed.seq <= seq).then_some((confirmed.seq, name))
        });
        places
            .max()
            .map_or_else(|| "nothing".into(), |(_, name)| name.clone())
    }

    /// The action with ids in place of names, for a device of this user.
    ///
    /// # Errors
    /// If a name cannot be used, or not yet.
    pub fn resolve(&self, user: &str, action: &Action) -> Result<Action, Unusable> {
        let mut action = action.clone();
        match &mut action {
            Action::Open
            | Action::Start
            | Action::Stop
            | Action::Suspend
            | Action::Resume
            | Action::Close
            | Action::Kill
            | Action::Sync
            | Action::SignOut { .. }
            | Action::Tokens(_)
            | Action::Direct { .. }
            | Action::Group { .. }
            | Action::Drain { .. } => {}
            Action::Show { room, .. }
            | Action::Hide(room)
            | Action::Older(room)
            | Action::Quit(room)
            | Action::Typing { room, .. }
            | Action::Draft { room, .. }
            | Action::Rename { room, .. }
            | Action::Add { room, .. }
            | Action::Remove { room, .. }
            | Action::Listen { room, .. }
            | Action::Members { of: room, .. }
            | Action::Fill { to: room, .. } => self.put_room(room)?,
            Action::Send { to, reply_to, .. } => {
                self.put_room(to)?;
                if let Some(name) = reply_to {
                    *name = self.confirmed(name)?.message_id.clone();
                }
            }
            Action::Edit { id, .. }
            | Action::Delete { id, .. }
            | Action::React { id, .. }
            | Action::Unreact { id, .. } => *id = self.target(user, id)?,
            Action::Retry(write) | Action::Cancel(write) => {
                write.clone_from(&self.write(write)?.key);
            }
            Action::Read { room, up_to } => {
                self.put_room(room)?;
                if let Some(name) = up_to {
                    *name = self.confirmed(name)?.seq.to_string();
                }
            }
        }
        Ok(action)
    }

    fn put_room(&self, name: &mut String) -> Result<(), Unusable> {
        let id = self.rooms.get(name.as_str());
        let id = id.ok_or_else(|| Unusable::Never(format!("`{name}` was never made")))?;
        name.clone_from(id);
        Ok(())
    }

    fn write(&self, name: &str) -> Result<&Written, Unusable> {
        let write = self.writes.get(name);
        write.ok_or_else(|| Unusable::Never(format!("`{name}` was never written")))
    }

    fn confirmed(&self, name: &str) -> Result<&Confirmed, Unusable> {
        let confirmed = self.confirmed.get(&self.write(name)?.key);
        confirmed.ok_or_else(|| {
            Unusable::NotYet(format!("no device of its sender shows `{name}` confirmed"))
        })
    }

    /// The conversation, and behind it `key:…` for one's own message, which need not be confirmed,
    /// or `message:…` for another's.
    fn target(&self, user: &str, name: &str) -> Result<String, Unusable> {
        let written = self.write(name)?;
        let room = &written.room;
        if written.user == user {
            return Ok(format!("{room}/key:{}", written.key));
        }
        Ok(format!(
            "{room}/message:{}",
            self.confirmed(name)?.message_id
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_stands_for_all_its_names_and_anything_else_for_itself() {
        assert_eq!(many("a1..a3"), ["a1", "a2", "a3"]);
        assert_eq!(many("line9..line10"), ["line9", "line10"]);
        assert_eq!(many("one"), ["one"]);
        assert_eq!(many("a..b"), ["a..b"]);
        assert_eq!(many("a1..b3"), ["a1..b3"]);
        assert_eq!(many("a3..a1"), ["a3..a1"]);
    }
}
