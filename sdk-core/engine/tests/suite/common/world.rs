//! A device and a model server with a network between them that delivers when it is told to, and
//! the comparison of the two.

use std::collections::{BTreeMap, BTreeSet};

use causerie_engine::{CommandKind, EngineConfig, Input, OutboxState, SendState, TimelineId};
use causerie_protocol::{ConversationId, Message, Seq, ServerFrame, Target, TempId, WriteOp};

use super::{
    device::{Device, Socket, key_of},
    ids::*,
    model::Talk,
    server::Server,
    store::MemoryStore,
};

pub struct World {
    pub device: Device,
    pub server: Server,
    /// Writes that alice made, with the conversation, in order.
    pub made: Vec<(ConversationId, TempId, WriteOp)>,
    /// Writes that alice gave up or took back before they went.
    pub given_up: BTreeSet<TempId>,
    /// Writes that alice queued again, last.
    pub retried: BTreeSet<TempId>,
}

impl World {
    /// Two conversations that the server knows, and a device that is new.
    pub fn new(config: EngineConfig, seed: u64) -> Self {
        let store = MemoryStore::new(alice(), client(1));
        let mut server = Server::new(alice(), "e1");
        server.add(conv(1));
        server.add(conv(2));
        Self {
            device: Device::new(store, config, seed),
            server,
            made: Vec::new(),
            given_up: BTreeSet::new(),
            retried: BTreeSet::new(),
        }
    }

    pub fn write(&mut self, id: ConversationId, op: WriteOp) -> TempId {
        let before: Vec<_> = self.device.store.outbox.keys().copied().collect();
        let key = self.device.write(id, op.clone());
        self.note_given_up(before);
        if self.device.crashed && !self.device.store.outbox.contains_key(&key) {
            // It was never promised.
            self.given_up.insert(key);
        }
        if self.device.refused_last() {
            return key;
        }
        self.made.push((id, key, op));
        self.revive();
        key
    }

    /// A command of alice's. What it takes out of the outbox, she gave up.
    pub fn command(&mut self, kind: CommandKind) {
        let before: Vec<_> = self.device.store.outbox.keys().copied().collect();
        self.device.command(kind);
        self.note_given_up(before);
        self.revive();
    }

    fn note_given_up(&mut self, before: Vec<TempId>) {
        let outbox = &self.device.store.outbox;
        self.given_up
            .extend(before.into_iter().filter(|key| !outbox.contains_key(key)));
    }

    /// After a crash a new process starts from what was committed.
    pub fn revive(&mut self) {
        if self.device.crashed {
            self.server.disconnect();
            self.device.restart();
            self.device.start();
        }
    }

    /// Delivers up to so many frames of the device's.
    pub fn deliver_up(&mut self, most: usize) {
        self.open_socket();
        for _ in 0..most {
            let Some(frame) = self.device.sent.pop_front() else {
                return;
            };
            self.server.handle(frame);
        }
    }

    /// Delivers up to so many frames of the server's, as one batch.
    pub fn deliver_down(&mut self, most: usize) {
        if self.device.socket != Socket::Open {
            self.server.disconnect();
            return;
        }
        let n = most.min(self.server.out.len());
        let frames: Vec<ServerFrame> = self.server.out.drain(..n).collect();
        if !frames.is_empty() {
            self.device.input(Input::Frames(frames));
            self.revive();
            if self.device.socket != Socket::Open {
                self.server.disconnect();
            }
        }
    }

    fn open_socket(&mut self) {
        if self.device.socket == Socket::Opening {
            self.server.disconnect();
            self.device.socket_opened();
            self.revive();
        }
    }

    /// The network breaks: what is on its way is lost, in both directions.
    pub fn cut(&mut self) {
        self.server.disconnect();
        self.device.cut();
        self.revive();
    }

