//! Which ids the names of a scenario stand for.

use std::collections::BTreeMap;

use crate::{
    protocol::{Call, Done, Target},
    scenario::Action,
    shown::{Item, Shown},
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
    /// Takes note of what a call of this user gave, under the names that the action has for it.
    ///
    /// # Errors
    /// If it did not give what it must, or a conversation has another id than before.
    pub fn give(&mut self, user: &str, action: &Action, done: &Done) -> Result<(), String> {
        if let Action::Direct { r#as: name, .. } | Action::Group { r#as: name, .. } = action {
            let id = done.room.as_ref().ok_or("it gave no conversation")?;
            let known = self.rooms.entry(name.clone()).or_insert_with(|| id.clone());
            if known != id {
                return Err(format!("`{name}` has another id here"));
            }
        }
        let Some((room, names)) = self.written_by(action) else {
            return Ok(());
        };
        if names.len() != done.keys.len() {
            let (given, written) = (done.keys.len(), names.len());
            return Err(format!("it gave {given} keys for {written} writes"));
        }
        for (name, key) in names.into_iter().zip(&done.keys) {
            let Some(name) = name else { continue };
            let written = Written {
                key: key.clone(),
                user: user.to_owned(),
                room: room.clone(),
            };
            self.writes.insert(name, written);
        }
        Ok(())
    }

    /// Where an action writes, and the name of each write that it makes.
    fn written_by(&self, action: &Action) -> Option<(String, Vec<Option<String>>)> {
        let room = |name: &String| self.rooms.get(name).cloned();
        match action {
            Action::Send { to, id, .. } => Some((room(to)?, vec![Some(id.clone())])),
            Action::Fill { to, id } => Some((room(to)?, many(id).into_iter().map(Some).collect())),
            Action::Edit { id, r#as, .. }
            | Action::Delete { id, r#as }
            | Action::React { id, r#as, .. }
            | Action::Unreact { id, r#as, .. } => {
                Some((self.writes.get(id)?.room.clone(), vec![r#as.clone()]))
            }
            Action::Add { room: of, r#as, .. } | Action::Remove { room: of, r#as, .. } => {
                Some((room(of)?, vec![r#as.clone()]))
            }
            Action::Quit(of) | Action::Rename { room: of, .. } => Some((room(of)?, vec![None])),
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
            | Action::Show { .. }
            | Action::Hide(_)
            | Action::Older(_)
            | Action::Retry(_)
            | Action::Cancel(_)
            | Action::Read { .. }
            | Action::Typing { .. }
            | Action::Draft { .. }
            | Action::Members { .. }
            | Action::Listen { .. }
            | Action::Drain { .. } => None,
        }
    }

    /// Takes note of what a message says, by what was done to send it.
    pub fn said(&mut self, action: &Action) {
        match action {
            Action::Send { id, text, size, .. } => {
                self.texts
                    .insert(said(id, text.as_deref(), *size), id.clone());
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

    /// The call that an action is, for a device of this user: with ids in place of names.
    ///
    /// # Errors
    /// If a name cannot be used, or not yet.
    pub fn resolve(&self, user: &str, action: &Action) -> Result<Call, Unusable> {
        Ok(match action.clone() {
            Action::Open => Call::Open,
            Action::Start => Call::Start,
            Action::Stop => Call::Stop,
            Action::Suspend => Call::Suspend,
            Action::Resume => Call::Resume,
            Action::Close => Call::Close,
            Action::Kill => return Err(Unusable::Never("no device can kill itself".into())),
            Action::Sync => Call::Sync,
            Action::SignOut { wipe, discard } => Call::SignOut { wipe, discard },
            Action::Tokens(mood) => Call::Tokens { mood },
            Action::Direct { with, .. } => Call::Direct { with },
            Action::Group {
                title,
                members,
                all_history,
                ..
            } => Call::Group {
                title,
                members,
                all_history,
            },
            Action::Show { room, page } => {
                let room = self.id(&room)?;
                Call::Show { room, page }
            }
            Action::Hide(room) => Call::Hide {
                room: self.id(&room)?,
            },
            Action::Older(room) => Call::Older {
                room: self.id(&room)?,
            },
            Action::Send {
                to,
                id,
                text,
                size,
                reply_to,
                mentions,
            } => Call::Send {
                room: self.id(&to)?,
                text: said(&id, text.as_deref(), size),
                reply_to: match reply_to {
                    Some(name) => Some(self.confirmed(&name)?.message_id.clone()),
                    None => None,
                },
                mentions,
            },
            Action::Fill { to, id } => Call::Fill {
                room: self.id(&to)?,
                texts: many(&id),
            },
            Action::Edit { id, text, .. } => {
                let (room, target) = self.target(user, &id)?;
                Call::Edit { room, target, text }
            }
            Action::Delete { id, .. } => {
                let (room, target) = self.target(user, &id)?;
                Call::Delete { room, target }
            }
            Action::React { id, emoji, .. } => {
                let (room, target) = self.target(user, &id)?;
                Call::React {
                    room,
                    target,
                    emoji,
                }
            }
            Action::Unreact { id, emoji, .. } => {
                let (room, target) = self.target(user, &id)?;
                Call::Unreact {
                    room,
                    target,
                    emoji,
                }
            }
            Action::Retry(write) => Call::Retry {
                key: self.write(&write)?.key.clone(),
            },
            Action::Cancel(write) => Call::Cancel {
                key: self.write(&write)?.key.clone(),
            },
            Action::Read { room, up_to } => Call::Read {
                room: self.id(&room)?,
                seq: match up_to {
                    Some(name) => Some(self.confirmed(&name)?.seq),
                    None => None,
                },
            },
            Action::Typing { room, on } => {
                let room = self.id(&room)?;
                Call::Typing { room, on }
            }
            Action::Draft { room, text } => {
                let room = self.id(&room)?;
                Call::Draft { room, text }
            }
            Action::Add { room, users, .. } => {
                let room = self.id(&room)?;
                Call::Add { room, users }
            }
            Action::Remove { room, users, .. } => {
                let room = self.id(&room)?;
                Call::Remove { room, users }
            }
            Action::Quit(room) => Call::Quit {
                room: self.id(&room)?,
            },
            Action::Rename { room, title } => {
                let room = self.id(&room)?;
                Call::Rename { room, title }
            }
            Action::Members { of, .. } => Call::Members {
                room: self.id(&of)?,
            },
            Action::Listen { room, r#as } => Call::Listen {
                room: self.id(&room)?,
                listener: r#as,
            },
            Action::Drain { listener, .. } => Call::Drain { listener },
        })
    }

    fn id(&self, name: &str) -> Result<String, Unusable> {
        let id = self.rooms.get(name).cloned();
        id.ok_or_else(|| Unusable::Never(format!("`{name}` was never made")))
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

    /// The conversation, and the message: by its key if it is the user's own, which need not be
    /// confirmed, or else by its id.
    fn target(&self, user: &str, name: &str) -> Result<(String, Target), Unusable> {
        let written = self.write(name)?;
        let target = if written.user == user {
            Target::Key(written.key.clone())
        } else {
            Target::MessageId(self.confirmed(name)?.message_id.clone())
        };
        Ok((written.room.clone(), target))
    }
}

/// What a message says: so many bytes, else its text, else its name.
fn said(id: &str, text: Option<&str>, size: Option<usize>) -> String {
    match size {
        Some(size) => "x".repeat(size),
        None => text.unwrap_or(id).to_owned(),
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
