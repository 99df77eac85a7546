//! A timeline as its listeners see it.

use causerie_engine::{ItemKey, TimelineBatch, TimelineDiff, TimelineItem, TimelineState};

use super::{Join, Mirror};

/// The items, as the diffs so far have made them.
#[derive(Debug, Default)]
pub(crate) struct TimelineMirror {
    items: Vec<TimelineItem>,
    state: TimelineState,
}

/// A diff named an item that is not there: the engine must tell all of it anew.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Diverged;

impl Join for TimelineBatch {
    fn join(&mut self, next: Self) -> Option<Self> {
        self.diffs.extend(next.diffs);
        self.state = next.state;
        None
    }
}

impl Mirror for TimelineMirror {
    type Change = TimelineBatch;

    fn whole(&self) -> TimelineBatch {
        TimelineBatch {
            diffs: vec![TimelineDiff::Reset(self.items.clone())],
            state: self.state,
        }
    }
}

impl TimelineMirror {
    pub(crate) fn items(&self) -> &[TimelineItem] {
        &self.items
    }

    pub(crate) fn state(&self) -> TimelineState {
        self.state
    }

    /// Forgets everything.
    pub(crate) fn empty(&mut self) -> TimelineBatch {
        *self = Self::default();
        self.whole()
    }

    pub(crate) fn apply(&mut self, batch: &TimelineBatch) -> Result<(), Diverged> {
        self.state = batch.state;
        batch.diffs.iter().try_for_each(|diff| self.apply_one(diff))
    }

    fn apply_one(&mut self, diff: &TimelineDiff) -> Result<(), Diverged> {
        match diff {
            TimelineDiff::Reset(items) => self.items.clone_from(items),
            TimelineDiff::Insert { after, item } => {
                let place = self.behind(*after)?;
                self.items.insert(place, (**item).clone());
            }
            TimelineDiff::Update(item) => {
                let place = self.find(item.key)?;
                self.items[place] = (**item).clone();
            }
            TimelineDiff::Move { key, after } => {
                let place = self.find(*key)?;
                let item = self.items.remove(place);
                match self.behind(*after) {
                    Ok(place) => self.items.insert(place, item),
                    Err(diverged) => {
                        self.items.insert(place, item);
                        return Err(diverged);
                    }
                }
            }
            TimelineDiff::Remove(key) => {
                let place = self.find(*key)?;
                self.items.remove(place);
            }
        }
        Ok(())
    }

    /// From the end, where nearly everything happens.
    fn find(&self, key: ItemKey) -> Result<usize, Diverged> {
        self.items
            .iter()
            .rposition(|item| item.key == key)
            .ok_or(Diverged)
    }

    fn behind(&self, after: Option<ItemKey>) -> Result<usize, Diverged> {
        match after {
            None => Ok(0),
            Some(key) => Ok(self.find(key)? + 1),
        }
    }
}
