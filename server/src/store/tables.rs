//! The rows that the rules are written over: what a store has to bring.
//!
//! [`Rows`] reads, [`Tables`] also writes. Both are synchronous and know no rule: a rule runs to
//! its end on one thread and has nothing to wait for. Conversations and users have small integer
//! keys inside, which never leave the store.
//!
//! There is a transaction and no savepoint, on purpose. A rule reads all that it needs, refuses or
//! goes on, and only then writes; so a refusal has nothing to take back, and what fails in the
//! middle is a fault of the store, which ends the whole transaction. A savepoint for each write
//! would copy every page that it touches, for nothing.

use causerie_protocol::{
    ClientId, Content, ConversationId, ConversationKind, GroupId, HistoryPolicy, Message,
    MessageId, Millis, Object, Reaction, Role, Seq, TempId, User, UserId, WriteKind,
};

use super::{AuditEntry, EventRecord};

/// A conversation inside the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConversationKey(pub i64);

/// A user inside the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserKey(pub i64);

/// Why rows could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// Not now: the disk is full, or does not answer. What comes later may succeed.
    #[error("{0}")]
    Unavailable(String),
    /// This row, or this statement, will never do: damage, or a fault in the code. What concerns
    /// other rows goes on.
    #[error("{0}")]
    Defect(String),
}

/// A conversation. `head_seq` also counts every change that an item can show beyond the user's own
/// row, since each of those is an event.
#[derive(Debug, Clone, PartialEq)]
pub struct ConversationRow {
    /// Inside.
    pub key: ConversationKey,
    /// Outside.
    pub id: ConversationId,
    /// What it is.
    pub kind: ConversationKind,
    /// The group that it belongs to.
    pub group_id: Option<GroupId>,
    /// Its title.
    pub title: Option<String>,
    /// Its picture.
    pub avatar: Option<String>,
    /// The app's own.
    pub settings: Option<Object>,
    /// What later members see.
    pub history: HistoryPolicy,
    /// When it was made.
    pub created_at: Millis,
    /// The last seq; 0 before the first event.
    pub head_seq: Seq,
    /// How many messages there are.
    pub head_number: u64,
    /// When the last message came; 0 before the first.
    pub active_at: Millis,
    /// How many are joined.
    pub members_count: u64,
    /// The transaction that last changed this row.
    pub change: u64,
}

/// A user's row in a conversation. It stays when the user leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct MemberRow {
    /// Where.
    pub conversation: ConversationKey,
    /// Who, inside.
    pub user: UserKey,
    /// Who, outside.
    pub user_id: UserId,
    /// What they may do.
    pub role: Role,
    /// Rises with every change to this row. An item's `rev` is this plus the head's seq.
    pub rev: u64,
    /// The first seq that this user may see.
    pub visible_from: Seq,
    /// Since when.
    pub joined_at: Millis,
    /// How far they have read.
    pub read_seq: Seq,
    /// That is, this many messages.
    pub read_number: u64,
    /// Unread messages that mention them.
    pub mentions_unread: u64,
    /// How far their devices have received.
    pub delivered_seq: Seq,
    /// What they last saw, if they are gone.
    pub left: Option<Farewell>,
    /// The transaction that last changed this row.
    pub change: u64,
}

impl MemberRow {
    /// Whether the user belongs to the conversation now.
    pub fn is_joined(&self) -> bool {
        self.left.is_none()
    }
}

/// A conversation as a user last saw it: their item is frozen from then on.
#[derive(Debug, Clone, PartialEq)]
pub struct Farewell {
    /// The seq of their `member_left`.
    pub seq: Seq,
    /// How many messages there were.
    pub number: u64,
    /// The title.
    pub title: Option<String>,
    /// The picture.
    pub avatar: Option<String>,
    /// How many members were left.
    pub members_count: u64,
    /// When there had last been activity.
    pub updated_at: Millis,
}

/// A user as the store knows them.
#[derive(Debug, Clone, PartialEq)]
pub struct UserRow {
    /// Inside.
    pub key: UserKey,
    /// Outside; `rev` is 0 for a user who was only ever named by others.
    pub user: User,
}

/// A message as at its own seq, and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct MessageRow {
    /// As at its seq, without reactions. Content, attachments and metadata are gone once
    /// it is deleted.
    pub message: Message,
    /// From which device.
    pub client_id: Option<ClientId>,
    /// Later changes, if there are any.
    pub state: Option<StateRow>,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StateRow {
    /// The seq of the last event that changed it.
    pub state_seq: Seq,
    /// The seq of its last edit, which holds its content.
    pub edit_seq: Option<Seq>,
    /// When it was last edited.
    pub edited_at: Option<Millis>,
    /// When it was deleted.
    pub deleted_at: Option<Millis>,
}

