//! What a screen makes of a timeline's differences, and what it must never be told.

use causerie::{ItemKey, SendState, TimelineBatch, TimelineDiff, TimelineItem, TimelineState};

/// The items, as the differences have made them.
#[derive(Debug, Default)]
pub struct Screen {
    /// Oldest first.
    pub items: Vec<TimelineItem>,
    /// How the timeline stands.
    pub state: TimelineState,
    /// It was told at least once.
    pub told: bool,
    /// How often it was told anew what it showed.
    pub resets: u32,
    /// How often an item moved.
    pub moves: u32,
    /// Every text that was ever shown.
    pub ever: Vec<String>,
    /// What it was told that no screen may be told.
    pub broken: Vec<String>,
}

impl Screen {
    /// Applies what a listener was told.
    pub fn apply(&mut self, batch: TimelineBatch) {
        self.told = true;
        self.state = batch.state;
        for diff in batch.diffs {
            if let Err(what) = self.apply_one(diff) {
                self.broken.push(what);
            }
        }
        self.check();
    }

    fn apply_one(&mut self, diff: TimelineDiff) -> Result<(), String> {
        match diff {
            TimelineDiff::Reset(items) => {
                self.resets += u32::from(!self.items.is_empty());
                self.items = items;
            }
            TimelineDiff::Insert { after, item } => {
                if self.find(item.key).is_ok() {
                    return Err(format!("an insert of what is there: {}", says(&item)));
                }
                let place = self.behind(after)?;
                self.items.insert(place, *item);
            }
            TimelineDiff::Update(item) => {
                let place = self.find(item.key)?;
                let before = std::mem::replace(&mut self.items[place], *item);
                let after = &self.items[place];
                if before.message.seq > 0 && after.message.seq == 0 {
                    return Err(format!(
                        "{} was confirmed, and is not any more",
                        says(after)
                    ));
                }
                let sent = matches!(before.send, Some(SendState::Sent { .. }));
                if sent && matches!(after.send, Some(SendState::Queued)) {
                    return Err(format!("{} was sent, and is queued again", says(after)));
                }
            }
            TimelineDiff::Move { key, after } => {
                self.moves += 1;
                let place = self.find(key)?;
                let item = self.items.remove(place);
                let place = self.behind(after)?;
                self.items.insert(place, item);
            }
            TimelineDiff::Remove(key) => {
                let place = self.find(key)?;
                self.items.remove(place);
            }
        }
        Ok(())
    }

    fn find(&self, key: ItemKey) -> Result<usize, String> {
        let place = self.items.iter().position(|item| item.key == key);
        place.ok_or_else(|| "a difference names an item that is not there".into())
    }

    fn behind(&self, after: Option<ItemKey>) -> Result<usize, String> {
        after.map_or(Ok(0), |key| Ok(self.find(key)? + 1))
    }

    /// What holds after every batch.
    fn check(&mut self) {
        let mut last = 0;
        let mut broken = Vec::new();
        for (n, item) in self.items.iter().enumerate() {
            if let Some(text) = item.message.content.text()
                && !self.ever.iter().any(|known| known == text)
            {
                self.ever.push(text.to_owned());
            }
            if self.items[..n].iter().any(|other| other.key == item.key) {
                broken.push(format!("{} is shown twice", says(item)));
            }
            let seq = item.message.seq;
            if seq > 0 && seq <= last {
                broken.push(format!("{} stands behind a later one", says(item)));
            }
            last = last.max(seq);
        }
        self.broken.extend(broken);
    }
}

fn says(item: &TimelineItem) -> String {
    format!("`{}`", item.message.content.text().unwrap_or("(no text)"))
}
