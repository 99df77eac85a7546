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

mod applied;
mod batch;
pub mod encode;
mod notice;
mod publish;
mod ring;
mod room;
mod shared;
mod slot;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use causerie_protocol::{
    ClientId, ConversationId, Meta, Seq, ServerFrame, ServerMessage, SessionId, TypingIndicator,
    UserId, limits::TYPING_EXPIRES_MS,
};

pub use batch::Batch;
pub use notice::Notice;
pub use ring::{Read, RingLimits, left};
pub use shared::{HubGuard, SharedHub};
pub use slot::{Reader, Shown};

use self::{
    applied::Applied,
    encode::line,
    room::Room,
    slot::{Slot, SlotKind},
};
use crate::{bus::Hint, clock::Now};

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

impl ConnKey {
    /// The place of one that was never attached.
    pub(crate) const NOWHERE: Self = Self {
        index: u32::MAX,
        generation: u32::MAX,
    };
}

struct Entry {
    user_id: UserId,
    client_id: ClientId,
    session: SessionId,
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
    /// Another one whenever a connection comes or goes, or a subscription does.
    arrangement: u64,
    wakes: Vec<Arc<dyn Wake>>,
    superseded: Vec<Arc<dyn Wake>>,
    /// With other nodes beside this one: what is known of them, and what they are to be told.
    applied: Option<Applied>,
    hints: Vec<Hint>,
}

impl Hub {
    /// Joins the user's room. An older connection of the same installation is told that it is
    /// superseded, and has no place any more.
    pub fn attach(
        &mut self,
        user_id: &UserId,
        client_id: ClientId,
        session: SessionId,
        wake: Arc<dyn Wake>,
    ) -> ConnKey {
        self.arrangement += 1;
        self.supersede(user_id, client_id, |_| true);
        if self.has_peers() {
            self.hints.push(Hint::Attached {
                user_id: user_id.clone(),
                client_id,
                session,
            });
        }
        let entry = Some(Box::new(Entry {
            user_id: user_id.clone(),
            client_id,
            session,
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

    /// How many connections this user has, beside the one of this installation.
    pub fn others(&self, user_id: &UserId, client_id: ClientId) -> usize {
        let keys = self.users.get(user_id).map_or(&[][..], Vec::as_slice);
        keys.iter()
            .filter(|key| self.entry(**key).is_some_and(|e| e.client_id != client_id))
            .count()
    }

    /// Tells the installation's connection that a newer one took over, if `is_older` says so of its
    /// session.
    fn supersede(
        &mut self,
        user_id: &UserId,
        client_id: ClientId,
        is_older: impl Fn(SessionId) -> bool,
    ) {
        let older = self.users.get(user_id).and_then(|keys| {
            keys.iter().copied().find(|key| {
                self.entry(*key)
                    .is_some_and(|entry| entry.client_id == client_id && is_older(entry.session))
            })
        });
        if let Some(older) = older
            && let Some(entry) = self.detach(older)
        {
            self.superseded.push(entry);
        }
    }

    /// Leaves the user's room. The connection's own rooms are left by [`Hub::unsubscribe`]; what
    /// still names it there is passed over. Returns how it was reached.
    pub fn detach(&mut self, key: ConnKey) -> Option<Arc<dyn Wake>> {
        let place = self
            .places
            .get_mut(key.index as usize)
            .filter(|place| place.generation == key.generation)?;
        let entry = place.entry.take()?;
        self.arrangement += 1;
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
        self.arrangement += 1;
        let room = self.rooms.entry(conversation_id).or_default();
        if !room.subscribers.contains(&key) {
            room.subscribers.push(key);
        }
        room.slots.version()
    }

    /// Ends that. Returns the last seq that came by since somebody was subscribed, if any did.
    pub fn unsubscribe(&mut self, key: ConnKey, conversation_id: ConversationId) -> Option<Seq> {
        self.arrangement += 1;
        let room = self.rooms.get_mut(&conversation_id)?;
        if let Some(at) = room.subscribers.iter().position(|other| *other == key) {
            room.subscribers.swap_remove(at);
        }
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

    /// Puts the room's ephemeral frames that are newer than `seen` into the batch, unless somebody
    /// may have left behind where the reader stands.
    pub fn read_ephemeral(
        &self,
        conversation_id: ConversationId,
        seen: &mut u64,
        reader: &Reader<'_>,
        batch: &mut Batch,
    ) -> Shown {
        match self.rooms.get(&conversation_id) {
            Some(room) if reader.position < room.ring.gate() => Shown::Held,
            Some(room) => room.slots.read(seen, reader, batch),
            None => Shown::All,
        }
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
        if self.has_peers() {
            self.hints.push(Hint::Typing {
                conversation_id,
                user_id: user_id.clone(),
                typing,
                as_of_seq,
            });
        }
        self.show_typing(conversation_id, user_id, typing, as_of_seq, now);
    }

    /// A user who typed is gone. Nobody asked the store whether the room may be told, so it is told
    /// as of the last seq that came by; with other nodes beside this one that may be an old one, and
    /// typing is left to expire.
    pub fn cease_typing(&mut self, conversation_id: ConversationId, user_id: &UserId, now: Now) {
        if !self.has_peers() {
            self.show_typing(conversation_id, user_id, false, 0, now);
        } else if let Some(room) = self.rooms.get_mut(&conversation_id) {
            room.slots.remove(SlotKind::Typing, user_id);
        }
    }

    fn show_typing(
        &mut self,
        conversation_id: ConversationId,
        user_id: &UserId,
        typing: bool,
        as_of_seq: Seq,
        now: Now,
    ) {
        let Some(room) = self.rooms.get(&conversation_id) else {
            return;
        };
        let head = room.ring.head().unwrap_or(0);
        let unseen = Some(as_of_seq).filter(|seq| *seq > head);
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
            unseen,
            others: Some(others),
            own: None,
        };
        self.put_slot(conversation_id, slot, now.mono);
    }

    fn has_peers(&self) -> bool {
        self.applied.is_some()
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
