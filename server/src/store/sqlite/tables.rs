//! Rows in SQLite: the tables of the rules.

use std::sync::atomic::Ordering::Relaxed;

use causerie_protocol::{
    Content, ConversationId, MessageId, Millis, Reaction, Seq, TempId, UserId,
};
use rusqlite::params;

use crate::store::{
    AuditEntry, EventRecord,
    tables::{
        ConversationKey, ConversationRow, Direction, Listed, MemberRow, MessageRow, Rows, StateRow,
        TableError, Tables, UserKey, UserRow, WriteRow,
    },
};

use super::{
    database::Database,
    values::{
        Word, bytes, conversation_bytes, int, kind_number, number, perhaps_id, to_json, user_id,
    },
};

const ADD_USER: &str = "INSERT INTO users (id, rev) VALUES (?1, 0)";
const PUT_USER: &str = "UPDATE users SET name = ?2, avatar = ?3, rev = ?4 WHERE key = ?1";
const ADD_CONVERSATION: &str = "INSERT INTO conversations (id, kind, group_id, title, avatar,
        settings, history, created_at, head_seq, head_number, active_at, members_count, change)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
/// What never changes is left out.
const PUT_CONVERSATION: &str = "UPDATE conversations SET title = ?2, avatar = ?3, settings = ?4,
        head_seq = ?5, head_number = ?6, active_at = ?7, members_count = ?8, change = ?9
    WHERE key = ?1";
/// Not `REPLACE`, which would also rewrite the index by user.
const PUT_MEMBER: &str = "INSERT INTO members (conversation, user, role, rev, visible_from,
        joined_at, read_seq, read_number, mentions_unread, delivered_seq, left_seq, left_number,
        left_title, left_avatar, left_members, left_active_at, change)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
    ON CONFLICT DO UPDATE SET role = ?3, rev = ?4, visible_from = ?5, joined_at = ?6,
        read_seq = ?7, read_number = ?8, mentions_unread = ?9, delivered_seq = ?10, left_seq = ?11,
        left_number = ?12, left_title = ?13, left_avatar = ?14, left_members = ?15,
        left_active_at = ?16, change = ?17";
