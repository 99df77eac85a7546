//! What the demo has seen and heard so far: the ledger of what it asked for, a mirror of each
//! device's screen, and when what was first seen. Pure: it is told, it asks nobody.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    cue::{Cue, How, Report, Target},
    device::Device,
    latency::Latency,
    ledger::{Deleted, Ledger},
    seen::{Change, Flaws, Mark, Mirror, Seen},
};

/// Everything known about one device.
#[derive(Debug, Default)]
pub struct Sight {
    /// Its screen.
    pub mirror: Mirror,
    /// Whether it is connected.
    pub live: bool,
    /// Whether it has shown all that it had when it was started.
    pub ready: bool,
    /// Writes in its outbox; unknown before it told.
    pub waiting: Option<usize>,
    /// Times that it became connected.
    pub connected: u64,
    /// What it has told on being asked.
    pub dump: Option<Vec<Seen>>,
}

/// All that is known.
#[derive(Debug, Default)]
pub struct Notes {
    /// What was asked for.
    pub ledger: Ledger,
    /// The devices.
    pub sights: [Sight; 3],
    /// What any screen showed wrongly at any moment.
    pub moments: Flaws,
    /// What must not happen and is none of that.
    pub complaints: BTreeSet<String>,
    /// Whether network and server are well now.
    pub calm: bool,
    /// Changes that were asked for and are not reported as made.
    changes: BTreeMap<usize, (Device, Cue)>,
    last_change: usize,
    asked_calmly: Vec<bool>,
    said_at: BTreeMap<usize, u64>,
    first_seen: BTreeMap<(Device, String), u64>,
    first_confirmed: BTreeMap<String, u64>,
}

impl Notes {
    /// Writes down that a device is asked to send a text, and gives its number.
    pub fn ask(&mut self, device: Device, tag: &str, text: &str) -> usize {
        self.asked_calmly.push(self.calm);
        self.ledger.ask(device, tag, text)
    }

    /// Writes down that a device is asked to change a message, and gives the cue for it.
    pub fn change(&mut self, device: Device, tag: &str, target: Target, how: How) -> Cue {
        if let Some(entry) = self.ledger.by_tag(tag) {
            match &how {
                How::Edit(text) => {
                    entry.text.clone_from(text);
                    entry.edited = true;
                }
                How::Delete if entry.acknowledged => entry.deleted = Deleted::Confirmed,
                How::Delete => entry.deleted = Deleted::Unconfirmed,
                How::React(emoji) => {
                    let user = device.user().to_owned();
                    entry.reactions.insert((emoji.clone(), user));
                }
            }
        }
        self.last_change += 1;
        let number = self.last_change;
        let cue = Cue::Change {
            number,
            target,
            how,
        };
        self.changes.insert(number, (device, cue.clone()));
        cue
    }

    /// One device.
    pub fn sight(&self, device: Device) -> &Sight {
        &self.sights[device.index()]
    }

    /// One device.
    pub fn sight_mut(&mut self, device: Device) -> &mut Sight {
        &mut self.sights[device.index()]
    }

    /// Its process is gone, and its screen with it.
    pub fn forget_screen(&mut self, device: Device) {
        let connected = self.sight(device).connected;
        *self.sight_mut(device) = Sight {
            connected,
            ..Sight::default()
        };
    }

    /// Takes in what a device said.
    pub fn handle(&mut self, device: Device, report: Report) {
        match report {
            Report::Said { number, key, at } => {
                self.ledger.show(number, &key);
                self.said_at.insert(number, at);
                self.acknowledge(device);
            }
            Report::Done { number } => drop(self.changes.remove(&number)),
            Report::Changed { at, changes } => self.changed(device, at, changes),
            Report::Link { live } => {
                let sight = self.sight_mut(device);
                sight.connected += u64::from(live && !sight.live);
                sight.live = live;
            }
            Report::Outbox { waiting, failed } => {
                self.sight_mut(device).waiting = Some(waiting);
                for why in failed {
                    let who = device.title();
                    self.complaints
                        .insert(format!("a write of {who} failed: {why}"));
                }
            }
            Report::Ready => self.sight_mut(device).ready = true,
            Report::Dump { items } => self.sight_mut(device).dump = Some(items),
            Report::Trouble { what } => {
                self.complaints
                    .insert(format!("{}: {what}", device.title()));
            }
        }
    }

