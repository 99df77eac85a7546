//! Reading conversations, members and users. Each statement stands beside the index that serves it.

use causerie_protocol::{ConversationId, HistoryPolicy, User, UserId};
use rusqlite::{OptionalExtension, Row, params};

use crate::store::tables::{
    ConversationKey, ConversationRow, Farewell, Listed, MemberRow, TableError, UserKey, UserRow,
};

use super::{
    database::Database,
    values::{conversation_bytes, id, int, json, number, perhaps, perhaps_id, user_id, word},
};

/// `users`, by its unique id.
pub(super) const USER: &str = "SELECT key, id, name, avatar, rev FROM users WHERE id = ?1";
/// `users`, by its key.
pub(super) const USER_BY_KEY: &str = "SELECT key, id, name, avatar, rev FROM users WHERE key = ?1";
/// `members_by_user` for one, the primary key of `members` for the other.
pub(super) const SHARE: &str = "SELECT EXISTS (
    SELECT 1 FROM members a JOIN members b ON b.conversation = a.conversation
    WHERE a.user = ?1 AND a.left_seq IS NULL AND b.user = ?2 AND b.left_seq IS NULL)";
/// `conversations`, by its unique id.
pub(super) const CONVERSATION: &str = "SELECT * FROM conversations WHERE id = ?1";
/// `conversations`, by its key.
pub(super) const CONVERSATION_BY_KEY: &str = "SELECT * FROM conversations WHERE key = ?1";
/// `members_by_user`, then the primary keys of `members` and `conversations`.
pub(super) const LISTED: &str = "SELECT m.conversation, max(c.active_at, m.joined_at) AS updated_at
    FROM members m JOIN conversations c ON c.key = m.conversation
    WHERE m.user = ?1 AND m.left_seq IS NULL";
/// As [`LISTED`]. Former members learn of their leaving only.
pub(super) const LISTED_SINCE: &str = "SELECT m.conversation,
        coalesce(m.left_active_at, max(c.active_at, m.joined_at)) AS updated_at
    FROM members m JOIN conversations c ON c.key = m.conversation
    WHERE m.user = ?1 AND (m.change > ?2 OR (m.left_seq IS NULL AND c.change > ?2))";
/// Without an index, on purpose: each write would have to keep it, and only a node that has others
/// beside it asks, which a file's lock keeps away.
pub(super) const CHANGED_CONVERSATIONS: &str =
    "SELECT * FROM conversations WHERE change > ?1 ORDER BY key";
/// As [`CHANGED_CONVERSATIONS`]; in the order of the primary key of `members`.
pub(super) const CHANGED_MEMBERS: &str = "SELECT m.*, u.id
    FROM members m JOIN users u ON u.key = m.user
    WHERE m.change > ?1 ORDER BY m.conversation, m.user";
/// The primary key of `members`.
pub(super) const MEMBER: &str = "SELECT m.*, u.id FROM members m JOIN users u ON u.key = m.user
    WHERE m.conversation = ?1 AND m.user = ?2";
/// The primary key of `members`.
pub(super) const MEMBERS: &str = "SELECT m.*, u.id FROM members m JOIN users u ON u.key = m.user
    WHERE m.conversation = ?1 AND m.user > ?2 AND m.left_seq IS NULL
    ORDER BY m.user LIMIT ?3";
/// The primary key of `members`.
pub(super) const JOINED: &str = "SELECT u.id FROM members m JOIN users u ON u.key = m.user
    WHERE m.conversation = ?1 AND m.left_seq IS NULL";

impl Database {
    pub(super) fn read_user(&self, user: &UserId) -> Result<Option<UserRow>, TableError> {
        Ok(self
            .sql(USER)?
            .query_row([user.as_str()], user_row)
            .optional()?)
    }

    pub(super) fn read_user_by_key(&self, key: UserKey) -> Result<Option<UserRow>, TableError> {
        Ok(self
            .sql(USER_BY_KEY)?
            .query_row([key.0], user_row)
            .optional()?)
    }

    pub(super) fn read_share(&self, one: UserKey, other: UserKey) -> Result<bool, TableError> {
        Ok(self
            .sql(SHARE)?
            .query_row([one.0, other.0], |row| row.get(0))?)
    }

    pub(super) fn read_conversation(
        &self,
        id: ConversationId,
    ) -> Result<Option<ConversationRow>, TableError> {
        Ok(self
            .sql(CONVERSATION)?
            .query_row([conversation_bytes(id)], conversation_row)
            .optional()?)
    }

