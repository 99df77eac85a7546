//! Compares what was asked for with what the wire tells and what the devices show, byte by byte.
//! It does not ask the SDK for its opinion, and counts every message once, however often it is
//! wrong.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    device::Device,
    ledger::{Deleted, Entry, Ledger},
    seen::{Flaws, Mark, Seen},
};

/// Everything that there is to compare.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// What was asked for.
    pub ledger: &'a Ledger,
    /// The server's history, read by a raw client.
    pub wire: &'a [Seen],
    /// What each device shows at the end.
    pub devices: &'a [Vec<Seen>; 3],
    /// What any device showed wrongly at any moment.
    pub moments: &'a Flaws,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// Messages that a device was asked to send and that were not withdrawn.
    pub sent: u64,
    /// Messages deleted before they left, of which nothing is left anywhere.
    pub withdrawn: u64,
    /// Sent messages that their device showed at once.
    pub shown: u64,
    /// Sent messages that their device showed as taken by the server.
    pub acknowledged: u64,
    /// Sent messages that every other device shows.
    pub delivered: u64,
    /// Sent messages that are missing on the server or on any device.
    pub lost: u64,
    /// Messages that stand anywhere twice, or did for a moment.
    pub doubled: u64,
    /// Messages that stand anywhere in another order than the server's, or that the server has in
    /// another order than their device sent them.
    pub out_of_order: u64,
    /// Messages whose text, edit, deletion or reactions are anywhere not what they must be.
    pub altered: u64,
    /// Messages that nobody was asked to send.
    pub strange: u64,
    /// Messages that a device still shows as not taken, or as failed.
    pub stuck: u64,
    /// What is wrong, for a person.
    pub complaints: Vec<String>,
}

impl Findings {
    /// Whether every promise was kept.
    pub fn is_clean(&self) -> bool {
        let wrong =
            self.lost + self.doubled + self.out_of_order + self.altered + self.strange + self.stuck;
        wrong == 0
            && self.complaints.is_empty()
            && self.shown == self.sent
            && self.acknowledged == self.sent
            && self.delivered == self.sent
    }
}

/// Compares.
pub fn check(evidence: &Evidence) -> Findings {
    let mut check = Check {
        evidence,
        findings: Findings::default(),
        doubled: BTreeSet::new(),
        out_of_order: BTreeSet::new(),
    };
    check.known_names();
    for entry in evidence.ledger.entries() {
        check.entry(entry);
    }
    check.strangers();
    check.sending_order();
    check.server_order();
    check.moments();
    check.findings.doubled = check.doubled.len() as u64;
    check.findings.out_of_order = check.out_of_order.len() as u64;
    check.findings
}

struct Check<'a> {
    evidence: &'a Evidence<'a>,
    findings: Findings,
    doubled: BTreeSet<String>,
    out_of_order: BTreeSet<String>,
}

