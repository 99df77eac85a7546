//! What the engine wants done, in order.

use std::time::Duration;

use causerie_protocol::{
    ClientFrame, ConversationId, ErrorCode, Item, MembersPage, Message, Millis, ReadCursor, Seq,
    ServerFrame, TempId, User, UserId, UsersPage,
};

use crate::{LoadId, LoadQuery, OutboxRow, ReplyId, StoreOp, TimelineId};

/// What the engine wants done.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Commit these together. If that fails: drop the outputs behind it, close the socket, restore
    /// an engine from the store, and back off.
    Store(Vec<StoreOp>),
    /// Read cached messages, and answer with [`crate::Input::Loaded`] before any other input.
    Load {
        /// Its name.
        load: LoadId,
        /// What.
        query: LoadQuery,
    },
    /// Open a socket to the server; a [`crate::Input::Socket`] follows.
    OpenSocket,
    /// Send frames, as one message where they fit.
    Transmit(Vec<ClientFrame>),
    /// Close the socket. No [`crate::Input::Socket`] follows.
    CloseSocket,
    /// Ask the app for a token; an [`crate::Input::Token`] follows.
    RequestToken {
        /// The last one was refused: do not give it again.
        refused: bool,
    },
    /// Make a UUIDv7 for this installation: another one uses ours.
    NewClientId,
    /// Tell the app.
    Emit(Vec<Emission>),
    /// Answer a command.
    Reply {
        /// Which.
        reply: ReplyId,
        /// With what.
        result: Result<Reply, CommandError>,
    },
}

/// Why the engine wants to be called at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimerReason {
    /// The next attempt to connect.
    Reconnect,
    /// The socket did not open, or the server did not answer `authenticate`.
    OpenDeadline,
    /// Nothing was heard for a heartbeat and a pong's time.
    Silence,
    /// A probe of a seemingly live socket was not answered.
    Probe,
    /// The connection has been live for long enough to forget its failures.
    BackoffReset,
    /// A refused write may come again.
    OutboxRetry,
    /// A request was not answered.
    RequestDeadline,
    /// A subscription that nothing shows may go.
    ReleaseSubscription,
    /// Someone who typed went silent.
    TypingExpiry,
    /// This user typed and went silent.
    TypingStop,
    /// A token may be asked for again.
    TokenRetry,
    /// A cursor may be told again.
    Receipts,
    /// A page of history may be asked for again.
    HistoryRetry,
    /// A subscription may be asked for again.
    SubscribeRetry,
    /// A sync whose pages bring nothing new may go on.
    SyncRetry,
    /// Listeners may be told of the counters again.
    Stats,
}

/// The answer to a command.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// Done.
    Done,
    /// To `FetchMembers`.
    Members(MembersPage),
    /// To `FetchUsers`.
    Users(UsersPage),
    /// To `OpenTimeline`.
    Timeline(TimelineBatch),
}

/// Why a command was not carried out.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CommandError {
    /// No conversation of this id is known here.
    #[error("no such conversation is known on this device: {0}")]
    UnknownConversation(ConversationId),
    /// No write of this name is on its way.
    #[error("no such write is in the outbox: {0}")]
    UnknownWrite(TempId),
    /// No timeline of this name is open.
    #[error("no such timeline is open")]
    UnknownTimeline,
    /// The write is malformed; it was not queued.
    #[error("{message}")]
    Invalid {
        /// Which field.
        field: String,
        /// What is wrong.
        message: String,
    },
    /// The write is beyond a limit of the protocol; it was not queued.
    #[error("{message}")]
    TooLarge {
        /// Which field.
        field: String,
        /// What is wrong.
        message: String,
    },
    /// This needs the server, which is not reached now.
    #[error("this needs the server, which is not reached now; try again when connected")]
    Offline,
    /// This needs the server, which is not asked again before the user signed in.
    #[error("this needs the server, which wants the user to sign in first: {reason}")]
    SignInNeeded {
        /// Why, as [`ConnectionState::SignInNeeded`] says.
        reason: String,
    },
    /// The server refused.
    #[error("the server refused ({code}): {message}")]
    Refused {
        /// Why.
        code: ErrorCode,
        /// For a person.
        message: String,
    },
}

/// Something to tell the app.
#[derive(Debug, Clone, PartialEq)]
pub enum Emission {
    /// The connection changed.
    Connection(ConnectionState),
    /// Entries of the conversation list changed. The order follows from each entry's `order`.
    Conversations(Vec<ConversationChange>),
    /// An open timeline changed.
    Timeline {
        /// Which.
        timeline: TimelineId,
        /// How.
        batch: TimelineBatch,
    },
    /// A write on its way changed.
    Outbox {
        /// Which.
        key: TempId,
        /// How it stands; `None` once it is cancelled.
        state: Option<SendState>,
        /// The row, while there is one.
        row: Option<Box<OutboxRow>>,
    },
    /// Who types in a conversation changed.
    Typing {
        /// Where.
        conversation_id: ConversationId,
        /// All who type now.
        user_ids: Vec<UserId>,
    },
    /// Others' cursors in a conversation rose, or were forgotten.
    Cursors {
        /// Where.
        conversation_id: ConversationId,
        /// Those that rose, as they were told; none if all were forgotten.
        cursors: Vec<ReadCursor>,
    },
    /// Names changed.
    Users(Vec<User>),
    /// A frame of the server's, for those who listen to events.
    Event(Box<ServerFrame>),
    /// Counters changed.
    Stats(Stats),
    /// Something went wrong that no command stands for.
    Fault {
        /// The code.
        code: String,
        /// For a person.
        message: String,
        /// Whether the engine goes on by itself.
        retryable: bool,
    },
}

