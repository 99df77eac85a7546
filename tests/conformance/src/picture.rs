//! What is expected and what is shown, both as lines of text in which names stand for ids. Two
//! pictures are the same if their lines are.

use std::fmt::Write as _;

use crate::{
    names::{Names, many},
    scenario::{self, Expect},
    shown::{self, Shown},
};

/// Longest text that is printed as it is.
const LONG: usize = 60;
/// The left column, in characters.
const COLUMN: usize = 64;
/// Lines that are told around those that differ.
const CONTEXT: usize = 3;

/// The lines of what is expected.
pub fn expected(expect: &Expect) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(
        expect
            .connection
            .as_ref()
            .map(|state| format!("connection {state}")),
    );
    lines.extend(
        expect
            .tokens_asked
            .map(|count| format!("tokens asked {count}")),
    );
    for room in &expect.rooms {
        let cursors = room.read_by.as_ref();
        let head = Head {
            room: &room.room,
            title: room.title.as_deref(),
            membership: &room.membership,
            unread: room.unread,
            mentions: room.mentions,
            last: room.last.as_deref(),
            pending: room.pending.as_deref(),
            draft: room.draft.as_deref(),
            typing: &room.typing,
            read_by: cursors.map(|by| by.iter().map(|(u, m)| (u.clone(), m.clone())).collect()),
        };
        lines.push(head.line());
        if room.older {
            lines.push("  (older)".into());
        }
        match &room.timeline {
            None => lines.push("  (no timeline)".into()),
            Some(items) => {
                for item in items {
                    lines.extend(many(&item.id).iter().map(|name| expected_item(item, name)));
                }
            }
        }
    }
    for write in &expect.outbox {
        let named = many(&write.of);
        let failed = write.failed.as_deref();
        lines.extend(named.iter().map(|of| outbox_line(&write.write, of, failed)));
    }
    lines
}

fn expected_item(item: &scenario::Item, name: &str) -> String {
    let sized = item.size.map(|size| "x".repeat(size));
    let said = sized.as_deref().or(item.text.as_deref()).unwrap_or(name);
    let mut marks = Vec::new();
    if item.queued {
        marks.push("queued".to_owned());
    }
    marks.extend(item.failed.as_ref().map(|code| format!("failed: {code}")));
    common_marks(&mut marks, item.edited, item.deleted, item.changing);
    for reaction in &item.reactions {
        marks.push(reaction_mark(&reaction.emoji, reaction.by.clone()));
    }
    marks.extend(item.reply_to.as_ref().map(|id| format!("answers {id}")));
    if !item.mentions.is_empty() {
        marks.push(format!("names {}", item.mentions.join(", ")));
    }
    item_line(name, &item.from, (!item.deleted).then_some(said), &marks)
}

/// The lines of what is shown, as far as `expect` looks: the connection, a title, a count of tokens
/// and read cursors are left out if it does not name them.
pub fn shown(shown: &Shown, expect: &Expect, names: &Names, user: &str) -> Vec<String> {
    let mut lines = Vec::new();
    if expect.connection.is_some() {
        lines.push(format!("connection {}", shown.connection));
    }
    if expect.tokens_asked.is_some() {
        lines.push(format!("tokens asked {}", shown.tokens_asked));
    }
    for room in &shown.rooms {
        let name = names.room(&room.id);
        let looked = expect.rooms.iter().find(|expected| expected.room == name);
        let cursors = room.read_by.iter().filter(|(_, seq)| **seq > 0);
        let cursors = cursors.map(|(who, seq)| (who.clone(), names.up_to(&room.id, *seq)));
        let pending = room.pending.as_deref();
        let pending = pending.map(|key| names.message(Some(key), None));
        let head = Head {
            room: &name,
            title: looked
                .is_some_and(|expected| expected.title.is_some())
                .then_some(&room.title),
            membership: &room.membership,
            unread: room.unread,
            mentions: room.mentions,
            last: room.last.as_deref(),
            pending: pending.as_deref(),
            draft: room.draft.as_deref(),
            typing: &room.typing,
            read_by: looked
                .is_some_and(|expected| expected.read_by.is_some())
                .then(|| cursors.collect()),
        };
        lines.push(head.line());
        match &room.timeline {
            None => lines.push("  (no timeline)".into()),
            Some(timeline) => {
                if timeline.older {
                    lines.push("  (older)".into());
                }
                lines.extend(
                    timeline
                        .items
                        .iter()
                        .map(|item| shown_item(item, names, user)),
                );
                if !timeline.same {
                    lines.push("  (the listener has yet to be told more)".into());
                }
            }
        }
    }
    for write in &shown.outbox {
        lines.push(shown_write(write, names));
    }
    lines
}

