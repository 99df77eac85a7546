//! Cached messages: a row and a [`Message`], one from the other.

use causerie_engine::{LoadQuery, Patch};
use causerie_protocol::{
    Attachment, Content, ConversationId, Message, MessageId, MessageKind, Object, Reaction, UserId,
};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use crate::{
    StoreError,
    row::{broken, int, json, text, to_json, uint, uint_option, uuid, uuid_option},
};

/// What few messages have, in one column.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Extra {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    object: Option<Object>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Attachment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reply_to: Option<MessageId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    mentions: Vec<UserId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    metadata: Option<Object>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    reactions: Vec<Reaction>,
}

/// Inserts, or replaces a row of a lower `state_seq`. By the primary key (conversation, seq).
const PUT: &str = "
    INSERT INTO messages (conversation, seq, number, state_seq, message_id, temp_id, sender, kind,
                          text, extra, created_at, edited_at, deleted_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
    ON CONFLICT (conversation, seq) DO UPDATE SET
        number = excluded.number, state_seq = excluded.state_seq,
        message_id = excluded.message_id, temp_id = excluded.temp_id, sender = excluded.sender,
        kind = excluded.kind, text = excluded.text, extra = excluded.extra,
        created_at = excluded.created_at, edited_at = excluded.edited_at,
        deleted_at = excluded.deleted_at
    WHERE excluded.state_seq > messages.state_seq";

macro_rules! select {
    ($tail:literal) => {
        concat!(
            "SELECT m.seq, m.number, m.state_seq, m.message_id, m.temp_id, u.user_id, m.kind, ",
            "m.text, m.extra, m.created_at, m.edited_at, m.deleted_at ",
            "FROM messages m JOIN users u ON u.id = m.sender ",
            $tail
        )
    };
}

/// By the primary key (conversation, seq), backwards.
pub(crate) const NEWEST: &str =
    select!("WHERE m.conversation = ?1 AND m.seq BETWEEN ?2 AND ?3 ORDER BY m.seq DESC LIMIT ?4");
/// By the primary key (conversation, seq).
pub(crate) const OLDEST: &str =
    select!("WHERE m.conversation = ?1 AND m.seq BETWEEN ?2 AND ?3 ORDER BY m.seq LIMIT ?4");
/// By the primary key (conversation, seq).
pub(crate) const ONE: &str = select!("WHERE m.conversation = ?1 AND m.seq = ?2");

pub(crate) fn put(
    connection: &Connection,
    conversation: i64,
    sender: i64,
    message: &Message,
) -> Result<(), StoreError> {
    let (text, object) = match &message.content {
        Content::Empty => (None, None),
        Content::Text(text) => (Some(text.as_str()), None),
        Content::Object(object) => (None, Some(object)),
    };
    let plain = object.is_none()
        && message.attachments.is_empty()
        && message.reply_to.is_none()
        && message.mentions.is_empty()
        && message.metadata.is_none()
        && message.reactions.is_empty();
    let extra = if plain {
        None
    } else {
        Some(to_json(&Extra {
            object: object.cloned(),
            attachments: message.attachments.clone(),
            reply_to: message.reply_to,
            mentions: message.mentions.clone(),
            metadata: message.metadata.clone(),
            reactions: message.reactions.clone(),
        })?)
    };
    connection.prepare_cached(PUT)?.execute(params![
        conversation,
        int(message.seq),
        int(message.number),
        int(message.state_seq),
        message.message_id.uuid().as_bytes().as_slice(),
        message.temp_id.as_ref().map(|id| *id.uuid().as_bytes()),
        sender,
        message.kind.as_str(),
        text,
        extra,
        int(message.created_at),
        message.edited_at.map(int),
        message.deleted_at.map(int),
    ])?;
    Ok(())
}

fn read(row: &Row<'_>, conversation_id: ConversationId) -> rusqlite::Result<Message> {
    let has_extra = row.get_ref(8)? != rusqlite::types::ValueRef::Null;
    let extra: Extra = if has_extra {
        json(row, 8)?
    } else {
        Extra::default()
    };
    let text_content: Option<String> = row.get(7)?;
    let content = match (text_content, extra.object) {
        (Some(text), _) => Content::Text(text),
        (None, Some(object)) => Content::Object(object),
        (None, None) => Content::Empty,
    };
    Ok(Message {
        conversation_id,
        seq: uint(row, 0)?,
        number: uint(row, 1)?,
        state_seq: uint(row, 2)?,
        message_id: uuid(row, 3)?.into(),
        temp_id: uuid_option(row, 4)?.map(Into::into),
        sender_id: UserId::new(text(row, 5)?)
            .map_err(|e| broken(5, rusqlite::types::Type::Text, e))?,
        kind: MessageKind::from(text(row, 6)?),
        content,
        attachments: extra.attachments,
        reply_to: extra.reply_to,
        mentions: extra.mentions,
        metadata: extra.metadata,
        created_at: uint(row, 9)?,
        edited_at: uint_option(row, 10)?,
        deleted_at: uint_option(row, 11)?,
        reactions: extra.reactions,
    })
}

pub(crate) fn load(
    connection: &Connection,
    conversation: i64,
    query: &LoadQuery,
) -> Result<Vec<Message>, StoreError> {
    let sql = if query.newest { NEWEST } else { OLDEST };
    let mut statement = connection.prepare_cached(sql)?;
    let mut messages = statement
        .query_map(
            params![conversation, int(query.lo), int(query.hi), query.limit],
            |row| read(row, query.conversation_id),
        )?
        .collect::<Result<Vec<_>, _>>()?;
    if query.newest {
        messages.reverse();
    }
    Ok(messages)
}

/// The message that a patch means, if it is cached.
pub(crate) fn target(
    connection: &Connection,
    conversation: i64,
    patch: &Patch,
) -> Result<Option<Message>, StoreError> {
    let found = connection
        .prepare_cached(ONE)?
        .query_row(params![conversation, int(patch.target_seq)], |row| {
            read(row, patch.conversation_id)
        })
        .optional()?;
    Ok(found)
}
