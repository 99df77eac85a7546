//! What the server keeps, and the border to it.
//!
//! A [`Store`] takes [`Command`]s, which write, and [`Query`]s, which read one snapshot. Commands
//! take effect one after the other, in the order in which they were submitted, many to a
//! transaction. When a transaction is durable (and not before) the store hands its [`Commit`]s to
//! the publisher and then answers the commands, both in commit order. A query that is submitted
//! after an answer was given sees what that answer was about.
//!
//! The rules (who may, what is a repeat, what comes of it) are in [`rules`], written once over
//! [`tables::Tables`]; the SQLite and the memory store only bring the tables.

mod changed;
pub mod memory;
mod queries;
pub mod rules;
pub mod sqlite;
pub mod tables;

use std::sync::Arc;

use causerie_protocol::{
    ClientId, Content, ConversationId, ErrorReply, History, HistoryPage, Item, ListMembers, Mark,
    MembersPage, Message, MessageId, MessageSent, Millis, Object, ReadCursor, Role, Seq, SyncPage,
    User, UserId, UsersPage, Write, WriteAck,
};

pub use changed::{Changed, ChangedConversation, ChangedRow};

/// One connection's order of writes (docs/protocol.md §4): made by the listener, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LaneId(pub u64);

/// Who asks.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The user that the token named.
    pub user_id: UserId,
    /// The device.
    pub client_id: ClientId,
    /// Whether the token has `scope: "admin"`.
    pub admin: bool,
}

impl Actor {
    /// The device, for events; none for a request over REST that names no device.
    pub(crate) fn device(&self) -> Option<ClientId> {
        Some(self.client_id).filter(|id| !id.uuid().is_nil())
    }
}

/// Something that writes.
#[derive(Debug, Clone)]
pub enum Command {
    /// A durable write. `refuse` is a refusal that the connection already knows of (a rate limit,
    /// a test's order): it stands behind the look-up of repeats and the lane's state, so that the
    /// order of refusals is decided in one place.
    Write {
        /// Whose order it stands in.
        lane: LaneId,
        /// Who writes.
        actor: Actor,
        /// What.
        write: Box<Write>,
        /// Refuse it unless it is a repeat.
        refuse: Option<Box<ErrorReply>>,
    },
    /// `mark_read`.
    MarkRead {
        /// Who reads.
        actor: Actor,
        /// Where and how far.
        mark: Mark,
    },
    /// `mark_delivered`.
    MarkDelivered {
        /// Whose device received.
        actor: Actor,
        /// Where and how far.
        mark: Mark,
    },
    /// What a token said of its user; writes only if it is news.
    PutUser {
        /// Who.
        user_id: UserId,
        /// The name to show.
        name: Option<String>,
        /// The picture.
        avatar: Option<String>,
    },
    /// The connection is gone: forget its lanes.
    CloseLane(LaneId),
    /// A refusal outside of writes, for the audit.
    Audit(AuditEntry),
}

/// A line of the audit: refusals and membership changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Who.
    pub user_id: UserId,
    /// What was asked or done: a frame type.
    pub action: String,
    /// Where.
    pub conversation_id: Option<ConversationId>,
    /// Whom it concerned.
    pub subject: Option<UserId>,
    /// `ok` or an error code.
    pub outcome: String,
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// A message is durable.
    Sent(Box<MessageSent>),
    /// Another write is durable.
    Acked(Box<WriteAck>),
    /// A cursor is durable.
    Marked {
        /// Where.
        conversation_id: ConversationId,
        /// The row now.
        row: ReadState,
    },
    /// Nothing to say.
    Done,
    /// Refused. Nothing was written, except perhaps the audit.
    Refused(Box<ErrorReply>),
}

/// How far a user has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReadState {
    /// Up to this seq.
    pub read_seq: Seq,
    /// That is, this many messages.
    pub read_number: u64,
    /// Unread messages that mention the user.
    pub mentions_unread: u64,
    /// The revision of the user's row.
    pub rev: u64,
}

