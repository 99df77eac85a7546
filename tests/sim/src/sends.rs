//! What people sent, and what became of it as they were told.

use std::collections::BTreeMap;

use causerie_protocol::{ConversationId, TempId};

/// A message that somebody sent.
#[derive(Debug, Clone)]
pub struct Sent {
    /// From which device.
    pub device: usize,
    /// Where.
    pub conversation_id: ConversationId,
    /// What.
    pub text: String,
    /// Its place among all that people did.
    pub order: u32,
    /// It was given up, or deleted.
    pub cancelled: bool,
    /// It was given up, and its device said that it never went.
    pub abandoned: bool,
    /// It was queued anew after a refusal, so its order is not the first one.
    pub retried: bool,
    /// The server refused it for good. If the word is lost, it goes again, behind what went meanwhile.
    pub refused: bool,
    /// The app was told that it is durable.
    pub told_sent: bool,
    /// It was durable, and went with a database that was replaced by an older one.
    pub undone: bool,
}

/// What was sent, by name.
#[derive(Debug, Default)]
pub struct Sends(BTreeMap<TempId, Sent>);

impl Sends {
    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&TempId, &Sent)> {
        self.0.iter()
    }

    /// Whether this is a message that somebody sent.
    pub fn knows(&self, key: TempId) -> bool {
        self.0.contains_key(&key)
    }

    /// One of them.
    pub fn get_mut(&mut self, key: TempId) -> Option<&mut Sent> {
        self.0.get_mut(&key)
    }

    /// Somebody sends.
    pub fn insert(&mut self, key: TempId, sent: Sent) {
        self.0.insert(key, sent);
    }

    /// It was never promised anything.
    pub fn remove(&mut self, key: TempId) {
        self.0.remove(&key);
    }

    /// The server refused it for good, whether or not anybody hears of that.
    pub fn refused(&mut self, key: TempId) {
        if let Some(sent) = self.0.get_mut(&key) {
            sent.refused = true;
        }
    }

    /// The app was told.
    pub fn told_sent(&mut self, key: TempId) {
        if let Some(sent) = self.0.get_mut(&key) {
            sent.told_sent = true;
        }
    }
}
