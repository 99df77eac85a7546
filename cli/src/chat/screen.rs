//! What is printed when a timeline changes. A terminal only grows: a message that changes is
//! printed again, under its number.

use std::collections::HashMap;

use causerie::{
    ItemKey, Message, MessageId, SendState, Seq, TempId, TimelineBatch, TimelineDiff, TimelineItem,
    UserId,
};

/// What a number on the screen stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// The key of one's own write.
    pub(super) key: TempId,
    pub(super) message_id: MessageId,
    pub(super) mine: bool,
}

pub(super) struct Screen {
    me: UserId,
    /// By the number that is printed in front of them, from 1.
    entries: Vec<Entry>,
    /// Each key's number and the line printed last.
    printed: HashMap<ItemKey, (usize, String)>,
    newest_of_others: Seq,
    told_read: Seq,
}

impl Screen {
    pub(super) fn new(me: UserId) -> Self {
        Self {
            me,
            entries: Vec::new(),
            printed: HashMap::new(),
            newest_of_others: 0,
            told_read: 0,
        }
    }

    pub(super) fn entry(&self, number: usize) -> Option<Entry> {
        self.entries.get(number.checked_sub(1)?).copied()
    }

    /// The newest message of others, if it was not asked for before.
    pub(super) fn newest_of_others(&mut self) -> Option<Seq> {
        if self.newest_of_others <= self.told_read {
            return None;
        }
        self.told_read = self.newest_of_others;
        Some(self.told_read)
    }

    /// The lines to print.
    pub(super) fn apply(
        &mut self,
        batch: &TimelineBatch,
        name: impl Fn(&UserId) -> String,
    ) -> Vec<String> {
        let mut lines = Vec::new();
        for diff in &batch.diffs {
            match diff {
                TimelineDiff::Reset(items) => {
                    lines.extend(items.iter().filter_map(|item| self.print(item, &name)));
                }
                TimelineDiff::Insert { item, .. } | TimelineDiff::Update(item) => {
                    lines.extend(self.print(item, &name));
                }
                TimelineDiff::Move { .. } => {}
                TimelineDiff::Remove(key) => {
                    if let Some((number, _)) = self.printed.remove(key) {
                        lines.push(format!("{number:>4}  (gone)"));
                    }
                }
            }
        }
        lines
    }

    /// The line of a message, unless it was printed just so before.
    fn print(&mut self, item: &TimelineItem, name: impl Fn(&UserId) -> String) -> Option<String> {
        let message = &item.message;
        let mine = message.sender_id == self.me;
        if !mine {
            self.newest_of_others = self.newest_of_others.max(message.seq);
        }
        let entry = Entry {
            key: TempId::from_uuid(item.key.0),
            message_id: message.message_id,
            mine,
        };
        let sender = if mine {
            "you".into()
        } else {
            name(&message.sender_id)
        };
        let body = format!("{}: {}{}", clean(&sender), text(message), marks(item));
        let number = match self.printed.get(&item.key) {
            Some((_, before)) if *before == body => return None,
            Some((number, _)) => *number,
            None => {
                self.entries.push(entry);
                self.entries.len()
            }
        };
        if let Some(place) = self.entries.get_mut(number - 1) {
            *place = entry;
        }
        let line = format!("{number:>4}  {body}");
        self.printed.insert(item.key, (number, body));
        Some(line)
    }
}

fn text(message: &Message) -> String {
    if message.deleted_at.is_some() {
        return "(deleted)".into();
    }
    match message.content.text() {
        Some(text) => clean(text),
        None => format!("({})", message.kind),
    }
}

fn marks(item: &TimelineItem) -> String {
    let message = &item.message;
    let mut marks = String::new();
    for reaction in &message.reactions {
        marks.push_str(&format!("  {}×{}", clean(&reaction.emoji), reaction.count));
    }
    if message.edited_at.is_some() && message.deleted_at.is_none() {
        marks.push_str("  (edited)");
    }
    match &item.send {
        None if item.pending_change => marks.push_str("  … change queued"),
        None => {}
        Some(SendState::Queued) => marks.push_str("  … queued"),
        Some(SendState::Sent { .. }) => marks.push_str("  ✓ sent"),
        Some(SendState::Failed { code, message }) => {
            marks.push_str(&format!(
                "  ✗ failed ({code}): {}; /retry or /cancel",
                clean(message)
            ));
        }
    }
    if item.send.is_none() && message.temp_id.is_some() && !item.pending_change {
        marks.push_str("  ✓");
    }
    marks
}

/// Without what would move the cursor or colour the terminal.
fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use causerie::{MessageKind, TimelineState};

    use super::*;

    fn item(n: u128, sender: &str, text: &str, send: Option<SendState>) -> TimelineItem {
        let message_id = MessageId::from_uuid(uuid::Uuid::from_u128(n));
        TimelineItem {
            key: ItemKey(message_id.uuid()),
            message: Message {
                conversation_id: uuid::Uuid::nil().into(),
                seq: u64::try_from(n).unwrap(),
                number: 1,
                message_id,
                temp_id: (sender == "alice").then(|| message_id.uuid().into()),
                sender_id: UserId::new(sender).unwrap(),
                kind: MessageKind::Text,
                content: text.into(),
                attachments: Vec::new(),
                reply_to: None,
                mentions: Vec::new(),
                metadata: None,
                created_at: 0,
                edited_at: None,
                deleted_at: None,
                state_seq: 1,
                reactions: Vec::new(),
            },
            send,
            pending_change: false,
        }
    }

    fn show(screen: &mut Screen, diff: TimelineDiff) -> Vec<String> {
        let batch = TimelineBatch {
            diffs: vec![diff],
            state: TimelineState::default(),
        };
        screen.apply(&batch, |id| id.to_string())
    }

    fn screen() -> Screen {
        Screen::new(UserId::new("alice").unwrap())
    }

    #[test]
    fn a_message_keeps_its_number_from_queued_to_sent() {
        let mut screen = screen();
        let queued = item(1, "alice", "Bonjour", Some(SendState::Queued));
        let sent = item(1, "alice", "Bonjour", None);
        let insert = TimelineDiff::Insert {
            after: None,
            item: Box::new(queued),
        };
        assert_eq!(show(&mut screen, insert), ["   1  you: Bonjour  … queued"]);
        let update = TimelineDiff::Update(Box::new(sent));
        assert_eq!(show(&mut screen, update.clone()), ["   1  you: Bonjour  ✓"]);
        assert!(
            show(&mut screen, update).is_empty(),
            "nothing new, nothing printed"
        );
        assert!(screen.entry(1).unwrap().mine);
        assert_eq!(screen.entry(2), None);
        assert_eq!(screen.entry(0), None);
    }

    #[test]
    fn a_reset_prints_only_what_is_not_on_the_screen() {
        let mut screen = screen();
        let one = item(1, "bob", "one", None);
        let two = item(2, "bob", "two", None);
        show(&mut screen, TimelineDiff::Reset(vec![one.clone()]));
        let lines = show(&mut screen, TimelineDiff::Reset(vec![one, two]));
        assert_eq!(lines, ["   2  bob: two"]);
        assert_eq!(screen.newest_of_others(), Some(2));
        assert_eq!(screen.newest_of_others(), None);
    }

    #[test]
    fn nothing_that_is_said_moves_the_cursor() {
        let mut screen = screen();
        let evil = item(1, "bob", "\u{1b}[2J\rgone\nnew line", None);
        let lines = show(&mut screen, TimelineDiff::Reset(vec![evil]));
        assert_eq!(lines, ["   1  bob:  [2J gone new line"]);
    }
}