const ADD_WRITE: &str = "INSERT INTO writes (conversation, user, temp_id, kind, seq, at, cancelled)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
const PUT_STATE: &str = "INSERT OR REPLACE INTO message_states
        (conversation, seq, state_seq, edit_seq, edited_at, deleted_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
/// The primary key of `messages`.
pub(super) const ERASE_MESSAGE: &str = "UPDATE messages
    SET content = NULL, attachments = NULL, metadata = NULL
    WHERE conversation = ?1 AND seq = ?2";
/// `edits_by_target`.
pub(super) const ERASE_EDITS: &str = "UPDATE changes INDEXED BY edits_by_target SET body = NULL
    WHERE kind = 'message_edited' AND conversation = ?1 AND target_seq = ?2";
const ADD_REACTION: &str = "INSERT INTO reactions (conversation, seq, emoji, user, at_seq)
    VALUES (?1, ?2, ?3, ?4, ?5)";
const REMOVE_REACTION: &str = "DELETE FROM reactions
    WHERE conversation = ?1 AND seq = ?2 AND emoji = ?3 AND user = ?4";
const ADD_MENTION: &str = "INSERT INTO mentions (conversation, user, seq) VALUES (?1, ?2, ?3)";
const REMOVE_MENTION: &str = "DELETE FROM mentions
    WHERE conversation = ?1 AND user = ?2 AND seq = ?3";
const ADD_AUDIT: &str = "INSERT INTO audit (at, user, action, conversation, subject, outcome)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const AUDIT: &str = "SELECT at, user, action, conversation, subject, outcome FROM audit
    ORDER BY line LIMIT ?1";

impl Rows for Database {
    fn change(&self) -> Result<u64, TableError> {
        let mut change = self.sql("SELECT change FROM counter")?;
        Ok(change.query_row([], |row| number(row, "change"))?)
    }

    fn user(&self, user: &UserId) -> Result<Option<UserRow>, TableError> {
        self.read_user(user)
    }

    fn user_by_key(&self, key: UserKey) -> Result<Option<UserRow>, TableError> {
        self.read_user_by_key(key)
    }

    fn share_a_conversation(&self, one: UserKey, other: UserKey) -> Result<bool, TableError> {
        self.read_share(one, other)
    }

    fn conversation(&self, id: ConversationId) -> Result<Option<ConversationRow>, TableError> {
        self.read_conversation(id)
    }

    fn conversation_by_key(
        &self,
        key: ConversationKey,
    ) -> Result<Option<ConversationRow>, TableError> {
        self.read_conversation_by_key(key)
    }

    fn listed(&self, user: UserKey, since: Option<u64>) -> Result<Vec<Listed>, TableError> {
        self.read_listed(user, since)
    }

    fn changed_conversations(&self, since: u64) -> Result<Vec<ConversationRow>, TableError> {
        self.read_changed_conversations(since)
    }

    fn changed_members(&self, since: u64) -> Result<Vec<MemberRow>, TableError> {
        self.read_changed_members(since)
    }

    fn member(
        &self,
        conversation: ConversationKey,
        user: UserKey,
    ) -> Result<Option<MemberRow>, TableError> {
        self.read_member(conversation, user)
    }

    fn members(
        &self,
        conversation: ConversationKey,
        above: UserKey,
        limit: usize,
    ) -> Result<Vec<MemberRow>, TableError> {
        self.read_members(conversation, above, limit)
    }

    fn joined(&self, conversation: ConversationKey) -> Result<Vec<UserId>, TableError> {
        self.read_joined(conversation)
    }

    fn write(
        &self,
        conversation: ConversationKey,
        user: UserKey,
        temp_id: TempId,
    ) -> Result<Option<WriteRow>, TableError> {
        self.read_write(conversation, user, temp_id)
    }

    fn message(
        &self,
        conversation: ConversationKey,
        seq: Seq,
    ) -> Result<Option<MessageRow>, TableError> {
        let found = self.read_messages(conversation, (seq, seq), Direction::Up, 1)?;
        Ok(found.into_iter().next())
    }

    fn message_seq(
        &self,
        conversation: ConversationKey,
        id: MessageId,
    ) -> Result<Option<Seq>, TableError> {
        self.read_message_seq(conversation, id)
    }

    fn place(&self, id: MessageId) -> Result<Option<(ConversationKey, Seq)>, TableError> {
        self.read_place(id)
    }

    fn seq_until(&self, conversation: ConversationKey, since: u64) -> Result<Seq, TableError> {
        self.read_seq_until(conversation, since)
    }

    fn messages(
        &self,
        conversation: ConversationKey,
        range: (Seq, Seq),
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<MessageRow>, TableError> {
        self.read_messages(conversation, range, direction, limit)
    }

    fn changed_messages(
        &self,
        conversation: ConversationKey,
        range: (Seq, Seq),
        since: Seq,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Seq>, TableError> {
        self.read_changed_messages(conversation, range, since, direction, limit)
    }

    fn number_at(&self, conversation: ConversationKey, seq: Seq) -> Result<u64, TableError> {
        self.read_number_at(conversation, seq)
    }

    fn edit_until(
        &self,
        conversation: ConversationKey,
        target: Seq,
        until: Seq,
    ) -> Result<Option<Content>, TableError> {
        self.read_edit_until(conversation, target, until)
    }

    fn events(
        &self,
        conversation: ConversationKey,
        range: (Seq, Seq),
    ) -> Result<Vec<EventRecord>, TableError> {
        self.read_events(conversation, range)
    }

    fn event_id(
        &self,
        conversation: ConversationKey,
        seq: Seq,
    ) -> Result<Option<MessageId>, TableError> {
        self.read_event_id(conversation, seq)
    }

    fn reactions(
        &self,
        conversation: ConversationKey,
        seq: Seq,
        me: Option<UserKey>,
    ) -> Result<Vec<Reaction>, TableError> {
        self.read_reactions(conversation, seq, me)
    }

    fn has_reaction(
        &self,
        conversation: ConversationKey,
        seq: Seq,
        emoji: &str,
        user: UserKey,
    ) -> Result<bool, TableError> {
        self.read_has_reaction(conversation, seq, emoji, user)
    }

    fn mentions_above(
        &self,
        conversation: ConversationKey,
        user: UserKey,
        seq: Seq,
    ) -> Result<u64, TableError> {
        self.read_mentions_above(conversation, user, seq)
    }

    fn audit(&self, limit: usize) -> Result<Vec<(Millis, AuditEntry)>, TableError> {
        let mut audit = self.sql(AUDIT)?;
        let rows = audit.query_map([int(limit as u64)], |row| {
            let subject: Option<String> = row.get("subject")?;
            let entry = AuditEntry {
                user_id: user_id(row, "user")?,
                action: row.get("action")?,
                conversation_id: perhaps_id(row, "conversation")?,
                subject: match subject {
                    Some(_) => Some(user_id(row, "subject")?),
                    None => None,
                },
                outcome: row.get("outcome")?,
            };
            Ok((number(row, "at")?, entry))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl Tables for Database {
    fn begin(&mut self) -> Result<(), TableError> {
        self.files.check()?;
        self.run("BEGIN IMMEDIATE", [])?;
        Ok(())
    }

    fn commit(&mut self) -> Result<(), TableError> {
        let fail = |left: u32| left.checked_sub(1);
        let failing = &self.fail_commits;
        if failing.fetch_update(Relaxed, Relaxed, fail).is_ok() {
            return Err(TableError::Unavailable("this commit is to fail".into()));
        }
        self.run("COMMIT", [])?;
        Ok(())
    }

    fn rollback(&mut self) {
        // Some errors end the transaction by themselves.
        if !self.connection.is_autocommit()
            && let Err(error) = self.run("ROLLBACK", [])
        {
            tracing::error!(%error, "a transaction could not be rolled back");
        }
    }

    fn set_change(&mut self, change: u64) -> Result<(), TableError> {
        self.run("UPDATE counter SET change = ?1", [int(change)])?;
        Ok(())
    }

    fn add_user(&mut self, user: &UserId) -> Result<UserKey, TableError> {
        let key = self.sql(ADD_USER)?.insert([user.as_str()])?;
        Ok(UserKey(key))
    }

    fn put_user(&mut self, row: &UserRow) -> Result<(), TableError> {
        let user = &row.user;
        self.run(
            PUT_USER,
            params![row.key.0, user.name, user.avatar, int(user.rev)],
        )?;
        Ok(())
    }

    fn add_conversation(&mut self, row: &ConversationRow) -> Result<ConversationKey, TableError> {
        let key = self.sql(ADD_CONVERSATION)?.insert(params![
            conversation_bytes(row.id),
            row.kind.word(),
            row.group_id.map(conversation_bytes),
            row.title,
            row.avatar,
            to_json(row.settings.as_ref())?,
            row.history.word(),
            int(row.created_at),
            int(row.head_seq),
            int(row.head_number),
            int(row.active_at),
            int(row.members_count),
            int(row.change),
        ])?;
        Ok(ConversationKey(key))
    }

    fn put_conversation(&mut self, row: &ConversationRow) -> Result<(), TableError> {
        self.run(
            PUT_CONVERSATION,
            params![
                row.key.0,
                row.title,
                row.avatar,
                to_json(row.settings.as_ref())?,
                int(row.head_seq),
                int(row.head_number),
                int(row.active_at),
                int(row.members_count),
                int(row.change),
            ],
        )?;
        Ok(())
    }

    fn put_member(&mut self, row: &MemberRow) -> Result<(), TableError> {
        let left = row.left.as_ref();
        self.run(
            PUT_MEMBER,
            params![
                row.conversation.0,
                row.user.0,
                row.role.word(),
                int(row.rev),
                int(row.visible_from),
                int(row.joined_at),
                int(row.read_seq),
                int(row.read_number),
                int(row.mentions_unread),
                int(row.delivered_seq),
                left.map(|left| int(left.seq)),
                left.map(|left| int(left.number)),
                left.and_then(|left| left.title.as_deref()),
                left.and_then(|left| left.avatar.as_deref()),
                left.map(|left| int(left.members_count)),
                left.map(|left| int(left.updated_at)),
                int(row.change),
            ],
        )?;
        Ok(())
    }

    fn add_write(
        &mut self,
        conversation: ConversationKey,
        user: UserKey,
        temp_id: TempId,
        row: &WriteRow,
    ) -> Result<(), TableError> {
        self.run(
            ADD_WRITE,
            params![
                conversation.0,
                user.0,
                bytes(temp_id.uuid()),
                kind_number(row.kind),
                row.seq.map(int),
                int(row.at),
                row.cancelled,
            ],
        )?;
        Ok(())
    }

    fn add_event(
        &mut self,
        place: (ConversationKey, u64),
        actor: UserKey,
        subject: Option<UserKey>,
        event: &EventRecord,
    ) -> Result<(), TableError> {
        self.insert_event(place, actor, subject, event)
    }

    fn put_state(
        &mut self,
        conversation: ConversationKey,
        seq: Seq,
        state: &StateRow,
    ) -> Result<(), TableError> {
        self.run(
            PUT_STATE,
            params![
                conversation.0,
                int(seq),
                int(state.state_seq),
                state.edit_seq.map(int),
                state.edited_at.map(int),
                state.deleted_at.map(int),
            ],
        )?;
        Ok(())
    }

    fn erase(&mut self, conversation: ConversationKey, seq: Seq) -> Result<(), TableError> {
        let place = [conversation.0, int(seq)];
        self.run(ERASE_MESSAGE, place)?;
        self.run(ERASE_EDITS, place)?;
        Ok(())
    }

    fn add_reaction(
        &mut self,
        conversation: ConversationKey,
        seq: Seq,
        emoji: &str,
        user: UserKey,
        at_seq: Seq,
    ) -> Result<(), TableError> {
        self.run(
            ADD_REACTION,
            params![conversation.0, int(seq), emoji, user.0, int(at_seq)],
        )?;
        Ok(())
    }

    fn remove_reaction(
        &mut self,
        conversation: ConversationKey,
        seq: Seq,
        emoji: &str,
        user: UserKey,
    ) -> Result<(), TableError> {
        self.run(
            REMOVE_REACTION,
            params![conversation.0, int(seq), emoji, user.0],
        )?;
        Ok(())
    }

    fn add_mention(
        &mut self,
        conversation: ConversationKey,
        user: UserKey,
        seq: Seq,
    ) -> Result<(), TableError> {
        self.run(ADD_MENTION, [conversation.0, user.0, int(seq)])?;
        Ok(())
    }

    fn remove_mention(
        &mut self,
        conversation: ConversationKey,
        user: UserKey,
        seq: Seq,
    ) -> Result<bool, TableError> {
        let removed = self.run(REMOVE_MENTION, [conversation.0, user.0, int(seq)])?;
        Ok(removed > 0)
    }

    fn add_audit(&mut self, at: Millis, entry: &AuditEntry) -> Result<(), TableError> {
        self.run(
            ADD_AUDIT,
            params![
                int(at),
                entry.user_id.as_str(),
                entry.action,
                entry.conversation_id.map(conversation_bytes),
                entry.subject.as_ref().map(UserId::as_str),
                entry.outcome,
            ],
        )?;
        Ok(())
    }
}