    pub fn advance(&mut self, ms: u64) {
        self.device.advance(ms);
        self.revive();
        if self.device.socket != Socket::Open {
            self.server.disconnect();
        }
    }

    /// Lets everything arrive until nothing happens any more.
    pub fn settle(&mut self) {
        for round in 0..400 {
            self.open_socket();
            let quiet = self.device.sent.is_empty() && self.server.out.is_empty();
            self.deliver_up(usize::MAX);
            self.deliver_down(usize::MAX);
            if quiet && round > 3 && self.device.is_live() && self.nothing_goes() {
                return;
            }
            if quiet {
                self.advance(2_000);
            }
        }
        panic!(
            "it does not settle: {:?}, {} queued, socket {:?}, sent {:?}",
            self.device.engine.connection_state(),
            self.device.engine.stats().outbox,
            self.device.socket,
            self.device.sent,
        );
    }

    /// All that is left in the outbox waits for the person, or for the cache to catch up.
    fn nothing_goes(&self) -> bool {
        let engine = &self.device.engine;
        let is_failed = |key: TempId| {
            engine
                .outbox_row(key)
                .is_some_and(|row| matches!(row.state, OutboxState::Failed { .. }))
        };
        engine
            .outbox()
            .filter(|row| row.state == OutboxState::Queued)
            .all(|row| targets(&row.op).is_some_and(is_failed))
    }

    // Comparison.

    /// What the cache claims to know is what the server said: inside a range every message is
    /// there, with all changes up to the range's `as_of`.
    pub fn check_cache(&self) {
        if self.device.store.epoch.as_deref() != Some(&self.server.epoch) {
            return;
        }
        for (id, row) in &self.device.store.conversations {
            let Some(talk) = self.server.talks.get(id) else {
                continue;
            };
            if let Some(position) = row.position {
                assert!(position.seq <= talk.head(), "the position is of this past");
            }
            let mut last = 0;
            for range in &row.ranges {
                assert!(range.lo > last, "ranges rise: {:?}", row.ranges);
                assert!(range.hi >= range.lo && range.hi <= talk.head());
                last = range.hi;
                for (seq, said) in talk.messages.range(range.lo..=range.hi) {
                    let cached = self.device.store.messages.get(&(*id, *seq));
                    let Some(cached) = cached else {
                        panic!("{seq} is missing in {range:?} of {:?}", row.ranges);
                    };
                    let due = said.changes.iter().rev().find(|s| **s <= range.as_of);
                    assert!(
                        due.is_none_or(|due| cached.state_seq >= *due),
                        "{seq} is as of {} and should be as of {due:?} in {range:?}",
                        cached.state_seq,
                    );
                    if cached.state_seq == said.message.state_seq {
                        let seen = as_shown(talk, *seq);
                        assert_eq!(Some(cached), seen.as_ref(), "the same state is the same");
                    }
                }
            }
        }
    }

    /// Every screen shows what the server has from its first message on, and behind it what is
    /// failed or on its way.
    pub fn check_screens(&self) {
        for (timeline, screen) in &self.device.screens {
            let id = self.device.opened[timeline];
            let Some(talk) = self.server.talks.get(&id) else {
                continue;
            };
            let shown: Vec<_> = screen
                .items
                .iter()
                .filter(|item| item.send.is_none())
                .map(|item| item.message.clone())
                .collect();
            let first = shown.first().map_or(talk.head() + 1, |message| message.seq);
            let visible_from = talk.members[&alice()].visible_from;
            // A screen that does not follow the newest ends where it ends.
            let last = if screen.state.has_newer {
                shown.last().map_or(0, |message| message.seq)
            } else {
                talk.head()
            };
            let expected: Vec<_> = talk
                .messages
                .range(first.max(visible_from)..)
                .filter(|(seq, _)| **seq <= last)
                .filter_map(|(seq, _)| as_shown(talk, *seq))
                .collect();
            let brief = |messages: &[Message]| -> Vec<String> {
                messages
                    .iter()
                    .map(|m| {
                        let text = m.content.text().unwrap_or("∅");
                        format!("{}@{} {text} {:?}", m.seq, m.state_seq, m.reactions)
                    })
                    .collect()
            };
            assert_eq!(
                brief(&shown),
                brief(&expected),
                "the screen {timeline:?} shows what happened"
            );
            assert_eq!(shown, expected);
            if shown.is_empty() && !screen.state.has_older && !screen.state.has_newer {
                assert!(talk.messages.range(visible_from..).next().is_none());
            }
            assert!(
                screen
                    .items
                    .iter()
                    .all(|item| !item.pending_change || item.send.is_some()),
                "nothing is pending any more: {:?}",
                screen.items,
            );
        }
    }

