//! Conversations that are in use: their head, their members, and what a transaction did to them.
//!
//! The ledger is the only writer, so what it holds here is what the tables hold, plus what the
//! running transaction has not yet written back: heads and members' rows are written once per
//! transaction, however many messages came. A transaction that fails takes the whole cache with it.
//! A removal changes the cached row itself, so no permission outlives it.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use causerie_protocol::{ConversationId, Item, MessageId, Millis, Role, Seq, UserId};

use crate::{
    planted,
    store::{
        Commit, EventRecord, ReadState, RowChange, RowChangeKind,
        queries::item::item_among,
        tables::{ConversationRow, MemberRow, TableError, Tables, UserKey},
    },
};

use super::people::People;

/// A conversation in use.
#[derive(Debug, Clone)]
pub(super) struct Room {
    pub(super) row: ConversationRow,
    /// All who are joined, in bytewise order.
    members: Arc<[UserId]>,
    known: HashMap<UserId, MemberRow>,
    changed: bool,
    changed_members: BTreeSet<UserId>,
    events: Vec<Arc<EventRecord>>,
    notes: Vec<(UserId, Note)>,
    counted: usize,
}

/// What happened to a user's row, until the transaction's end shows what became of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Note {
    Joined,
    Left(Seq),
    Read(Millis),
    Delivered(Millis),
    Touched,
}

/// What a member may do, taken out of the row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Standing {
    pub(super) key: UserKey,
    pub(super) role: Role,
    pub(super) visible_from: Seq,
}

impl Room {
    /// A conversation that has just been made.
    pub(super) fn new(row: ConversationRow) -> Self {
        Self::with_members(row, Vec::new())
    }

    fn with_members(row: ConversationRow, members: Vec<UserId>) -> Self {
        Self {
            row,
            members: members.into(),
            known: HashMap::new(),
            changed: false,
            changed_members: BTreeSet::new(),
            events: Vec::new(),
            notes: Vec::new(),
            counted: 0,
        }
    }

    /// Whether this user is joined.
    pub(super) fn is_joined(&self, user: &UserId) -> bool {
        self.members.binary_search(user).is_ok()
    }

    /// A user's row, joined or not.
    pub(super) fn member<T: Tables>(
        &mut self,
        tables: &T,
        people: &mut People,
        user: &UserId,
    ) -> Result<Option<&MemberRow>, TableError> {
        if !self.known.contains_key(user) {
            let Some(key) = people.find(tables, user)? else {
                return Ok(None);
            };
            let Some(row) = tables.member(self.row.key, key)? else {
                return Ok(None);
            };
            self.known.insert(user.clone(), row);
        }
        Ok(self.known.get(user))
    }

    /// What a joined user may do; `None` for everybody else.
    pub(super) fn standing<T: Tables>(
        &mut self,
        tables: &T,
        people: &mut People,
        user: &UserId,
    ) -> Result<Option<Standing>, TableError> {
        let row = self.member(tables, people, user)?;
        Ok(row.filter(|row| row.is_joined()).map(|row| Standing {
            key: row.user,
            role: row.role.clone(),
            visible_from: row.visible_from,
        }))
    }

    /// Changes a user's row, and raises its revision.
    pub(super) fn change_member<T: Tables>(
        &mut self,
        tables: &T,
        people: &mut People,
        (user, note): (&UserId, Note),
        change: impl FnOnce(&mut MemberRow),
    ) -> Result<(), TableError> {
        self.member(tables, people, user)?;
        let Some(row) = self.known.get_mut(user) else {
            let what = format!("{user} has no row in {}", self.row.id);
            return Err(TableError::Defect(what));
        };
        change(row);
        row.rev += 1;
        self.changed_members.insert(user.clone());
        self.note(user, note);
        Ok(())
    }

    /// Adds or replaces the row of a user who joins.
    pub(super) fn put_joined(&mut self, row: MemberRow) {
        let user = row.user_id.clone();
        if let Err(at) = self.members.binary_search(&user) {
            let mut members = self.members.to_vec();
            members.insert(at, user.clone());
            self.members = members.into();
        }
        self.changed_members.insert(user.clone());
        self.known.insert(user.clone(), row);
        self.note(&user, Note::Joined);
        self.count_members();
    }

    /// Many at once, for a new conversation.
    pub(super) fn put_first_members(&mut self, rows: Vec<MemberRow>) {
        let mut members: Vec<UserId> = rows.iter().map(|row| row.user_id.clone()).collect();
        members.sort();
        self.members = members.into();
        for row in rows {
            let user = row.user_id.clone();
            self.changed_members.insert(user.clone());
            self.notes.push((user.clone(), Note::Joined));
            self.known.insert(user, row);
        }
        self.count_members();
    }

    /// A user is joined no more; the row itself is changed by [`change_member`](Self::change_member).
    pub(super) fn drop_joined(&mut self, user: &UserId) {
        if let Ok(at) = self.members.binary_search(user) {
            let mut members = self.members.to_vec();
            members.remove(at);
            self.members = members.into();
        }
        self.count_members();
    }

    fn count_members(&mut self) {
        self.row.members_count = self.members.len() as u64;
        self.changed = true;
    }

    /// Keeps an event for the commit.
    pub(super) fn push_event(&mut self, event: EventRecord) {
        self.events.push(Arc::new(event));
        self.changed = true;
    }

