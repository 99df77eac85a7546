//! Events: what happens, for apps that want more than the observable states.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use causerie_engine::ConnectionState;
use causerie_protocol::{ConversationId, ReadCursor, ServerFrame, User, UserId};
use causerie_store::Recovery;
use futures_util::{Stream, StreamExt};

use crate::observe::EventListener;

/// Something that happened. The observable states hold the outcome of all of it but typing.
#[derive(Debug, Clone)]
pub enum Event {
    /// The connection changed.
    Connection(ConnectionState),
    /// Who types in a conversation changed.
    Typing {
        /// Where.
        conversation_id: ConversationId,
        /// All who type now.
        user_ids: Vec<UserId>,
    },
    /// Others' read and delivery cursors rose, or were forgotten. What they are then,
    /// [`Conversation::read_cursors`] says.
    ///
    /// [`Conversation::read_cursors`]: crate::Conversation::read_cursors
    Cursors {
        /// Where.
        conversation_id: ConversationId,
        /// Those that rose, as they were told: of a delivery `seq` is 0. None if what was known is
        /// no more.
        cursors: Vec<ReadCursor>,
    },
    /// Names or pictures changed.
    Users(Vec<User>),
    /// A frame of the server's, after what it changed was committed.
    Server(Box<ServerFrame>),
    /// Something went wrong that no call stands for.
    Fault {
        /// A stable word.
        code: String,
        /// For a person.
        message: String,
        /// Whether the SDK goes on by itself.
        retryable: bool,
    },
    /// The local database was damaged. It was set aside, and what could be read was saved.
    ///
    /// A file that was deleted, or cut to nothing, is no damage: neither can be told from the first
    /// start, which leaves an empty file as well if it is cut off. The client begins anew without
    /// this event; only what was never sent is gone, the server tells the rest again.
    Recovered(Recovery),
    /// This listener was too slow: so many events were dropped. The observable states are right
    /// all the same.
    Missed {
        /// How many.
        count: u64,
    },
}

/// The kinds of [`Event`]s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// [`Event::Connection`].
    Connection,
    /// [`Event::Typing`].
    Typing,
    /// [`Event::Cursors`].
    Cursors,
    /// [`Event::Users`].
    Users,
    /// [`Event::Server`].
    Server,
    /// [`Event::Fault`] and [`Event::Recovered`].
    Fault,
}

/// Which events a listener wants.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventFilter {
    /// Only these kinds; all of them if empty, the default.
    pub kinds: Vec<EventKind>,
    /// Only what belongs to this conversation, and what belongs to none. Default: everything.
    pub conversation_id: Option<ConversationId>,
}

impl EventFilter {
    /// Everything.
    pub fn all() -> Self {
        Self::default()
    }

    /// Only these kinds.
    pub fn kinds(kinds: Vec<EventKind>) -> Self {
        Self {
            kinds,
            conversation_id: None,
        }
    }

    pub(crate) fn wants(&self, event: &Event) -> bool {
        let kind = event.kind();
        let of_kind = kind.is_none_or(|kind| self.kinds.is_empty() || self.kinds.contains(&kind));
        let conversation = event.conversation_id();
        let of_place = match (self.conversation_id, conversation) {
            (Some(wanted), Some(found)) => wanted == found,
            (None, _) | (_, None) => true,
        };
        of_kind && of_place
    }
}

impl Event {
    /// Its kind; none for [`Event::Missed`], which every listener gets.
    pub fn kind(&self) -> Option<EventKind> {
        match self {
            Self::Connection(_) => Some(EventKind::Connection),
            Self::Typing { .. } => Some(EventKind::Typing),
            Self::Cursors { .. } => Some(EventKind::Cursors),
            Self::Users(_) => Some(EventKind::Users),
            Self::Server(_) => Some(EventKind::Server),
            Self::Fault { .. } | Self::Recovered(_) => Some(EventKind::Fault),
            Self::Missed { .. } => None,
        }
    }

    /// The conversation that it belongs to, if it belongs to one.
    pub fn conversation_id(&self) -> Option<ConversationId> {
        match self {
            Self::Typing {
                conversation_id, ..
            }
            | Self::Cursors {
                conversation_id, ..
            } => Some(*conversation_id),
            Self::Server(frame) => frame.message.position().map(|(id, _)| id),
            Self::Connection(_)
            | Self::Users(_)
            | Self::Fault { .. }
            | Self::Recovered(_)
            | Self::Missed { .. } => None,
        }
    }
}

/// A stream of [`Event`]s. Dropping it ends it. Bounded: a listener that falls more than 1,024
/// events behind gets [`Event::Missed`] in their place.
///
/// ```
/// use causerie::{Client, ConnectionState, Event, EventFilter, EventKind};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), causerie::Error> {
/// # let folder = tempfile::tempdir().unwrap();
/// let client = Client::builder("ws://localhost:1", "alice").data_dir(folder.path()).open().await?;
/// let mut events = client.events(EventFilter::kinds(vec![EventKind::Connection]));
/// client.start().await?;
/// let Some(Event::Connection(state)) = events.next().await else { panic!("the client ended") };
/// assert_ne!(state, ConnectionState::Disconnected);
/// # client.close().await;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Events {
    pub(crate) listener: EventListener,
}

impl Events {
    /// The next event; `None` once the client is closed. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Event> {
        self.listener.next().await
    }
}

impl Stream for Events {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        self.listener.poll_next_unpin(context)
    }
}