    fn changed(&mut self, device: Device, at: u64, changes: Vec<Change>) {
        for change in changes {
            if let Err(misfit) = self.sight_mut(device).mirror.handle(change) {
                let who = device.title();
                self.complaints.insert(format!(
                    "a change of {who} does not fit its screen: {}",
                    misfit.0
                ));
            }
        }
        let flaws = self.sight(device).mirror.flaws();
        self.moments.doubled.extend(flaws.doubled);
        self.moments.out_of_order.extend(flaws.out_of_order);
        let mirror = &self.sights[device.index()].mirror;
        for item in mirror.items() {
            if let Some(tag) = item.tag() {
                self.first_seen
                    .entry((device, tag.to_owned()))
                    .or_insert(at);
            }
            if item.sender == device.user() && item.mark == Mark::Confirmed {
                self.first_confirmed.entry(item.key.clone()).or_insert(at);
            }
        }
        self.acknowledge(device);
    }

    /// Marks what the sender's own screen shows as confirmed.
    fn acknowledge(&mut self, device: Device) {
        for item in self.sights[device.index()].mirror.items() {
            if item.mark == Mark::Confirmed
                && let Some(entry) = self.ledger.by_key(&item.key)
                && entry.device == device
            {
                entry.acknowledged = true;
            }
        }
    }

    /// After a device was started again: finds out which messages it has that it had no time to
    /// report, and gives the cues that it must be given again: messages that it does not have, and
    /// changes that it did not report as made. Who asked for them would see that they are missing.
    pub fn missing_after_restart(&mut self, device: Device) -> Vec<Cue> {
        let mut missing = Vec::new();
        let mut found = Vec::new();
        for (number, entry) in self.ledger.entries().iter().enumerate() {
            if entry.device != device || entry.key.is_some() {
                continue;
            }
            let items = self.sight(device).mirror.items();
            match items
                .iter()
                .find(|item| item.tag() == Some(entry.tag.as_str()))
            {
                Some(item) => found.push((number, item.key.clone())),
                // What a screen has shown is durable, said or not.
                None if self.first_seen.contains_key(&(device, entry.tag.clone())) => {
                    let complaint = format!("{} was shown and died with its device", entry.tag);
                    self.complaints.insert(complaint);
                }
                None => missing.push(Cue::Say {
                    number,
                    text: entry.text.clone(),
                }),
            }
        }
        for (number, key) in found {
            self.ledger.show(number, &key);
        }
        self.acknowledge(device);
        let changes = self.changes.values().filter(|(by, _)| *by == device);
        missing.extend(changes.map(|(_, cue)| cue.clone()));
        missing
    }

    /// How this device names the message of this tag; `None` while it cannot.
    pub fn target(&self, device: Device, tag: &str) -> Option<Target> {
        let entry = self
            .ledger
            .entries()
            .iter()
            .find(|entry| entry.tag == tag)?;
        if entry.device == device {
            return entry.key.clone().map(Target::Key);
        }
        let items = self.sight(device).mirror.items();
        let item = items.iter().find(|item| item.tag() == Some(tag))?;
        (!item.message_id.is_empty()).then(|| Target::Message(item.message_id.clone()))
    }

    /// Whether everybody is connected, has nothing to send, and shows everything.
    pub fn is_settled(&self) -> bool {
        let quiet = |sight: &Sight| sight.ready && sight.live && sight.waiting == Some(0);
        self.changes.is_empty()
            && self.sights.iter().all(quiet)
            && self.ledger.entries().iter().all(|entry| {
                entry.key.is_some()
                    && (entry.deleted != Deleted::No || self.is_everywhere(&entry.tag))
            })
    }

