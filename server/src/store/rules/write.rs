//! The gates that every durable write passes (docs/protocol.md §4, "Durable writes").

use causerie_protocol::{
    ConversationId, ErrorCode, ErrorReply, Item, MessageSent, Millis, Seq, TempId, Write, WriteAck,
    WriteKind, WriteOp,
};

use crate::{
    planted,
    store::{
        Actor, LaneId, Outcome,
        queries::fold,
        tables::{TableError, Tables, UserKey, WriteRow},
    },
};

use super::{
    Work,
    refusal::{self, Ruling, Stop},
    room::Room,
    transaction::named,
};

/// The names of a write, for its answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names {
    pub(super) temp_id: TempId,
    pub(super) conversation_id: ConversationId,
    pub(super) kind: WriteKind,
}

impl<T: Tables> Work<'_, T> {
    pub(super) fn write(
        &mut self,
        lane: LaneId,
        actor: &Actor,
        write: &Write,
        refuse: Option<&ErrorReply>,
    ) -> Result<Outcome, TableError> {
        let id = write.conversation_id;
        let place = (lane, id);
        self.lanes.handle_write(place, write.temp_id, write.skip);
        let mut room = self.rooms.take(self.tables, id)?;
        let head = |room: &Option<Box<Room>>| room.as_ref().map(|room| room.row.head_seq);
        let before = head(&room);
        let decided = self.pass_gates(lane, actor, write, refuse, &mut room);
        let after = head(&room);
        if let Some(room) = room {
            if room.has_news() && !self.touched.contains(&id) {
                self.touched.push(id);
            }
            self.rooms.put(room);
        }
        match decided {
            Ok(outcome) => Ok(outcome),
            Err(Stop::Failed(error)) => Err(error),
            Err(Stop::Refused(reply)) => {
                debug_assert_eq!(before, after, "a refusal came after an event");
                if reply.retryable {
                    self.lanes.stop(place, write.temp_id);
                }
                if reply.code == ErrorCode::Forbidden {
                    self.audit(actor, write.kind().as_str(), id, None, reply.code.as_str())?;
                }
                Ok(named(*reply, write))
            }
        }
    }

    fn pass_gates(
        &mut self,
        lane: LaneId,
        actor: &Actor,
        write: &Write,
        refuse: Option<&ErrorReply>,
        room: &mut Option<Box<Room>>,
    ) -> Ruling<Outcome> {
        let names = Names {
            temp_id: write.temp_id,
            conversation_id: write.conversation_id,
            kind: write.kind(),
        };
        let known = match room {
            Some(room) => self.known(room, actor, names.temp_id)?,
            None => None,
        };
        if let (Some(room), Some((key, known))) = (room.as_deref_mut(), &known)
            && known.kind == names.kind
            && !known.cancelled
        {
            return Ok(self.repeat(room, actor, *key, names, known)?);
        }
        if self.lanes.is_stopped((lane, names.conversation_id)) {
            return Err(refusal::aborted().into());
        }
        match known {
            Some((_, known)) if known.kind == names.kind => {
                return Err(refusal::cancelled().into());
            }
            Some((_, known)) => {
                return Err(refusal::conflict(&format!(
                    "this temp_id already stands for a {}",
                    known.kind.as_str()
                ))
                .into());
            }
            None => {}
        }
        if let Some(reply) = refuse {
            return Err(reply.clone().into());
        }
        let op = write.op.as_ref().map_err(refusal::fault)?;
        self.dispatch(room, actor, names, op)
    }

    fn dispatch(
        &mut self,
        room: &mut Option<Box<Room>>,
        actor: &Actor,
        names: Names,
        op: &WriteOp,
    ) -> Ruling<Outcome> {
        if let WriteOp::CreateConversation(create) = op {
            return self.create(room, actor, names, create);
        }
        let missing = || Stop::from(refusal::forbidden());
        let there = room.as_deref_mut().ok_or_else(missing);
        match op {
            WriteOp::SendMessage(send) => self.send(there?, actor, names, send),
            WriteOp::EditMessage(edit) => self.edit(there?, actor, names, edit),
            WriteOp::DeleteMessage(delete) => self.delete(there?, actor, names, delete.target),
            WriteOp::AddReaction(react) => self.add_reaction(there?, actor, names, react),
            WriteOp::RemoveReaction(react) => self.remove_reaction(there?, actor, names, react),
            WriteOp::UpdateConversation(update) => self.update(there?, actor, names, update),
            WriteOp::AddMembers(members) => self.add_members(there?, actor, names, members),
            WriteOp::RemoveMembers(members) => self.remove_members(there?, actor, names, members),
            WriteOp::SetRole(members) => self.set_role(there?, actor, names, members),
            WriteOp::QuitConversation(_) => self.quit(there?, actor, names),
            WriteOp::CreateConversation(_)
            | WriteOp::InviteMembers(_)
            | WriteOp::AcceptInvite(_)
            | WriteOp::DeclineInvite(_)
            | WriteOp::CreateGroup(_)
            | WriteOp::UpdateGroup(_)
            | WriteOp::AddGroupMembers(_)
            | WriteOp::RemoveGroupMembers(_)
            | WriteOp::SetGroupRole(_)
            | WriteOp::QuitGroup(_) => Err(refusal::not_served(names.kind).into()),
        }
    }

    /// What this sender once wrote under this name.
    fn known(
        &mut self,
        room: &mut Room,
        actor: &Actor,
        temp_id: TempId,
    ) -> Result<Option<(UserKey, WriteRow)>, TableError> {
        if planted::is("skip_dedupe") {
            return Ok(None);
        }
        let member = room.member(self.tables, self.people, &actor.user_id)?;
        let key = match member {
            Some(member) => Some(member.user),
            // Admins of the app write without being members.
            None => self.people.find(self.tables, &actor.user_id)?,
        };
        let Some(key) = key else {
            return Ok(None);
        };
        let row = self.tables.write(room.row.key, key, temp_id)?;
        Ok(row.map(|row| (key, row)))
    }

    /// The first result again.
    fn repeat(
        &mut self,
        room: &mut Room,
        actor: &Actor,
        key: UserKey,
        names: Names,
        known: &WriteRow,
    ) -> Result<Outcome, TableError> {
        match (names.kind, known.seq) {
            (WriteKind::SendMessage, Some(seq)) => self.repeat_send(room, actor, key, names, seq),
            (WriteKind::CreateConversation, _) => {
                let conversation = self.item_of(room, actor)?;
                Ok(created(names, known.at, true, conversation))
            }
            (_, Some(seq)) if planted::is("duplicate_makes_event") => {
                let events = self.tables.events(room.row.key, (seq, seq))?;
                for event in events {
                    if event.body.target_seq().is_some() {
                        self.record(room, (actor, key), None, event.body)?;
                    }
                }
                Ok(acked(names, known.seq, known.at, true))
            }
            _ => Ok(acked(names, known.seq, known.at, true)),
        }
    }

    fn repeat_send(
        &mut self,
        room: &mut Room,
        actor: &Actor,
        key: UserKey,
        names: Names,
        seq: Seq,
    ) -> Result<Outcome, TableError> {
        let Some(row) = self.tables.message(room.row.key, seq)? else {
            return Err(TableError::Defect(format!(
                "the message at {seq} of {} is gone",
                names.conversation_id
            )));
        };
        let sees = self
            .standing(room, &actor.user_id)?
            .is_some_and(|standing| standing.visible_from <= seq);
        // Who was removed learns nothing that came later.
        let mut message = if sees {
            fold::folded(self.tables, room.row.key, row, Some(key))?
        } else {
            fold::as_at_its_seq(row)
        };
        message.temp_id = Some(names.temp_id);
        Ok(Outcome::Sent(Box::new(MessageSent {
            temp_id: names.temp_id,
            message_id: message.message_id,
            conversation_id: names.conversation_id,
            seq: message.seq,
            number: message.number,
            created_at: message.created_at,
            duplicate: true,
            message: Some(message),
        })))
    }

    /// The conversation as this user sees it; `None` for who never was a member.
    pub(super) fn item_of(
        &mut self,
        room: &mut Room,
        actor: &Actor,
    ) -> Result<Option<Item>, TableError> {
        let member = room
            .member(self.tables, self.people, &actor.user_id)?
            .cloned();
        member
            .map(|member| room.item(self.tables, &member))
            .transpose()
    }

    /// Keeps the write for its repeats, and acknowledges it.
    pub(super) fn ack(
        &mut self,
        room: &Room,
        key: UserKey,
        names: Names,
        seq: Option<Seq>,
    ) -> Ruling<Outcome> {
        self.remember(room, key, names, seq)?;
        Ok(acked(names, seq, self.now, false))
    }

    /// Keeps the write for its repeats.
    pub(super) fn remember(
        &mut self,
        room: &Room,
        key: UserKey,
        names: Names,
        seq: Option<Seq>,
    ) -> Result<(), TableError> {
        let row = WriteRow {
            kind: names.kind,
            seq,
            at: self.now,
            cancelled: false,
        };
        self.tables
            .add_write(room.row.key, key, names.temp_id, &row)
    }
}

pub(super) fn acked(names: Names, seq: Option<Seq>, at: Millis, duplicate: bool) -> Outcome {
    Outcome::Acked(Box::new(WriteAck {
        temp_id: names.temp_id,
        conversation_id: names.conversation_id,
        seq,
        at,
        duplicate,
        conversation: None,
        group: None,
    }))
}

pub(super) fn created(
    names: Names,
    at: Millis,
    duplicate: bool,
    conversation: Option<Item>,
) -> Outcome {
    Outcome::Acked(Box::new(WriteAck {
        temp_id: names.temp_id,
        conversation_id: names.conversation_id,
        seq: None,
        at,
        duplicate,
        conversation,
        group: None,
    }))
}
