//! Reading messages, events, reactions and what was written before. Each statement stands beside
//! the index that serves it.

use causerie_protocol::{
    Content, ConversationId, Message, MessageId, Object, Reaction, Seq, TempId, UserId,
};
use rusqlite::{OptionalExtension, Row, params};

use crate::store::{
    EventBody, EventRecord,
    queries::fold,
    tables::{ConversationKey, Direction, MessageRow, StateRow, TableError, UserKey, WriteRow},
};

use super::{
    changes::Settings,
    database::Database,
    values::{bytes, id, int, json, kind_of_number, number, perhaps, perhaps_id, user_id, word},
};

/// The primary key of `writes`.
pub(super) const WRITE: &str = "SELECT kind, seq, at, cancelled FROM writes
    WHERE conversation = ?1 AND user = ?2 AND temp_id = ?3";
/// The primary key of `messages`, going up; that of `message_states` beside it.
pub(super) const MESSAGES_UP: &str = "SELECT m.*, u.id AS sender_id,
        s.state_seq, s.edit_seq, s.edited_at, s.deleted_at
    FROM messages m JOIN users u ON u.key = m.sender
    LEFT JOIN message_states s ON s.conversation = m.conversation AND s.seq = m.seq
    WHERE m.conversation = ?1 AND m.seq BETWEEN ?2 AND ?3
    ORDER BY m.seq LIMIT ?4";
/// As [`MESSAGES_UP`], going down.
pub(super) const MESSAGES_DOWN: &str = "SELECT m.*, u.id AS sender_id,
        s.state_seq, s.edit_seq, s.edited_at, s.deleted_at
    FROM messages m JOIN users u ON u.key = m.sender
    LEFT JOIN message_states s ON s.conversation = m.conversation AND s.seq = m.seq
    WHERE m.conversation = ?1 AND m.seq BETWEEN ?2 AND ?3
    ORDER BY m.seq DESC LIMIT ?4";
/// `messages_by_id`.
pub(super) const MESSAGE_SEQ: &str =
    "SELECT seq FROM messages WHERE message_id = ?1 AND conversation = ?2";
/// `messages_by_id`.
pub(super) const PLACE: &str = "SELECT conversation, seq FROM messages WHERE message_id = ?1";
/// The primary key of `messages`, downward: as many rows as there are newer ones, and one.
pub(super) const MESSAGE_UNTIL: &str = "SELECT seq FROM messages
    WHERE conversation = ?1 AND change <= ?2 ORDER BY seq DESC LIMIT 1";
/// As [`MESSAGE_UNTIL`], of `changes`.
pub(super) const CHANGE_UNTIL: &str = "SELECT seq FROM changes
    WHERE conversation = ?1 AND change <= ?2 ORDER BY seq DESC LIMIT 1";
/// `message_states_by_change`: no more rows than there were events since, then sorted.
pub(super) const CHANGED_UP: &str = "SELECT seq FROM message_states
    INDEXED BY message_states_by_change
    WHERE conversation = ?1 AND state_seq > ?2 AND seq BETWEEN ?3 AND ?4
    ORDER BY seq LIMIT ?5";
/// As [`CHANGED_UP`], going down.
pub(super) const CHANGED_DOWN: &str = "SELECT seq FROM message_states
    INDEXED BY message_states_by_change
    WHERE conversation = ?1 AND state_seq > ?2 AND seq BETWEEN ?3 AND ?4
    ORDER BY seq DESC LIMIT ?5";
/// The primary key of `messages`.
pub(super) const NUMBER_AT: &str = "SELECT number FROM messages
    WHERE conversation = ?1 AND seq <= ?2 ORDER BY seq DESC LIMIT 1";
/// `edits_by_target`, named since the primary key would give the order too, after all other events.
pub(super) const EDIT_UNTIL: &str = "SELECT body FROM changes INDEXED BY edits_by_target
    WHERE kind = 'message_edited' AND conversation = ?1 AND target_seq = ?2 AND seq <= ?3
    ORDER BY seq DESC LIMIT 1";