    fn is_everywhere(&self, tag: &str) -> bool {
        self.sights.iter().all(|sight| {
            let mut items = sight.mirror.items().iter().rev();
            items.any(|item| item.seq > 0 && item.tag() == Some(tag))
        })
    }

    /// Messages shown by their senders, those confirmed, and those taken back before they left.
    pub fn progress(&self) -> [usize; 3] {
        let mut counts = [0; 3];
        for entry in self.ledger.entries() {
            let taken_back = entry.deleted == Deleted::Unconfirmed && !entry.acknowledged;
            counts[0] += usize::from(entry.key.is_some() && !taken_back);
            counts[1] += usize::from(entry.acknowledged);
            counts[2] += usize::from(taken_back);
        }
        counts
    }

    /// Times that a device connected anew.
    pub fn reconnects(&self) -> u64 {
        let all: u64 = self.sights.iter().map(|sight| sight.connected).sum();
        all.saturating_sub(self.sights.len() as u64)
    }

    /// From `send` to the sender's screen, to the confirmation there, and to others' screens.
    pub fn latencies(&self) -> [Latency; 3] {
        let [mut echo, mut ack, mut delivery] = [(); 3].map(|()| Latency::default());
        for (number, entry) in self.ledger.entries().iter().enumerate() {
            let Some(said) = self.said_at.get(&number) else {
                continue;
            };
            let calm = self.asked_calmly.get(number).copied().unwrap_or(false);
            let since = |at: &u64| Duration::from_micros(at.saturating_sub(*said));
            for device in Device::ALL {
                if let Some(seen) = self.first_seen.get(&(device, entry.tag.clone())) {
                    let times = if device == entry.device {
                        &mut echo
                    } else {
                        &mut delivery
                    };
                    times.add(calm, since(seen));
                }
            }
            let confirmed = entry
                .key
                .as_ref()
                .and_then(|key| self.first_confirmed.get(key));
            if let Some(confirmed) = confirmed {
                ack.add(calm, since(confirmed));
            }
        }
        [echo, ack, delivery]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(key: &str, tag: &str, seq: u64) -> Seen {
        Seen {
            key: key.into(),
            message_id: if seq == 0 {
                String::new()
            } else {
                format!("id-{tag}")
            },
            seq,
            sender: if tag.starts_with('b') { "bob" } else { "alice" }.into(),
            text: Some(format!("{tag} hello")),
            edited: false,
            deleted: false,
            reactions: BTreeSet::new(),
            mark: if seq == 0 {
                Mark::Queued
            } else {
                Mark::Confirmed
            },
        }
    }

    fn show(notes: &mut Notes, device: Device, at: u64, items: &[Seen]) {
        let changes = vec![Change::Reset(items.to_vec())];
        notes.handle(device, Report::Changed { at, changes });
    }

    fn calm(notes: &mut Notes) {
        for device in Device::ALL {
            notes.handle(device, Report::Link { live: true });
            notes.handle(device, Report::Ready);
            let waiting = Report::Outbox {
                waiting: 0,
                failed: Vec::new(),
            };
            notes.handle(device, waiting);
        }
    }

    #[test]
    fn a_message_counts_as_settled_when_every_screen_has_it_confirmed() {
        let mut notes = Notes::default();
        calm(&mut notes);
        assert!(notes.is_settled());
        let number = notes.ask(Device::Phone, "p001", "p001 hello");
        assert!(!notes.is_settled());
        notes.handle(
            Device::Phone,
            Report::Said {
                number,
                key: "k".into(),
                at: 100,
            },
        );
        show(&mut notes, Device::Phone, 150, &[item("k", "p001", 0)]);
        assert_eq!(notes.progress(), [1, 0, 0]);
        for (device, key) in [
            (Device::Phone, "k"),
            (Device::Laptop, "k"),
            (Device::Bob, "id-p001"),
        ] {
            assert!(!notes.is_settled());
            show(&mut notes, device, 1_100, &[item(key, "p001", 1)]);
        }
        assert!(notes.is_settled());
        assert_eq!(notes.progress(), [1, 1, 0]);
        let [echo, ack, delivery] = notes.latencies().map(|times| times.rough.percentile(100));
        assert_eq!(echo, Some(Duration::from_micros(50)));
        assert_eq!(ack, Some(Duration::from_micros(1_000)));
        assert_eq!(delivery, Some(Duration::from_micros(1_000)));
    }

    #[test]
    fn after_a_kill_only_what_the_device_does_not_have_is_typed_again() {
        let mut notes = Notes::default();
        notes.ask(Device::Bob, "b001", "b001 hello");
        notes.ask(Device::Bob, "b002", "b002 hello");
        notes.ask(Device::Phone, "p001", "p001 hello");
        notes.forget_screen(Device::Bob);
        show(&mut notes, Device::Bob, 5, &[item("k1", "b001", 0)]);
        let missing = notes.missing_after_restart(Device::Bob);
        let text = "b002 hello".to_owned();
        assert_eq!(missing, [Cue::Say { number: 1, text }]);
        assert_eq!(notes.ledger.entries()[0].key.as_deref(), Some("k1"));
    }

    #[test]
    fn what_was_shown_and_died_with_its_device_is_not_quietly_typed_again() {
        let mut notes = Notes::default();
        notes.ask(Device::Bob, "b001", "b001 hello");
        show(&mut notes, Device::Bob, 5, &[item("k1", "b001", 0)]);
        notes.forget_screen(Device::Bob);
        show(&mut notes, Device::Bob, 9, &[]);
        assert_eq!(notes.missing_after_restart(Device::Bob), []);
        assert_eq!(notes.complaints.len(), 1);
    }

    #[test]
    fn a_change_that_was_not_reported_as_made_is_asked_for_again() {
        let mut notes = Notes::default();
        calm(&mut notes);
        let target = || Target::Key("k".into());
        let first = notes.change(Device::Bob, "b001", target(), How::Delete);
        let second = notes.change(Device::Bob, "b002", target(), How::Delete);
        assert!(!notes.is_settled());
        notes.handle(Device::Bob, Report::Done { number: 1 });
        assert_ne!(first, second);
        assert_eq!(notes.missing_after_restart(Device::Bob), [second]);
        assert_eq!(notes.missing_after_restart(Device::Phone), []);
    }

    #[test]
    fn a_double_is_remembered_even_if_it_goes_away() {
        let mut notes = Notes::default();
        show(
            &mut notes,
            Device::Bob,
            1,
            &[item("id-p1", "p1", 1), item("k", "p1", 0)],
        );
        show(&mut notes, Device::Bob, 2, &[item("id-p1", "p1", 1)]);
        assert!(notes.moments.doubled.contains("p1"));
    }

    #[test]
    fn others_are_named_by_the_servers_id_and_ones_own_by_its_key() {
        let mut notes = Notes::default();
        let number = notes.ask(Device::Phone, "p001", "p001 hello");
        assert_eq!(notes.target(Device::Phone, "p001"), None);
        notes.handle(
            Device::Phone,
            Report::Said {
                number,
                key: "k".into(),
                at: 1,
            },
        );
        assert_eq!(
            notes.target(Device::Phone, "p001"),
            Some(Target::Key("k".into()))
        );
        assert_eq!(notes.target(Device::Bob, "p001"), None);
        show(&mut notes, Device::Bob, 1, &[item("id-p001", "p001", 1)]);
        let expected = Some(Target::Message("id-p001".into()));
        assert_eq!(notes.target(Device::Bob, "p001"), expected);
    }
}
