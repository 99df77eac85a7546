//! Who is to be woken by what (docs/protocol.md §5 and §7).
//!
//! The hub queues nothing for anybody. Per room it has a ring of recent events, encoded once, and
//! the newest ephemeral frame of each kind and user. Per connection it has marks: rooms in which
//! there is something to read, and [`Notice`]s of conversations that are not subscribed. A
//! connection is woken once, when it gets its first mark; it takes its marks when its socket can
//! take more, and then reads each room from its own position.
//!
//! [`Hub`] is pure: no clock, no thread, no socket. [`SharedHub`] is the one that connections and
//! the store's publisher hold.

mod batch;
pub mod encode;
mod notice;
mod ring;
mod room;
mod shared;
mod slot;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use causerie_protocol::{
    ClientId, ConversationId, Meta, Seq, ServerFrame, ServerMessage, TypingIndicator, UserId,
    limits::TYPING_EXPIRES_MS,
};

pub use batch::Batch;
pub use notice::Notice;
pub use ring::{Read, RingLimits, left};
pub use shared::{HubGuard, SharedHub};

use self::{
    encode::line,
    ring::RingEvent,
    room::Room,
    slot::{Slot, SlotKind, receipt},
};
use crate::{
    clock::Now,
    store::{Commit, EventBody, RowChangeKind},
};

/// How a connection is reached. Calls come while no lock of the hub is held.
pub trait Wake: Send + Sync {
    /// There are marks to take.
    fn wake(&self);

    /// A newer connection of the same installation took over.
    fn supersede(&self);
}

/// A connection's place in the hub. A key is never valid for another connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ConnKey {
    index: u32,
    generation: u32,
}

struct Entry {
    user_id: UserId,
    client_id: ClientId,
    wake: Arc<dyn Wake>,
    /// Whether it was woken since it last took its marks.
    woken: bool,
    rooms: Vec<ConversationId>,
    notices: BTreeMap<ConversationId, Notice>,
    /// The last publication that reached it as a subscriber.
    stamp: u64,
}

struct Place {
    generation: u32,
    entry: Option<Box<Entry>>,
}

/// Rooms, connections, and who is to be woken.
#[derive(Default)]
pub struct Hub {
    places: Vec<Place>,
    free: Vec<u32>,
    users: HashMap<UserId, Vec<ConnKey>>,
    rooms: HashMap<ConversationId, Room>,
    ring_limits: RingLimits,
    stamp: u64,
    wakes: Vec<Arc<dyn Wake>>,
    superseded: Vec<Arc<dyn Wake>>,
}

impl Hub {
    /// Joins the user's room. An older connection of the same installation is told that it is
    /// superseded, and has no place any more.
    pub fn attach(
        &mut self,
        user_id: &UserId,
        client_id: ClientId,
        wake: Arc<dyn Wake>,
    ) -> ConnKey {
        let older = self.users.get(user_id).and_then(|keys| {
            keys.iter()
                .copied()
                .find(|key| self.entry(*key).is_some_and(|e| e.client_id == client_id))
        });
        if let Some(older) = older
            && let Some(entry) = self.detach(older)
        {
            self.superseded.push(entry);
        }
        let entry = Some(Box::new(Entry {
            user_id: user_id.clone(),
            client_id,
            wake,
            woken: false,
            rooms: Vec::new(),
            notices: BTreeMap::new(),
            stamp: 0,
        }));
        let key = match self.free.pop() {
            Some(index) => {
                let place = &mut self.places[index as usize];
                place.entry = entry;
                ConnKey {
                    index,
                    generation: place.generation,
                }
            }
            None => {
                self.places.push(Place {
                    generation: 0,
                    entry,
                });
                ConnKey {
                    index: (self.places.len() - 1) as u32,
                    generation: 0,
                }
            }
        };
        self.users.entry(user_id.clone()).or_default().push(key);
        key
    }

    /// Leaves the user's room. The connection's own rooms are left by [`Hub::unsubscribe`]; what
    /// still names it there is passed over. Returns how it was reached.
    pub fn detach(&mut self, key: ConnKey) -> Option<Arc<dyn Wake>> {
        let place = self
            .places
            .get_mut(key.index as usize)
            .filter(|place| place.generation == key.generation)?;
        let entry = place.entry.take()?;
        place.generation = place.generation.wrapping_add(1);
        self.free.push(key.index);
        if let Some(keys) = self.users.get_mut(&entry.user_id) {
            keys.retain(|other| *other != key);
            if keys.is_empty() {
                self.users.remove(&entry.user_id);
            }
        }
        Some(entry.wake)
    }

    /// Whether this connection still has its place.
    pub fn is_attached(&self, key: ConnKey) -> bool {
        self.entry(key).is_some()
    }

