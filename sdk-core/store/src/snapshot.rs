//! Reading everything that an engine is restored from.

use causerie_engine::{ConversationRow, OutboxRow, Position, Snapshot};
use causerie_protocol::{ClientId, ReadCursor, User, UserId, WriteKind, WriteOp};
use rusqlite::{Connection, Row, types::Type};

use crate::row::{broken, json, parsed, text, uint, uint_option, uuid, uuid_option};

pub(crate) fn read(connection: &Connection) -> rusqlite::Result<Snapshot> {
    let mut snapshot = connection.query_row(
        "SELECT user_id, client_id, epoch, sync_token, sync_cursor FROM meta",
        [],
        |row| {
            Ok(Snapshot {
                user_id: parsed::<UserId>(row, 0)?,
                client_id: ClientId::from_uuid(uuid(row, 1)?),
                epoch: row.get(2)?,
                sync_token: row.get(3)?,
                sync_cursor: row.get(4)?,
                conversations: Vec::new(),
                outbox: Vec::new(),
                users: Vec::new(),
            })
        },
    )?;
    snapshot.conversations = all(
        connection,
        "SELECT item, position_seq, position_event, ranges, read_mark, draft
         FROM conversations WHERE item IS NOT NULL ORDER BY id",
        conversation,
    )?;
    snapshot.outbox = all(
        connection,
        "SELECT id, key, place, conversation_id, kind, payload, created_at, attempted, state
         FROM outbox ORDER BY place, id",
        outbox_row,
    )?;
    snapshot.users = all(
        connection,
        "SELECT user_id, name, avatar, rev FROM users WHERE rev IS NOT NULL ORDER BY id",
        user,
    )?;
    Ok(snapshot)
}

fn all<T>(
    connection: &Connection,
    sql: &str,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    connection
        .prepare_cached(sql)?
        .query_map([], read)?
        .collect()
}

pub(crate) fn conversation(row: &Row<'_>) -> rusqlite::Result<ConversationRow> {
    let position = match uint_option(row, 1)? {
        None => None,
        Some(seq) => Some(Position {
            seq,
            event_id: uuid_option(row, 2)?.map(Into::into),
        }),
    };
    Ok(ConversationRow {
        item: json(row, 0)?,
        position,
        ranges: json(row, 3)?,
        read_mark: uint_option(row, 4)?,
        draft: row.get(5)?,
    })
}

/// Its columns begin with `id`, which only the reading of damaged files needs.
pub(crate) fn outbox_row(row: &Row<'_>) -> rusqlite::Result<OutboxRow> {
    let kind = WriteKind::from_type(text(row, 4)?)
        .ok_or_else(|| broken(4, Type::Text, "not a kind of write"))?;
    Ok(OutboxRow {
        key: uuid(row, 1)?.into(),
        order: uint(row, 2)?,
        conversation_id: uuid(row, 3)?.into(),
        op: WriteOp::from_json(kind, text(row, 5)?).map_err(|e| broken(5, Type::Text, e))?,
        created_at: uint(row, 6)?,
        attempted: row.get(7)?,
        state: json(row, 8)?,
    })
}

fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        user_id: parsed(row, 0)?,
        name: row.get(1)?,
        avatar: row.get(2)?,
        rev: uint(row, 3)?,
    })
}

/// By the primary key (conversation, user).
pub(crate) const CURSORS: &str = "
    SELECT u.user_id, c.seq, c.delivered_seq
    FROM cursors c JOIN users u ON u.id = c.user
    WHERE c.conversation = ?1";

pub(crate) fn cursors(
    connection: &Connection,
    conversation: i64,
) -> rusqlite::Result<Vec<ReadCursor>> {
    connection
        .prepare_cached(CURSORS)?
        .query_map([conversation], |row| {
            Ok(ReadCursor {
                user_id: parsed(row, 0)?,
                seq: uint(row, 1)?,
                delivered_seq: uint(row, 2)?,
            })
        })?
        .collect()
}
