//! `send_message`.

use std::collections::BTreeSet;

use causerie_protocol::{
    ConversationKind, ErrorReply, Message, MessageKind, MessageSent, SendMessage, Seq, UserId,
};

use crate::store::{
    Actor, EventBody, Outcome,
    tables::{TableError, Tables, UserKey},
};

use super::{
    Work,
    refusal::{self, Ruling},
    room::{Note, Room, Standing},
    write::Names,
};

impl<T: Tables> Work<'_, T> {
    pub(super) fn send(
        &mut self,
        room: &mut Room,
        actor: &Actor,
        names: Names,
        send: &SendMessage,
    ) -> Ruling<Outcome> {
        let standing = self.standing(room, &actor.user_id)?;
        may_send(room, actor, standing.as_ref(), &send.kind)?;
        if let Some(reply_to) = send.reply_to {
            let visible_from = standing.as_ref().map_or(0, |s| s.visible_from);
            let seq = self.tables.message_seq(room.row.key, reply_to)?;
            if seq.is_none_or(|seq| seq < visible_from) {
                return Err(ErrorReply::invalid(
                    "reply_to",
                    "there is no such message in this conversation",
                )
                .into());
            }
        }

        let key = match standing {
            Some(standing) => standing.key,
            None => self.people.intern(self.tables, &actor.user_id)?,
        };
        let seq = room.next_seq();
        let message = Message {
            conversation_id: room.row.id,
            seq,
            number: room.row.head_number + 1,
            message_id: (self.ids)(),
            temp_id: Some(names.temp_id),
            sender_id: actor.user_id.clone(),
            kind: send.kind.clone(),
            content: send.content.clone(),
            attachments: send.attachments.clone(),
            reply_to: send.reply_to,
            mentions: send.mentions.clone(),
            metadata: send.metadata.clone(),
            created_at: self.now,
            edited_at: None,
            deleted_at: None,
            state_seq: seq,
            reactions: Vec::new(),
        };
        let sent = MessageSent {
            temp_id: names.temp_id,
            message_id: message.message_id,
            conversation_id: room.row.id,
            seq,
            number: message.number,
            created_at: self.now,
            duplicate: false,
            message: None,
        };
        self.record(
            room,
            (actor, key),
            None,
            EventBody::Message(Box::new(message)),
        )?;
        room.row.head_number = sent.number;
        room.row.active_at = self.now;
        self.remember(room, key, names, Some(seq))?;
        self.note_mentions(room, &actor.user_id, &send.mentions, seq)?;
        self.raise_own_cursor(room, &actor.user_id, (seq, sent.number))?;
        Ok(Outcome::Sent(Box::new(sent)))
    }

    /// Mentions count for members only; who joins later has read up to there anyway.
    fn note_mentions(
        &mut self,
        room: &mut Room,
        sender: &UserId,
        mentions: &[UserId],
        seq: Seq,
    ) -> Result<(), TableError> {
        let named: BTreeSet<&UserId> = mentions.iter().filter(|user| *user != sender).collect();
        for user in named {
            let Some(key) = self.joined_key(room, user)? else {
                continue;
            };
            self.tables.add_mention(room.row.key, key, seq)?;
            self.change_member(room, user, Note::Touched, |row| row.mentions_unread += 1)?;
        }
        Ok(())
    }

    /// A sender has read what they answer. Admins of the app may be no members.
    fn raise_own_cursor(
        &mut self,
        room: &mut Room,
        sender: &UserId,
        (seq, number): (Seq, u64),
    ) -> Result<(), TableError> {
        if !room.is_joined(sender) {
            return Ok(());
        }
        self.change_member(room, sender, Note::Touched, |row| {
            row.read_seq = seq;
            row.read_number = number;
            row.mentions_unread = 0;
        })
    }

    fn joined_key(
        &mut self,
        room: &mut Room,
        user: &UserId,
    ) -> Result<Option<UserKey>, TableError> {
        if !room.is_joined(user) {
            return Ok(None);
        }
        Ok(self.standing(room, user)?.map(|standing| standing.key))
    }
}

/// Members send, in a broadcast only those who manage it; system messages come from admins of the
/// app, members or not.
fn may_send(
    room: &Room,
    actor: &Actor,
    standing: Option<&Standing>,
    kind: &MessageKind,
) -> Result<(), ErrorReply> {
    if *kind == MessageKind::System {
        return match (actor.admin, standing) {
            (true, _) => Ok(()),
            (false, Some(_)) => Err(refusal::not_allowed(
                "only the server and admins of the app write system messages",
            )),
            (false, None) => Err(refusal::forbidden()),
        };
    }
    let Some(standing) = standing else {
        return Err(refusal::forbidden());
    };
    if room.row.kind == ConversationKind::Broadcast && !standing.role.manages() {
        return Err(refusal::not_allowed(
            "only the owner and admins write to a broadcast",
        ));
    }
    Ok(())
}
