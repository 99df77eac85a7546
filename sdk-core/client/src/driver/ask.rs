//! What the API asks of the core's thread.

use std::{sync::Arc, time::Duration};

use causerie_engine::{CommandKind, Lifecycle, NetworkHint, Reply, TimelineId, TimelineStart};
use causerie_protocol::{ConversationId, ReadCursor, TempId};
use causerie_store::Counts;
use tokio::sync::oneshot;

use crate::{
    Error, Unsent,
    observe::{Observed, TimelineMirror},
};

pub(crate) type Answer<T> = oneshot::Sender<Result<T, Error>>;

/// What the API asks.
pub(crate) enum Ask {
    Command {
        kind: CommandKind,
        /// For a message: its key, and when `send` was called.
        echo: Option<(TempId, Duration)>,
        answer: Answer<Reply>,
    },
    OpenTimeline {
        timeline: TimelineId,
        view: View,
        answer: Answer<Reply>,
    },
    CloseTimeline(TimelineId),
    Lifecycle(Lifecycle, Answer<()>),
    Network(NetworkHint),
    ReadCursors(ConversationId, Answer<Vec<ReadCursor>>),
    Stats(Answer<(causerie_engine::Stats, Counts)>),
    SignOut {
        wipe: bool,
        unsent: Unsent,
        answer: Answer<()>,
    },
    Close,
    /// Does something to the thread that no app can.
    #[cfg(test)]
    Meddle(Box<dyn FnOnce(&mut super::thread::CoreThread) + Send>),
}

/// An open timeline, as far as the driver must know it to open it again.
#[derive(Clone)]
pub(crate) struct View {
    pub(crate) conversation_id: ConversationId,
    pub(crate) start: TimelineStart,
    pub(crate) page: u32,
    pub(crate) mirror: Arc<Observed<TimelineMirror>>,
    /// The local data began anew and do not know its conversation yet: it opens once they do.
    pub(crate) waits: bool,
}
