//! A search in one conversation's history, by time and text (docs/protocol.md §10).

use causerie_protocol::{Content, HistoryPage, Message, Millis, limits::MAX_PAGE};

use crate::store::{
    Search,
    tables::{ConversationRow, Direction, MemberRow, Rows, TableError},
};

use super::{
    history::present,
    page::{Budget, listed_len, page_limit},
    people::Named,
};

/// Messages of a page, if nothing is said.
const DEFAULT_LIMIT: u32 = 50;
/// Most messages that one page looks at: what was found up to there is the page, and there is more.
const MAX_LOOKED_AT: usize = 2_000;
/// How many are read at once.
const STRIDE: usize = 200;

/// A page as of history, of those messages that were asked for. What lies in its `lo..hi` was looked
/// at, so it may hold none at all and still say that there is more.
pub(super) fn search<R: Rows>(
    rows: &R,
    conversation: &ConversationRow,
    member: &MemberRow,
    search: &Search,
) -> Result<HistoryPage, TableError> {
    let asked = &search.history;
    let head = conversation.head_seq;
    let above = asked.after.map_or(0, |after| after.saturating_add(1));
    let lower = above.max(member.visible_from);
    let upper = match asked.before {
        Some(before) => before.saturating_sub(1).min(head),
        None => head,
    };
    // A clock that was set back has left later messages with earlier times: each is looked at.
    let in_time = |at: Millis| {
        search.from.is_none_or(|from| at >= from) && search.to.is_none_or(|to| at < to)
    };
    let direction = match (asked.before, asked.after) {
        (None, Some(_)) => Direction::Up,
        (Some(_), _) | (None, None) => Direction::Down,
    };
    let mut page = HistoryPage {
        conversation_id: conversation.id,
        messages: Vec::new(),
        lo: upper + 1,
        hi: upper,
        as_of_seq: head,
        visible_from: member.visible_from,
        more: false,
        users: Vec::new(),
    };
    if lower > upper {
        return Ok(page);
    }
    let limit = page_limit(asked.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_PAGE));
    let text = search.text.as_deref().map(str::to_lowercase);
    let mut named = Named::default();
    let mut budget = Budget::new();
    // The last seq that the page speaks for, once there is one.
    let mut reached = None;
    let mut looked_at = 0;
    'pages: loop {
        let range = match (reached, direction) {
            (None, _) => (lower, upper),
            (Some(last), Direction::Up) => (last + 1, upper),
            (Some(last), Direction::Down) => (lower, last - 1),
        };
        if range.0 > range.1 {
            break;
        }
        let found = rows.messages(member.conversation, range, direction, STRIDE)?;
        let is_end = found.len() < STRIDE;
        for row in found {
            if page.messages.len() == limit || looked_at == MAX_LOOKED_AT {
                page.more = true;
                break 'pages;
            }
            looked_at += 1;
            let seq = row.message.seq;
            let message = present(rows, member, row)?;
            if in_time(message.created_at)
                && text.as_deref().is_none_or(|text| says(&message, text))
            {
                let users = message
                    .reactions
                    .iter()
                    .flat_map(|reaction| &reaction.users)
                    .chain([&message.sender_id]);
                if !budget.take(named.add(rows, users)? + listed_len(&message)) {
                    page.more = true;
                    break 'pages;
                }
                page.messages.push(message);
            }
            reached = Some(seq);
        }
        if is_end {
            break;
        }
    }
    (page.lo, page.hi) = match (page.more, reached, direction) {
        (false, ..) => (lower, upper),
        (true, Some(last), Direction::Up) => (lower, last),
        (true, Some(last), Direction::Down) => (last, upper),
        (true, None, _) => (page.lo, page.hi),
    };
    if direction == Direction::Down {
        page.messages.reverse();
    }
    page.users = named.into_users();
    Ok(page)
}

/// Whether the text, in lower case, stands in the message's: its text, or any string of its object.
fn says(message: &Message, text: &str) -> bool {
    match &message.content {
        Content::Empty => false,
        Content::Text(said) => said.to_lowercase().contains(text),
        Content::Object(object) => object.values().any(|value| holds(value, text)),
    }
}

fn holds(value: &serde_json::Value, text: &str) -> bool {
    use serde_json::Value;
    match value {
        Value::String(said) => said.to_lowercase().contains(text),
        Value::Array(values) => values.iter().any(|value| holds(value, text)),
        Value::Object(object) => object.values().any(|value| holds(value, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
