//! The rules: who may, what is a repeat, what comes of it. Written once, over [`Tables`]; they
//! read no clock and make no ids, so the simulation runs them as they are.
//!
//! A [`Ledger`] takes a batch of commands through one transaction ([`Ledger::run`]). Each write
//! passes the same gates in the same order (docs/protocol.md §4): is it a repeat, does its lane
//! wait, was it taken back, does the connection refuse it, is it malformed, may its sender, and
//! does it change anything. What passes makes events, and rows that are written back when the
//! transaction ends.

mod create;
mod cursors;
mod lanes;
mod members;
mod people;
pub(super) mod refusal;
mod room;
mod send;
mod settings;
mod target;
mod transaction;
mod write;

use causerie_protocol::{ConversationId, Millis, Seq, UserId};

pub use transaction::Ran;
pub(super) use transaction::never_run;

use self::{
    lanes::Lanes,
    people::People,
    room::{Ids, Note, Room, Rooms, Standing},
};
use super::{
    Actor, AuditEntry, EventBody, EventRecord,
    tables::{MemberRow, TableError, Tables, UserKey},
};

/// About how many conversations and members are held in memory.
const ROOMS_LIMIT: usize = 200_000;

/// The one writer's mind: lanes, and a cache of heads and members. It lives as long as the process;
/// all that must outlive it is in the tables.
#[derive(Debug, Clone)]
pub struct Ledger {
    rooms: Rooms,
    people: People,
    lanes: Lanes,
    change: Option<u64>,
}

impl Default for Ledger {
    fn default() -> Self {
        Self::with_cache(ROOMS_LIMIT)
    }
}

impl Ledger {
    /// A ledger whose cache holds about this many conversations and members together. The default
    /// is 200,000, some tens of megabytes when full; with less, more is read from the tables.
    pub fn with_cache(limit: usize) -> Self {
        Self {
            rooms: Rooms::new(limit),
            people: People::default(),
            lanes: Lanes::default(),
            change: None,
        }
    }
}

/// One transaction's work on the tables.
struct Work<'a, T> {
    tables: &'a mut T,
    rooms: &'a mut Rooms,
    people: &'a mut People,
    lanes: &'a mut Lanes,
    now: Millis,
    ids: Ids<'a>,
    /// The number of this transaction, if it turns out to change something.
    change: u64,
    /// Conversations in the order in which they were first changed.
    touched: Vec<ConversationId>,
    /// Whether something was erased.
    erased: bool,
}

impl<T: Tables> Work<'_, T> {
    /// What a joined user may do.
    fn standing(&mut self, room: &mut Room, user: &UserId) -> Result<Option<Standing>, TableError> {
        room.standing(self.tables, self.people, user)
    }

    /// Changes a user's row, and notes how.
    fn change_member(
        &mut self,
        room: &mut Room,
        user: &UserId,
        note: Note,
        change: impl FnOnce(&mut MemberRow),
    ) -> Result<(), TableError> {
        room.change_member(self.tables, self.people, (user, note), change)
    }

    /// Puts an event at the head.
    fn record(
        &mut self,
        room: &mut Room,
        (actor, key): (&Actor, UserKey),
        subject: Option<UserKey>,
        body: EventBody,
    ) -> Result<Seq, TableError> {
        let seq = room.next_seq();
        let event_id = match &body {
            EventBody::Message(message) => message.message_id,
            EventBody::Edited { .. }
            | EventBody::Deleted { .. }
            | EventBody::ReactionAdded { .. }
            | EventBody::ReactionRemoved { .. }
            | EventBody::MemberJoined { .. }
            | EventBody::MemberLeft { .. }
            | EventBody::MemberUpdated { .. }
            | EventBody::Updated { .. } => (self.ids)(),
        };
        let event = EventRecord {
            conversation_id: room.row.id,
            seq,
            event_id,
            actor: actor.user_id.clone(),
            client_id: actor.device(),
            at: self.now,
            body,
        };
        let place = (room.row.key, self.change);
        self.tables.add_event(place, key, subject, &event)?;
        room.row.head_seq = seq;
        room.push_event(event);
        Ok(seq)
    }

    /// A line of the audit.
    fn audit(
        &mut self,
        actor: &Actor,
        action: &str,
        conversation_id: ConversationId,
        subject: Option<&UserId>,
        outcome: &str,
    ) -> Result<(), TableError> {
        let entry = AuditEntry {
            user_id: actor.user_id.clone(),
            action: action.to_owned(),
            conversation_id: Some(conversation_id),
            subject: subject.cloned(),
            outcome: outcome.to_owned(),
        };
        self.tables.add_audit(self.now, &entry)
    }
}
