//! A position in each subscribed room, and reading forward from it (docs/protocol.md §7).
//!
//! Backlog, live delivery and a slow reader are one path: when the socket can take more, each room
//! in which there is something to read is read from its position, from the hub's ring, or with a
//! query if the ring does not reach back so far.

use std::{collections::VecDeque, time::Duration};

use bytes::Bytes;
use causerie_protocol::{ConversationId, Seq, UserId, limits::MAX_SUBSCRIPTIONS};

use super::io::revoked;
use crate::{
    hub::{
        Batch, ConnKey, Hub, Read, Reader, Shown,
        encode::{event_for, line},
        left,
    },
    store::{EventRecord, EventsAnswer},
};

/// Rooms to read for which a connection keeps the memory while there are none.
const KEPT_PLACES: usize = 4;

/// What a room's subscription is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// `subscribe` is being answered. `was_live`: it was answered before, and this is another one.
    Joining { was_live: bool },
    /// Events are read from the ring.
    Live,
    /// Events are being read from the store.
    Reading,
}

#[derive(Debug)]
struct Subscription {
    conversation_id: ConversationId,
    /// The last seq that was sent.
    position: Seq,
    visible_from: Seq,
    /// The version of the last ephemeral frame that was sent.
    seen: u64,
    state: State,
    /// Pages of history and items that must not be overtaken by events.
    holds: u16,
    /// The user left at this seq while `subscribe` was being answered.
    left_at: Option<Seq>,
    /// An answer had a hole, which may pass over what came up to this transaction.
    passed_over: Option<u64>,
    /// While `subscribe` was being answered, this transaction or a later one changed more than head
    /// and cursors.
    changed: Option<u64>,
}

/// The rooms of a connection.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    rooms: Vec<Subscription>,
    /// Rooms in which there may be something to read, next one first.
    ready: VecDeque<ConversationId>,
}

impl Subscriptions {
    /// Begins to join a room. Returns false if there are too many already.
    pub(super) fn join(
        &mut self,
        conversation_id: ConversationId,
        hub: &mut Hub,
        key: ConnKey,
    ) -> bool {
        if let Some(room) = self.find_mut(conversation_id) {
            room.state = State::Joining { was_live: true };
            room.left_at = None;
            return true;
        }
        if self.rooms.len() >= MAX_SUBSCRIPTIONS {
            return false;
        }
        let seen = hub.subscribe(key, conversation_id);
        self.rooms.push(Subscription {
            conversation_id,
            position: 0,
            visible_from: 0,
            seen,
            state: State::Joining { was_live: false },
            holds: 0,
            left_at: None,
            passed_over: None,
            changed: None,
        });
        true
    }

    pub(super) fn is_joining(&self, conversation_id: ConversationId) -> bool {
        self.find(conversation_id)
            .is_some_and(|room| matches!(room.state, State::Joining { .. }))
    }

    /// The user left. A room that is read tells it by itself; one that is being joined is told of
    /// it only if the answer is no.
    pub(super) fn handle_left(&mut self, conversation_id: ConversationId, seq: Seq) {
        if let Some(room) = self.find_mut(conversation_id) {
            room.left_at = Some(seq);
        }
    }

    /// The seq at which the user left a room while it was being joined.
    pub(super) fn left_at(&self, conversation_id: ConversationId) -> Option<Seq> {
        self.find(conversation_id)?.left_at
    }

    pub(super) fn contains(&self, conversation_id: ConversationId) -> bool {
        self.find(conversation_id).is_some()
    }

    /// The last seq that was sent, if the room was joined.
    pub(super) fn position(&self, conversation_id: ConversationId) -> Option<Seq> {
        self.find(conversation_id).map(|room| room.position)
    }

    /// More than head and cursors changed in this transaction or a later one. Returns whether the
    /// whole item has to be told, since no event of the room tells it to this connection.
    pub(super) fn handle_changed(&mut self, conversation_id: ConversationId, change: u64) -> bool {
        let Some(room) = self.find_mut(conversation_id) else {
            return true;
        };
        room.changed = room.changed.into_iter().chain([change]).min();
        room.take_changed()
    }

