//! A conversation as one user sees it (docs/protocol.md §4, "Items").

use causerie_protocol::{Content, ConversationKind, Item, MembershipState, Preview, Seq, UserId};

use crate::store::tables::{
    ConversationRow, Direction, Farewell, MemberRow, MessageRow, Rows, TableError,
};

use super::fold;

/// The item, of a member as it is now, of a former one as it was at leaving.
///
/// `rev` is the row's revision plus the head: whatever else an item shows changes by an event, so
/// it rises with every change, and no event has to touch the rows of all members.
pub fn item<R: Rows>(
    rows: &R,
    conversation: &ConversationRow,
    member: &MemberRow,
) -> Result<Item, TableError> {
    let two = match conversation.kind {
        ConversationKind::Direct => rows.joined(conversation.key)?,
        ConversationKind::Group | ConversationKind::Broadcast | ConversationKind::Other(_) => {
            Vec::new()
        }
    };
    item_among(rows, conversation, member, &two)
}

/// The same, where the members are at hand: only those of a direct conversation count.
pub fn item_among<R: Rows>(
    rows: &R,
    conversation: &ConversationRow,
    member: &MemberRow,
    members: &[UserId],
) -> Result<Item, TableError> {
    let seen = match &member.left {
        Some(farewell) => farewell.clone(),
        None => Farewell {
            seq: conversation.head_seq,
            number: conversation.head_number,
            title: conversation.title.clone(),
            avatar: conversation.avatar.clone(),
            members_count: conversation.members_count,
            updated_at: conversation.active_at.max(member.joined_at),
        },
    };
    let membership = if member.is_joined() {
        MembershipState::Joined
    } else {
        MembershipState::Left
    };
    Ok(Item {
        conversation_id: conversation.id,
        kind: conversation.kind.clone(),
        group_id: conversation.group_id,
        title: seen.title,
        avatar: seen.avatar,
        peer_id: peer(conversation, member, members),
        membership,
        role: member.role.clone(),
        rev: member.rev + seen.seq,
        visible_from: member.visible_from,
        head_seq: seen.seq,
        head_number: seen.number,
        read_seq: member.read_seq,
        read_number: member.read_number,
        mentions_unread: member.mentions_unread,
        muted: false,
        archived: false,
        pinned: false,
        last_message: last_message(rows, member, seen.seq)?,
        updated_at: seen.updated_at,
        members_count: seen.members_count,
    })
}

fn peer(conversation: &ConversationRow, member: &MemberRow, members: &[UserId]) -> Option<UserId> {
    if conversation.kind != ConversationKind::Direct {
        return None;
    }
    let mut others = members.iter().filter(|user| **user != member.user_id);
    others.next().cloned()
}

/// The newest message up to `until` that this user may see.
fn last_message<R: Rows>(
    rows: &R,
    member: &MemberRow,
    until: Seq,
) -> Result<Option<Preview>, TableError> {
    if until < member.visible_from {
        return Ok(None);
    }
    let range = (member.visible_from, until);
    let found = rows.messages(member.conversation, range, Direction::Down, 1)?;
    let Some(row) = found.into_iter().next() else {
        return Ok(None);
    };
    let content = content_at(rows, member, &row, until)?;
    let text = content.preview().map_or(Content::Empty, Content::Text);
    Ok(Some(Preview {
        message_id: row.message.message_id,
        seq: row.message.seq,
        sender_id: row.message.sender_id,
        kind: row.message.kind,
        content: text,
        created_at: row.message.created_at,
        deleted_at: row.state.and_then(|state| state.deleted_at),
    }))
}

/// What the message said at `until`: for a former member, edits after leaving do not count. What
/// was erased is gone for them too.
fn content_at<R: Rows>(
    rows: &R,
    member: &MemberRow,
    row: &MessageRow,
    until: Seq,
) -> Result<Content, TableError> {
    if member.is_joined() {
        return fold::content(rows, member.conversation, row);
    }
    let edited = match row.state {
        Some(_) => rows.edit_until(member.conversation, row.message.seq, until)?,
        None => None,
    };
    Ok(edited.unwrap_or_else(|| row.message.content.clone()))
}
