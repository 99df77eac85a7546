//! What a disk holds after the power went, worked out from the journal.
//!
//! The rules are POSIX's, which promises little: bytes and length of a file are there once an fsync
//! of it, begun after they were written, has returned; a name is there, or gone, once the folder
//! was fsynced. What was not fsynced may be there or not, each write by itself and, if it is longer
//! than a sector, in parts. Names are different: file systems keep a log of them, so of those that
//! were not fsynced the first few are there.

use std::collections::{BTreeMap, HashMap, HashSet};

use causerie_cli::demo::dice::Dice;

use super::record::{Kind, Record};

/// What disks write as a whole.
const SECTOR: usize = 512;

/// The inode by which records name the folder itself.
const FOLDER: u64 = 0;

/// Which of what was not fsynced is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// All of it.
    Unsynced,
    /// Some of it, by this seed: about half of the writes, and parts of others.
    Some(u64),
}

/// How much was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lost {
    /// Changes to files that were never fsynced.
    pub unsynced: usize,
    /// Those of them that are lost, in whole or in part.
    pub changes: usize,
    /// Changes of names that are lost.
    pub names: usize,
}

/// A file, however it is called.
#[derive(Debug, Default)]
struct Content {
    /// What the disk is sure to hold.
    held: Vec<u8>,
    /// What was done since.
    since: Vec<Change>,
}

#[derive(Debug, Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

/// Changes of names, by the file's number here.
#[derive(Debug, Clone)]
enum Naming {
    Link(Vec<u8>, usize),
    Rename(Vec<u8>, Vec<u8>),
    Unlink(Vec<u8>),
}

type Names = BTreeMap<Vec<u8>, usize>;

/// What the disk holds, and what was done since.
#[derive(Debug, Default)]
pub(super) struct Model {
    contents: Vec<Content>,
    /// The contents that an inode means now: an inode is used again.
    inodes: HashMap<u64, usize>,
    held: Names,
    since: Vec<Naming>,
    /// Fsyncs that have begun: by number, the file's (the folder's, if none), and how much was done
    /// before.
    syncs: HashMap<u64, (Option<usize>, usize)>,
}

impl Model {
    /// The disk holds this file.
    pub(super) fn hold(&mut self, name: Vec<u8>, inode: u64, held: Vec<u8>) {
        let file = self.add(inode);
        self.contents[file].held = held;
        self.held.insert(name, file);
    }

    fn add(&mut self, inode: u64) -> usize {
        self.contents.push(Content::default());
        let file = self.contents.len() - 1;
        self.inodes.insert(inode, file);
        file
    }

    /// Takes in what was done next.
    pub(super) fn handle(&mut self, record: &Record<'_>) {
        let number = usize::try_from(record.number).unwrap_or(usize::MAX);
        match record.kind {
            Kind::Open if record.number == 1 => {
                let file = self.add(record.inode);
                self.since.push(Naming::Link(record.data.to_vec(), file));
            }
            // It was there when the power was switched on, or was made since.
            Kind::Open => {}
            Kind::Write => self.change(record.inode, Change::Write(number, record.data.to_vec())),
            Kind::Truncate => self.change(record.inode, Change::Truncate(number)),
            Kind::SyncBegins => {
                let file = self.inodes.get(&record.inode).copied();
                let done = match file {
                    _ if record.inode == FOLDER => self.since.len(),
                    Some(file) => self.contents[file].since.len(),
                    None => return,
                };
                self.syncs.insert(record.number, (file, done));
            }
            Kind::SyncEnded => self.settle(record.number),
            Kind::Rename => {
                let mut names = record.data.split(|byte| *byte == 0).map(<[u8]>::to_vec);
                if let (Some(from), Some(to)) = (names.next(), names.next()) {
                    self.since.push(Naming::Rename(from, to));
                }
            }
            Kind::Unlink => self.since.push(Naming::Unlink(record.data.to_vec())),
        }
    }

    fn change(&mut self, inode: u64, change: Change) {
        if let Some(file) = self.inodes.get(&inode) {
            self.contents[*file].since.push(change);
        }
    }

    /// An fsync returned: what was done before it began is held.
    fn settle(&mut self, number: u64) {
        let Some((file, done)) = self.syncs.remove(&number) else {
            return;
        };
        match file {
            Some(file) => {
                let content = &mut self.contents[file];
                let (held, since) = (&mut content.held, &mut content.since);
                since.drain(..done).for_each(|change| change.apply(held));
            }
            None => {
                for naming in self.since.drain(..done) {
                    naming.apply(&mut self.held);
                }
            }
        }
        // What had begun beside it had less before it, from now on.
        for (other, before) in self.syncs.values_mut() {
            if *other == file {
                *before = before.saturating_sub(done);
            }
        }
    }

