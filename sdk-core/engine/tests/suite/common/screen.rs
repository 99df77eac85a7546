//! A screen: a plain list that applies differences, as any app would.

use std::collections::BTreeSet;

use causerie_engine::{ItemKey, TimelineBatch, TimelineDiff, TimelineItem, TimelineState};

#[derive(Debug, Clone, Default)]
pub struct Screen {
    pub items: Vec<TimelineItem>,
    pub state: TimelineState,
    pub resets: usize,
    pub moves: usize,
    pub updates: usize,
    pub inserts: usize,
}

impl Screen {
    pub fn apply(&mut self, batch: TimelineBatch) {
        let before: Vec<_> = self.items.iter().map(|item| item.key).collect();
        let (moves, resets) = (self.moves, self.resets);
        for diff in batch.diffs {
            self.apply_diff(diff);
            let keys: BTreeSet<_> = self.items.iter().map(|item| item.key).collect();
            assert_eq!(keys.len(), self.items.len(), "keys are unique");
        }
        self.state = batch.state;
        if resets == self.resets && moves < self.moves {
            let after: Vec<_> = self.items.iter().map(|item| item.key).collect();
            let stayed: Vec<_> = before.iter().filter(|key| after.contains(key)).collect();
            let now: Vec<_> = after.iter().filter(|key| before.contains(key)).collect();
            assert_ne!(stayed, now, "nothing moves unless the order changed");
        }
    }

    fn apply_diff(&mut self, diff: TimelineDiff) {
        match diff {
            TimelineDiff::Reset(items) => {
                self.resets += 1;
                self.items = items;
            }
            TimelineDiff::Insert { after, item } => {
                self.inserts += 1;
                assert!(
                    self.position(item.key).is_none(),
                    "an insert is of a new key"
                );
                let at = self.behind(after);
                self.items.insert(at, *item);
            }
            TimelineDiff::Update(item) => {
                self.updates += 1;
                let at = self
                    .position(item.key)
                    .expect("an update is of a shown key");
                self.items[at] = *item;
            }
            TimelineDiff::Move { key, after } => {
                self.moves += 1;
                let from = self.position(key).expect("a move is of a shown key");
                let item = self.items.remove(from);
                let at = self.behind(after);
                assert_ne!(from, at, "a move goes elsewhere");
                self.items.insert(at, item);
            }
            TimelineDiff::Remove(key) => {
                let at = self.position(key).expect("a removal is of a shown key");
                self.items.remove(at);
            }
        }
    }

    fn behind(&self, after: Option<ItemKey>) -> usize {
        after.map_or(0, |key| {
            1 + self.position(key).expect("the item before is shown")
        })
    }

    pub fn position(&self, key: ItemKey) -> Option<usize> {
        self.items.iter().position(|item| item.key == key)
    }

    pub fn texts(&self) -> Vec<&str> {
        self.items
            .iter()
            .map(|item| item.message.content.text().unwrap_or("∅"))
            .collect()
    }
}
