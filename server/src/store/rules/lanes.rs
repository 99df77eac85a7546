//! The order of one connection's writes (docs/protocol.md §4, "Order").
//!
//! A retryable refusal stops its conversation for that connection, so that nothing overtakes the
//! refused write: later ones are `aborted` until it comes again or is given up. This lives in
//! memory, as long as the connection; it follows the transaction, since a repeat of a write that
//! was taken back with the transaction has released nothing.

use std::collections::{BTreeMap, btree_map::Entry};

use causerie_protocol::{ConversationId, TempId};

use crate::store::LaneId;

type Place = (LaneId, ConversationId);

/// Which lanes stand still, and for which write.
#[derive(Debug, Clone, Default)]
pub(super) struct Lanes {
    stopped: BTreeMap<Place, TempId>,
    undo: Vec<(Place, Option<TempId>)>,
}

impl Lanes {
    /// Whether writes of this lane to this conversation wait for an earlier one.
    pub(super) fn is_stopped(&self, place: Place) -> bool {
        self.stopped.contains_key(&place)
    }

    /// A write comes: goes on if it is the refused one, or gives that one up.
    pub(super) fn handle_write(&mut self, place: Place, temp_id: TempId, skip: Option<TempId>) {
        let released = self
            .stopped
            .get(&place)
            .is_some_and(|waits_for| *waits_for == temp_id || Some(*waits_for) == skip);
        if released {
            let before = self.stopped.remove(&place);
            self.undo.push((place, before));
        }
    }

    /// A write was refused with a code that allows a retry. The first one counts.
    pub(super) fn stop(&mut self, place: Place, temp_id: TempId) {
        if let Entry::Vacant(free) = self.stopped.entry(place) {
            free.insert(temp_id);
            self.undo.push((place, None));
        }
    }

    /// The connection is gone.
    pub(super) fn close(&mut self, lane: LaneId) {
        let least = ConversationId::from_uuid(uuid::Uuid::nil());
        let greatest = ConversationId::from_uuid(uuid::Uuid::max());
        let places: Vec<Place> = self
            .stopped
            .range((lane, least)..=(lane, greatest))
            .map(|(place, _)| *place)
            .collect();
        for place in places {
            let before = self.stopped.remove(&place);
            self.undo.push((place, before));
        }
    }

    /// The transaction is durable.
    pub(super) fn commit(&mut self) {
        self.undo.clear();
    }

    /// The transaction never was.
    pub(super) fn rollback(&mut self) {
        while let Some((place, before)) = self.undo.pop() {
            match before {
                Some(temp_id) => self.stopped.insert(place, temp_id),
                None => self.stopped.remove(&place),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn temp(n: u128) -> TempId {
        TempId::from_uuid(uuid::Uuid::from_u128(n))
    }

    fn place(lane: u64) -> Place {
        (
            LaneId(lane),
            ConversationId::from_uuid(uuid::Uuid::from_u128(7)),
        )
    }

    #[test]
    fn the_first_refusal_counts_and_only_its_return_or_a_skip_releases() {
        let mut lanes = Lanes::default();
        lanes.stop(place(1), temp(1));
        lanes.stop(place(1), temp(2));
        lanes.handle_write(place(1), temp(2), Some(temp(3)));
        assert!(lanes.is_stopped(place(1)));
        assert!(!lanes.is_stopped(place(2)));
        lanes.handle_write(place(1), temp(4), Some(temp(1)));
        assert!(!lanes.is_stopped(place(1)));
        lanes.stop(place(1), temp(5));
        lanes.handle_write(place(1), temp(5), None);
        assert!(!lanes.is_stopped(place(1)));
    }

    #[test]
    fn a_closed_lane_is_forgotten_and_its_neighbours_are_not() {
        let mut lanes = Lanes::default();
        for lane in 1..=3 {
            lanes.stop(place(lane), temp(1));
        }
        lanes.close(LaneId(2));
        assert!(lanes.is_stopped(place(1)) && lanes.is_stopped(place(3)));
        assert!(!lanes.is_stopped(place(2)));
    }

    #[test]
    fn a_transaction_that_never_was_leaves_the_lanes_as_they_were() {
        let mut lanes = Lanes::default();
        lanes.stop(place(1), temp(1));
        lanes.commit();
        lanes.handle_write(place(1), temp(1), None);
        lanes.stop(place(1), temp(2));
        lanes.stop(place(2), temp(3));
        lanes.rollback();
        assert!(!lanes.is_stopped(place(2)));
        lanes.handle_write(place(1), temp(1), None);
        assert!(!lanes.is_stopped(place(1)), "it waited for the first one");
    }
}
