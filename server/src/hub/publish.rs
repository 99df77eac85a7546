//! What became durable, here or on another node, and whom it wakes.
//!
//! What this node's store publishes, what another node hints at and what a sweep finds are one path.
//! The first is exact. A hint is as exact as long as nothing later is known of its conversation;
//! what comes late, and what a sweep finds, says only that there is something to look at: the room's
//! ring is left, so that its readers read the store, and a user whose membership may have changed is
//! told what the item says at the time of telling.

use std::{sync::Arc, time::Duration};

use causerie_protocol::{ClientId, ConversationId, SessionId, UserId};

use super::{
    Hub, Notice,
    applied::{Applied, Order},
    entry_in, mark_room,
    ring::RingEvent,
    room::Room,
    slot::{Cursor, Risen, Slot, receipt},
    wake,
};
use crate::{
    clock::Now,
    store::{Changed, ChangedConversation, Commit, EventBody, Query, RowChange, RowChangeKind},
};

impl Hub {
    /// Takes in a durable transaction. `frames` has the encoded events of those commits whose room
    /// is open, see [`Hub::is_open`].
    pub(super) fn publish(&mut self, commits: &[Commit], frames: Vec<Vec<RingEvent>>, now: Now) {
        let orders: Vec<Order> = commits
            .iter()
            .map(|commit| self.order(commit.change, commit.conversation_id))
            .collect();
        for ((commit, frames), order) in commits.iter().zip(frames).zip(orders) {
            match order {
                Order::Known => {}
                Order::Newest => self.publish_one(commit, frames, false, now),
                Order::Late => self.publish_one(commit, frames, true, now),
            }
        }
        if let (Some(applied), Some(first)) = (&mut self.applied, commits.first()) {
            let conversations = commits.iter().map(|commit| commit.conversation_id);
            applied.handle_applied(first.change, conversations);
        }
    }

    fn order(&self, change: u64, conversation_id: ConversationId) -> Order {
        self.applied.as_ref().map_or(Order::Newest, |applied| {
            applied.order(change, conversation_id)
        })
    }

    /// Whether these commits were taken in before.
    pub(super) fn knows(&self, commits: &[Commit]) -> bool {
        commits
            .iter()
            .all(|commit| self.order(commit.change, commit.conversation_id) == Order::Known)
    }

    fn publish_one(&mut self, commit: &Commit, frames: Vec<RingEvent>, late: bool, now: Now) {
        self.stamp += 1;
        let conversation_id = commit.conversation_id;
        if let Some(room) = self.rooms.get_mut(&conversation_id) {
            let before = room.ring.head();
            for frame in frames {
                room.ring.push(frame, self.ring_limits);
            }
            room.ring.jump(commit.head_seq);
            let has_moved = room.ring.head() != before;
            self.mark_subscribers(conversation_id, has_moved);
        }
        if !commit.events.is_empty() {
            self.notify_members(commit);
        }
        for row in &commit.rows {
            self.publish_row(commit, row, late, now);
        }
    }

    fn publish_row(&mut self, commit: &Commit, row: &RowChange, late: bool, now: Now) {
        let id = commit.conversation_id;
        let user_id = &row.user_id;
        match &row.kind {
            RowChangeKind::Joined(_) | RowChangeKind::Left { .. } if late => {
                self.notify_everywhere(user_id, id, Notice::membership());
            }
            RowChangeKind::Joined(_) => {
                self.notify_everywhere(user_id, id, Notice::created());
            }
            RowChangeKind::Left { seq } => {
                // Subscribers too: one that is just joining will not read it in the room.
                self.notify_everywhere(user_id, id, Notice::revoked(*seq));
            }
            RowChangeKind::Read { row: state, at } => {
                let cursor = Cursor::Read(state.read_seq);
                let slot = receipt(cursor, risen(commit, *at), user_id, state);
                self.put_receipt(id, cursor, slot, now.mono);
                self.notify_user(user_id, id, Notice::activity(false), None);
            }
            RowChangeKind::Delivered { seq, at, row } => {
                let cursor = Cursor::Delivered(*seq);
                let slot = receipt(cursor, risen(commit, *at), user_id, row);
                self.put_receipt(id, cursor, slot, now.mono);
            }
            RowChangeKind::Touched => {
                self.notify_user(user_id, id, Notice::activity(false), None);
            }
        }
    }

    /// Whether somebody is subscribed there, so that its events are worth encoding.
    pub(super) fn is_open(&self, conversation_id: ConversationId) -> bool {
        self.rooms.contains_key(&conversation_id)
    }

    // ---- other nodes

    /// A connection was authenticated on another node. Two nodes' clocks decide which of two
    /// connections is the newer one, and only if a hint is late by more than they differ can they be
    /// wrong: a client that is superseded without cause comes back (docs/protocol.md §3).
    pub(super) fn handle_attached(
        &mut self,
        user_id: &UserId,
        client_id: ClientId,
        session: SessionId,
    ) {
        self.supersede(user_id, client_id, |known| known < session);
    }

    /// What to ask the store for in a sweep: nothing without other nodes, and nothing while the
    /// last question is open. The answer, or that there is none, is for [`Hub::handle_swept`].
    pub fn poll_sweep(&mut self) -> Option<Query> {
        let applied = self.applied.as_mut().filter(|applied| !applied.asking)?;
        applied.asking = true;
        Some(Query::Changed {
            since: applied.through(),
        })
    }