/// How the connection stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectionState {
    /// Not asked to connect.
    Disconnected,
    /// The socket opens.
    Connecting,
    /// The token is asked for or checked.
    Authenticating,
    /// Frames flow.
    Live,
    /// The next attempt comes by itself.
    Waiting {
        /// Which attempt, from 1.
        attempt: u32,
        /// In so long.
        retry_in: Duration,
        /// Why the last one ended.
        reason: String,
    },
    /// The app must bring a token first.
    SignInNeeded {
        /// Why.
        reason: String,
    },
    /// In the background.
    Suspended,
    /// Ended for good: the app set a maximum, or the server wants a newer SDK.
    Closed {
        /// Why.
        reason: String,
    },
}

/// A conversation list entry that changed.
#[derive(Debug, Clone, PartialEq)]
pub enum ConversationChange {
    /// It is new or changed.
    Put(Box<ConversationEntry>),
    /// It is gone.
    Remove(ConversationId),
}

/// A conversation as a list shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct ConversationEntry {
    /// As told by the server, with what this device knows better laid over it (reading, sending).
    pub item: Item,
    /// The title to show: the conversation's, or the other user's name, or their id.
    pub title: String,
    /// The picture to show.
    pub avatar: Option<String>,
    /// Messages not read yet.
    pub unread: u64,
    /// A message of this device that is on its way and newer than `item.last_message`.
    pub pending: Option<Box<OutboxRow>>,
    /// What was typed and not sent.
    pub draft: Option<String>,
    /// Lists show higher ones first: by this, then by id. Of the server's making but for pending
    /// messages, which stand above all.
    pub order: (u64, Millis),
}

/// The state of a write as the app sees it.
#[derive(Debug, Clone, PartialEq)]
pub enum SendState {
    /// It goes by itself.
    Queued,
    /// The server has it, durable.
    Sent {
        /// Its place; none if nothing changed.
        seq: Option<Seq>,
    },
    /// Refused for good: `retry` or `cancel`.
    Failed {
        /// Why.
        code: ErrorCode,
        /// For a person.
        message: String,
    },
}

/// What changed in a timeline, and how it stands now.
#[derive(Debug, Clone, PartialEq)]
pub struct TimelineBatch {
    /// In order; each is applied to the result of the one before.
    pub diffs: Vec<TimelineDiff>,
    /// How it stands now.
    pub state: TimelineState,
}

/// How a timeline stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TimelineState {
    /// There are older messages to load.
    pub has_older: bool,
    /// There are newer messages to load.
    pub has_newer: bool,
    /// The server was asked for more.
    pub loading: bool,
}

/// A change to a timeline. Keys are stable: a message of this device keeps the key that it was
/// sent under.
#[derive(Debug, Clone, PartialEq)]
pub enum TimelineDiff {
    /// All of it anew.
    Reset(Vec<TimelineItem>),
    /// A new item.
    Insert {
        /// Behind this one; first if absent.
        after: Option<ItemKey>,
        /// The item.
        item: Box<TimelineItem>,
    },
    /// The item of the same key, in place.
    Update(Box<TimelineItem>),
    /// The item goes elsewhere.
    Move {
        /// Which.
        key: ItemKey,
        /// Behind this one; first if absent.
        after: Option<ItemKey>,
    },
    /// The item goes.
    Remove(ItemKey),
}

/// The stable key of an item: the sender's temp_id on the sender's devices, else the message id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ItemKey(pub uuid::Uuid);

/// A message as a screen shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct TimelineItem {
    /// Stable.
    pub key: ItemKey,
    /// The message, with pending edits, deletions and reactions of this device laid over it. For
    /// one that is not confirmed, seq, number and state_seq are 0 and message_id is nil.
    pub message: Message,
    /// How it stands, for one of this device that is not confirmed; `None` once it is.
    pub send: Option<SendState>,
    /// A pending edit, deletion or reaction of this device is laid over it.
    pub pending_change: bool,
}

/// Counters since the engine was restored, but for `last_activity`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Stats {
    /// Messages received from others.
    pub messages_received: u64,
    /// Durable events received.
    pub events_received: u64,
    /// Messages sent and acknowledged.
    pub messages_acknowledged: u64,
    /// Conversations subscribed now.
    pub subscribed: u64,
    /// Times the connection was opened anew.
    pub reconnects: u64,
    /// Writes on their way.
    pub outbox: u64,
    /// When a frame last came, by this device's clock.
    pub last_activity: Option<Millis>,
    /// The last round trip of a ping.
    pub round_trip: Option<Duration>,
    /// From transmission to acknowledgement: the median and the 99th percentile of late.
    pub ack_p50: Option<Duration>,
    /// See `ack_p50`.
    pub ack_p99: Option<Duration>,
}