/// The primary key of `changes`; that of `messages` for the target.
pub(super) const CHANGES: &str = "SELECT c.*, a.id AS actor_id, s.id AS subject_id, m.message_id
    FROM changes c JOIN users a ON a.key = c.actor
    LEFT JOIN users s ON s.key = c.subject
    LEFT JOIN messages m ON m.conversation = c.conversation AND m.seq = c.target_seq
    WHERE c.conversation = ?1 AND c.seq BETWEEN ?2 AND ?3
    ORDER BY c.seq";
/// The primary key of `messages`, then that of `changes`.
pub(super) const EVENT_ID: &str = "SELECT message_id AS event_id FROM messages
        WHERE conversation = ?1 AND seq = ?2
    UNION ALL SELECT event_id FROM changes WHERE conversation = ?1 AND seq = ?2";
/// `reactions_in_order`.
pub(super) const EMOJI: &str = "SELECT emoji, count(*) AS count FROM reactions
    WHERE conversation = ?1 AND seq = ?2 GROUP BY emoji ORDER BY min(at_seq)";
/// `reactions_in_order`.
pub(super) const EMOJI_USERS: &str = "SELECT u.id FROM reactions r JOIN users u ON u.key = r.user
    WHERE r.conversation = ?1 AND r.seq = ?2 AND r.emoji = ?3
    ORDER BY r.at_seq LIMIT 5";
/// The primary key of `reactions`.
pub(super) const HAS_REACTION: &str = "SELECT EXISTS (SELECT 1 FROM reactions
    WHERE conversation = ?1 AND seq = ?2 AND emoji = ?3 AND user = ?4)";
/// The primary key of `mentions`.
pub(super) const MENTIONS_ABOVE: &str = "SELECT count(*) FROM mentions
    WHERE conversation = ?1 AND user = ?2 AND seq > ?3";
/// `conversations`, by its key.
const CONVERSATION_ID: &str = "SELECT id FROM conversations WHERE key = ?1";

impl Database {
    pub(super) fn read_write(
        &self,
        conversation: ConversationKey,
        user: UserKey,
        temp_id: TempId,
    ) -> Result<Option<WriteRow>, TableError> {
        let mut write = self.sql(WRITE)?;
        let found = write
            .query_row(
                params![conversation.0, user.0, bytes(temp_id.uuid())],
                |row| {
                    Ok((
                        row.get::<_, i64>("kind")?,
                        perhaps(row, "seq")?,
                        number(row, "at")?,
                        row.get("cancelled")?,
                    ))
                },
            )
            .optional()?;
        let Some((kind, seq, at, cancelled)) = found else {
            return Ok(None);
        };
        Ok(Some(WriteRow {
            kind: kind_of_number(kind)?,
            seq,
            at,
            cancelled,
        }))
    }

