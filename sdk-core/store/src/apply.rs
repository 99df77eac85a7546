//! One [`StoreOp`] after the other, inside a transaction that the caller holds.

use std::collections::HashMap;

use causerie_engine::{ConversationRow, OutboxRow, Patch, StoreOp};
use causerie_protocol::{ConversationId, ReadCursor, User, UserId};
use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    StoreError, message,
    row::{int, to_json},
};

/// The integer keys of conversations and users, as far as they were used since the file was
/// opened. Worth nothing after a transaction that failed.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    conversations: HashMap<ConversationId, i64>,
    users: HashMap<UserId, i64>,
}

impl Keys {
    pub(crate) fn forget(&mut self) {
        self.conversations.clear();
        self.users.clear();
    }

    /// The key of a conversation that has one. By the unique index on conversation_id.
    pub(crate) fn conversation(
        &mut self,
        connection: &Connection,
        id: ConversationId,
    ) -> rusqlite::Result<Option<i64>> {
        if let Some(key) = self.conversations.get(&id) {
            return Ok(Some(*key));
        }
        let key = connection
            .prepare_cached("SELECT id FROM conversations WHERE conversation_id = ?1")?
            .query_row([id.uuid().as_bytes().as_slice()], |row| row.get(0))
            .optional()?;
        if let Some(key) = key {
            self.conversations.insert(id, key);
        }
        Ok(key)
    }

    fn conversation_or_new(
        &mut self,
        connection: &Connection,
        id: ConversationId,
    ) -> rusqlite::Result<i64> {
        if let Some(key) = self.conversation(connection, id)? {
            return Ok(key);
        }
        connection
            .prepare_cached("INSERT INTO conversations (conversation_id) VALUES (?1)")?
            .execute([id.uuid().as_bytes().as_slice()])?;
        let key = connection.last_insert_rowid();
        self.conversations.insert(id, key);
        Ok(key)
    }

    /// By the unique index on user_id.
    fn user_or_new(&mut self, connection: &Connection, id: &UserId) -> rusqlite::Result<i64> {
        if let Some(key) = self.users.get(id) {
            return Ok(*key);
        }
        let known = connection
            .prepare_cached("SELECT id FROM users WHERE user_id = ?1")?
            .query_row([id.as_str()], |row| row.get(0))
            .optional()?;
        let key = match known {
            Some(key) => key,
            None => {
                connection
                    .prepare_cached("INSERT INTO users (user_id) VALUES (?1)")?
                    .execute([id.as_str()])?;
                connection.last_insert_rowid()
            }
        };
        self.users.insert(id.clone(), key);
        Ok(key)
    }
}

/// Carries out one operation, as `StoreOp` documents it.
pub(crate) fn apply(
    connection: &Connection,
    keys: &mut Keys,
    op: &StoreOp,
) -> Result<(), StoreError> {
    match op {
        StoreOp::PutEpoch(epoch) => {
            connection
                .prepare_cached("UPDATE meta SET epoch = ?1")?
                .execute([epoch])?;
        }
        StoreOp::PutClientId(id) => {
            connection
                .prepare_cached("UPDATE meta SET client_id = ?1")?
                .execute([id.uuid().as_bytes().as_slice()])?;
        }
        StoreOp::PutSyncToken(token) => {
            connection
                .prepare_cached("UPDATE meta SET sync_token = ?1")?
                .execute([token])?;
        }
        StoreOp::PutSyncCursor(cursor) => {
            connection
                .prepare_cached("UPDATE meta SET sync_cursor = ?1")?
                .execute([cursor])?;
        }
        StoreOp::PutConversation(row) => put_conversation(connection, keys, row)?,
        StoreOp::PutDraft {
            conversation_id,
            draft,
        } => put_draft(connection, keys, *conversation_id, draft.as_deref())?,
        StoreOp::DropConversation(id) => drop_conversation(connection, keys, *id)?,
        StoreOp::PutMessage(message) => {
            let conversation = keys.conversation_or_new(connection, message.conversation_id)?;
            let sender = keys.user_or_new(connection, &message.sender_id)?;
            message::put(connection, conversation, sender, message)?;
        }
        StoreOp::PatchMessage(patch) => patch_message(connection, keys, patch)?,
        StoreOp::DropMessages {
            conversation_id,
            below,
        } => {
            if let Some(conversation) = keys.conversation(connection, *conversation_id)? {
                drop_messages(connection, conversation, below.map_or(i64::MAX, int))?;
            }
        }
        StoreOp::PutOutbox(row) => put_outbox(connection, row)?,
        StoreOp::DropOutbox(key) => {
            connection
                .prepare_cached("DELETE FROM outbox WHERE key = ?1")?
                .execute([key.uuid().as_bytes().as_slice()])?;
        }
        StoreOp::PutUsers(users) => {
            for user in users {
                put_user(connection, user)?;
            }
        }
        StoreOp::PutCursors {
            conversation_id,
            cursors,
        } => put_cursors(connection, keys, *conversation_id, cursors)?,
        StoreOp::DropConfirmed => drop_confirmed(connection, keys)?,
    }
    Ok(())
}