fn shown_item(item: &shown::Item, names: &Names, user: &str) -> String {
    let name = names.shown(item);
    let mut marks: Vec<String> = item.send.iter().cloned().collect();
    common_marks(&mut marks, item.edited, item.deleted, item.changing);
    for reaction in &item.reactions {
        let mut mark = reaction_mark(&reaction.emoji, reaction.by.clone());
        if reaction.count != reaction.by.len() as u64 {
            let _ = write!(mark, " (it says {})", reaction.count);
        }
        if reaction.me != reaction.by.iter().any(|who| who == user) {
            mark += " (wrong about `me`)";
        }
        marks.push(mark);
    }
    let answered = item.reply_to.as_deref();
    marks.extend(answered.map(|id| format!("answers {}", names.message(None, Some(id)))));
    if !item.mentions.is_empty() {
        marks.push(format!("names {}", item.mentions.join(", ")));
    }
    item_line(&name, &item.from, item.text.as_deref(), &marks)
}

fn shown_write(write: &shown::Write, names: &Names) -> String {
    let (key, id) = (write.target_key.as_deref(), write.target_id.as_deref());
    let of = if key.is_some() || id.is_some() {
        names.message(key, id)
    } else if write.what == "send" {
        names.message(Some(&write.key), None)
    } else {
        names.room(&write.room)
    };
    outbox_line(&write.what, &of, write.failed.as_deref())
}

/// The line of a conversation.
struct Head<'a> {
    room: &'a str,
    title: Option<&'a str>,
    membership: &'a str,
    unread: u64,
    mentions: u64,
    last: Option<&'a str>,
    pending: Option<&'a str>,
    draft: Option<&'a str>,
    typing: &'a [String],
    read_by: Option<Vec<(String, String)>>,
}

impl Head<'_> {
    fn line(&self) -> String {
        let mut line = self.room.to_owned();
        if let Some(title) = self.title {
            let _ = write!(line, " `{title}`");
        }
        if self.membership != "joined" {
            let _ = write!(line, ", {}", self.membership);
        }
        let _ = write!(line, ", unread {}", self.unread);
        if self.mentions > 0 {
            let _ = write!(line, ", mentions {}", self.mentions);
        }
        match self.last {
            Some(last) => write!(line, ", last: {}", brief(last)),
            None => write!(line, ", no last"),
        }
        .unwrap_or_default();
        if let Some(pending) = self.pending {
            let _ = write!(line, ", pending {pending}");
        }
        if let Some(draft) = self.draft {
            let _ = write!(line, ", draft: {draft}");
        }
        if !self.typing.is_empty() {
            let _ = write!(line, ", typing: {}", self.typing.join(", "));
        }
        if let Some(cursors) = &self.read_by {
            let mut cursors: Vec<String> = cursors
                .iter()
                .map(|(who, what)| format!("{who} up to {what}"))
                .collect();
            cursors.sort();
            let _ = write!(line, ", read by [{}]", cursors.join(", "));
        }
        line
    }
}

fn common_marks(marks: &mut Vec<String>, edited: bool, deleted: bool, changing: bool) {
    for (mark, on) in [
        ("edited", edited),
        ("deleted", deleted),
        ("changing", changing),
    ] {
        if on {
            marks.push(mark.to_owned());
        }
    }
}