impl Check<'_> {
    fn complain(&mut self, complaint: String) {
        self.findings.complaints.push(complaint);
    }

    /// On the wire every message names the temp_id under which it was sent: two of one name are a
    /// double, whatever they say.
    fn known_names(&mut self) {
        let mut names = BTreeMap::<&str, usize>::new();
        for seen in self.evidence.wire {
            for name in [&seen.key, &seen.message_id] {
                if !name.is_empty() {
                    *names.entry(name).or_default() += 1;
                }
            }
        }
        for (name, count) in names {
            if count > 1 {
                self.doubled.insert(self.tag_of(name));
                self.complain(format!("the server has {name} {count} times"));
            }
        }
    }

    /// The tag of a message by its tag, key or id, so that it is counted once.
    fn tag_of(&self, name: &str) -> String {
        let entries = self.evidence.ledger.entries();
        let by_key = |key: &str| entries.iter().find(|e| e.key.as_deref() == Some(key));
        let on_wire = || self.evidence.wire.iter().find(|s| s.message_id == name);
        entries
            .iter()
            .find(|entry| entry.tag == name)
            .or_else(|| by_key(name))
            .or_else(|| on_wire().and_then(|seen| by_key(&seen.key)))
            .map_or_else(|| name.to_owned(), |entry| entry.tag.clone())
    }

    fn entry(&mut self, entry: &Entry) {
        let evidence = self.evidence;
        let on_wire: Vec<_> = find(evidence.wire, entry, None);
        let id = on_wire.first().map(|seen| seen.message_id.as_str());
        let on_devices = evidence
            .devices
            .each_ref()
            .map(|shown| find(shown, entry, id));

        let nowhere = on_wire.is_empty() && on_devices.iter().all(Vec::is_empty);
        if entry.deleted == Deleted::Unconfirmed && nowhere {
            self.findings.withdrawn += 1;
            return;
        }
        self.findings.sent += 1;
        self.findings.shown += u64::from(entry.key.is_some());
        self.findings.acknowledged += u64::from(entry.acknowledged);
        let elsewhere = Device::ALL.iter().filter(|d| **d != entry.device);
        let delivered = elsewhere
            .clone()
            .all(|d| on_devices[d.index()].iter().any(|seen| seen.seq > 0));
        self.findings.delivered += u64::from(delivered);

        let places: Vec<(&str, &Vec<&Seen>)> = std::iter::once(("the server", &on_wire))
            .chain(Device::ALL.map(|d| (d.title(), &on_devices[d.index()])))
            .collect();
        let missing: Vec<_> = places.iter().filter(|(_, seen)| seen.is_empty()).collect();
        if !missing.is_empty() {
            self.findings.lost += 1;
            let names: Vec<_> = missing.iter().map(|(name, _)| *name).collect();
            self.complain(format!("{} is missing: {}", entry.tag, names.join(", ")));
        }
        if let Some((name, seen)) = places.iter().find(|(_, seen)| seen.len() > 1) {
            self.doubled.insert(entry.tag.clone());
            self.complain(format!("{} stands {} times: {name}", entry.tag, seen.len()));
        }
        let altered = places.iter().find_map(|(name, all)| {
            let what = all.iter().find_map(|seen| difference(entry, seen))?;
            Some(format!("{} {what}: {name}", entry.tag))
        });
        if let Some(complaint) = altered {
            self.findings.altered += 1;
            self.complain(complaint);
        }
        let stuck = places
            .iter()
            .find(|(_, all)| all.iter().any(|seen| seen.mark != Mark::Confirmed));
        if let Some((name, _)) = stuck {
            self.findings.stuck += 1;
            self.complain(format!("{} is still on its way: {name}", entry.tag));
        }
    }

    fn strangers(&mut self) {
        let entries = self.evidence.ledger.entries();
        let mut known = BTreeSet::new();
        for entry in entries {
            for seen in find(self.evidence.wire, entry, None) {
                known.insert(seen.message_id.as_str());
            }
        }
        let shown = self.evidence.devices.iter().flatten();
        let mut strangers = BTreeSet::new();
        for seen in self.evidence.wire.iter().chain(shown) {
            let asked_for = known.contains(seen.message_id.as_str())
                || entries.iter().any(|entry| is(seen, entry));
            if !asked_for {
                strangers.insert(if seen.message_id.is_empty() {
                    seen.key.clone()
                } else {
                    seen.message_id.clone()
                });
            }
        }
        for name in strangers {
            self.findings.strange += 1;
            self.complain(format!("nobody was asked to send {name}"));
        }
    }

    /// The server must have each device's messages in the order in which it sent them.
    fn sending_order(&mut self) {
        for device in Device::ALL {
            let mut entries: Vec<_> = self
                .evidence
                .ledger
                .entries()
                .iter()
                .filter(|entry| entry.device == device && entry.key.is_some())
                .collect();
            entries.sort_by_key(|entry| entry.order);
            let mut last = 0;
            for entry in entries {
                for seen in find(self.evidence.wire, entry, None) {
                    if seen.seq < last {
                        self.out_of_order.insert(entry.tag.clone());
                        self.complain(format!("{} overtook what was sent before it", entry.tag));
                    }
                    last = last.max(seen.seq);
                }
            }
        }
    }

    /// Every device must show the server's order.
    fn server_order(&mut self) {
        let places: BTreeMap<_, _> = self
            .evidence
            .wire
            .iter()
            .enumerate()
            .map(|(place, seen)| (seen.message_id.as_str(), place))
            .collect();
        let shown = Device::ALL.map(|d| (d.title(), &self.evidence.devices[d.index()][..]));
        let all = shown
            .into_iter()
            .chain([("the server", self.evidence.wire)]);
        for (name, items) in all {
            let (mut last_place, mut last_seq) = (0, 0);
            for seen in items.iter().filter(|seen| seen.seq > 0) {
                let place = places.get(seen.message_id.as_str()).copied();
                if place.is_some_and(|place| place < last_place) || seen.seq < last_seq {
                    self.out_of_order.insert(self.tag_of(&seen.message_id));
                    self.complain(format!("{} stands too late: {name}", seen.message_id));
                }
                last_place = last_place.max(place.unwrap_or(0));
                last_seq = last_seq.max(seen.seq);
            }
        }
    }

    fn moments(&mut self) {
        let Flaws {
            doubled,
            out_of_order,
        } = self.evidence.moments;
        for name in doubled {
            self.doubled.insert(self.tag_of(name));
            self.complain(format!("{name} stood twice for a moment"));
        }
        for name in out_of_order {
            self.out_of_order.insert(self.tag_of(name));
            self.complain(format!("{name} stood in the wrong place for a moment"));
        }
    }
}

/// The items that are this entry's message: by its key, its tag, or the id that the server gave it.
fn find<'a>(items: &'a [Seen], entry: &Entry, id: Option<&str>) -> Vec<&'a Seen> {
    items
        .iter()
        .filter(|seen| is(seen, entry) || id == Some(seen.message_id.as_str()))
        .collect()
}

fn is(seen: &Seen, entry: &Entry) -> bool {
    let same_key = !seen.key.is_empty() && entry.key.as_deref() == Some(seen.key.as_str());
    same_key || seen.tag() == Some(entry.tag.as_str())
}

/// How what is seen differs from what must be there.
fn difference(entry: &Entry, seen: &Seen) -> Option<String> {
    if seen.sender != entry.device.user() {
        return Some(format!("comes from {}", seen.sender));
    }
    if entry.deleted != Deleted::No {
        return (!seen.deleted || seen.text.is_some())
            .then(|| "was deleted and still speaks".into());
    }
    if seen.deleted {
        return Some("is deleted though nobody deleted it".into());
    }
    if seen.text.as_deref() != Some(entry.text.as_str()) {
        return Some(format!("says {:?} instead of {:?}", seen.text, entry.text));
    }
    if seen.edited != entry.edited {
        return Some(format!(
            "edited: {} instead of {}",
            seen.edited, entry.edited
        ));
    }
    (seen.reactions != entry.reactions).then(|| {
        format!(
            "has reactions {:?} instead of {:?}",
            seen.reactions, entry.reactions
        )
    })
}

#[cfg(test)]
mod tests;
