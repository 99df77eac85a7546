//! A message as it is now, out of what it was and what became of it.

use causerie_protocol::{Content, Message};

use crate::store::tables::{ConversationKey, MessageRow, Rows, TableError, UserKey};

/// What the message says now.
pub fn content<R: Rows>(
    rows: &R,
    conversation: ConversationKey,
    row: &MessageRow,
) -> Result<Content, TableError> {
    let Some(edit_seq) = row.state.and_then(|state| state.edit_seq) else {
        return Ok(row.message.content.clone());
    };
    let edited = rows.edit_until(conversation, row.message.seq, edit_seq)?;
    Ok(edited.unwrap_or_default())
}

/// The message as its own event tells it: as at its seq, unless it was deleted since.
pub fn as_at_its_seq(row: MessageRow) -> Message {
    let mut message = row.message;
    if let Some(state) = row.state
        && state.deleted_at.is_some()
    {
        message.deleted_at = state.deleted_at;
    }
    message
}

/// The message with all later changes; `me` is who asks.
pub fn folded<R: Rows>(
    rows: &R,
    conversation: ConversationKey,
    row: MessageRow,
    me: Option<UserKey>,
) -> Result<Message, TableError> {
    let Some(state) = row.state else {
        return Ok(row.message);
    };
    let content = content(rows, conversation, &row)?;
    let reactions = rows.reactions(conversation, row.message.seq, me)?;
    Ok(Message {
        content,
        edited_at: state.edited_at,
        deleted_at: state.deleted_at,
        state_seq: state.state_seq,
        reactions,
        ..row.message
    })
}
