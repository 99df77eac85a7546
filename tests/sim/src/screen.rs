//! A screen: it knows of a timeline only what the diffs say, and checks them as it goes.

use causerie_engine::{ItemKey, TimelineBatch, TimelineDiff, TimelineItem, TimelineState};
use uuid::Uuid;

/// What a screen shows.
#[derive(Debug, Clone, Default)]
pub struct Screen {
    /// The items, top to bottom.
    pub items: Vec<TimelineItem>,
    /// What the timeline said of itself last.
    pub state: TimelineState,
    /// What changed since somebody looked.
    pub touched: Touched,
    /// How many messages there were with the newest one that it showed without a gap before it, and
    /// in which of the databases that its device met.
    pub newest: Option<(u32, u64)>,
}

/// Items that changed since somebody looked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Touched {
    /// Any of them.
    All,
    /// Those with one of these keys or message ids.
    Some(Vec<Uuid>),
}

impl Default for Touched {
    fn default() -> Self {
        Self::Some(Vec::new())
    }
}

impl Touched {
    /// Whether this item changed.
    pub fn holds(&self, item: &TimelineItem) -> bool {
        match self {
            Self::All => true,
            Self::Some(ids) => {
                ids.contains(&item.key.0) || ids.contains(&item.message.message_id.uuid())
            }
        }
    }

    /// An item, or what lies over it, changed.
    pub fn add(&mut self, id: Uuid) {
        if let Self::Some(ids) = self {
            ids.push(id);
        }
    }
}

/// An item that was moved, and what stood beside it.
struct Moved {
    key: ItemKey,
    before: Option<ItemKey>,
    behind: Option<ItemKey>,
}

impl Screen {
    /// Takes in a batch.
    ///
    /// # Errors
    /// What is impossible about it, or wrong with what it leads to.
    pub fn apply(&mut self, batch: TimelineBatch) -> Result<(), String> {
        let mut moves = Vec::new();
        for diff in batch.diffs {
            self.apply_one(diff, &mut moves)?;
        }
        self.state = batch.state;
        for moved in moves {
            self.check_move(&moved)?;
        }
        self.check()
    }

    fn apply_one(&mut self, diff: TimelineDiff, moves: &mut Vec<Moved>) -> Result<(), String> {
        match diff {
            TimelineDiff::Reset(items) => {
                self.items = items;
                self.touched = Touched::All;
                moves.clear();
            }
            TimelineDiff::Insert { after, item } => {
                let at = self.behind(after)?;
                self.touched.add(item.key.0);
                self.items.insert(at, *item);
            }
            TimelineDiff::Update(item) => {
                let at = self.at(item.key)?;
                self.touched.add(item.key.0);
                self.items[at] = *item;
            }
            TimelineDiff::Move { key, after } => {
                let from = self.at(key)?;
                let key_at = |at: Option<usize>| Some(self.items.get(at?)?.key);
                moves.push(Moved {
                    key,
                    before: key_at(from.checked_sub(1)),
                    behind: key_at(from.checked_add(1)),
                });
                let item = self.items.remove(from);
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
            .rposition(|item| item.key == key)
            .ok_or_else(|| format!("a diff names {key:?}, which is not shown"))
    }

    fn behind(&self, after: Option<ItemKey>) -> Result<usize, String> {
        after.map_or(Ok(0), |key| self.at(key).map(|at| at + 1))
    }

    /// What was moved stands on another side of what stood beside it, or that is gone.
    fn check_move(&self, moved: &Moved) -> Result<(), String> {
        let Ok(at) = self.at(moved.key) else {
            return Ok(());
        };
        let above = moved.before.map(|key| self.at(key));
        let below = moved.behind.map(|key| self.at(key));
        let still_above = above.is_none_or(|other| other.is_ok_and(|other| other < at));
        let still_below = below.is_none_or(|other| other.is_ok_and(|other| other > at));
        if still_above && still_below {
            return Err(format!("{:?} was moved, and need not have been", moved.key));
        }
        Ok(())
    }

    /// No key twice, no message twice, confirmed ones in rising seq.
    fn check(&self) -> Result<(), String> {
        let mut keys: Vec<ItemKey> = self.items.iter().map(|item| item.key).collect();
        keys.sort_unstable();
        if let Some(twice) = keys.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(format!("{:?} is shown twice", twice[0]));
        }
        let mut last_seq = 0;
        for item in &self.items {
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