    /// Each write that was not given up was carried out once, in the order in which it was made.
    pub fn check_writes(&self) {
        let mut seen = BTreeSet::new();
        for done in &self.server.log {
            assert!(seen.insert(*done), "{done:?} was carried out twice");
        }
        let failed: BTreeSet<_> = self
            .device
            .engine
            .outbox()
            .filter(|row| matches!(row.state, OutboxState::Failed { .. }))
            .map(|row| row.key)
            .collect();
        let mut by_talk: BTreeMap<ConversationId, Vec<TempId>> = BTreeMap::new();
        for (id, key, op) in &self.made {
            let done = self.server.log.contains(&(*id, *key));
            let told = self.device.told.get(key);
            let given_up = self.given_up.contains(key)
                || told == Some(&None)
                || (told.is_none() && matches!(op, WriteOp::DeleteMessage(_)));
            let held = self.device.engine.outbox_row(*key).is_some();
            assert!(
                done || failed.contains(key) || given_up || held,
                "{key} is lost; told {told:?}: {op:?}",
            );
            if done && !self.retried.contains(key) {
                by_talk.entry(*id).or_default().push(*key);
            }
        }
        for (id, made) in by_talk {
            let order: Vec<_> = self
                .server
                .log
                .iter()
                .filter(|(other, key)| *other == id && made.contains(key))
                .map(|(_, key)| *key)
                .collect();
            assert_eq!(order, made, "in the order in which they were made");
        }
    }

    /// The list says what the server says.
    pub fn check_items(&self) {
        for (id, talk) in &self.server.talks {
            let told = talk.item(&alice());
            let Some(entry) = self.device.engine.conversation(*id) else {
                panic!("{id} is not in the list");
            };
            assert_eq!(entry.item.head_seq, told.head_seq);
            assert_eq!(entry.item.head_number, told.head_number);
            assert_eq!(entry.item.last_message, told.last_message);
            assert_eq!(entry.item.visible_from, told.visible_from);
            assert_eq!(entry.unread, told.unread(), "unread in {id}");
        }
    }

    pub fn shows(&self, timeline: TimelineId, key: TempId) -> Option<Option<SendState>> {
        let screen = self.device.screen(timeline);
        let at = screen.position(key_of(key))?;
        Some(screen.items[at].send.clone())
    }
}

/// The message of one's own that a write changes, if it names it so.
pub fn targets(op: &WriteOp) -> Option<TempId> {
    let target = match op {
        WriteOp::EditMessage(edit) => edit.target,
        WriteOp::DeleteMessage(delete) => delete.target,
        WriteOp::AddReaction(react) | WriteOp::RemoveReaction(react) => react.target,
        _ => return None,
    };
    match target {
        Target::Temp { target_temp_id } => Some(target_temp_id),
        Target::Message { .. } => None,
    }
}

/// A message as it is to be shown: a deleted one has no reactions.
fn as_shown(talk: &Talk, seq: Seq) -> Option<Message> {
    let mut message = talk.seen(seq, &alice())?;
    if message.deleted_at.is_some() {
        message.reactions.clear();
    }
    Some(message)
}
