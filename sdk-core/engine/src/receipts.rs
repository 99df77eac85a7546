//! What this device tells of reading and delivery (docs/protocol.md §4, `mark_read` and
//! `mark_delivered`). Reading is kept in the conversation's row until the server confirms it;
//! delivery is told at most once a second in each conversation, newest only, and kept nowhere.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use causerie_protocol::{ConversationId, Seq};

use crate::EngineConfig;

#[derive(Debug, Default)]
struct Delivered {
    /// Told so far.
    told: Seq,
    /// To be told.
    wanted: Seq,
    /// Not before.
    next_at: Duration,
}

#[derive(Debug)]
pub(crate) struct Receipts {
    interval: Duration,
    /// Conversations with a read cursor that is not confirmed.
    marks: BTreeSet<ConversationId>,
    delivered: BTreeMap<ConversationId, Delivered>,
    due: BTreeSet<(Duration, ConversationId)>,
    /// Not before, after a refusal.
    paused_until: Option<Duration>,
}

impl Receipts {
    pub(crate) fn new(config: &EngineConfig) -> Self {
        Self {
            interval: config.delivered_interval,
            marks: BTreeSet::new(),
            delivered: BTreeMap::new(),
            due: BTreeSet::new(),
            paused_until: None,
        }
    }

    /// A conversation has a read cursor to tell.
    pub(crate) fn want_mark(&mut self, conversation_id: ConversationId) {
        self.marks.insert(conversation_id);
    }

    /// The server refused for now.
    pub(crate) fn pause(&mut self, until: Duration) {
        self.paused_until = Some(until);
    }

    /// Conversations whose read cursor may be told now.
    pub(crate) fn take_marks(&mut self, now: Duration) -> BTreeSet<ConversationId> {
        if self.paused_until.is_some_and(|until| until > now) {
            return BTreeSet::new();
        }
        self.paused_until = None;
        std::mem::take(&mut self.marks)
    }

    /// Another one's message was stored here.
    pub(crate) fn handle_delivered(
        &mut self,
        conversation_id: ConversationId,
        seq: Seq,
        now: Duration,
    ) {
        let delivered = self.delivered.entry(conversation_id).or_default();
        if seq > delivered.wanted.max(delivered.told) {
            if delivered.wanted <= delivered.told {
                self.due
                    .insert((delivered.next_at.max(now), conversation_id));
            }
            delivered.wanted = seq;
        }
    }

    /// Cursors that are to be told now.
    pub(crate) fn poll_delivered(&mut self, now: Duration) -> Option<(ConversationId, Seq)> {
        let (at, conversation_id) = self.due.first().copied()?;
        if at > now {
            return None;
        }
        self.due.pop_first();
        let delivered = self.delivered.get_mut(&conversation_id)?;
        delivered.told = delivered.wanted;
        delivered.next_at = now + self.interval;
        Some((conversation_id, delivered.told))
    }

    /// What the person has read is delivered too.
    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        let due = self.due.first().map(|(at, _)| *at);
        let marks = self.paused_until.filter(|_| !self.marks.is_empty());
        due.into_iter().chain(marks).min()
    }

    /// Positions of another database mean nothing any more.
    pub(crate) fn clear(&mut self) {
        self.marks.clear();
        self.delivered.clear();
        self.due.clear();
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn delivery_is_told_at_once_and_then_the_newest_once_a_second() {
        let id = ConversationId::from_uuid(Uuid::from_u128(1));
        let at = Duration::from_millis;
        let mut receipts = Receipts::new(&EngineConfig::default());
        receipts.handle_delivered(id, 1, at(0));
        assert_eq!(receipts.poll_delivered(at(0)), Some((id, 1)));
        for seq in 2..=50 {
            receipts.handle_delivered(id, seq, at(seq));
            assert_eq!(receipts.poll_delivered(at(seq)), None);
        }
        assert_eq!(receipts.poll_timeout(), Some(at(1000)));
        assert_eq!(receipts.poll_delivered(at(1000)), Some((id, 50)));
        receipts.handle_delivered(id, 20, at(1001));
        assert_eq!(receipts.poll_delivered(at(9000)), None, "it only rises");
    }
}