/// What a durable transaction changed in one conversation, for those who are connected.
#[derive(Debug, Clone)]
pub struct Commit {
    /// The number of the transaction: each one that changed something has the next.
    pub change: u64,
    /// Where.
    pub conversation_id: ConversationId,
    /// The last seq now.
    pub head_seq: Seq,
    /// The number of messages now.
    pub head_number: u64,
    /// The new events, in rising seq; none if only rows of users changed.
    pub events: Vec<Arc<EventRecord>>,
    /// All who are joined after this commit. Shared between commits until membership changes.
    pub members: Arc<[UserId]>,
    /// Rows of users that changed beyond what the events say.
    pub rows: Vec<RowChange>,
}

/// A user's row that changed.
#[derive(Debug, Clone)]
pub struct RowChange {
    /// Whose.
    pub user_id: UserId,
    /// How.
    pub kind: RowChangeKind,
}

/// How a user's row changed.
#[derive(Debug, Clone)]
pub enum RowChangeKind {
    /// The user became a member: `conversation_created` to the user's devices.
    Joined(Box<Item>),
    /// The user is no longer a member since this seq: subscriptions end there.
    Left {
        /// Of the `member_left`.
        seq: Seq,
    },
    /// The read cursor rose by `mark_read`: `read_receipt`.
    Read {
        /// The row now.
        row: ReadState,
        /// When.
        at: Millis,
    },
    /// The delivery cursor rose: `delivery_receipt`.
    Delivered {
        /// Up to here.
        seq: Seq,
        /// When.
        at: Millis,
        /// The row now.
        row: ReadState,
    },
    /// The row changed as a side effect (a send moves the sender's own cursor; a mention): the
    /// user's unsubscribed devices are told by `conversation_activity`.
    Touched,
}

/// A durable event as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct EventRecord {
    /// Where.
    pub conversation_id: ConversationId,
    /// Its place.
    pub seq: Seq,
    /// Its id.
    pub event_id: MessageId,
    /// Who caused it.
    pub actor: UserId,
    /// From which device.
    pub client_id: Option<ClientId>,
    /// When.
    pub at: Millis,
    /// What happened.
    pub body: EventBody,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum EventBody {
    /// `new_message`: as at its seq, or without content if it was deleted since. `temp_id` is
    /// there; the encoder leaves it out for all but the sender.
    Message(Box<Message>),
    /// `message_edited`; the content is empty if the message was deleted since.
    Edited {
        /// Which.
        message_id: MessageId,
        /// Its place.
        target_seq: Seq,
        /// What it says.
        content: Content,
    },
    /// `message_deleted`.
    Deleted {
        /// Which.
        message_id: MessageId,
        /// Its place.
        target_seq: Seq,
    },
    /// `reaction_added`, by the actor.
    ReactionAdded {
        /// To which.
        message_id: MessageId,
        /// Its place.
        target_seq: Seq,
        /// The emoji.
        emoji: String,
    },
    /// `reaction_removed`, by the actor.
    ReactionRemoved {
        /// From which.
        message_id: MessageId,
        /// Its place.
        target_seq: Seq,
        /// The emoji.
        emoji: String,
    },
    /// `member_joined`.
    MemberJoined {
        /// Who came.
        user_id: UserId,
        /// As what.
        role: Role,
    },
    /// `member_left`.
    MemberLeft {
        /// Who went.
        user_id: UserId,
        /// The role they had.
        role: Role,
    },
    /// `member_updated`.
    MemberUpdated {
        /// Whose role changed.
        user_id: UserId,
        /// To what.
        role: Role,
    },
    /// `conversation_updated`: what changed.
    Updated {
        /// The new title.
        title: Option<String>,
        /// The new picture.
        avatar: Option<String>,
        /// The new settings.
        settings: Option<Object>,
    },
}

impl EventBody {
    /// The place of the message that the event changes, if it changes one.
    pub fn target_seq(&self) -> Option<Seq> {
        match self {
            Self::Edited { target_seq, .. }
            | Self::Deleted { target_seq, .. }
            | Self::ReactionAdded { target_seq, .. }
            | Self::ReactionRemoved { target_seq, .. } => Some(*target_seq),
            Self::Message(_)
            | Self::MemberJoined { .. }
            | Self::MemberLeft { .. }
            | Self::MemberUpdated { .. }
            | Self::Updated { .. } => None,
        }
    }
}