/// A write that was taken: what a repeat is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteRow {
    /// What it was.
    pub kind: WriteKind,
    /// The seq of its (last) event; none if it changed nothing.
    pub seq: Option<Seq>,
    /// When.
    pub at: Millis,
    /// A message that its sender deleted before it came: it never will.
    pub cancelled: bool,
}

/// A conversation in a user's list, before it is read in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// Which.
    pub conversation: ConversationKey,
    /// When it last had activity, for this user.
    pub updated_at: Millis,
}

/// Which way to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the lowest seq.
    Up,
    /// From the highest seq.
    Down,
}

/// Reads rows. Ranges of seqs include both ends.
pub trait Rows {
    /// The number of the last transaction that changed something which sync shows.
    fn change(&self) -> Result<u64, TableError>;

    /// A user.
    fn user(&self, user: &UserId) -> Result<Option<UserRow>, TableError>;
    /// A user by key.
    fn user_by_key(&self, key: UserKey) -> Result<Option<UserRow>, TableError>;
    /// Whether both are joined in some conversation.
    fn share_a_conversation(&self, one: UserKey, other: UserKey) -> Result<bool, TableError>;

    /// A conversation.
    fn conversation(&self, id: ConversationId) -> Result<Option<ConversationRow>, TableError>;
    /// A conversation by key.
    fn conversation_by_key(
        &self,
        key: ConversationKey,
    ) -> Result<Option<ConversationRow>, TableError>;
    /// A user's conversations, in any order: those joined, or with `since` those of which the
    /// conversation or the user's row changed after it, and then also those left.
    fn listed(&self, user: UserKey, since: Option<u64>) -> Result<Vec<Listed>, TableError>;

    /// Conversations whose own row a transaction after `since` changed, by key.
    fn changed_conversations(&self, since: u64) -> Result<Vec<ConversationRow>, TableError>;
    /// Rows of users that a transaction after `since` changed, by conversation, then user.
    fn changed_members(&self, since: u64) -> Result<Vec<MemberRow>, TableError>;

    /// A user's row.
    fn member(
        &self,
        conversation: ConversationKey,
        user: UserKey,
    ) -> Result<Option<MemberRow>, TableError>;
    /// The rows of joined members above a key, in rising key.
    fn members(
        &self,
        conversation: ConversationKey,
        above: UserKey,
        limit: usize,
    ) -> Result<Vec<MemberRow>, TableError>;
    /// All who are joined, in bytewise order.
    fn joined(&self, conversation: ConversationKey) -> Result<Vec<UserId>, TableError>;

    /// A write that was taken.
    fn write(
        &self,
        conversation: ConversationKey,
        user: UserKey,
        temp_id: TempId,
    ) -> Result<Option<WriteRow>, TableError>;

