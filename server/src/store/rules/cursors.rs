//! `mark_read` and `mark_delivered`: cursors that only rise.

use causerie_protocol::{Mark, Millis, Seq, UserId};

use crate::store::{
    Actor, Outcome,
    tables::{TableError, Tables},
};

use super::{
    Work, refusal,
    room::{Note, Room},
};

impl<T: Tables> Work<'_, T> {
    pub(super) fn mark_read(&mut self, actor: &Actor, mark: Mark) -> Result<Outcome, TableError> {
        self.mark(actor, mark, Self::raise_read)
    }

    pub(super) fn mark_delivered(
        &mut self,
        actor: &Actor,
        mark: Mark,
    ) -> Result<Outcome, TableError> {
        self.mark(actor, mark, Self::raise_delivered)
    }

    fn mark(
        &mut self,
        actor: &Actor,
        mark: Mark,
        raise: fn(&mut Self, &mut Room, &UserId, Seq, Millis) -> Result<(), TableError>,
    ) -> Result<Outcome, TableError> {
        let id = mark.conversation_id;
        let user = &actor.user_id;
        let forbidden = || {
            let mut reply = refusal::forbidden();
            reply.conversation_id = Some(id);
            Outcome::Refused(Box::new(reply))
        };
        let Some(mut room) = self.rooms.take(self.tables, id)? else {
            return Ok(forbidden());
        };
        let mut outcome = forbidden();
        if self.standing(&mut room, user)?.is_some() {
            let seq = mark.seq.min(room.row.head_seq);
            raise(self, &mut room, user, seq, self.now)?;
            if let Some(member) = room.member(self.tables, self.people, user)?.cloned() {
                outcome = Outcome::Marked {
                    conversation_id: id,
                    row: room.read_state(&member),
                };
            }
        }
        if room.has_news() && !self.touched.contains(&id) {
            self.touched.push(id);
        }
        self.rooms.put(room);
        Ok(outcome)
    }

    fn raise_read(
        &mut self,
        room: &mut Room,
        user: &UserId,
        seq: Seq,
        at: Millis,
    ) -> Result<(), TableError> {
        let Some(member) = room.member(self.tables, self.people, user)? else {
            return Ok(());
        };
        if seq <= member.read_seq {
            return Ok(());
        }
        let key = member.user;
        let number = self.tables.number_at(room.row.key, seq)?;
        let mentions = self.tables.mentions_above(room.row.key, key, seq)?;
        self.change_member(room, user, Note::Read(at), |row| {
            row.read_seq = seq;
            row.read_number = row.read_number.max(number);
            row.mentions_unread = mentions;
        })
    }

    fn raise_delivered(
        &mut self,
        room: &mut Room,
        user: &UserId,
        seq: Seq,
        at: Millis,
    ) -> Result<(), TableError> {
        let delivered = room
            .member(self.tables, self.people, user)?
            .map_or(seq, |member| member.delivered_seq.max(member.read_seq));
        if seq <= delivered {
            return Ok(());
        }
        self.change_member(room, user, Note::Delivered(at), |row| {
            row.delivered_seq = seq
        })
    }
}