    /// The room is joined: what this answer says is said, and what comes after it is to be read.
    /// Returns whether the whole item has to be told, since the answer passes over what changed it.
    pub(super) fn handle_joined(
        &mut self,
        conversation_id: ConversationId,
        joined: &Joined,
    ) -> bool {
        let Some(room) = self.find_mut(conversation_id) else {
            return false;
        };
        let mut passes_over_unread = false;
        if let Some((from_seq, change)) = joined.hole {
            let was_live = room.state == State::Joining { was_live: true };
            passes_over_unread = was_live && from_seq > room.position + 1;
            room.passed_over = room.passed_over.max(Some(change));
        }
        room.position = joined.head_seq;
        room.visible_from = joined.visible_from;
        room.state = State::Live;
        let has_changed = room.take_changed();
        self.mark(conversation_id);
        has_changed || passes_over_unread
    }

    /// The store could not answer: a room that was joined before goes on. Returns whether the whole
    /// item has to be told then; `None` if the room was not joined.
    pub(super) fn handle_join_failed(&mut self, conversation_id: ConversationId) -> Option<bool> {
        let room = self
            .find_mut(conversation_id)
            .filter(|room| room.state == State::Joining { was_live: true })?;
        room.state = State::Live;
        let has_changed = room.take_changed();
        self.mark(conversation_id);
        Some(has_changed)
    }

    /// Leaves a room. Returns the last seq that was sent.
    pub(super) fn leave(&mut self, conversation_id: ConversationId) -> Option<Seq> {
        let at = self
            .rooms
            .iter()
            .position(|room| room.conversation_id == conversation_id)?;
        self.ready.retain(|ready| *ready != conversation_id);
        Some(self.rooms.swap_remove(at).position)
    }

    /// All rooms, which are thereby left.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = ConversationId> + '_ {
        self.ready.clear();
        self.rooms.drain(..).map(|room| room.conversation_id)
    }

    /// There may be something to read in this room.
    pub(super) fn mark(&mut self, conversation_id: ConversationId) {
        if !self.ready.contains(&conversation_id) {
            self.ready.push_back(conversation_id);
        }
    }

    /// Whether no room is marked.
    pub(super) fn is_read(&self) -> bool {
        self.ready.is_empty()
    }

    /// Events of this room wait until [`Subscriptions::release`]. Returns whether there is such a
    /// room.
    pub(super) fn hold(&mut self, conversation_id: ConversationId) -> bool {
        let room = self.find_mut(conversation_id);
        room.map(|room| room.holds += 1).is_some()
    }

    pub(super) fn release(&mut self, conversation_id: ConversationId) {
        if let Some(room) = self.find_mut(conversation_id) {
            room.holds = room.holds.saturating_sub(1);
            self.mark(conversation_id);
        }
    }

    /// Puts what there is to read into the batch, ephemeral frames first unless a removal may lie
    /// before them, as far as it has room. Returns the rooms that must be read from the store, and
    /// those that the user has left.
    pub(super) fn fill(
        &mut self,
        hub: &Hub,
        viewer: &UserId,
        batch: &mut Batch,
        now: Duration,
    ) -> Filled {
        let mut filled = Filled::default();
        for conversation_id in &self.ready {
            if let Some(room) = find_in(&mut self.rooms, *conversation_id)
                && !matches!(room.state, State::Joining { .. })
            {
                room.read_ephemeral(hub, viewer, batch, now);
            }
        }
        while batch.has_room()
            && let Some(conversation_id) = self.ready.pop_front()
        {
            let Some(room) = find_in(&mut self.rooms, conversation_id) else {
                continue;
            };
            if room.state != State::Live || room.holds > 0 {
                // It is marked again when that is over.
                continue;
            }
            let read = hub.read(
                conversation_id,
                room.position,
                viewer,
                room.visible_from,
                batch,
            );
            match read {
                Read::UpToDate(position) => {
                    room.position = position;
                    if room.read_ephemeral(hub, viewer, batch, now) == Shown::Full {
                        self.ready.push_back(conversation_id);
                    }
                }
                Read::More(position) => {
                    room.position = position;
                    self.ready.push_back(conversation_id);
                }
                Read::Behind(position) => {
                    room.state = State::Reading;
                    filled.behind.push((conversation_id, position));
                }
                Read::Left(position) => {
                    room.position = position;
                    batch.push(revoked(conversation_id, position));
                    filled.left.push(conversation_id);
                }
            }
        }
        // A few places are less than what giving them back and asking again for each event costs.
        if self.ready.is_empty() && self.ready.capacity() > KEPT_PLACES {
            self.ready = VecDeque::new();
        }
        filled
    }

    /// What the store has after this position of a room. Events beyond a batch's size are left for the
    /// next reading.
    pub(super) fn handle_events(
        &mut self,
        conversation_id: ConversationId,
        after: Seq,
        answer: &EventsAnswer,
        viewer: &UserId,
    ) -> Caught {
        let mut caught = Caught::default();
        let Some(room) = self
            .find_mut(conversation_id)
            .filter(|room| room.state == State::Reading && room.position == after)
        else {
            // The room was joined anew while this was under way.
            return caught;
        };
        room.state = State::Live;
        if answer.visible_from > room.position + 1 {
            // The user left and was let in again meanwhile: what lies between is not theirs.
            caught.lines = revoked(conversation_id, answer.visible_from - 1);
            caught.revoked = true;
            caught.let_in_again = answer.left_at.is_none();
            return caught;
        }
        let mut batch = Batch::default();
        for record in &answer.events {
            if !batch.has_room() {
                break;
            }
            batch.push_event(for_viewer(record, viewer, room.visible_from), record.at);
            room.position = record.seq;
            if left(record, viewer) {
                caught.revoked = true;
                caught.let_in_again = answer.left_at.is_none();
                break;
            }
        }
        caught.events = batch.events();
        if caught.revoked || answer.left_at.is_some_and(|seq| room.position >= seq) {
            batch.push(revoked(conversation_id, room.position));
            caught.revoked = true;
        } else if answer.events.is_empty() && room.position < answer.head_seq {
            // Nothing that this user may see: a membership that ended without an event.
            batch.push(revoked(conversation_id, answer.head_seq));
            caught.revoked = true;
        }
        caught.lines = batch.into_lines();
        if !caught.revoked {
            self.mark(conversation_id);
        }
        caught
    }

    /// The store could not answer: the room is read again from where it was.
    pub(super) fn handle_events_failed(&mut self, conversation_id: ConversationId, after: Seq) {
        if let Some(room) = self.find_mut(conversation_id)
            && room.state == State::Reading
            && room.position == after
        {
            room.state = State::Live;
        }
    }

    fn find(&self, conversation_id: ConversationId) -> Option<&Subscription> {
        self.rooms
            .iter()
            .find(|room| room.conversation_id == conversation_id)
    }

    fn find_mut(&mut self, conversation_id: ConversationId) -> Option<&mut Subscription> {
        find_in(&mut self.rooms, conversation_id)
    }
}

