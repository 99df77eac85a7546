//! Which transactions a node with others beside it has taken in.

use std::collections::BTreeMap;

use causerie_protocol::ConversationId;

use crate::planted;

/// How a transaction stands to those that were taken in before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// It was taken in before.
    Known,
    /// What it says of this conversation is the newest that is known.
    Newest,
    /// Something later is known of this conversation, or might be: it is a reason to look, and
    /// says nothing.
    Late,
}

/// Transactions are numbered without holes, so what is missing below the highest known number was
/// not told.
#[derive(Debug, Clone, Default)]
pub(super) struct Applied {
    /// All up to here are known; `None` until the store has said where to begin.
    through: Option<u64>,
    /// Known ones above that, and where they did something.
    beyond: BTreeMap<u64, Vec<ConversationId>>,
    /// The store is being asked for what was not told.
    pub(super) asking: bool,
}

impl Applied {
    /// Everything up to here is known.
    pub(super) fn through(&self) -> Option<u64> {
        self.through
    }

    /// The store was read at this transaction.
    pub(super) fn handle_read(&mut self, change: u64) {
        self.through = Some(self.through.map_or(change, |through| through.max(change)));
        self.settle();
    }

    /// How this transaction stands in this conversation.
    pub(super) fn order(&self, change: u64, conversation_id: ConversationId) -> Order {
        let Some(through) = self.through else {
            return Order::Late;
        };
        if change <= through || self.beyond.contains_key(&change) {
            return Order::Known;
        }
        let later = self.beyond.range(change..);
        if later
            .into_iter()
            .any(|(_, at)| at.contains(&conversation_id))
        {
            Order::Late
        } else {
            Order::Newest
        }
    }

    /// This transaction is taken in now.
    pub(super) fn handle_applied(
        &mut self,
        change: u64,
        conversations: impl Iterator<Item = ConversationId>,
    ) {
        if self.through.is_some_and(|through| change > through) {
            self.beyond.insert(change, conversations.collect());
            self.settle();
        }
    }

    fn settle(&mut self) {
        let Some(through) = &mut self.through else {
            return;
        };
        while let Some(first) = self.beyond.first_entry() {
            if *first.key() > *through + 1 && !planted::is("sweep_skips_gap") {
                break;
            }
            *through = (*through).max(*first.key());
            first.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use causerie_protocol::UserId;

    use super::*;

    fn room(with: &str) -> ConversationId {
        let user = |name| UserId::new(name).expect("a user");
        ConversationId::direct(&user("alice"), &user(with))
    }

    #[test]
    fn what_comes_in_order_is_the_newest_and_twice_is_known() {
        let mut applied = Applied::default();
        assert_eq!(
            applied.order(1, room("bob")),
            Order::Late,
            "nothing is known"
        );
        applied.handle_read(4);
        assert_eq!(applied.order(4, room("bob")), Order::Known);
        for change in 5..8 {
            assert_eq!(applied.order(change, room("bob")), Order::Newest);
            applied.handle_applied(change, [room("bob")].into_iter());
            assert_eq!(applied.order(change, room("bob")), Order::Known);
        }
        assert_eq!(applied.through(), Some(7));
    }

    #[test]
    fn what_comes_behind_a_later_one_is_late_in_that_conversation_only() {
        let mut applied = Applied::default();
        applied.handle_read(0);
        applied.handle_applied(3, [room("bob")].into_iter());
        assert_eq!(applied.through(), Some(0));
        assert_eq!(applied.order(2, room("bob")), Order::Late);
        assert_eq!(applied.order(2, room("carol")), Order::Newest);
        applied.handle_applied(2, [room("carol")].into_iter());
        assert_eq!(applied.through(), Some(0), "the first was not told");
        applied.handle_applied(1, [room("bob")].into_iter());
        assert_eq!(applied.through(), Some(3));
    }

    #[test]
    fn a_reading_of_the_store_stands_for_all_before_it() {
        let mut applied = Applied::default();
        applied.handle_read(0);
        applied.handle_applied(3, [room("bob")].into_iter());
        applied.handle_applied(6, [room("bob")].into_iter());
        applied.handle_read(5);
        assert_eq!(applied.through(), Some(6));
        applied.handle_read(2);
        assert_eq!(
            applied.through(),
            Some(6),
            "an old reading takes nothing back"
        );
    }
}