    pub(super) fn read_messages(
        &self,
        conversation: ConversationKey,
        (lo, hi): (Seq, Seq),
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<MessageRow>, TableError> {
        let of = self.read_conversation_id(conversation)?;
        let mut messages = self.sql(match direction {
            Direction::Up => MESSAGES_UP,
            Direction::Down => MESSAGES_DOWN,
        })?;
        let rows = messages.query_map(
            params![conversation.0, int(lo), int(hi), int(limit as u64)],
            |row| message_row(row, of),
        )?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn read_conversation_id(
        &self,
        conversation: ConversationKey,
    ) -> Result<ConversationId, TableError> {
        Ok(self
            .sql(CONVERSATION_ID)?
            .query_row([conversation.0], |row| id(row, "id"))?)
    }

    pub(super) fn read_message_seq(
        &self,
        conversation: ConversationKey,
        message_id: MessageId,
    ) -> Result<Option<Seq>, TableError> {
        Ok(self
            .sql(MESSAGE_SEQ)?
            .query_row(params![bytes(message_id.uuid()), conversation.0], |row| {
                number(row, "seq")
            })
            .optional()?)
    }

    pub(super) fn read_place(
        &self,
        message_id: MessageId,
    ) -> Result<Option<(ConversationKey, Seq)>, TableError> {
        Ok(self
            .sql(PLACE)?
            .query_row([bytes(message_id.uuid())], |row| {
                let conversation = ConversationKey(row.get("conversation")?);
                Ok((conversation, number(row, "seq")?))
            })
            .optional()?)
    }

    pub(super) fn read_seq_until(
        &self,
        conversation: ConversationKey,
        since: u64,
    ) -> Result<Seq, TableError> {
        let mut last = 0;
        for sql in [MESSAGE_UNTIL, CHANGE_UNTIL] {
            let found = self
                .sql(sql)?
                .query_row([conversation.0, int(since)], |row| number(row, "seq"))
                .optional()?;
            last = last.max(found.unwrap_or(0));
        }
        Ok(last)
    }

    pub(super) fn read_changed_messages(
        &self,
        conversation: ConversationKey,
        (lo, hi): (Seq, Seq),
        since: Seq,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Seq>, TableError> {
        let mut changed = self.sql(match direction {
            Direction::Up => CHANGED_UP,
            Direction::Down => CHANGED_DOWN,
        })?;
        let rows = changed.query_map(
            [
                conversation.0,
                int(since),
                int(lo),
                int(hi),
                int(limit as u64),
            ],
            |row| number(row, "seq"),
        )?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub(super) fn read_number_at(
        &self,
        conversation: ConversationKey,
        seq: Seq,
    ) -> Result<u64, TableError> {
        let found = self
            .sql(NUMBER_AT)?
            .query_row([conversation.0, int(seq)], |row| number(row, "number"))
            .optional()?;
        Ok(found.unwrap_or(0))
    }

    pub(super) fn read_edit_until(
        &self,
        conversation: ConversationKey,
        target: Seq,
        until: Seq,
    ) -> Result<Option<Content>, TableError> {
        Ok(self
            .sql(EDIT_UNTIL)?
            .query_row([conversation.0, int(target), int(until)], |row| {
                json(row, "body")
            })
            .optional()?)
    }

    pub(super) fn read_events(
        &self,
        conversation: ConversationKey,
        range: (Seq, Seq),
    ) -> Result<Vec<EventRecord>, TableError> {
        let of = self.read_conversation_id(conversation)?;
        let messages = self.read_messages(conversation, range, Direction::Up, usize::MAX)?;
        let mut events: Vec<EventRecord> = messages.into_iter().map(message_event).collect();
        let mut changes = self.sql(CHANGES)?;
        let rows = changes.query_map([conversation.0, int(range.0), int(range.1)], |row| {
            change_event(row, of)
        })?;
        for row in rows {
            events.push(row?);
        }
        events.sort_by_key(|event| event.seq);
        Ok(events)
    }

    pub(super) fn read_event_id(
        &self,
        conversation: ConversationKey,
        seq: Seq,
    ) -> Result<Option<MessageId>, TableError> {
        Ok(self
            .sql(EVENT_ID)?
            .query_row([conversation.0, int(seq)], |row| id(row, "event_id"))
            .optional()?)
    }

    pub(super) fn read_reactions(
        &self,
        conversation: ConversationKey,
        seq: Seq,
        me: Option<UserKey>,
    ) -> Result<Vec<Reaction>, TableError> {
        let mut emoji = self.sql(EMOJI)?;
        let rows = emoji.query_map([conversation.0, int(seq)], |row| {
            Ok((row.get::<_, String>("emoji")?, number(row, "count")?))
        })?;
        let mut reactions = Vec::new();
        for row in rows {
            let (emoji, count) = row?;
            reactions.push(Reaction {
                count,
                me: match me {
                    Some(me) => self.read_has_reaction(conversation, seq, &emoji, me)?,
                    None => false,
                },
                users: self.read_emoji_users(conversation, seq, &emoji)?,
                emoji,
            });
        }
        Ok(reactions)
    }

    fn read_emoji_users(
        &self,
        conversation: ConversationKey,
        seq: Seq,
        emoji: &str,
    ) -> Result<Vec<UserId>, TableError> {
        let mut users = self.sql(EMOJI_USERS)?;
        let rows = users.query_map(params![conversation.0, int(seq), emoji], |row| {
            user_id(row, "id")
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub(super) fn read_has_reaction(
        &self,
        conversation: ConversationKey,
        seq: Seq,
        emoji: &str,
        user: UserKey,
    ) -> Result<bool, TableError> {
        Ok(self
            .sql(HAS_REACTION)?
            .query_row(params![conversation.0, int(seq), emoji, user.0], |row| {
                row.get(0)
            })?)
    }

    pub(super) fn read_mentions_above(
        &self,
        conversation: ConversationKey,
        user: UserKey,
        seq: Seq,
    ) -> Result<u64, TableError> {
        let count: i64 = self
            .sql(MENTIONS_ABOVE)?
            .query_row([conversation.0, user.0, int(seq)], |row| row.get(0))?;
        Ok(count.max(0) as u64)
    }
}

fn message_row(row: &Row<'_>, conversation_id: ConversationId) -> rusqlite::Result<MessageRow> {
    let seq = number(row, "seq")?;
    let state = match perhaps(row, "state_seq")? {
        Some(state_seq) => Some(StateRow {
            state_seq,
            edit_seq: perhaps(row, "edit_seq")?,
            edited_at: perhaps(row, "edited_at")?,
            deleted_at: perhaps(row, "deleted_at")?,
        }),
        None => None,
    };
    Ok(MessageRow {
        message: Message {
            conversation_id,
            seq,
            number: number(row, "number")?,
            message_id: id(row, "message_id")?,
            temp_id: perhaps_id(row, "temp_id")?,
            sender_id: user_id(row, "sender_id")?,
            kind: word(row, "kind")?,
            content: json(row, "content")?,
            attachments: json(row, "attachments")?,
            reply_to: perhaps_id(row, "reply_to")?,
            mentions: json(row, "mentions")?,
            metadata: json::<Option<Object>>(row, "metadata")?,
            created_at: number(row, "created_at")?,
            edited_at: None,
            deleted_at: None,
            state_seq: seq,
            reactions: Vec::new(),
        },
        client_id: perhaps_id(row, "client_id")?,
        state,
    })
}

fn message_event(row: MessageRow) -> EventRecord {
    let client_id = row.client_id;
    let message = fold::as_at_its_seq(row);
    EventRecord {
        conversation_id: message.conversation_id,
        seq: message.seq,
        event_id: message.message_id,
        actor: message.sender_id.clone(),
        client_id,
        at: message.created_at,
        body: EventBody::Message(Box::new(message)),
    }
}

fn change_event(row: &Row<'_>, conversation_id: ConversationId) -> rusqlite::Result<EventRecord> {
    Ok(EventRecord {
        conversation_id,
        seq: number(row, "seq")?,
        event_id: id(row, "event_id")?,
        actor: user_id(row, "actor_id")?,
        client_id: perhaps_id(row, "client_id")?,
        at: number(row, "at")?,
        body: change_body(row)?,
    })
}

fn change_body(row: &Row<'_>) -> rusqlite::Result<EventBody> {
    let kind: String = row.get("kind")?;
    Ok(match kind.as_str() {
        "message_edited" => EventBody::Edited {
            message_id: id(row, "message_id")?,
            target_seq: number(row, "target_seq")?,
            content: json(row, "body")?,
        },
        "message_deleted" => EventBody::Deleted {
            message_id: id(row, "message_id")?,
            target_seq: number(row, "target_seq")?,
        },
        "reaction_added" => EventBody::ReactionAdded {
            message_id: id(row, "message_id")?,
            target_seq: number(row, "target_seq")?,
            emoji: row.get("body")?,
        },
        "reaction_removed" => EventBody::ReactionRemoved {
            message_id: id(row, "message_id")?,
            target_seq: number(row, "target_seq")?,
            emoji: row.get("body")?,
        },
        "member_joined" => EventBody::MemberJoined {
            user_id: user_id(row, "subject_id")?,
            role: word(row, "role")?,
        },
        "member_left" => EventBody::MemberLeft {
            user_id: user_id(row, "subject_id")?,
            role: word(row, "role")?,
        },
        "member_updated" => EventBody::MemberUpdated {
            user_id: user_id(row, "subject_id")?,
            role: word(row, "role")?,
        },
        "conversation_updated" => json::<Settings>(row, "body")?.into(),
        other => {
            return Err(rusqlite::Error::InvalidColumnName(format!(
                "a change of kind {other}"
            )));
        }
    })
}