/// Where `subscribed` lets a connection begin.
#[derive(Debug)]
pub(super) struct Joined {
    pub(super) head_seq: Seq,
    pub(super) visible_from: Seq,
    /// If something is passed over: the first seq that is not, and the last transaction that may be.
    pub(super) hole: Option<(Seq, u64)>,
}

/// What came of filling a batch, beside the batch.
#[derive(Debug, Default)]
pub(super) struct Filled {
    /// To be read from the store after these seqs.
    pub(super) behind: Vec<(ConversationId, Seq)>,
    /// The user left these rooms, and was told.
    pub(super) left: Vec<ConversationId>,
}

/// What came of reading the store.
#[derive(Debug, Default)]
pub(super) struct Caught {
    /// Frames for the socket.
    pub(super) lines: Bytes,
    /// How many of them are durable events.
    pub(super) events: u32,
    /// The user is no member any more, or was none for a while, and is told so in `lines`.
    pub(super) revoked: bool,
    /// The user is a member now: that is to be told behind it.
    pub(super) let_in_again: bool,
}

impl Subscription {
    /// Whether something changed that was passed over. What was not is read in the room.
    fn take_changed(&mut self) -> bool {
        if let State::Joining { .. } = self.state {
            return false;
        }
        let changed = self.changed.take();
        changed.is_some() && changed <= self.passed_over
    }

    /// Puts the ephemeral frames into the batch that this reader may see where it stands.
    fn read_ephemeral(
        &mut self,
        hub: &Hub,
        viewer: &UserId,
        batch: &mut Batch,
        now: Duration,
    ) -> Shown {
        let reader = Reader {
            viewer,
            position: self.position,
            now,
        };
        hub.read_ephemeral(self.conversation_id, &mut self.seen, &reader, batch)
    }
}

fn find_in(
    rooms: &mut [Subscription],
    conversation_id: ConversationId,
) -> Option<&mut Subscription> {
    rooms
        .iter_mut()
        .find(|room| room.conversation_id == conversation_id)
}

fn for_viewer(record: &EventRecord, viewer: &UserId, visible_from: Seq) -> Bytes {
    line(&event_for(record, viewer, visible_from))
}