    /// The files as they are once the power is back.
    pub(super) fn after(self, loss: Loss) -> (BTreeMap<Vec<u8>, Vec<u8>>, Lost) {
        let mut lost = Lost::default();
        let mut dice = match loss {
            Loss::Unsynced => None,
            Loss::Some(seed) => Some(Dice::new(seed)),
        };
        let mut names = self.held;
        let kept = match &mut dice {
            None => 0,
            Some(dice) => dice.below(self.since.len() as u64 + 1) as usize,
        };
        lost.names = self.since.len() - kept;
        for naming in &self.since[..kept] {
            naming.apply(&mut names);
        }
        let named: HashSet<usize> = names.values().copied().collect();
        let mut contents = HashMap::new();
        for (file, content) in self.contents.into_iter().enumerate() {
            lost.unsynced += content.since.len();
            if !named.contains(&file) {
                lost.changes += content.since.len();
                continue;
            }
            let mut bytes = content.held;
            for change in content.since {
                let whole = match &mut dice {
                    None => false,
                    Some(dice) => change.apply_in_part(&mut bytes, dice),
                };
                lost.changes += usize::from(!whole);
            }
            contents.insert(file, bytes);
        }
        let files = names.into_iter().map(|(name, file)| {
            let bytes = contents.get(&file).cloned().unwrap_or_default();
            (name, bytes)
        });
        (files.collect(), lost)
    }
}

impl Change {
    fn apply(self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write(at, data) => put(bytes, at, &data),
            Self::Truncate(length) => bytes.resize(length, 0),
        }
    }

    /// All of it, some of it, or nothing; true if all.
    fn apply_in_part(self, bytes: &mut Vec<u8>, dice: &mut Dice) -> bool {
        match dice.below(8) {
            0..=3 => {
                self.apply(bytes);
                true
            }
            4 => {
                if let Self::Write(at, data) = self {
                    for (n, sector) in data.chunks(SECTOR).enumerate() {
                        if dice.below(2) == 0 {
                            put(bytes, at + n * SECTOR, sector);
                        }
                    }
                }
                false
            }
            _ => false,
        }
    }
}

fn put(bytes: &mut Vec<u8>, at: usize, data: &[u8]) {
    let end = at + data.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[at..end].copy_from_slice(data);
}

impl Naming {
    fn apply(&self, names: &mut Names) {
        match self {
            Self::Link(name, file) => {
                names.insert(name.clone(), *file);
            }
            Self::Rename(from, to) => {
                if let Some(file) = names.remove(from) {
                    names.insert(to.clone(), file);
                }
            }
            Self::Unlink(name) => {
                names.remove(name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: Kind, inode: u64, number: u64, data: &[u8]) -> Record<'_> {
        Record {
            kind,
            inode,
            number,
            data,
        }
    }

    fn after(records: &[Record<'_>]) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let mut model = Model::default();
        model.hold(b"old".to_vec(), 1, b"old".to_vec());
        records.iter().for_each(|record| model.handle(record));
        model.after(Loss::Unsynced).0
    }

    fn files(all: &[(&str, &str)]) -> BTreeMap<Vec<u8>, Vec<u8>> {
        all.iter()
            .map(|(name, bytes)| ((*name).into(), (*bytes).into()))
            .collect()
    }

    #[test]
    fn an_fsync_holds_what_was_done_before_it_began_and_only_if_it_returned() {
        let held = after(&[
            record(Kind::Write, 1, 0, b"new"),
            record(Kind::SyncBegins, 1, 1, b""),
            record(Kind::Write, 1, 3, b" and more"),
            record(Kind::SyncEnded, 1, 1, b""),
            record(Kind::SyncBegins, 1, 2, b""),
        ]);
        assert_eq!(held, files(&[("old", "new")]));
    }

    #[test]
    fn two_fsyncs_at_a_time_hold_what_each_of_them_found() {
        let held = after(&[
            record(Kind::Write, 1, 0, b"1"),
            record(Kind::SyncBegins, 1, 1, b""),
            record(Kind::Write, 1, 1, b"2"),
            record(Kind::SyncBegins, 1, 2, b""),
            record(Kind::Write, 1, 2, b"3"),
            record(Kind::SyncEnded, 1, 2, b""),
            record(Kind::SyncEnded, 1, 1, b""),
        ]);
        assert_eq!(held, files(&[("old", "12d")]));
    }

    #[test]
    fn an_inode_that_is_used_again_is_another_file() {
        let held = after(&[
            record(Kind::Unlink, 0, 0, b"old"),
            record(Kind::Open, 1, 1, b"young"),
            record(Kind::Write, 1, 0, b"young"),
            record(Kind::SyncBegins, 1, 1, b""),
            record(Kind::SyncEnded, 1, 1, b""),
        ]);
        assert_eq!(held, files(&[("old", "old")]), "no name was fsynced");
        let held = after(&[
            record(Kind::Unlink, 0, 0, b"old"),
            record(Kind::Open, 1, 1, b"young"),
            record(Kind::SyncBegins, 0, 1, b""),
            record(Kind::SyncEnded, 0, 1, b""),
            record(Kind::Write, 1, 0, b"young"),
        ]);
        assert_eq!(held, files(&[("young", "")]), "its bytes were not");
    }
}