    /// Begins to wake this connection for what happens in the room. Returns the version of the
    /// room's ephemeral frames, which is where to read them from.
    pub fn subscribe(&mut self, key: ConnKey, conversation_id: ConversationId) -> u64 {
        let room = self.rooms.entry(conversation_id).or_default();
        if !room.subscribers.contains(&key) {
            room.subscribers.push(key);
        }
        room.departed.retain(|other| *other != key);
        room.slots.version()
    }

    /// Ends that. Returns the last seq that came by since somebody was subscribed, if any did.
    pub fn unsubscribe(&mut self, key: ConnKey, conversation_id: ConversationId) -> Option<Seq> {
        let room = self.rooms.get_mut(&conversation_id)?;
        if let Some(at) = room.subscribers.iter().position(|other| *other == key) {
            room.subscribers.swap_remove(at);
        }
        room.departed.retain(|other| *other != key);
        let head = room.ring.head();
        if room.subscribers.is_empty() {
            self.rooms.remove(&conversation_id);
        }
        head
    }

    /// Takes the connection's marks; the next mark wakes it again. `rooms` is emptied first.
    pub fn take(
        &mut self,
        key: ConnKey,
        rooms: &mut Vec<ConversationId>,
    ) -> BTreeMap<ConversationId, Notice> {
        rooms.clear();
        match self.entry_mut(key) {
            Some(entry) => {
                entry.woken = false;
                std::mem::swap(rooms, &mut entry.rooms);
                std::mem::take(&mut entry.notices)
            }
            None => BTreeMap::new(),
        }
    }

    /// Puts what comes after this seq into the batch, as far as it has room.
    pub fn read(
        &self,
        conversation_id: ConversationId,
        after: Seq,
        viewer: &UserId,
        visible_from: Seq,
        batch: &mut Batch,
    ) -> Read {
        match self.rooms.get(&conversation_id) {
            Some(room) => room.ring.read(after, viewer, visible_from, batch),
            None => Read::UpToDate(after),
        }
    }

    /// Puts the room's ephemeral frames that are newer than `seen` into the batch. Returns
    /// whether anything is left.
    pub fn read_ephemeral(
        &self,
        key: ConnKey,
        conversation_id: ConversationId,
        seen: &mut u64,
        viewer: &UserId,
        batch: &mut Batch,
    ) -> bool {
        self.rooms
            .get(&conversation_id)
            .filter(|room| !room.departed.contains(&key))
            .is_some_and(|room| room.slots.read(seen, viewer, batch))
    }

    /// Tells the other subscribers that a user types, or ceased to. The caller has checked that
    /// the user may, as of this seq.
    pub fn typing(
        &mut self,
        conversation_id: ConversationId,
        user_id: &UserId,
        typing: bool,
        as_of_seq: Seq,
        now: Now,
    ) {
        let others = line(&ServerFrame {
            id: None,
            message: ServerMessage::TypingIndicator(TypingIndicator {
                conversation_id,
                user_id: user_id.clone(),
                typing,
                expires_in_ms: TYPING_EXPIRES_MS,
                as_of_seq,
            }),
            meta: Some(meta(conversation_id, user_id, now.wall)),
        });
        let slot = Slot {
            kind: SlotKind::Typing,
            user_id: user_id.clone(),
            others: Some(others),
            own: None,
        };
        self.put_slot(conversation_id, slot, now.mono);
    }

    /// Leaves a notice for one connection.
    pub fn notify(&mut self, key: ConnKey, conversation_id: ConversationId, notice: Notice) {
        let Some(entry) = entry_in(&mut self.places, key) else {
            return;
        };
        entry
            .notices
            .entry(conversation_id)
            .and_modify(|before| before.merge(notice))
            .or_insert(notice);
        wake(entry, &mut self.wakes);
    }

    /// Takes in what a durable transaction changed. `frames` has the encoded events of those
    /// commits whose room is open, see [`Hub::is_open`].
    fn publish(&mut self, commit: &Commit, frames: Vec<RingEvent>, now: Now) {
        self.stamp += 1;
        let conversation_id = commit.conversation_id;
        if let Some(room) = self.rooms.get_mut(&conversation_id) {
            for key in &room.subscribers {
                if let Some(entry) = entry_in(&mut self.places, *key) {
                    entry.stamp = self.stamp;
                    if !commit.events.is_empty() {
                        mark_room(entry, conversation_id, &mut self.wakes);
                    }
                }
            }
            for frame in frames {
                room.ring.push(frame, self.ring_limits);
            }
        }
        if !commit.events.is_empty() {
            self.notify_members(commit);
        }
        for row in &commit.rows {
            match &row.kind {
                RowChangeKind::Joined(_) => {
                    self.notify_user(&row.user_id, conversation_id, Notice::created(), false);
                }
                RowChangeKind::Left { seq } => {
                    self.depart(&row.user_id, conversation_id);
                    // Subscribers too: one that is just joining will not read it in the room.
                    self.notify_user(&row.user_id, conversation_id, Notice::revoked(*seq), false);
                }
                RowChangeKind::Read { row: state, at } => {
                    let slot = receipt(
                        SlotKind::Read,
                        commit,
                        &row.user_id,
                        (state.read_seq, *at),
                        state,
                    );
                    self.put_slot(conversation_id, slot, now.mono);
                    let notice = Notice::activity(false);
                    self.notify_user(&row.user_id, conversation_id, notice, true);
                }
                RowChangeKind::Delivered {
                    seq,
                    at,
                    row: state,
                } => {
                    let slot = receipt(
                        SlotKind::Delivered,
                        commit,
                        &row.user_id,
                        (*seq, *at),
                        state,
                    );
                    self.put_slot(conversation_id, slot, now.mono);
                }
                RowChangeKind::Touched => {
                    let notice = Notice::activity(false);
                    self.notify_user(&row.user_id, conversation_id, notice, true);
                }
            }
        }
    }

