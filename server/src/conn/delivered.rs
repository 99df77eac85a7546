//! `mark_delivered`: the newest only, at most one a second and conversation (docs/protocol.md §4).

use std::time::Duration;

use causerie_protocol::{ConversationId, Seq};

use crate::store::ReadState;

const EVERY: Duration = Duration::from_secs(1);

#[derive(Debug)]
struct Mark {
    conversation_id: ConversationId,
    next_at: Duration,
    /// To be written when the second is over.
    pending: Option<Seq>,
    /// Requests to answer when the first one is durable.
    asked: Vec<u64>,
    /// What the last answer said; later ones of the same second repeat it.
    row: Option<ReadState>,
}

/// What to do with a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Write it.
    Write,
    /// It is kept; answer it with this.
    Answer(ReadState),
    /// It is kept, and answered with the one under way.
    Wait,
}

/// The conversations of a connection that were marked in the last second.
#[derive(Debug, Default)]
pub(super) struct Delivered {
    marks: Vec<Mark>,
}

impl Delivered {
    pub(super) fn handle_request(
        &mut self,
        conversation_id: ConversationId,
        seq: Seq,
        id: Option<u64>,
        now: Duration,
    ) -> Next {
        self.marks
            .retain(|mark| mark.next_at > now || mark.pending.is_some() || mark.row.is_none());
        let Some(mark) = self
            .marks
            .iter_mut()
            .find(|mark| mark.conversation_id == conversation_id)
        else {
            self.marks.push(Mark {
                conversation_id,
                next_at: now + EVERY,
                pending: None,
                asked: id.into_iter().collect(),
                row: None,
            });
            return Next::Write;
        };
        mark.pending = mark.pending.max(Some(seq));
        match mark.row {
            Some(row) => Next::Answer(row),
            None => {
                mark.asked.extend(id);
                Next::Wait
            }
        }
    }

    /// The store answered; gives the requests to answer. A refusal forgets the conversation.
    pub(super) fn handle_outcome(
        &mut self,
        conversation_id: ConversationId,
        row: Option<ReadState>,
    ) -> Vec<u64> {
        let Some(at) = self
            .marks
            .iter()
            .position(|mark| mark.conversation_id == conversation_id)
        else {
            return Vec::new();
        };
        match row {
            Some(row) => {
                let mark = &mut self.marks[at];
                mark.row = Some(row);
                std::mem::take(&mut mark.asked)
            }
            None => self.marks.swap_remove(at).asked,
        }
    }

    /// A kept mark whose time has come.
    pub(super) fn poll(&mut self, now: Duration) -> Option<(ConversationId, Seq)> {
        let mark = self
            .marks
            .iter_mut()
            .find(|mark| mark.pending.is_some() && mark.next_at <= now)?;
        mark.next_at = now + EVERY;
        Some((mark.conversation_id, mark.pending.take()?))
    }

    pub(super) fn next_at(&self) -> Option<Duration> {
        self.marks
            .iter()
            .filter(|mark| mark.pending.is_some())
            .map(|mark| mark.next_at)
            .min()
    }

    /// The connection ends: what is kept is to be written now.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = (ConversationId, Seq)> + '_ {
        self.marks
            .drain(..)
            .filter_map(|mark| Some((mark.conversation_id, mark.pending?)))
    }
}

#[cfg(test)]
mod tests {
    use causerie_protocol::UserId;

    use super::*;

    #[test]
    fn of_many_marks_in_a_second_the_first_and_the_newest_are_written() {
        let mut delivered = Delivered::default();
        let user = |name| UserId::new(name).unwrap();
        let room = ConversationId::direct(&user("alice"), &user("bob"));
        let (zero, second) = (Duration::ZERO, Duration::from_secs(1));
        assert_eq!(
            delivered.handle_request(room, 1, Some(1), zero),
            Next::Write
        );
        assert_eq!(delivered.handle_request(room, 2, Some(2), zero), Next::Wait);
        let row = ReadState::default();
        assert_eq!(delivered.handle_outcome(room, Some(row)), [1, 2]);
        for seq in [5, 3] {
            assert_eq!(
                delivered.handle_request(room, seq, Some(3), zero),
                Next::Answer(row)
            );
        }
        assert_eq!(delivered.poll(zero), None);
        assert_eq!(delivered.next_at(), Some(second));
        assert_eq!(delivered.poll(second), Some((room, 5)));
        assert_eq!(delivered.poll(second * 5), None);
    }
}
