//! What was asked of the devices, written down by the one who asked. The SDK has no say in it.

use std::collections::BTreeSet;

use super::device::Device;

/// A message that a device was asked to send, and what was done to it since.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Who was asked.
    pub device: Device,
    /// The tag that its text begins with.
    pub tag: String,
    /// The key that the SDK gave it when it said that it is shown; `None` until then.
    pub key: Option<String>,
    /// Its place among those that its device has shown: the order of sending.
    pub order: u64,
    /// What it says, after the last edit.
    pub text: String,
    /// Whether it was edited.
    pub edited: bool,
    /// Whether it was deleted, and if so whether it might have left the device before.
    pub deleted: Deleted,
    /// Emoji and user.
    pub reactions: BTreeSet<(String, String)>,
    /// Whether its device showed it as confirmed.
    pub acknowledged: bool,
}

/// Whether a message was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deleted {
    /// No.
    No,
    /// Before its device knew that the server has it: it may be gone without a trace, or leave a
    /// tombstone.
    Unconfirmed,
    /// After: it leaves a tombstone.
    Confirmed,
}

/// Every message, in the order in which they were asked for.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    entries: Vec<Entry>,
    shown: u64,
}

impl Ledger {
    /// Writes down that a device is asked to send this text, and gives the entry's number.
    pub fn ask(&mut self, device: Device, tag: &str, text: &str) -> usize {
        self.entries.push(Entry {
            device,
            tag: tag.to_owned(),
            key: None,
            order: 0,
            text: text.to_owned(),
            edited: false,
            deleted: Deleted::No,
            reactions: BTreeSet::new(),
            acknowledged: false,
        });
        self.entries.len() - 1
    }

    /// All entries, in the order of asking.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The device shows it, under this key. From now on it must not be lost.
    pub fn show(&mut self, number: usize, key: &str) {
        if let Some(entry) = self.entries.get_mut(number) {
            self.shown += 1;
            entry.order = self.shown;
            entry.key = Some(key.to_owned());
        }
    }

    /// One entry.
    pub fn get_mut(&mut self, number: usize) -> Option<&mut Entry> {
        self.entries.get_mut(number)
    }

    /// The entry whose text begins with this tag.
    pub fn by_tag(&mut self, tag: &str) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.tag == tag)
    }

    /// The entry of this key.
    pub fn by_key(&mut self, key: &str) -> Option<&mut Entry> {
        self.entries
            .iter_mut()
            .find(|entry| entry.key.as_deref() == Some(key))
    }
}