fn put_conversation(
    connection: &Connection,
    keys: &mut Keys,
    row: &ConversationRow,
) -> Result<(), StoreError> {
    let key = keys.conversation_or_new(connection, row.item.conversation_id)?;
    let event = row.position.and_then(|position| position.event_id);
    connection
        .prepare_cached(
            "UPDATE conversations SET item = ?2, position_seq = ?3, position_event = ?4,
                    ranges = ?5, read_mark = ?6
             WHERE id = ?1",
        )?
        .execute(params![
            key,
            to_json(&row.item)?,
            row.position.map(|position| int(position.seq)),
            event.as_ref().map(|id| *id.uuid().as_bytes()),
            to_json(&row.ranges)?,
            row.read_mark.map(int),
        ])?;
    Ok(())
}

fn put_draft(
    connection: &Connection,
    keys: &mut Keys,
    id: ConversationId,
    draft: Option<&str>,
) -> Result<(), StoreError> {
    let key = keys.conversation_or_new(connection, id)?;
    connection
        .prepare_cached("UPDATE conversations SET draft = ?2 WHERE id = ?1")?
        .execute(params![key, draft])?;
    Ok(())
}

fn drop_conversation(
    connection: &Connection,
    keys: &mut Keys,
    id: ConversationId,
) -> Result<(), StoreError> {
    let Some(key) = keys.conversation(connection, id)? else {
        return Ok(());
    };
    drop_messages(connection, key, i64::MAX)?;
    connection
        .prepare_cached("DELETE FROM cursors WHERE conversation = ?1")?
        .execute([key])?;
    connection
        .prepare_cached("DELETE FROM conversations WHERE id = ?1")?
        .execute([key])?;
    keys.conversations.remove(&id);
    Ok(())
}

/// By the primary key (conversation, seq).
fn drop_messages(connection: &Connection, conversation: i64, below: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM messages WHERE conversation = ?1 AND seq < ?2")?
        .execute(params![conversation, below])?;
    Ok(())
}

fn patch_message(
    connection: &Connection,
    keys: &mut Keys,
    patch: &Patch,
) -> Result<(), StoreError> {
    let Some(conversation) = keys.conversation(connection, patch.conversation_id)? else {
        return Ok(());
    };
    let Some(mut cached) = message::target(connection, conversation, patch)? else {
        return Ok(());
    };
    if patch.apply(&mut cached) {
        let sender = keys.user_or_new(connection, &cached.sender_id)?;
        message::put(connection, conversation, sender, &cached)?;
    }
    Ok(())
}

fn put_outbox(connection: &Connection, row: &OutboxRow) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO outbox (key, place, conversation_id, kind, payload, created_at, attempted,
                                 state)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (key) DO UPDATE SET
                 place = excluded.place, conversation_id = excluded.conversation_id,
                 kind = excluded.kind, payload = excluded.payload,
                 created_at = excluded.created_at, attempted = excluded.attempted,
                 state = excluded.state",
        )?
        .execute(params![
            row.key.uuid().as_bytes().as_slice(),
            int(row.order),
            row.conversation_id.uuid().as_bytes().as_slice(),
            row.op.kind().as_str(),
            to_json(&row.op)?,
            int(row.created_at),
            row.attempted,
            to_json(&row.state)?,
        ])?;
    Ok(())
}

/// By the unique index on user_id.
fn put_user(connection: &Connection, user: &User) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO users (user_id, name, avatar, rev) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (user_id) DO UPDATE SET
                 name = excluded.name, avatar = excluded.avatar, rev = excluded.rev
             WHERE users.rev IS NULL OR excluded.rev > users.rev",
        )?
        .execute(params![
            user.user_id.as_str(),
            user.name,
            user.avatar,
            int(user.rev)
        ])?;
    Ok(())
}

/// By the primary key (conversation, user).
fn put_cursors(
    connection: &Connection,
    keys: &mut Keys,
    id: ConversationId,
    cursors: &[ReadCursor],
) -> Result<(), StoreError> {
    let conversation = keys.conversation_or_new(connection, id)?;
    for cursor in cursors {
        let user = keys.user_or_new(connection, &cursor.user_id)?;
        connection
            .prepare_cached(
                "INSERT INTO cursors (conversation, user, seq, delivered_seq)
                 VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (conversation, user) DO UPDATE SET
                     seq = max(seq, excluded.seq),
                     delivered_seq = max(delivered_seq, excluded.delivered_seq)",
            )?
            .execute(params![
                conversation,
                user,
                int(cursor.seq),
                int(cursor.delivered_seq)
            ])?;
    }
    Ok(())
}

/// Rows with a draft stay for its sake, and conversations whose creation has not arrived.
fn drop_confirmed(connection: &Connection, keys: &mut Keys) -> Result<(), StoreError> {
    connection.execute_batch(
        "DELETE FROM messages;
         DELETE FROM cursors;
         UPDATE conversations SET item = NULL WHERE conversation_id NOT IN (
             SELECT conversation_id FROM outbox WHERE kind IN ('create_conversation', 'create_group')
         );
         DELETE FROM conversations WHERE item IS NULL AND draft IS NULL;
         UPDATE conversations SET position_seq = NULL, position_event = NULL, ranges = '[]',
             read_mark = NULL;
         UPDATE meta SET sync_token = NULL, sync_cursor = NULL;",
    )?;
    keys.forget();
    Ok(())
}
