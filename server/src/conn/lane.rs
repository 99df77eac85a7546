//! Reading one's own writes (docs/protocol.md §4).
//!
//! Writes go to the store at once. What reads a conversation waits until the writes that this
//! connection sent to it before are answered; so does `unsubscribe`, and subscriptions of one
//! room follow each other. What waits here delays no write.

use std::collections::VecDeque;

use causerie_protocol::{ConversationId, History, ListMembers, Subscribe};

/// A request that may have to wait.
#[derive(Debug)]
pub(super) enum Waiting {
    Subscribe(Subscribe),
    Unsubscribe,
    History(History),
    Members(ListMembers),
}

#[derive(Debug)]
struct Lane {
    conversation_id: ConversationId,
    sent: u64,
    answered: u64,
    waiting: VecDeque<(u64, Option<u64>, Waiting)>,
}

/// The conversations of a connection in which something is under way.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    lanes: Vec<Lane>,
    waiting: usize,
}

impl Lanes {
    /// How many requests wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// A write goes out.
    pub(super) fn handle_write(&mut self, conversation_id: ConversationId) {
        self.lane(conversation_id).sent += 1;
    }

    /// A write was answered; the store answers in the order sent.
    pub(super) fn handle_answer(&mut self, conversation_id: ConversationId) {
        self.lane(conversation_id).answered += 1;
        self.tidy(conversation_id);
    }

    /// A request that reads, with its id. It comes back from [`Lanes::next`], perhaps at once.
    pub(super) fn push(&mut self, conversation_id: ConversationId, id: Option<u64>, what: Waiting) {
        let lane = self.lane(conversation_id);
        let after = lane.sent;
        lane.waiting.push_back((after, id, what));
        self.waiting += 1;
    }

    /// The next request of this conversation that may go. `joining` says that a subscription of
    /// the room is being answered.
    pub(super) fn next(
        &mut self,
        conversation_id: ConversationId,
        joining: bool,
    ) -> Option<(Option<u64>, Waiting)> {
        let lane = self
            .lanes
            .iter_mut()
            .find(|lane| lane.conversation_id == conversation_id)?;
        let (after, _, what) = lane.waiting.front()?;
        let is_of_room = matches!(what, Waiting::Subscribe(_) | Waiting::Unsubscribe);
        if *after > lane.answered || (is_of_room && joining) {
            return None;
        }
        let (_, id, what) = lane.waiting.pop_front()?;
        self.waiting -= 1;
        self.tidy(conversation_id);
        Some((id, what))
    }

    fn lane(&mut self, conversation_id: ConversationId) -> &mut Lane {
        let at = self
            .lanes
            .iter()
            .position(|lane| lane.conversation_id == conversation_id);
        let at = at.unwrap_or_else(|| {
            self.lanes.push(Lane {
                conversation_id,
                sent: 0,
                answered: 0,
                waiting: VecDeque::new(),
            });
            self.lanes.len() - 1
        });
        &mut self.lanes[at]
    }

    fn tidy(&mut self, conversation_id: ConversationId) {
        self.lanes.retain(|lane| {
            lane.conversation_id != conversation_id
                || lane.sent != lane.answered
                || !lane.waiting.is_empty()
        });
    }
}

#[cfg(test)]
mod tests {
    use causerie_protocol::UserId;

    use super::*;

    #[test]
    fn a_read_waits_for_the_writes_before_it_and_for_no_later_one() {
        let (mut lanes, room) = (Lanes::default(), room());
        lanes.handle_write(room);
        lanes.push(room, Some(1), Waiting::Unsubscribe);
        lanes.handle_write(room);
        assert!(lanes.next(room, false).is_none());
        lanes.handle_answer(room);
        assert!(lanes.next(room, true).is_none());
        assert_eq!(lanes.next(room, false).unwrap().0, Some(1));
        lanes.handle_answer(room);
        assert!(lanes.lanes.is_empty());
        assert_eq!(lanes.waiting(), 0);
    }

    #[test]
    fn requests_of_a_room_keep_their_order() {
        let (mut lanes, room) = (Lanes::default(), room());
        for id in 1..=3 {
            lanes.push(room, Some(id), Waiting::Unsubscribe);
        }
        let order: Vec<_> = std::iter::from_fn(|| lanes.next(room, false))
            .map(|(id, _)| id)
            .collect();
        assert_eq!(order, [Some(1), Some(2), Some(3)]);
    }

    fn room() -> ConversationId {
        let user = |name| UserId::new(name).unwrap();
        ConversationId::direct(&user("alice"), &user("bob"))
    }
}