    /// A message.
    fn message(
        &self,
        conversation: ConversationKey,
        seq: Seq,
    ) -> Result<Option<MessageRow>, TableError>;
    /// Where a message stands.
    fn message_seq(
        &self,
        conversation: ConversationKey,
        id: MessageId,
    ) -> Result<Option<Seq>, TableError>;
    /// Where a message stands, whichever its conversation.
    fn place(&self, id: MessageId) -> Result<Option<(ConversationKey, Seq)>, TableError>;
    /// The last seq that is older than what a transaction after `since` wrote; 0 if there is none.
    fn seq_until(&self, conversation: ConversationKey, since: u64) -> Result<Seq, TableError>;
    /// Messages of a range.
    fn messages(
        &self,
        conversation: ConversationKey,
        range: (Seq, Seq),
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<MessageRow>, TableError>;
    /// Seqs of messages of a range that some event above `since` changed.
    fn changed_messages(
        &self,
        conversation: ConversationKey,
        range: (Seq, Seq),
        since: Seq,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Seq>, TableError>;
    /// How many messages there are up to a seq.
    fn number_at(&self, conversation: ConversationKey, seq: Seq) -> Result<u64, TableError>;
    /// The content that a message was given by its last edit up to a seq.
    fn edit_until(
        &self,
        conversation: ConversationKey,
        target: Seq,
        until: Seq,
    ) -> Result<Option<Content>, TableError>;

    /// Events of a range, in rising seq.
    fn events(
        &self,
        conversation: ConversationKey,
        range: (Seq, Seq),
    ) -> Result<Vec<EventRecord>, TableError>;
    /// The event at a seq.
    fn event_id(
        &self,
        conversation: ConversationKey,
        seq: Seq,
    ) -> Result<Option<MessageId>, TableError>;

    /// A message's reactions, in the order in which each emoji first came, with at most five users
    /// each.
    fn reactions(
        &self,
        conversation: ConversationKey,
        seq: Seq,
        me: Option<UserKey>,
    ) -> Result<Vec<Reaction>, TableError>;
    /// Whether a user put this emoji on a message.
    fn has_reaction(
        &self,
        conversation: ConversationKey,
        seq: Seq,
        emoji: &str,
        user: UserKey,
    ) -> Result<bool, TableError>;
    /// How many messages above a seq mention a user.
    fn mentions_above(
        &self,
        conversation: ConversationKey,
        user: UserKey,
        seq: Seq,
    ) -> Result<u64, TableError>;

    /// The audit, oldest first.
    fn audit(&self, limit: usize) -> Result<Vec<(Millis, AuditEntry)>, TableError>;
}

/// Writes rows, in a transaction.
pub trait Tables: Rows {
    /// Begins a transaction.
    fn begin(&mut self) -> Result<(), TableError>;
    /// Makes it durable. If this fails, nothing of it happened.
    fn commit(&mut self) -> Result<(), TableError>;
    /// Takes back what was written since [`begin`](Self::begin). Never fails: what cannot be taken
    /// back now is taken back when the tables are next opened.
    fn rollback(&mut self);

    /// Sets what [`Rows::change`] gives.
    fn set_change(&mut self, change: u64) -> Result<(), TableError>;

    /// A new user, known by id only.
    fn add_user(&mut self, user: &UserId) -> Result<UserKey, TableError>;
    /// Replaces a user's name, picture and revision.
    fn put_user(&mut self, row: &UserRow) -> Result<(), TableError>;

    /// A new conversation; the key in the row does not count.
    fn add_conversation(&mut self, row: &ConversationRow) -> Result<ConversationKey, TableError>;
    /// Replaces a conversation.
    fn put_conversation(&mut self, row: &ConversationRow) -> Result<(), TableError>;
    /// Adds or replaces a user's row.
    fn put_member(&mut self, row: &MemberRow) -> Result<(), TableError>;

    /// Keeps what a repeat of a write is answered with.
    fn add_write(
        &mut self,
        conversation: ConversationKey,
        user: UserKey,
        temp_id: TempId,
        row: &WriteRow,
    ) -> Result<(), TableError>;

    /// A new event at the head, by this user and in the transaction of this number; `subject` is the
    /// user whom a member event names.
    fn add_event(
        &mut self,
        place: (ConversationKey, u64),
        actor: UserKey,
        subject: Option<UserKey>,
        event: &EventRecord,
    ) -> Result<(), TableError>;
    /// Sets what became of a message.
    fn put_state(
        &mut self,
        conversation: ConversationKey,
        seq: Seq,
        state: &StateRow,
    ) -> Result<(), TableError>;
    /// Erases what a message said: its content, attachments and metadata, and the contents of its
    /// edits.
    fn erase(&mut self, conversation: ConversationKey, seq: Seq) -> Result<(), TableError>;

    /// A new reaction, by the event at `at_seq`.
    fn add_reaction(
        &mut self,
        conversation: ConversationKey,
        seq: Seq,
        emoji: &str,
        user: UserKey,
        at_seq: Seq,
    ) -> Result<(), TableError>;
    /// Takes a reaction away.
    fn remove_reaction(
        &mut self,
        conversation: ConversationKey,
        seq: Seq,
        emoji: &str,
        user: UserKey,
    ) -> Result<(), TableError>;
    /// Notes that a message mentions a user.
    fn add_mention(
        &mut self,
        conversation: ConversationKey,
        user: UserKey,
        seq: Seq,
    ) -> Result<(), TableError>;
    /// Takes that back; false if there was no such note.
    fn remove_mention(
        &mut self,
        conversation: ConversationKey,
        user: UserKey,
        seq: Seq,
    ) -> Result<bool, TableError>;

    /// A line of the audit.
    fn add_audit(&mut self, at: Millis, entry: &AuditEntry) -> Result<(), TableError>;
}