    /// What a sweep found; `None` if the store could not say.
    pub fn handle_swept(&mut self, changed: Option<Changed>, now: Now) {
        if let Some(applied) = &mut self.applied {
            applied.asking = false;
        }
        let Some(changed) = changed else {
            return;
        };
        for conversation in &changed.conversations {
            self.look_at(conversation, now);
        }
        if let Some(applied) = &mut self.applied {
            applied.handle_read(changed.change);
        }
    }

    fn look_at(&mut self, seen: &ChangedConversation, now: Now) {
        self.stamp += 1;
        let id = seen.conversation_id;
        if let Some(room) = self.rooms.get_mut(&id) {
            let has_moved = room.ring.jump(seen.head_seq);
            self.mark_subscribers(id, has_moved);
        }
        if seen.changed {
            // Whatever was not heard of came behind this.
            let through = self.applied.as_ref().and_then(Applied::through);
            let in_room = Notice::in_room(through.map_or(0, |through| through + 1));
            for member in seen.members.iter() {
                self.notify_user(member, id, Notice::activity(true), Some(in_room));
            }
        }
        for row in &seen.rows {
            if row.left_at.is_none() {
                let risen = Risen {
                    conversation_id: id,
                    members: &seen.members,
                    at: now.wall,
                };
                let read = Some(row.read.read_seq).filter(|seq| *seq > 0);
                let delivered = Some(row.delivered_seq).filter(|seq| *seq > row.read.read_seq);
                for cursor in [read.map(Cursor::Read), delivered.map(Cursor::Delivered)]
                    .into_iter()
                    .flatten()
                {
                    let slot = receipt(cursor, risen, &row.user_id, &row.read);
                    self.put_receipt(id, cursor, slot, now.mono);
                }
            }
            self.notify_everywhere(&row.user_id, id, Notice::membership());
        }
    }

    // ---- whom it wakes

    /// Notes that the present publication reaches the subscribers in the room itself, and marks it
    /// for them if there is something to read.
    fn mark_subscribers(&mut self, conversation_id: ConversationId, has_news: bool) {
        let Some(room) = self.rooms.get(&conversation_id) else {
            return;
        };
        for key in &room.subscribers {
            if let Some(entry) = entry_in(&mut self.places, *key) {
                entry.stamp = self.stamp;
                if has_news {
                    mark_room(entry, conversation_id, &mut self.wakes);
                }
            }
        }
    }

    /// Leaves activity for those members' connections that are not subscribed. Where there are none,
    /// as in a large conversation that all look at, they are not looked for every time.
    ///
    /// A subscriber may be one that is just joining, or joined where the store had this already and
    /// this node had not heard of it. If more changed than head and cursors, it is left a notice too:
    /// it alone knows whether `subscribed` passed over that.
    fn notify_members(&mut self, commit: &Commit) {
        let id = commit.conversation_id;
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
        let all_here = |room: &Room| {
            let (arrangement, members) = room.all_here.as_ref()?;
            let is_as_it_was =
                *arrangement == self.arrangement && Arc::ptr_eq(members, &commit.members);
            is_as_it_was.then_some(())
        };
        let is_for_some = for_all || !for_one.is_empty();
        if !is_for_some && self.rooms.get(&id).and_then(all_here).is_some() {
            return;
        }
        let mut told = false;
        for member in commit.members.iter() {
            let full = for_all || for_one.contains(&member);
            let in_room = full.then(|| Notice::in_room(commit.change));
            told |= self.notify_user(member, id, Notice::activity(full), in_room);
        }
        if !told && let Some(room) = self.rooms.get_mut(&id) {
            room.all_here = Some((self.arrangement, Arc::clone(&commit.members)));
        }
    }

    /// Leaves a notice for all of the user's connections.
    fn notify_everywhere(
        &mut self,
        user_id: &UserId,
        conversation_id: ConversationId,
        notice: Notice,
    ) {
        self.notify_user(user_id, conversation_id, notice, Some(notice));
    }

    /// Leaves a notice for the user's connections, and another one, if any, for those that the
    /// present publication reaches in the room itself. Returns whether there was any that it does
    /// not.
    fn notify_user(
        &mut self,
        user_id: &UserId,
        conversation_id: ConversationId,
        notice: Notice,
        in_room: Option<Notice>,
    ) -> bool {
        let Some(keys) = self.users.get(user_id) else {
            return false;
        };
        let mut told = false;
        for key in keys {
            let Some(entry) = entry_in(&mut self.places, *key) else {
                continue;
            };
            let is_in_room = entry.stamp == self.stamp;
            told |= !is_in_room;
            let Some(notice) = (if is_in_room { in_room } else { Some(notice) }) else {
                continue;
            };
            entry
                .notices
                .entry(conversation_id)
                .and_modify(|before| before.merge(notice))
                .or_insert(notice);
            wake(entry, &mut self.wakes);
        }
        told
    }

    fn put_receipt(&mut self, id: ConversationId, cursor: Cursor, slot: Slot, now: Duration) {
        let room = self.rooms.get(&id);
        if room.is_some_and(|room| !room.slots.knows(cursor, &slot.user_id)) {
            self.put_slot(id, slot, now);
        }
    }

    pub(super) fn put_slot(&mut self, conversation_id: ConversationId, slot: Slot, now: Duration) {
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
}

fn risen(commit: &Commit, at: u64) -> Risen<'_> {
    Risen {
        conversation_id: commit.conversation_id,
        members: &commit.members,
        at,
    }
}
