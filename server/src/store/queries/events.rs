//! Events: the backlog of a subscription, and what a subscriber reads who is far behind.

use causerie_protocol::{
    MessageId, ReadCursor, Seq, encoded_len,
    limits::{MAX_BACKLOG, SMALL_CONVERSATION},
};

use crate::store::{
    EventBody, EventRecord, EventsAnswer, ReadState, SubscribeAnswer,
    tables::{ConversationRow, MemberRow, Rows, TableError, UserKey},
};

use super::{page::Budget, people::Named};

/// Ids, seqs, names and what else an event's frame has around what it says.
const EVENT_BYTES: usize = 700;

/// `since` is the last seq that the client applied, and the event that it knows there.
pub(super) fn subscribe<R: Rows>(
    rows: &R,
    conversation: &ConversationRow,
    member: &MemberRow,
    since: Option<(Seq, Option<MessageId>)>,
    limit: u32,
) -> Result<SubscribeAnswer, TableError> {
    let head = conversation.head_seq;
    let visible_from = member.visible_from;
    let reset = match since {
        Some(since) => does_not_fit(rows, conversation, since)?,
        None => false,
    };
    let first = match since {
        _ if reset => Some(visible_from),
        Some((seq, _)) => Some(visible_from.max(seq + 1)),
        None => None,
    };
    let events = match first {
        Some(first) => newest(rows, conversation, first, limit)?,
        None => Vec::new(),
    };
    let from_seq = events.first().map_or(head + 1, |event| event.seq);
    let read_cursors = read_cursors(rows, conversation, member)?;
    let mut named = Named::default();
    named.add(rows, events.iter().flat_map(users_of))?;
    named.add(rows, read_cursors.iter().map(|cursor| &cursor.user_id))?;
    let applied = since.map_or(0, |(seq, _)| if reset { 0 } else { seq });
    Ok(SubscribeAnswer {
        change: rows.change()?,
        head_seq: head,
        head_number: conversation.head_number,
        from_seq,
        complete: from_seq <= visible_from.max(applied + 1),
        reset,
        visible_from,
        events,
        read_cursors,
        members_count: conversation.members_count,
        users: named.into_users(),
        row: ReadState {
            read_seq: member.read_seq,
            read_number: member.read_number,
            mentions_unread: member.mentions_unread,
            rev: member.rev + head,
        },
    })
}

fn does_not_fit<R: Rows>(
    rows: &R,
    conversation: &ConversationRow,
    (seq, id): (Seq, Option<MessageId>),
) -> Result<bool, TableError> {
    if seq > conversation.head_seq {
        return Ok(true);
    }
    match id {
        Some(id) if seq > 0 => Ok(rows.event_id(conversation.key, seq)? != Some(id)),
        Some(_) | None => Ok(false),
    }
}

/// The newest events from `first` on, as many as fit.
fn newest<R: Rows>(
    rows: &R,
    conversation: &ConversationRow,
    first: Seq,
    limit: u32,
) -> Result<Vec<EventRecord>, TableError> {
    let head = conversation.head_seq;
    let limit = Seq::from(limit.min(MAX_BACKLOG));
    let first = first.max((head + 1).saturating_sub(limit));
    if first > head {
        return Ok(Vec::new());
    }
    let mut events = rows.events(conversation.key, (first, head))?;
    let mut budget = Budget::new();
    let fitting = events
        .iter()
        .rev()
        .take_while(|event| budget.take(event_len(event)))
        .count();
    Ok(events.split_off(events.len() - fitting))
}

/// Events behind a position, never above the user's own leaving.
pub(super) fn events<R: Rows>(
    rows: &R,
    conversation: &ConversationRow,
    member: &MemberRow,
    after: Seq,
    limit: u32,
) -> Result<EventsAnswer, TableError> {
    let left_at = member.left.as_ref().map(|farewell| farewell.seq);
    let until = left_at.unwrap_or(conversation.head_seq);
    let first = after.saturating_add(1).max(member.visible_from);
    let last = until.min(first.saturating_add(Seq::from(limit.max(1)) - 1));
    let mut events = if first <= last {
        rows.events(conversation.key, (first, last))?
    } else {
        Vec::new()
    };
    let mut budget = Budget::new();
    let fitting = events
        .iter()
        .take_while(|event| budget.take(event_len(event)))
        .count();
    events.truncate(fitting);
    Ok(EventsAnswer {
        events,
        visible_from: member.visible_from,
        left_at,
        head_seq: conversation.head_seq,
    })
}

/// Everybody's cursors in a small conversation, one's own in a large one.
fn read_cursors<R: Rows>(
    rows: &R,
    conversation: &ConversationRow,
    member: &MemberRow,
) -> Result<Vec<ReadCursor>, TableError> {
    if conversation.members_count > SMALL_CONVERSATION {
        return Ok(vec![cursor(member)]);
    }
    let all = rows.members(conversation.key, UserKey(0), SMALL_CONVERSATION as usize)?;
    Ok(all.iter().map(cursor).collect())
}

/// What was read was delivered.
fn cursor(member: &MemberRow) -> ReadCursor {
    ReadCursor {
        user_id: member.user_id.clone(),
        seq: member.read_seq,
        delivered_seq: member.delivered_seq.max(member.read_seq),
    }
}

fn users_of(event: &EventRecord) -> impl Iterator<Item = &causerie_protocol::UserId> {
    let subject = match &event.body {
        EventBody::MemberJoined { user_id, .. }
        | EventBody::MemberLeft { user_id, .. }
        | EventBody::MemberUpdated { user_id, .. } => Some(user_id),
        EventBody::Message(_)
        | EventBody::Edited { .. }
        | EventBody::Deleted { .. }
        | EventBody::ReactionAdded { .. }
        | EventBody::ReactionRemoved { .. }
        | EventBody::Updated { .. } => None,
    };
    [&event.actor].into_iter().chain(subject)
}

/// About the size of the event's frame.
fn event_len(event: &EventRecord) -> usize {
    let says = match &event.body {
        EventBody::Message(message) => encoded_len(message),
        EventBody::Edited { content, .. } => content.encoded_len(),
        EventBody::Updated {
            title,
            avatar,
            settings,
        } => encoded_len(&(title, avatar, settings)),
        EventBody::Deleted { .. }
        | EventBody::ReactionAdded { .. }
        | EventBody::ReactionRemoved { .. }
        | EventBody::MemberJoined { .. }
        | EventBody::MemberLeft { .. }
        | EventBody::MemberUpdated { .. } => 0,
    };
    says + EVENT_BYTES
}
