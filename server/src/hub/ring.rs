//! The recent events of one conversation, encoded once for everybody (docs/protocol.md §7).

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use causerie_protocol::{Seq, UserId};

use super::{
    Batch,
    encode::{erase, event, hidden, line, skipped},
};
use crate::{
    planted,
    store::{EventBody, EventRecord},
};

/// How much a ring keeps.
#[derive(Debug, Clone, Copy)]
pub struct RingLimits {
    /// Most events. Default 512.
    pub events: usize,
    /// Most bytes of encoded frames. Default 512 KiB. A reader that is further behind reads the
    /// database, which costs a query for each batch.
    pub bytes: usize,
}

impl Default for RingLimits {
    fn default() -> Self {
        Self {
            events: 512,
            bytes: 512 * 1024,
        }
    }
}

/// An event with its frames.
#[derive(Debug, Clone)]
pub(crate) struct RingEvent {
    record: Arc<EventRecord>,
    /// For everybody but its sender's devices.
    others: Bytes,
    /// For its sender's devices, if that differs: a message's `temp_id`.
    own: Option<Bytes>,
}

impl RingEvent {
    pub(crate) fn new(record: Arc<EventRecord>) -> Self {
        let has_own = match &record.body {
            EventBody::Message(message) => message.temp_id.is_some(),
            EventBody::Edited { .. }
            | EventBody::Deleted { .. }
            | EventBody::ReactionAdded { .. }
            | EventBody::ReactionRemoved { .. }
            | EventBody::MemberJoined { .. }
            | EventBody::MemberLeft { .. }
            | EventBody::MemberUpdated { .. }
            | EventBody::Updated { .. } => false,
        };
        Self {
            others: line(&event(&record, false)),
            own: has_own.then(|| line(&event(&record, true))),
            record,
        }
    }

    fn bytes(&self) -> usize {
        self.others.len() + self.own.as_ref().map_or(0, Bytes::len)
    }

    fn frame_for(&self, viewer: &UserId, visible_from: Seq) -> Bytes {
        if hidden(&self.record, visible_from) {
            return line(&skipped(&self.record));
        }
        match &self.own {
            Some(own) if self.record.actor == *viewer => own.clone(),
            Some(_) | None => self.others.clone(),
        }
    }
}

/// Where a reading ended, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// There is nothing after this seq.
    UpToDate(Seq),
    /// The batch is full, and there is more after this seq.
    More(Seq),
    /// The ring does not reach back to this seq: read the store.
    Behind(Seq),
    /// The viewer left at this seq, which was the last event for them.
    Left(Seq),
}

/// Events `first..next`, without holes. `next` is unknown until the first event comes by.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    events: VecDeque<RingEvent>,
    next: Option<Seq>,
    bytes: usize,
    gate: Seq,
}

impl Ring {
    /// The last seq that came by.
    pub(crate) fn head(&self) -> Option<Seq> {
        self.next.map(|next| next.saturating_sub(1))
    }

    /// Up to here somebody may have left: by an event, or by one that did not come by. Only who
    /// stands there or beyond is sure to be a member as of the head.
    pub(crate) fn gate(&self) -> Seq {
        self.gate
    }

    /// Takes in the next event. One that was taken in before is ignored; after a hole the ring
    /// begins anew, and readers that are behind it read the store.
    pub(crate) fn push(&mut self, event: RingEvent, limits: RingLimits) {
        let seq = event.record.seq;
        match self.next {
            Some(next) if seq < next => return,
            Some(next) if seq == next => {}
            Some(_) if planted::is("gap_in_ring") => {}
            Some(_) | None => {
                self.clear();
                self.gate = seq.saturating_sub(1);
            }
        }
        if let EventBody::MemberLeft { .. } = &event.record.body {
            self.gate = seq;
        }
        if let EventBody::Deleted { target_seq, .. } = &event.record.body {
            self.erase(*target_seq, &event.record);
        }
        self.next = Some(seq + 1);
        self.bytes += event.bytes();
        self.events.push_back(event);
        while self.events.len() > limits.events || self.bytes > limits.bytes {
            match self.events.pop_front() {
                Some(oldest) => self.bytes -= oldest.bytes(),
                None => break,
            }
        }
    }

    /// The room's head is here, whatever came by: who stands before it reads the store. Returns
    /// whether that is news.
    pub(crate) fn jump(&mut self, head: Seq) -> bool {
        if self.next.is_some_and(|next| next > head) {
            return false;
        }
        self.clear();
        self.next = Some(head + 1);
        self.gate = head;
        true
    }

    fn clear(&mut self) {
        self.events.clear();
        self.bytes = 0;
    }

    /// Replaces the frames of a deleted message and of its edits.
    fn erase(&mut self, target_seq: Seq, deletion: &EventRecord) {
        for event in &mut self.events {
            let is_about = match &event.record.body {
                EventBody::Message(message) => message.seq == target_seq,
                EventBody::Edited { target_seq: of, .. } => *of == target_seq,
                EventBody::Deleted { .. }
                | EventBody::ReactionAdded { .. }
                | EventBody::ReactionRemoved { .. }
                | EventBody::MemberJoined { .. }
                | EventBody::MemberLeft { .. }
                | EventBody::MemberUpdated { .. }
                | EventBody::Updated { .. } => false,
            };
            if is_about {
                let mut record = EventRecord::clone(&event.record);
                erase(&mut record, deletion.at);
                self.bytes -= event.bytes();
                *event = RingEvent::new(Arc::new(record));
                self.bytes += event.bytes();
            }
        }
    }

    /// Puts what comes after this seq into the batch, as far as it has room.
    pub(crate) fn read(
        &self,
        after: Seq,
        viewer: &UserId,
        visible_from: Seq,
        batch: &mut Batch,
    ) -> Read {
        let Some(next) = self.next else {
            return Read::UpToDate(after);
        };
        if after + 1 >= next {
            return Read::UpToDate(after);
        }
        let first = next - self.events.len() as Seq;
        let skip = match (after + 1).checked_sub(first) {
            Some(skip) => skip,
            None if planted::is("slow_reader_skips") => 0,
            None => return Read::Behind(after),
        };
        let mut position = after;
        for event in self.events.iter().skip(skip as usize) {
            if !batch.has_room() {
                return Read::More(position);
            }
            batch.push_event(event.frame_for(viewer, visible_from), event.record.at);
            position = event.record.seq;
            if left(&event.record, viewer) && !planted::is("read_past_removal") {
                return Read::Left(position);
            }
        }
        Read::UpToDate(position)
    }
}

/// Whether this is the viewer's own `member_left`.
pub fn left(record: &EventRecord, viewer: &UserId) -> bool {
    matches!(&record.body, EventBody::MemberLeft { user_id, .. } if user_id == viewer)
}
