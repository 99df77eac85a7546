//! `history`: a page of messages as they are now (docs/protocol.md §4, "Paging in history").

use causerie_protocol::{History, HistoryPage, Message, Seq, limits::MAX_PAGE};

use crate::store::tables::{ConversationRow, Direction, MemberRow, MessageRow, Rows, TableError};

use super::{
    fold,
    page::{Budget, listed_len, page_limit},
    people::Named,
};

/// Messages of a page, if nothing is said.
const DEFAULT_LIMIT: u32 = 50;

pub(super) fn history<R: Rows>(
    rows: &R,
    conversation: &ConversationRow,
    member: &MemberRow,
    request: &History,
) -> Result<HistoryPage, TableError> {
    let head = conversation.head_seq;
    let above = request.after.map_or(0, |after| after.saturating_add(1));
    let lower = above.max(member.visible_from);
    let upper = match request.before {
        Some(before) => before.saturating_sub(1).min(head),
        None => head,
    };
    let direction = match (request.before, request.after) {
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

    let limit = page_limit(request.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_PAGE));
    let wanted = Wanted {
        member,
        range: (lower, upper),
        changed_since: request.changed_since.unwrap_or(0),
        direction,
    };
    // One more than fits, to see whether there is more.
    let found = wanted.find(rows, limit + 1)?;
    let mut named = Named::default();
    let mut budget = Budget::new();
    page.more = found.len() > limit;
    for row in found.into_iter().take(limit) {
        let message = present(rows, member, row)?;
        let users = message
            .reactions
            .iter()
            .flat_map(|reaction| &reaction.users)
            .chain([&message.sender_id]);
        if !budget.take(named.add(rows, users)? + listed_len(&message)) {
            page.more = true;
            break;
        }
        page.messages.push(message);
    }
    (page.lo, page.hi) = proved(&page, (lower, upper), direction);
    if direction == Direction::Down {
        page.messages.reverse();
    }
    page.users = named.into_users();
    Ok(page)
}

/// The part of the interval that the page speaks for.
fn proved(page: &HistoryPage, (lower, upper): (Seq, Seq), direction: Direction) -> (Seq, Seq) {
    let last = match page.messages.last() {
        Some(last) if page.more => last.seq,
        Some(_) | None => return (lower, upper),
    };
    match direction {
        Direction::Up => (lower, last),
        Direction::Down => (last, upper),
    }
}

/// The message as it is now, for this member.
pub(super) fn present<R: Rows>(
    rows: &R,
    member: &MemberRow,
    row: MessageRow,
) -> Result<Message, TableError> {
    let mut message = fold::folded(rows, member.conversation, row, Some(member.user))?;
    if message.sender_id != member.user_id {
        message.temp_id = None;
    }
    Ok(message)
}

/// What a page looks for.
pub(super) struct Wanted<'a> {
    pub(super) member: &'a MemberRow,
    pub(super) range: (Seq, Seq),
    pub(super) changed_since: Seq,
    pub(super) direction: Direction,
}

impl Wanted<'_> {
    /// Every message above `changed_since` has changed since; below it, those that a later event
    /// touched.
    pub(super) fn find<R: Rows>(
        &self,
        rows: &R,
        limit: usize,
    ) -> Result<Vec<MessageRow>, TableError> {
        match self.direction {
            Direction::Up => {
                let mut found = self.older_changed(rows, limit)?;
                let rest = limit - found.len();
                found.extend(self.newer(rows, rest)?);
                Ok(found)
            }
            Direction::Down => {
                let mut found = self.newer(rows, limit)?;
                let rest = limit - found.len();
                found.extend(self.older_changed(rows, rest)?);
                Ok(found)
            }
        }
    }

    fn newer<R: Rows>(&self, rows: &R, limit: usize) -> Result<Vec<MessageRow>, TableError> {
        let from = self.range.0.max(self.changed_since.saturating_add(1));
        if limit == 0 || from > self.range.1 {
            return Ok(Vec::new());
        }
        let range = (from, self.range.1);
        rows.messages(self.member.conversation, range, self.direction, limit)
    }

    fn older_changed<R: Rows>(
        &self,
        rows: &R,
        limit: usize,
    ) -> Result<Vec<MessageRow>, TableError> {
        let until = self.range.1.min(self.changed_since);
        if limit == 0 || self.range.0 > until {
            return Ok(Vec::new());
        }
        let conversation = self.member.conversation;
        let seqs = rows.changed_messages(
            conversation,
            (self.range.0, until),
            self.changed_since,
            self.direction,
            limit,
        )?;
        let mut found = Vec::with_capacity(seqs.len());
        for seq in seqs {
            found.extend(rows.message(conversation, seq)?);
        }
        Ok(found)
    }
}
