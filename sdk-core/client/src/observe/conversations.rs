//! The conversation list as its listeners see it.

use std::{cmp::Reverse, collections::HashMap};

use causerie_engine::{ConversationChange, ConversationEntry};
use causerie_protocol::{ConversationId, Millis};

use super::Mirror;
use crate::{ListDiff, ListUpdate};

/// The order of a list: higher ones first, then by id.
type Rank = (Reverse<(u64, Millis)>, ConversationId);

/// The entries in their order.
#[derive(Default)]
pub(crate) struct ListMirror {
    ranks: HashMap<ConversationId, Rank>,
    /// Sorted by rank.
    entries: Vec<ConversationEntry>,
}

impl Mirror for ListMirror {
    type Change = ListUpdate;

    fn whole(&self) -> ListUpdate {
        ListUpdate {
            diffs: vec![ListDiff::Reset(self.entries.clone())],
        }
    }
}

fn rank(entry: &ConversationEntry) -> Rank {
    (Reverse(entry.order), entry.item.conversation_id)
}

impl ListMirror {
    pub(crate) fn entries(&self) -> &[ConversationEntry] {
        &self.entries
    }

    pub(crate) fn get(&self, id: ConversationId) -> Option<&ConversationEntry> {
        let place = self.place(self.ranks.get(&id)?).ok()?;
        self.entries.get(place)
    }

    /// All of it anew, from an engine that was restored.
    pub(crate) fn reset(
        &mut self,
        entries: impl Iterator<Item = ConversationEntry>,
    ) -> Option<ListUpdate> {
        self.entries = entries.collect();
        self.entries.sort_by_key(rank);
        self.ranks = self
            .entries
            .iter()
            .map(|entry| (entry.item.conversation_id, rank(entry)))
            .collect();
        Some(self.whole())
    }

    pub(crate) fn apply(&mut self, changes: Vec<ConversationChange>) -> Option<ListUpdate> {
        let diffs: Vec<ListDiff> = changes
            .into_iter()
            .filter_map(|change| self.change(change))
            .collect();
        (!diffs.is_empty()).then_some(ListUpdate { diffs })
    }

    fn change(&mut self, change: ConversationChange) -> Option<ListDiff> {
        match change {
            ConversationChange::Put(entry) => Some(self.put(*entry)),
            ConversationChange::Remove(id) => {
                let from = self.take(id)?.0;
                Some(ListDiff::Remove {
                    index: from,
                    conversation_id: id,
                })
            }
        }
    }

    fn put(&mut self, entry: ConversationEntry) -> ListDiff {
        let id = entry.item.conversation_id;
        let taken = self.take(id);
        let rank = rank(&entry);
        let index = self.place(&rank).unwrap_or_else(|place| place);
        self.ranks.insert(id, rank);
        self.entries.insert(index, entry.clone());
        let entry = Box::new(entry);
        match taken {
            None => ListDiff::Insert { index, entry },
            Some((from, _)) if from == index => ListDiff::Update { index, entry },
            Some((from, _)) => ListDiff::Move {
                from,
                to: index,
                entry,
            },
        }
    }

    fn take(&mut self, id: ConversationId) -> Option<(usize, ConversationEntry)> {
        let rank = self.ranks.remove(&id)?;
        let place = self.place(&rank).ok()?;
        Some((place, self.entries.remove(place)))
    }

    fn place(&self, wanted: &Rank) -> Result<usize, usize> {
        self.entries
            .binary_search_by(|entry| rank(entry).cmp(wanted))
    }
}