    /// Whether somebody is subscribed there, so that its events are worth encoding.
    fn is_open(&self, conversation_id: ConversationId) -> bool {
        self.rooms.contains_key(&conversation_id)
    }

    /// Leaves activity for those members' connections that are not subscribed.
    fn notify_members(&mut self, commit: &Commit) {
        let mut for_all = false;
        let mut for_one: Vec<&UserId> = Vec::new();
        for event in &commit.events {
            match &event.body {
                EventBody::MemberJoined { .. }
                | EventBody::MemberLeft { .. }
                | EventBody::Updated { .. } => for_all = true,
                EventBody::MemberUpdated { user_id, .. } => for_one.push(user_id),
                EventBody::Message(_)
                | EventBody::Edited { .. }
                | EventBody::Deleted { .. }
                | EventBody::ReactionAdded { .. }
                | EventBody::ReactionRemoved { .. } => {}
            }
        }
        for member in commit.members.iter() {
            let notice = Notice::activity(for_all || for_one.contains(&member));
            self.notify_user(member, commit.conversation_id, notice, true);
        }
    }

    /// Leaves a notice for the user's connections; `unsubscribed_only` passes over those that the
    /// present publication reaches in the room itself.
    fn notify_user(
        &mut self,
        user_id: &UserId,
        conversation_id: ConversationId,
        notice: Notice,
        unsubscribed_only: bool,
    ) {
        let Some(keys) = self.users.get(user_id) else {
            return;
        };
        for key in keys {
            let Some(entry) = entry_in(&mut self.places, *key) else {
                continue;
            };
            if unsubscribed_only && entry.stamp == self.stamp {
                continue;
            }
            entry
                .notices
                .entry(conversation_id)
                .and_modify(|before| before.merge(notice))
                .or_insert(notice);
            wake(entry, &mut self.wakes);
        }
    }

    /// Ephemeral frames of the room are not for this user's connections any more.
    fn depart(&mut self, user_id: &UserId, conversation_id: ConversationId) {
        if let Some(room) = self.rooms.get_mut(&conversation_id)
            && let Some(keys) = self.users.get(user_id)
        {
            let subscribed = keys.iter().filter(|key| room.subscribers.contains(key));
            room.departed.extend(subscribed);
        }
    }

    fn put_slot(&mut self, conversation_id: ConversationId, slot: Slot, now: Duration) {
        let Some(room) = self.rooms.get_mut(&conversation_id) else {
            return;
        };
        for key in &room.subscribers {
            if let Some(entry) = entry_in(&mut self.places, *key) {
                let is_for_it = if entry.user_id == slot.user_id {
                    slot.own.is_some()
                } else {
                    slot.others.is_some()
                };
                if is_for_it {
                    mark_room(entry, conversation_id, &mut self.wakes);
                }
            }
        }
        room.slots.put(slot, now);
    }

    fn entry(&self, key: ConnKey) -> Option<&Entry> {
        self.places
            .get(key.index as usize)
            .filter(|place| place.generation == key.generation)?
            .entry
            .as_deref()
    }

    fn entry_mut(&mut self, key: ConnKey) -> Option<&mut Entry> {
        entry_in(&mut self.places, key)
    }
}

fn entry_in(places: &mut [Place], key: ConnKey) -> Option<&mut Entry> {
    places
        .get_mut(key.index as usize)
        .filter(|place| place.generation == key.generation)?
        .entry
        .as_deref_mut()
}

fn mark_room(entry: &mut Entry, conversation_id: ConversationId, wakes: &mut Vec<Arc<dyn Wake>>) {
    if !entry.rooms.contains(&conversation_id) {
        entry.rooms.push(conversation_id);
    }
    wake(entry, wakes);
}

fn wake(entry: &mut Entry, wakes: &mut Vec<Arc<dyn Wake>>) {
    if !entry.woken {
        entry.woken = true;
        wakes.push(Arc::clone(&entry.wake));
    }
}

fn meta(conversation_id: ConversationId, user_id: &UserId, at: u64) -> Meta {
    Meta {
        timestamp: Some(at),
        sender_id: Some(user_id.clone()),
        target_id: Some(conversation_id.to_string()),
        client_id: None,
    }
}
