//! What a sweep reads: everything that changed since a transaction, as it is now.

use std::collections::BTreeMap;

use crate::store::{
    Changed, ChangedConversation, ChangedRow, ReadState,
    tables::{ConversationKey, ConversationRow, MemberRow, Rows, TableError},
};

pub(super) fn changed<R: Rows>(rows: &R, since: Option<u64>) -> Result<Changed, TableError> {
    let mut changed = Changed {
        change: rows.change()?,
        conversations: Vec::new(),
    };
    let Some(since) = since.filter(|since| *since < changed.change) else {
        return Ok(changed);
    };
    let mut members: BTreeMap<ConversationKey, Vec<MemberRow>> = BTreeMap::new();
    for member in rows.changed_members(since)? {
        members.entry(member.conversation).or_default().push(member);
    }
    for conversation in rows.changed_conversations(since)? {
        let members = members.remove(&conversation.key).unwrap_or_default();
        let seen = look(rows, &conversation, members, true)?;
        changed.conversations.push(seen);
    }
    for (key, members) in members {
        if let Some(conversation) = rows.conversation_by_key(key)? {
            let seen = look(rows, &conversation, members, false)?;
            changed.conversations.push(seen);
        }
    }
    Ok(changed)
}

fn look<R: Rows>(
    rows: &R,
    conversation: &ConversationRow,
    members: Vec<MemberRow>,
    changed: bool,
) -> Result<ChangedConversation, TableError> {
    let head_seq = conversation.head_seq;
    let rows_of = |member: MemberRow| ChangedRow {
        left_at: member.left.as_ref().map(|farewell| farewell.seq),
        read: ReadState {
            read_seq: member.read_seq,
            read_number: member.read_number,
            mentions_unread: member.mentions_unread,
            rev: member.rev + head_seq,
        },
        delivered_seq: member.delivered_seq,
        user_id: member.user_id,
    };
    Ok(ChangedConversation {
        conversation_id: conversation.id,
        head_seq,
        changed,
        members: rows.joined(conversation.key)?.into(),
        rows: members.into_iter().map(rows_of).collect(),
    })
}