    fn note(&mut self, user: &UserId, note: Note) {
        let replaces = match note {
            Note::Joined | Note::Left(_) => None,
            Note::Read(_) | Note::Delivered(_) | Note::Touched => self
                .notes
                .iter()
                .position(|(who, old)| who == user && same_kind(*old, note)),
        };
        match replaces {
            Some(at) => self.notes[at].1 = note,
            None => self.notes.push((user.clone(), note)),
        }
    }

    /// Whether this transaction did anything here that others learn of.
    pub(super) fn has_news(&self) -> bool {
        self.changed || !self.changed_members.is_empty()
    }

    /// Writes back what the tables do not have yet.
    pub(super) fn write_back<T: Tables>(
        &mut self,
        tables: &mut T,
        change: u64,
    ) -> Result<(), TableError> {
        if std::mem::take(&mut self.changed) {
            self.row.change = change;
            tables.put_conversation(&self.row)?;
        }
        for user in std::mem::take(&mut self.changed_members) {
            if let Some(row) = self.known.get_mut(&user) {
                row.change = change;
                tables.put_member(row)?;
                if planted::is("permission_cached") {
                    row.left = None;
                }
            }
        }
        Ok(())
    }

    /// What the transaction did here. Everything must be written back.
    pub(super) fn take_commit<T: Tables>(
        &mut self,
        tables: &T,
        change: u64,
    ) -> Result<Option<Commit>, TableError> {
        if self.events.is_empty() && self.notes.is_empty() {
            return Ok(None);
        }
        let mut rows = Vec::with_capacity(self.notes.len());
        for (user_id, note) in std::mem::take(&mut self.notes) {
            if let Some(kind) = self.row_change(tables, &user_id, note)? {
                rows.push(RowChange { user_id, kind });
            }
        }
        Ok(Some(Commit {
            change,
            conversation_id: self.row.id,
            head_seq: self.row.head_seq,
            head_number: self.row.head_number,
            events: std::mem::take(&mut self.events),
            members: Arc::clone(&self.members),
            rows,
        }))
    }

    fn row_change<T: Tables>(
        &self,
        tables: &T,
        user: &UserId,
        note: Note,
    ) -> Result<Option<RowChangeKind>, TableError> {
        let Some(member) = self.known.get(user) else {
            return Ok(None);
        };
        Ok(match note {
            // Who left again in the same transaction has nothing to open.
            Note::Joined if !member.is_joined() => None,
            Note::Joined => Some(RowChangeKind::Joined(Box::new(self.item(tables, member)?))),
            Note::Left(seq) => Some(RowChangeKind::Left { seq }),
            Note::Read(at) => Some(RowChangeKind::Read {
                row: self.read_state(member),
                at,
            }),
            Note::Delivered(at) => Some(RowChangeKind::Delivered {
                seq: member.delivered_seq,
                at,
                row: self.read_state(member),
            }),
            Note::Touched => Some(RowChangeKind::Touched),
        })
    }

    /// The conversation as this member sees it.
    pub(super) fn item<T: Tables>(
        &self,
        tables: &T,
        member: &MemberRow,
    ) -> Result<Item, TableError> {
        item_among(tables, &self.row, member, &self.members)
    }

    /// How far a member has read.
    pub(super) fn read_state(&self, member: &MemberRow) -> ReadState {
        ReadState {
            read_seq: member.read_seq,
            read_number: member.read_number,
            mentions_unread: member.mentions_unread,
            rev: member.rev + self.row.head_seq,
        }
    }

    /// The seq of the next event.
    pub(super) fn next_seq(&self) -> Seq {
        self.row.head_seq + 1
    }

    fn weight(&self) -> usize {
        1 + self.members.len() + self.known.len()
    }
}

fn same_kind(one: Note, other: Note) -> bool {
    std::mem::discriminant(&one) == std::mem::discriminant(&other)
}

/// The conversations in use. Bounded: when the newer half is full, the older half is forgotten, so
/// what is used stays. Forgetting happens between transactions only.
#[derive(Debug, Clone)]
pub(super) struct Rooms {
    newer: HashMap<ConversationId, Box<Room>>,
    older: HashMap<ConversationId, Box<Room>>,
    weight: usize,
    limit: usize,
}

impl Rooms {
    /// Holds about this many conversations and members together.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            newer: HashMap::new(),
            older: HashMap::new(),
            weight: 0,
            limit,
        }
    }

    /// Takes a conversation out, to give it back with [`put`](Self::put).
    pub(super) fn take<T: Tables>(
        &mut self,
        tables: &T,
        id: ConversationId,
    ) -> Result<Option<Box<Room>>, TableError> {
        if let Some(room) = self.newer.remove(&id) {
            self.weight -= room.counted;
            return Ok(Some(room));
        }
        if let Some(room) = self.older.remove(&id) {
            return Ok(Some(room));
        }
        let Some(row) = tables.conversation(id)? else {
            return Ok(None);
        };
        let members = tables.joined(row.key)?;
        Ok(Some(Box::new(Room::with_members(row, members))))
    }

    /// Gives a conversation back.
    pub(super) fn put(&mut self, mut room: Box<Room>) {
        room.counted = room.weight();
        self.weight += room.counted;
        self.newer.insert(room.row.id, room);
    }

    /// Between transactions: forgets what was not used for long.
    pub(super) fn forget_unused(&mut self) {
        if self.weight > self.limit / 2 {
            self.older = std::mem::take(&mut self.newer);
            self.weight = 0;
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.newer.clear();
        self.older.clear();
        self.weight = 0;
    }
}

/// Makes the id of the next event.
pub(super) type Ids<'a> = &'a mut dyn FnMut() -> MessageId;
