//! What the model says of an entry of the conversation list.

use causerie_engine::ConversationEntry;
use causerie_protocol::{MembershipState, Seq};

use crate::{
    ledger::{Ledger, Room},
    person::{OwnState, Person},
};

impl Person {
    /// Head, unread count and last message are those of the server's order, as far as they are
    /// known; what the person did counts at once, and nothing goes back.
    pub(crate) fn look_at_entry(
        &mut self,
        ledger: &Ledger,
        entry: &ConversationEntry,
    ) -> Result<(), String> {
        let item = &entry.item;
        let id = item.conversation_id;
        if item.membership != MembershipState::Joined || item.rev == 0 {
            return Ok(());
        }
        let nothing = Room::default();
        let room = ledger.room(id).unwrap_or(&nothing);
        let known = self.rooms.entry(id).or_default();
        if item.visible_from < known.visible_from {
            return Ok(());
        }
        // The list is not told anew for a change to a message that it does not show.
        if item.head_number < room.number_at(known.head) {
            return Err(format!(
                "lists {id} up to #{}, and was told of #{}",
                item.head_seq, known.head
            ));
        }
        known.head = known.head.max(item.head_seq);
        if item.head_number != room.number_at(item.head_seq) {
            return Err(format!(
                "lists {} messages of {id} up to #{}, and there are {}",
                item.head_number,
                item.head_seq,
                room.number_at(item.head_seq)
            ));
        }
        if item.read_seq < known.read {
            return Err(format!(
                "lists {id} as read to #{}, and it was read to #{}",
                item.read_seq, known.read
            ));
        }
        known.read = item.read_seq;
        let read = item.read_seq.max(item.visible_from.saturating_sub(1));
        let unread = item.head_number.saturating_sub(room.number_at(read));
        if entry.unread != unread {
            return Err(format!(
                "lists {} unread of {id} up to #{}, read to #{}, and should {unread}",
                entry.unread, item.head_seq, item.read_seq
            ));
        }
        self.look_at_preview(room, entry)?;
        let lane = self
            .lanes
            .get(&id)
            .into_iter()
            .flat_map(|lane| lane.values());
        let mut queued = lane.rev().filter(|key| {
            let own = self.writes.get(*key);
            own.is_some_and(|own| own.state == OwnState::Queued)
        });
        let pending = entry.pending.as_ref().map(|row| row.key);
        let due = queued.next().copied();
        if pending != due {
            return Err(format!(
                "lists {pending:?} as the last on its way in {id}, and should {due:?}"
            ));
        }
        Ok(())
    }

    fn look_at_preview(&mut self, room: &Room, entry: &ConversationEntry) -> Result<(), String> {
        let item = &entry.item;
        let id = item.conversation_id;
        let known = self.rooms.get(&id).copied().unwrap_or_default();
        let due = room.number_at(known.preview).max(known.newest);
        // Who was let in again may hear of what happened since before the item says from where on it
        // may be seen: the server tells no message from before that.
        let start = item
            .visible_from
            .max(room.let_in(&self.user, known.preview));
        let is_any_due = due > room.number_at(start.saturating_sub(1));
        let Some(last) = &item.last_message else {
            return if is_any_due {
                Err(format!("lists no last message of {id}"))
            } else {
                Ok(())
            };
        };
        let Some(said) = room.message(last.message_id) else {
            return Err(format!("lists a last message of {id} that nobody said"));
        };
        if said.seq < item.visible_from {
            return Err(format!(
                "lists #{} of {id}, which may be seen from #{} on",
                said.seq, item.visible_from
            ));
        }
        let is_from_before = said.seq < start && !is_any_due;
        if said.number < due && !is_from_before {
            return Err(format!(
                "lists #{} of {id} as the last message, and was told of {due} messages",
                said.seq
            ));
        }
        let state = match last.content.text() {
            Some(text) if last.deleted_at.is_none() => said.state_that_says(text),
            Some(_) | None => said.is_deleted().then_some(Seq::MAX),
        };
        let Some(state) = state else {
            return Err(format!(
                "lists #{} of {id} with what it never said: {:?}",
                said.seq,
                last.content.text()
            ));
        };
        let before = self.previews.insert(last.message_id, state);
        if before.is_some_and(|before| before > state) {
            return Err(format!(
                "lists #{} of {id} as it was before: {:?}",
                said.seq,
                last.content.text()
            ));
        }
        Ok(())
    }
}