fn reaction_mark(emoji: &str, mut by: Vec<String>) -> String {
    by.sort();
    format!("{emoji} by {}", by.join(", "))
}

fn item_line(name: &str, from: &str, text: Option<&str>, marks: &[String]) -> String {
    let mut line = format!("  {name} | {from}: {}", text.map_or(String::new(), brief));
    for mark in marks {
        let _ = write!(line, " [{mark}]");
    }
    line
}

fn outbox_line(what: &str, of: &str, failed: Option<&str>) -> String {
    match failed {
        None => format!("outbox: {what} {of}"),
        Some(code) => format!("outbox: {what} {of} [failed: {code}]"),
    }
}

fn brief(text: &str) -> String {
    if text.len() <= LONG {
        return text.to_owned();
    }
    let begin: String = text.chars().take(8).collect();
    format!("{begin}… ({} bytes)", text.len())
}

/// Both side by side. Lines that only one has are marked; of many that both have only the first and
/// the last few are told.
pub fn beside(expected: &[String], shown: &[String]) -> String {
    let mut table = format!("  {:<COLUMN$} | shown\n", "expected");
    let rows = align(expected, shown);
    let differs = |row: &(&str, &str)| row.0 != row.1;
    let mut skipped = 0;
    for (n, row) in rows.iter().enumerate() {
        let near = &rows[n.saturating_sub(CONTEXT)..rows.len().min(n + CONTEXT + 1)];
        let at_an_end = n < CONTEXT || n + CONTEXT >= rows.len();
        if !at_an_end && !near.iter().any(differs) {
            skipped += 1;
            continue;
        }
        if std::mem::take(&mut skipped) > 0 {
            table += "  …\n";
        }
        let mark = if differs(row) { '!' } else { ' ' };
        let line = format!("{mark} {:<COLUMN$} | {}", row.0, row.1);
        let _ = writeln!(table, "{}", line.trim_end());
    }
    table
}

/// The lines in pairs, so that as many as possible are the same.
fn align<'a>(expected: &'a [String], shown: &'a [String]) -> Vec<(&'a str, &'a str)> {
    // How many lines the two have in common from here on.
    let (rows, columns) = (expected.len(), shown.len());
    let mut common = vec![vec![0_usize; columns + 1]; rows + 1];
    for i in (0..rows).rev() {
        for j in (0..columns).rev() {
            common[i][j] = if expected[i] == shown[j] {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let mut pairs = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < rows || j < columns {
        let both = i < rows && j < columns;
        if both && (expected[i] == shown[j] || common[i + 1][j + 1] == common[i][j]) {
            pairs.push((expected[i].as_str(), shown[j].as_str()));
            (i, j) = (i + 1, j + 1);
        } else if j == columns || (i < rows && common[i + 1][j] >= common[i][j + 1]) {
            pairs.push((expected[i].as_str(), ""));
            i += 1;
        } else {
            pairs.push(("", shown[j].as_str()));
            j += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn lines_that_differ_stand_beside_each_other() {
        let (expected, shown) = (lines("a b c d"), lines("a x c"));
        let pairs = [("a", "a"), ("b", "x"), ("c", "c"), ("d", "")];
        assert_eq!(align(&expected, &shown), pairs);
    }

    #[test]
    fn of_many_equal_lines_only_those_around_a_difference_are_told() {
        let mut shown: Vec<String> = (0..100).map(|n| n.to_string()).collect();
        let expected = shown.clone();
        shown[50] = "other".into();
        let table = beside(&expected, &shown);
        assert!(table.lines().count() < 20, "{table}");
        let marked: Vec<&str> = table.lines().filter(|line| line.starts_with('!')).collect();
        assert_eq!(marked.len(), 1);
        assert!(marked[0].starts_with("! 50 ") && marked[0].ends_with("| other"));
    }
}
