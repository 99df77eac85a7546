//! Edits, deletions and reactions: what names a message by `message_id` or `target_temp_id`.

use causerie_protocol::{
    Content, EditMessage, ErrorReply, MessageKind, React, Seq, Target, TempId, UserId, WriteKind,
    limits::MAX_DISTINCT_EMOJI,
};

use crate::store::{
    Actor, EventBody, Outcome,
    queries::fold,
    tables::{MessageRow, StateRow, TableError, Tables, WriteRow},
};

use super::{
    Work,
    refusal::{self, Ruling},
    room::{Note, Room, Standing},
    write::Names,
};

/// What a target turned out to be.
enum Found {
    /// A message that this user sees.
    Message(Box<MessageRow>),
    /// Nothing, under the sender's own name: it may still come.
    NotYet(TempId),
    /// Its sender deleted it before it came.
    Cancelled,
    /// Nothing, or nothing that this user sees.
    Nothing,
}

impl<T: Tables> Work<'_, T> {
    pub(super) fn edit(
        &mut self,
        room: &mut Room,
        actor: &Actor,
        names: Names,
        edit: &EditMessage,
    ) -> Ruling<Outcome> {
        let standing = self.member_standing(room, actor)?;
        let row = self.living_target(room, &standing, names, edit.target)?;
        if row.message.sender_id != actor.user_id {
            return Err(refusal::not_allowed("only its sender edits a message").into());
        }
        check_content(&row.message.kind, &edit.content)?;
        if fold::content(self.tables, room.row.key, &row)? == edit.content {
            return self.ack(room, standing.key, names, None);
        }

        let (target_seq, state) = (row.message.seq, row.state.unwrap_or_default());
        let body = EventBody::Edited {
            message_id: row.message.message_id,
            target_seq,
            content: edit.content.clone(),
        };
        let seq = self.record(room, (actor, standing.key), None, body)?;
        let state = StateRow {
            state_seq: seq,
            edit_seq: Some(seq),
            edited_at: Some(self.now),
            ..state
        };
        self.tables.put_state(room.row.key, target_seq, &state)?;
        self.ack(room, standing.key, names, Some(seq))
    }

    pub(super) fn delete(
        &mut self,
        room: &mut Room,
        actor: &Actor,
        names: Names,
        target: Target,
    ) -> Ruling<Outcome> {
        let standing = self.member_standing(room, actor)?;
        let row = match self.find_target(room, &standing, names, target)? {
            Found::Message(row) => row,
            Found::NotYet(temp_id) => {
                let never = WriteRow {
                    kind: WriteKind::SendMessage,
                    seq: None,
                    at: self.now,
                    cancelled: true,
                };
                self.tables
                    .add_write(room.row.key, standing.key, temp_id, &never)?;
                return self.ack(room, standing.key, names, None);
            }
            Found::Cancelled => return self.ack(room, standing.key, names, None),
            Found::Nothing => return Err(refusal::no_such_message().into()),
        };
        if row.message.sender_id != actor.user_id && !standing.role.manages() {
            return Err(refusal::not_allowed(
                "a message is deleted by its sender, an admin or the owner",
            )
            .into());
        }
        if is_deleted(&row) {
            return self.ack(room, standing.key, names, None);
        }

        let target_seq = row.message.seq;
        let body = EventBody::Deleted {
            message_id: row.message.message_id,
            target_seq,
        };
        let seq = self.record(room, (actor, standing.key), None, body)?;
        let state = StateRow {
            state_seq: seq,
            edit_seq: None,
            edited_at: row.state.and_then(|state| state.edited_at),
            deleted_at: Some(self.now),
        };
        self.take_back_mentions(room, &row.message.mentions, target_seq)?;
        self.tables.erase(room.row.key, target_seq)?;
        self.tables.put_state(room.row.key, target_seq, &state)?;
        self.erased = true;
        self.ack(room, standing.key, names, Some(seq))
    }

    /// What is deleted mentions nobody; for who had not read it the count goes down.
    fn take_back_mentions(
        &mut self,
        room: &mut Room,
        mentions: &[UserId],
        seq: Seq,
    ) -> Result<(), TableError> {
        for user in mentions {
            let Some(member) = room.member(self.tables, self.people, user)?.cloned() else {
                continue;
            };
            let was_there = self.tables.remove_mention(room.row.key, member.user, seq)?;
            if was_there && member.is_joined() && member.read_seq < seq {
                self.change_member(room, user, Note::Touched, |row| {
                    row.mentions_unread = row.mentions_unread.saturating_sub(1);
                })?;
            }
        }
        Ok(())
    }

    pub(super) fn add_reaction(
        &mut self,
        room: &mut Room,
        actor: &Actor,
        names: Names,
        react: &React,
    ) -> Ruling<Outcome> {
        let standing = self.member_standing(room, actor)?;
        let row = self.living_target(room, &standing, names, react.target)?;
        let (conversation, target_seq) = (room.row.key, row.message.seq);
        if self
            .tables
            .has_reaction(conversation, target_seq, &react.emoji, standing.key)?
        {
            return self.ack(room, standing.key, names, None);
        }
        let present = self.tables.reactions(conversation, target_seq, None)?;
        if present.len() >= MAX_DISTINCT_EMOJI
            && present.iter().all(|there| there.emoji != react.emoji)
        {
            return Err(refusal::too_large(
                "emoji",
                format!("a message has at most {MAX_DISTINCT_EMOJI} different emoji"),
            )
            .into());
        }

        let body = EventBody::ReactionAdded {
            message_id: row.message.message_id,
            target_seq,
            emoji: react.emoji.clone(),
        };
        let seq = self.record(room, (actor, standing.key), None, body)?;
        self.tables
            .add_reaction(conversation, target_seq, &react.emoji, standing.key, seq)?;
        self.raise_state(room, &row, seq)?;
        self.ack(room, standing.key, names, Some(seq))
    }

    pub(super) fn remove_reaction(
        &mut self,
        room: &mut Room,
        actor: &Actor,
        names: Names,
        react: &React,
    ) -> Ruling<Outcome> {
        let standing = self.member_standing(room, actor)?;
        let row = self.living_target(room, &standing, names, react.target)?;
        let (conversation, target_seq) = (room.row.key, row.message.seq);
        if !self
            .tables
            .has_reaction(conversation, target_seq, &react.emoji, standing.key)?
        {
            return self.ack(room, standing.key, names, None);
        }

        let body = EventBody::ReactionRemoved {
            message_id: row.message.message_id,
            target_seq,
            emoji: react.emoji.clone(),
        };
        let seq = self.record(room, (actor, standing.key), None, body)?;
        self.tables
            .remove_reaction(conversation, target_seq, &react.emoji, standing.key)?;
        self.raise_state(room, &row, seq)?;
        self.ack(room, standing.key, names, Some(seq))
    }

    fn raise_state(
        &mut self,
        room: &Room,
        row: &MessageRow,
        state_seq: Seq,
    ) -> Result<(), TableError> {
        let state = StateRow {
            state_seq,
            ..row.state.unwrap_or_default()
        };
        self.tables.put_state(room.row.key, row.message.seq, &state)
    }

    /// What the actor may do, who must be joined.
    pub(super) fn member_standing(&mut self, room: &mut Room, actor: &Actor) -> Ruling<Standing> {
        self.standing(room, &actor.user_id)?
            .ok_or_else(|| refusal::forbidden().into())
    }

    /// A message that can still be edited or reacted to.
    fn living_target(
        &mut self,
        room: &Room,
        standing: &Standing,
        names: Names,
        target: Target,
    ) -> Ruling<Box<MessageRow>> {
        match self.find_target(room, standing, names, target)? {
            Found::Message(row) if is_deleted(&row) => {
                Err(refusal::conflict("this message was deleted").into())
            }
            Found::Message(row) => Ok(row),
            Found::NotYet(_) | Found::Cancelled | Found::Nothing => {
                Err(refusal::no_such_message().into())
            }
        }
    }

    fn find_target(
        &mut self,
        room: &Room,
        standing: &Standing,
        names: Names,
        target: Target,
    ) -> Ruling<Found> {
        let seq = match target {
            Target::Message { message_id } => self.tables.message_seq(room.row.key, message_id)?,
            Target::Temp { target_temp_id } => {
                if target_temp_id == names.temp_id {
                    return Err(ErrorReply::invalid(
                        "target_temp_id",
                        "this is the write's own temp_id",
                    )
                    .into());
                }
                let known = self
                    .tables
                    .write(room.row.key, standing.key, target_temp_id)?;
                match known {
                    None => return Ok(Found::NotYet(target_temp_id)),
                    Some(known) if known.cancelled => return Ok(Found::Cancelled),
                    Some(known) if known.kind != WriteKind::SendMessage => {
                        return Err(refusal::conflict(&format!(
                            "that temp_id stands for a {}, which is no message",
                            known.kind.as_str()
                        ))
                        .into());
                    }
                    Some(known) => known.seq,
                }
            }
        };
        let Some(seq) = seq.filter(|seq| *seq >= standing.visible_from) else {
            return Ok(Found::Nothing);
        };
        let row = self.tables.message(room.row.key, seq)?;
        Ok(row.map_or(Found::Nothing, |row| Found::Message(Box::new(row))))
    }
}

fn is_deleted(row: &MessageRow) -> bool {
    row.state.is_some_and(|state| state.deleted_at.is_some())
}

/// An edit keeps the message's kind.
fn check_content(kind: &MessageKind, content: &Content) -> Result<(), ErrorReply> {
    let fits = match (kind, content) {
        (MessageKind::Text | MessageKind::System, Content::Text(text)) => !text.is_empty(),
        (MessageKind::Media, Content::Text(_) | Content::Empty) => true,
        (MessageKind::Custom, Content::Object(_)) => true,
        (
            MessageKind::Text
            | MessageKind::System
            | MessageKind::Media
            | MessageKind::Custom
            | MessageKind::Other(_),
            _,
        ) => false,
    };
    if fits {
        return Ok(());
    }
    Err(ErrorReply::invalid(
        "content",
        format!("this is no content for a message of kind {kind}"),
    ))
}