    pub(super) fn read_conversation_by_key(
        &self,
        key: ConversationKey,
    ) -> Result<Option<ConversationRow>, TableError> {
        Ok(self
            .sql(CONVERSATION_BY_KEY)?
            .query_row([key.0], conversation_row)
            .optional()?)
    }

    pub(super) fn read_listed(
        &self,
        user: UserKey,
        since: Option<u64>,
    ) -> Result<Vec<Listed>, TableError> {
        let listed = |row: &Row<'_>| {
            Ok(Listed {
                conversation: ConversationKey(row.get("conversation")?),
                updated_at: number(row, "updated_at")?,
            })
        };
        let rows: rusqlite::Result<Vec<Listed>> = match since {
            None => self.sql(LISTED)?.query_map([user.0], listed)?.collect(),
            Some(since) => self
                .sql(LISTED_SINCE)?
                .query_map([user.0, int(since)], listed)?
                .collect(),
        };
        Ok(rows?)
    }

    pub(super) fn read_changed_conversations(
        &self,
        since: u64,
    ) -> Result<Vec<ConversationRow>, TableError> {
        let mut changed = self.sql(CHANGED_CONVERSATIONS)?;
        let rows = changed.query_map([int(since)], conversation_row)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub(super) fn read_changed_members(&self, since: u64) -> Result<Vec<MemberRow>, TableError> {
        let mut changed = self.sql(CHANGED_MEMBERS)?;
        let rows = changed.query_map([int(since)], member_row)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub(super) fn read_member(
        &self,
        conversation: ConversationKey,
        user: UserKey,
    ) -> Result<Option<MemberRow>, TableError> {
        Ok(self
            .sql(MEMBER)?
            .query_row([conversation.0, user.0], member_row)
            .optional()?)
    }

    pub(super) fn read_members(
        &self,
        conversation: ConversationKey,
        above: UserKey,
        limit: usize,
    ) -> Result<Vec<MemberRow>, TableError> {
        let mut members = self.sql(MEMBERS)?;
        let rows = members.query_map(
            params![conversation.0, above.0, int(limit as u64)],
            member_row,
        )?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub(super) fn read_joined(
        &self,
        conversation: ConversationKey,
    ) -> Result<Vec<UserId>, TableError> {
        let mut joined = self.sql(JOINED)?;
        let rows = joined.query_map([conversation.0], |row| user_id(row, "id"))?;
        let mut users: Vec<UserId> = rows.collect::<rusqlite::Result<_>>()?;
        users.sort();
        Ok(users)
    }
}

fn user_row(row: &Row<'_>) -> rusqlite::Result<UserRow> {
    Ok(UserRow {
        key: UserKey(row.get("key")?),
        user: User {
            user_id: user_id(row, "id")?,
            name: row.get("name")?,
            avatar: row.get("avatar")?,
            rev: number(row, "rev")?,
        },
    })
}

fn conversation_row(row: &Row<'_>) -> rusqlite::Result<ConversationRow> {
    Ok(ConversationRow {
        key: ConversationKey(row.get("key")?),
        id: id(row, "id")?,
        kind: word(row, "kind")?,
        group_id: perhaps_id(row, "group_id")?,
        title: row.get("title")?,
        avatar: row.get("avatar")?,
        settings: json(row, "settings")?,
        history: word::<HistoryPolicy>(row, "history")?,
        created_at: number(row, "created_at")?,
        head_seq: number(row, "head_seq")?,
        head_number: number(row, "head_number")?,
        active_at: number(row, "active_at")?,
        members_count: number(row, "members_count")?,
        change: number(row, "change")?,
    })
}

fn member_row(row: &Row<'_>) -> rusqlite::Result<MemberRow> {
    let left = match perhaps(row, "left_seq")? {
        Some(seq) => Some(Farewell {
            seq,
            number: number(row, "left_number")?,
            title: row.get("left_title")?,
            avatar: row.get("left_avatar")?,
            members_count: number(row, "left_members")?,
            updated_at: number(row, "left_active_at")?,
        }),
        None => None,
    };
    Ok(MemberRow {
        conversation: ConversationKey(row.get("conversation")?),
        user: UserKey(row.get("user")?),
        user_id: user_id(row, "id")?,
        role: word(row, "role")?,
        rev: number(row, "rev")?,
        visible_from: number(row, "visible_from")?,
        joined_at: number(row, "joined_at")?,
        read_seq: number(row, "read_seq")?,
        read_number: number(row, "read_number")?,
        mentions_unread: number(row, "mentions_unread")?,
        delivered_seq: number(row, "delivered_seq")?,
        left,
        change: number(row, "change")?,
    })
}
