//! What the driver tells the engine.

use std::time::Duration;

use causerie_protocol::{
    ClientId, CloseCode, ConversationId, ListMembers, Message, Millis, Seq, ServerFrame, TempId,
    UserIds, WriteOp,
};

/// The time of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Now {
    /// A monotonic clock that counts sleep. Decides every wait.
    pub mono: Duration,
    /// The device's calendar clock. Only shown.
    pub wall: Millis,
}

/// What happens to an engine.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// The app asks for something.
    Command(Command),
    /// Frames of one or more socket messages, in order. They commit together.
    Frames(Vec<ServerFrame>),
    /// The socket's own news.
    Socket(SocketEvent),
    /// The time that [`crate::Engine::poll_timeout`] gave has come. Harmless if it has not.
    Timer,
    /// The system's word on the network.
    Network(NetworkHint),
    /// The app goes to the background, or comes back.
    Lifecycle(Lifecycle),
    /// The provider's answer to [`crate::Output::RequestToken`].
    Token(Result<String, TokenFailure>),
    /// The answer to [`crate::Output::Load`].
    Loaded {
        /// Which.
        load: LoadId,
        /// In rising seq.
        messages: Vec<Message>,
    },
    /// The answer to [`crate::Output::NewClientId`].
    ClientId(ClientId),
}

/// The socket's own news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SocketEvent {
    /// The upgrade succeeded.
    Opened,
    /// It ended, or never came to be.
    Closed {
        /// The close code, if there was a close frame.
        code: Option<CloseCode>,
        /// Why, for a log.
        reason: String,
    },
}

/// The system's word on the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkHint {
    /// There is one, or another one: try at once, probe a socket that seems live.
    Changed,
    /// There is none. Only a hint: attempts go on.
    Lost,
}

/// Where the app is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifecycle {
    /// To the background: close the socket.
    Suspend,
    /// Back: connect at once.
    Resume,
}

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenFailure {
    /// It may work later (the app's backend was not reached).
    Temporary(String),
    /// The user must sign in again.
    SignInNeeded(String),
}

/// Names a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LoadId(pub u64);

/// Names a command that wants an answer; made by the driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReplyId(pub u64);

/// Names an open timeline; made by the driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimelineId(pub u64);

/// Where a timeline begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimelineStart {
    /// With the newest message.
    #[default]
    Newest,
    /// Around this seq.
    At(Seq),
}

/// What the app asks. Every command is answered with one [`crate::Output::Reply`], after what it
/// changed is committed.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// Carried back by the reply.
    pub reply: ReplyId,
    /// What.
    pub kind: CommandKind,
}

/// What the app asks.
#[derive(Debug, Clone, PartialEq)]
pub enum CommandKind {
    /// Connect and stay connected.
    Start,
    /// Disconnect and stay so.
    Stop,
    /// Ask the server for what changed, now.
    SyncNow,
    /// Any durable write. A message is shown before this is answered.
    Write {
        /// A UUIDv7 made for it.
        key: TempId,
        /// Where. For a creation, the id of what is created.
        conversation_id: ConversationId,
        /// What.
        op: WriteOp,
    },
    /// Queue a failed write again, under its old name, as the last one.
    Retry(TempId),
    /// Give a write up. One that was never attempted just goes; one that may have reached the
    /// server is deleted there.
    Cancel {
        /// Which.
        key: TempId,
        /// A UUIDv7 for the deletion, should one be needed.
        deletion: TempId,
    },
    /// Everything up to here is read.
    MarkRead {
        /// Where.
        conversation_id: ConversationId,
        /// Up to here; to the last one known, if absent.
        seq: Option<Seq>,
    },
    /// The person types, or stopped.
    Typing {
        /// Where.
        conversation_id: ConversationId,
        /// Whether.
        typing: bool,
    },
    /// Keep what was typed.
    SetDraft {
        /// Where.
        conversation_id: ConversationId,
        /// What, as much as a message may say; nothing if empty.
        text: Option<String>,
    },
    /// Show a conversation. It is subscribed while it is shown, and for a while after.
    OpenTimeline {
        /// Its name.
        timeline: TimelineId,
        /// Where.
        conversation_id: ConversationId,
        /// From where.
        start: TimelineStart,
        /// Messages to begin with, and per page. 1 to 200.
        page: u32,
    },
    /// It is no longer shown.
    CloseTimeline(TimelineId),
    /// Show older messages: from the cache, else from the server.
    LoadOlder(TimelineId),
    /// Show newer messages, after a start in the middle.
    LoadNewer(TimelineId),
    /// Its listener was too slow: give it the present state.
    ResetTimeline(TimelineId),
    /// Ask the server for members. Fails at once when not live.
    FetchMembers(ListMembers),
    /// Ask the server for names. Fails at once when not live.
    FetchUsers(UserIds),
}
