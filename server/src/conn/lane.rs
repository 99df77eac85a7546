//! Reading one's own writes (docs/protocol.md §4).
//!
//! Writes go to the store at once. What reads a conversation waits until the writes that this
//! connection sent to it before are answered; so does `unsubscribe`, and subscriptions of one
//! room follow each other. The one thing that a write waits for is a `subscribe` of the same room
//! before it: who subscribes and then speaks receives what was said as an event.

use std::collections::VecDeque;

use causerie_protocol::{ConversationId, ErrorReply, History, ListMembers, Subscribe, Write};

/// A request that may have to wait.
#[derive(Debug)]
pub(super) enum Waiting {
    Subscribe(Subscribe),
    Unsubscribe,
    History(History),
    Members(ListMembers),
    /// A write behind a `subscribe`, and a refusal that it came with.
    Write(Box<Write>, Option<ErrorReply>),
}

impl Waiting {
    fn is_of_room(&self) -> bool {
        match self {
            Self::Subscribe(_) | Self::Unsubscribe | Self::Write(..) => true,
            Self::History(_) | Self::Members(_) => false,
        }
    }
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

    /// A write. It comes back if it may go to the store; if not, it waits. `joining` says that a
    /// subscription of the room is being answered.
    pub(super) fn handle_write(
        &mut self,
        id: Option<u64>,
        write: Box<Write>,
        refusal: Option<ErrorReply>,
        joining: bool,
    ) -> Option<(Box<Write>, Option<ErrorReply>)> {
        let lane = self.lane(write.conversation_id);
        lane.sent += 1;
        let waits = lane
            .waiting
            .iter()
            .any(|(_, _, what)| matches!(what, Waiting::Subscribe(_) | Waiting::Write(..)));
        if !joining && !waits {
            return Some((write, refusal));
        }
        let what = Waiting::Write(write, refusal);
        lane.waiting.push_back((0, id, what));
        self.waiting += 1;
        None
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
        if *after > lane.answered || (joining && what.is_of_room()) {
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
        if self.lanes.is_empty() {
            self.lanes = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use causerie_protocol::{Room, SendMessage, TempId, UserId, WriteOp};

    use super::*;

    #[test]
    fn a_read_waits_for_the_writes_before_it_and_for_no_later_one() {
        let (mut lanes, room) = (Lanes::default(), room());
        assert!(goes(&mut lanes, room, false));
        lanes.push(room, Some(1), Waiting::Unsubscribe);
        assert!(goes(&mut lanes, room, false));
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

    #[test]
    fn a_write_behind_a_subscription_waits_until_that_is_answered() {
        let (mut lanes, room) = (Lanes::default(), room());
        assert!(goes(&mut lanes, room, false));
        let subscribe = Subscribe {
            room: Room::Conversation(room),
            since: None,
            since_id: None,
        };
        lanes.push(room, Some(1), Waiting::Subscribe(subscribe));
        assert!(!goes(&mut lanes, room, false));
        assert!(lanes.next(room, false).is_none());
        lanes.handle_answer(room);
        assert_eq!(lanes.next(room, false).unwrap().0, Some(1));
        assert!(!goes(&mut lanes, room, true));
        assert!(lanes.next(room, true).is_none());
        for _ in 0..2 {
            let (_, what) = lanes.next(room, false).unwrap();
            assert!(matches!(what, Waiting::Write(..)));
            lanes.handle_answer(room);
        }
        assert!(lanes.lanes.is_empty());
    }

    fn goes(lanes: &mut Lanes, room: ConversationId, joining: bool) -> bool {
        let temp_id = TempId::from_uuid(room.uuid());
        let op = WriteOp::SendMessage(SendMessage::text("hello"));
        let write = Box::new(Write::new(temp_id, room, op));
        lanes.handle_write(None, write, None, joining).is_some()
    }

    fn room() -> ConversationId {
        let user = |name| UserId::new(name).unwrap();
        ConversationId::direct(&user("alice"), &user("bob"))
    }
}