/// Something that reads, in one snapshot. Membership is checked in the same snapshot.
#[derive(Debug, Clone)]
pub enum Query {
    /// For `subscribe`.
    Subscribe {
        /// Who.
        user_id: UserId,
        /// Where.
        conversation_id: ConversationId,
        /// The last seq that the client applied; `None` if it has none or speaks of another epoch.
        since: Option<Seq>,
        /// The event at that seq.
        since_id: Option<MessageId>,
        /// Most events.
        limit: u32,
    },
    /// For a subscriber that is behind the recent events.
    Events {
        /// Who.
        user_id: UserId,
        /// Where.
        conversation_id: ConversationId,
        /// Only above this seq.
        after: Seq,
        /// Most events.
        limit: u32,
    },
    /// For `sync` and the first page.
    Sync {
        /// Who.
        user_id: UserId,
        /// From where.
        from: SyncFrom,
        /// Most conversations.
        limit: u32,
    },
    /// For `history`.
    History {
        /// Who.
        user_id: UserId,
        /// What is asked.
        request: History,
    },
    /// For `GET /conversations/{id}`: one item, of a member.
    Item {
        /// Who.
        user_id: UserId,
        /// Which.
        conversation_id: ConversationId,
    },
    /// A page of history that holds only what was asked for.
    Search {
        /// Who.
        user_id: UserId,
        /// What is asked.
        request: Search,
    },
    /// Where messages stand, those left out that the user cannot have seen.
    Places {
        /// Who.
        user_id: UserId,
        /// Which.
        message_ids: Vec<MessageId>,
    },
    /// Messages of all of a user's conversations.
    Messages {
        /// Who.
        user_id: UserId,
        /// Which ones.
        from: MessagesFrom,
        /// The next page.
        cursor: Option<String>,
        /// Most messages.
        limit: u32,
    },
    /// For `members`.
    Members {
        /// Who.
        user_id: UserId,
        /// What is asked.
        request: ListMembers,
    },
    /// For `users`: those who share a conversation with the asking user, and the user's own.
    Users {
        /// Who.
        user_id: UserId,
        /// Whom.
        user_ids: Vec<UserId>,
    },
    /// For `conversation_activity`: the present items of these conversations; those of which the
    /// user never was a member are left out.
    Items {
        /// Who.
        user_id: UserId,
        /// Which.
        conversation_ids: Vec<ConversationId>,
    },
    /// For typing: may this user speak there, and up to which seq is this known?
    Access {
        /// Who.
        user_id: UserId,
        /// Where.
        conversation_id: ConversationId,
    },
    /// For the sweep of a node (see [`bus`](crate::bus)): what changed since this transaction, for
    /// whomever. `None` asks only which one is the last.
    Changed {
        /// What the node knows already.
        since: Option<u64>,
    },
}

/// Where a sync begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyncFrom {
    /// A first sync.
    First,
    /// What changed since; an unreadable token counts as a first sync.
    Token(String),
    /// The next page; an unreadable cursor is `invalid`.
    Cursor(String),
    /// As a first sync, without so many of the newest conversations.
    Behind(u64),
}

/// What a search in a conversation's history looks for: messages that fulfil all of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    /// Where, and which page; `changed_since` plays no part.
    pub history: History,
    /// Taken by the server at this time or later.
    pub from: Option<Millis>,
    /// Taken by the server before this time.
    pub to: Option<Millis>,
    /// Text that stands in the content, in whatever case.
    pub text: Option<String>,
}

/// Which messages a user asks for across conversations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessagesFrom {
    /// What changed since this sync token; a token that cannot be read stands before everything.
    Token(String),
    /// What others said behind the user's delivered cursors.
    Undelivered,
}

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Which.
    pub message_id: MessageId,
    /// Its conversation.
    pub conversation_id: ConversationId,
    /// Its place there.
    pub seq: Seq,
}

