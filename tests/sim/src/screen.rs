//! A screen: it knows of a timeline only what the diffs say, and checks them as it goes.

use std::collections::HashSet;

use causerie_engine::{ItemKey, TimelineBatch, TimelineDiff, TimelineItem, TimelineState};

/// What a screen shows.
#[derive(Debug, Clone, Default)]
pub struct Screen {
    /// The items, top to bottom.
    pub items: Vec<TimelineItem>,
    /// What the timeline said of itself last.
    pub state: TimelineState,
}

impl Screen {
    /// Takes in a batch.
    ///
    /// # Errors
    /// What is impossible about it, or wrong with what it leads to.
    pub fn apply(&mut self, batch: TimelineBatch) -> Result<(), String> {
        for diff in batch.diffs {
            self.apply_one(diff)?;
        }
        self.state = batch.state;
        self.check()
    }

    fn apply_one(&mut self, diff: TimelineDiff) -> Result<(), String> {
        match diff {
            TimelineDiff::Reset(items) => self.items = items,
            TimelineDiff::Insert { after, item } => {
                let at = self.behind(after)?;
                self.items.insert(at, *item);
            }
            TimelineDiff::Update(item) => {
                let at = self.at(item.key)?;
                self.items[at] = *item;
            }
            TimelineDiff::Move { key, after } => {
                let item = self.items.remove(self.at(key)?);
                let at = self.behind(after)?;
                self.items.insert(at, item);
            }
            TimelineDiff::Remove(key) => {
                let at = self.at(key)?;
                self.items.remove(at);
            }
        }
        Ok(())
    }

    fn at(&self, key: ItemKey) -> Result<usize, String> {
        self.items
            .iter()
            .position(|item| item.key == key)
            .ok_or_else(|| format!("a diff names {key:?}, which is not shown"))
    }

    fn behind(&self, after: Option<ItemKey>) -> Result<usize, String> {
        after.map_or(Ok(0), |key| self.at(key).map(|at| at + 1))
    }

    /// No key twice, no message twice, confirmed ones in rising seq.
    fn check(&self) -> Result<(), String> {
        let mut keys = HashSet::new();
        let mut last_seq = 0;
        for item in &self.items {
            if !keys.insert(item.key) {
                return Err(format!("{:?} is shown twice", item.key));
            }
            if item.send.is_none() {
                if item.message.seq <= last_seq {
                    return Err(format!(
                        "seq {} is shown behind seq {last_seq}",
                        item.message.seq
                    ));
                }
                last_seq = item.message.seq;
            }
        }
        Ok(())
    }
}
