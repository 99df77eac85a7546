//! The conversation list as its listeners see it.

use std::{cmp::Reverse, collections::HashMap, sync::Arc};

use causerie_engine::{ConversationChange, ConversationEntry};
use causerie_protocol::{ConversationId, Millis};

use super::{Join, Mirror};
use crate::{ListDiff, ListUpdate};

/// The order of a list: higher ones first, then by id.
type Rank = (Reverse<(u64, Millis)>, ConversationId);

/// The entries in their order.
#[derive(Default)]
pub(crate) struct ListMirror {
    ranks: HashMap<ConversationId, Rank>,
    /// Sorted by rank. Behind pointers, so that an entry that goes to the top of a long list moves
    /// little.
    entries: Vec<Arc<ConversationEntry>>,
}

impl Join for ListUpdate {
    fn join(&mut self, next: Self) -> Option<Self> {
        self.diffs.extend(next.diffs);
        None
    }
}

impl Mirror for ListMirror {
    type Change = ListUpdate;

    fn whole(&self) -> ListUpdate {
        ListUpdate {
            diffs: vec![ListDiff::Reset(self.list())],
        }
    }
}

fn rank(entry: &ConversationEntry) -> Rank {
    (Reverse(entry.order), entry.item.conversation_id)
}

impl ListMirror {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// All of them: a copy.
    pub(crate) fn list(&self) -> Vec<ConversationEntry> {
        self.entries.iter().map(|entry| (**entry).clone()).collect()
    }

    pub(crate) fn get(&self, id: ConversationId) -> Option<&ConversationEntry> {
        let place = self.place(self.ranks.get(&id)?).ok()?;
        self.entries.get(place).map(Arc::as_ref)
    }

    /// All of it anew, from an engine that was restored.
    pub(crate) fn reset(
        &mut self,
        entries: impl Iterator<Item = ConversationEntry>,
    ) -> Option<ListUpdate> {
        self.entries = entries.map(Arc::new).collect();
        self.entries.sort_by_key(|entry| rank(entry));
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
        self.entries.insert(index, Arc::new(entry.clone()));
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

    fn take(&mut self, id: ConversationId) -> Option<(usize, Arc<ConversationEntry>)> {
        let rank = self.ranks.remove(&id)?;
        let place = self.place(&rank).ok()?;
        Some((place, self.entries.remove(place)))
    }

    fn place(&self, wanted: &Rank) -> Result<usize, usize> {
        self.entries
            .binary_search_by(|entry| rank(entry).cmp(wanted))
    }
}

#[cfg(test)]
mod tests {
    use causerie_protocol::Item;
    use uuid::Uuid;

    use super::*;

    fn id(n: u64) -> ConversationId {
        ConversationId::from_uuid(Uuid::from_u128(n.into()))
    }

    fn entry(n: u64, order: u64) -> ConversationEntry {
        let item: Item = serde_json::from_value(serde_json::json!({
            "conversation_id": id(n), "kind": "group", "membership": "joined", "role": "member",
            "rev": order, "visible_from": 1, "head_seq": 1, "head_number": 1, "read_seq": 0,
            "read_number": 0, "mentions_unread": 0, "updated_at": 1, "members_count": 2
        }))
        .unwrap();
        ConversationEntry {
            item,
            title: n.to_string(),
            avatar: None,
            unread: 0,
            pending: None,
            draft: None,
            order: (0, order),
        }
    }

    /// What a screen does with the diffs.
    fn show(shown: &mut Vec<ConversationEntry>, update: ListUpdate) {
        for diff in update.diffs {
            match diff {
                ListDiff::Reset(entries) => *shown = entries,
                ListDiff::Insert { index, entry } => shown.insert(index, *entry),
                ListDiff::Update { index, entry } => shown[index] = *entry,
                ListDiff::Move { from, to, entry } => {
                    shown.remove(from);
                    shown.insert(to, *entry);
                }
                ListDiff::Remove {
                    index,
                    conversation_id,
                } => {
                    assert_eq!(shown.remove(index).item.conversation_id, conversation_id);
                }
            }
        }
    }

    #[test]
    fn diffs_by_index_make_the_very_list() {
        let mut list = ListMirror::default();
        let mut shown = Vec::new();
        show(&mut shown, list.whole());
        let mut dice = 7_u64;
        for _ in 0..2_000 {
            let changes: Vec<_> = (0..3)
                .map(|_| {
                    dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    let (n, order) = (dice >> 33 & 15, dice >> 50 & 7);
                    if dice >> 60 == 0 {
                        ConversationChange::Remove(id(n))
                    } else {
                        ConversationChange::Put(Box::new(entry(n, order)))
                    }
                })
                .collect();
            if let Some(update) = list.apply(changes) {
                show(&mut shown, update);
            }
            assert_eq!(shown, list.list());
            assert!(
                shown.is_sorted_by_key(rank),
                "higher ones first, then by id"
            );
            for n in 0..16 {
                let wanted = shown.iter().find(|e| e.item.conversation_id == id(n));
                assert_eq!(list.get(id(n)), wanted);
            }
        }
        assert!(shown.len() > 5);
    }
}