/// Messages of several conversations.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, utoipa::ToSchema)]
pub struct MessagesPage {
    /// As they are now; in each conversation in rising seq.
    pub messages: Vec<Message>,
    /// Users named here.
    pub users: Vec<User>,
    /// There is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// The last page of what changed since a token: the next token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// What was read.
#[derive(Debug, Clone)]
pub enum Answer {
    /// To [`Query::Subscribe`].
    Subscribe(Box<SubscribeAnswer>),
    /// To [`Query::Events`].
    Events(EventsAnswer),
    /// To [`Query::Sync`].
    Sync(Box<SyncPage>),
    /// To [`Query::History`] and [`Query::Search`]. At most 256 KiB encoded; at least one message.
    History(Box<HistoryPage>),
    /// To [`Query::Item`].
    Item(Box<Item>),
    /// To [`Query::Places`].
    Places(Vec<Place>),
    /// To [`Query::Messages`]. At most 256 KiB encoded; at least one message.
    Messages(Box<MessagesPage>),
    /// To [`Query::Members`].
    Members(MembersPage),
    /// To [`Query::Users`].
    Users(UsersPage),
    /// To [`Query::Items`].
    Items(Vec<Item>),
    /// To [`Query::Access`].
    Access {
        /// The last seq in this snapshot.
        head_seq: Seq,
        /// How many members there are.
        members_count: u64,
    },
    /// To [`Query::Changed`].
    Changed(Changed),
    /// Refused: `forbidden` for what is missing or not allowed, `invalid` for a bad cursor.
    Refused(Box<ErrorReply>),
}

/// The material of `subscribed`.
#[derive(Debug, Clone)]
pub struct SubscribeAnswer {
    /// The number of the last transaction in this snapshot.
    pub change: u64,
    /// The last seq.
    pub head_seq: Seq,
    /// How many messages there are.
    pub head_number: u64,
    /// The first seq that `events` covers; head_seq + 1 if none.
    pub from_seq: Seq,
    /// Whether nothing is missing between `since` and `events`.
    pub complete: bool,
    /// Whether `since` does not fit this conversation.
    pub reset: bool,
    /// The first seq that this user may see.
    pub visible_from: Seq,
    /// The events, in rising seq, none below `visible_from`.
    pub events: Vec<EventRecord>,
    /// Cursors of joined members; only the user's own above 64 members.
    pub read_cursors: Vec<ReadCursor>,
    /// How many members there are.
    pub members_count: u64,
    /// Names of all users named in events and cursors.
    pub users: Vec<User>,
    /// The user's own row.
    pub row: ReadState,
}

/// Events behind a position.
#[derive(Debug, Clone)]
pub struct EventsAnswer {
    /// In rising seq without holes, beginning right after the position asked for (but not below
    /// `visible_from`), never above the user's own `member_left`.
    pub events: Vec<EventRecord>,
    /// The first seq that this user may see.
    pub visible_from: Seq,
    /// The seq at which the user left, if the user is no member now.
    pub left_at: Option<Seq>,
    /// The last seq in this snapshot.
    pub head_seq: Seq,
}

/// The store cannot now. Nothing was written; the same may succeed later.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the store cannot answer: {0}")]
pub struct StoreError(pub String);

/// Called once with what became of a command, after its transaction is durable.
pub type Done = Box<dyn FnOnce(Outcome) + Send>;

/// Called once with what was read.
pub type Read = Box<dyn FnOnce(Result<Answer, StoreError>) + Send>;

/// Called with a transaction's commits once it is durable, before its commands are answered.
pub type Publish = Box<dyn FnMut(Vec<Commit>) + Send>;

/// A store. Calls do not block; answers come on the store's own threads.
pub trait Store: Send + Sync + 'static {
    /// The database's epoch.
    fn epoch(&self) -> &str;

    /// Queues a command. If the transaction cannot be made durable, each of its writes is refused
    /// with `unavailable`, which is retryable, and counts as the lane's first refusal.
    fn submit(&self, command: Command, done: Done);

    /// Why nothing can be stored just now. May look at files.
    fn trouble(&self) -> Option<String> {
        None
    }

    /// Queues a query.
    fn query(&self, query: Query, read: Read);
}
