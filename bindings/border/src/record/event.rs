//! What happens, for apps that want more than the observable states.

use causerie::Error;

use super::{ConnectionStatus, ReadCursor, User, display_as_debug, redacted};
use crate::{
    fault::integer,
    parse::{self, invalid},
};

/// What an event is.
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
#[cfg_attr(feature = "napi", napi_derive::napi(string_enum = "snake_case"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// The connection changed: `connection` is there.
    Connection,
    /// Who types in a conversation changed: `user_ids` are all who type now.
    Typing,
    /// Others' read and delivery cursors rose, or were forgotten: `cursors` are those that rose, as
    /// they were told (of a delivery `seq` is 0), and none if what was known is no more. What they
    /// are then, `read_cursors` says.
    Cursors,
    /// Names or pictures changed: `users` are there.
    Users,
    /// A frame of the server's, after what it changed was committed: `frame` is there.
    Server,
    /// Something went wrong that no call stands for: `code`, `message` and `retryable` are there.
    Fault,
    /// The local database was damaged: `message` says how, `count` how much could not be saved.
    /// Comes to who wants faults.
    Recovered,
    /// This listener was too slow: `count` events were dropped. Comes to everybody.
    Missed,
}

/// Which events a listener wants.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventFilter {
    /// Only these kinds; all of them if empty. `fault` and `recovered` are one; `missed` comes
    /// anyhow, and is none to ask for.
    #[cfg_attr(feature = "uniffi", uniffi(default = []))]
    pub kinds: Vec<EventKind>,
    /// Only what belongs to this conversation, and what belongs to none. Default: everything.
    #[cfg_attr(feature = "uniffi", uniffi(default = None))]
    pub conversation_id: Option<String>,
}

impl TryFrom<EventFilter> for causerie::EventFilter {
    type Error = Error;

    fn try_from(filter: EventFilter) -> Result<Self, Error> {
        let kind = |kind| {
            Ok(match kind {
                EventKind::Connection => causerie::EventKind::Connection,
                EventKind::Typing => causerie::EventKind::Typing,
                EventKind::Cursors => causerie::EventKind::Cursors,
                EventKind::Users => causerie::EventKind::Users,
                EventKind::Server => causerie::EventKind::Server,
                EventKind::Fault | EventKind::Recovered => causerie::EventKind::Fault,
                EventKind::Missed => return Err(invalid("kinds", "missed comes to everybody")),
            })
        };
        Ok(Self {
            kinds: filter
                .kinds
                .into_iter()
                .map(kind)
                .collect::<Result<_, _>>()?,
            conversation_id: filter
                .conversation_id
                .map(|id| parse::conversation_id(&id))
                .transpose()?,
        })
    }
}

/// Something that happened, with what its kind fills.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "uniffi", uniffi::export(Debug, Display))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Clone, PartialEq, Eq)]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// Where, if it belongs to a conversation.
    pub conversation_id: Option<String>,
    /// How the connection stands.
    pub connection: Option<ConnectionStatus>,
    /// Who.
    pub user_ids: Vec<String>,
    /// How far they have read.
    pub cursors: Vec<ReadCursor>,
    /// Their names.
    pub users: Vec<User>,
    /// What the server said, as JSON (`docs/protocol.md` §4).
    pub frame: Option<String>,
    /// A stable word for what went wrong.
    pub code: Option<String>,
    /// The same for a person.
    pub message: Option<String>,
    /// Whether the SDK goes on by itself.
    pub retryable: Option<bool>,
    /// How many.
    pub count: Option<i64>,
}

/// Without what people wrote.
impl std::fmt::Debug for Event {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Event")
            .field("kind", &self.kind)
            .field("conversation_id", &self.conversation_id)
            .field("connection", &self.connection)
            .field("user_ids", &self.user_ids)
            .field("cursors", &self.cursors)
            .field("frame", &redacted(&self.frame))
            .field("code", &self.code)
            .field("message", &self.message)
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

display_as_debug!(Event);

impl From<causerie::Event> for Event {
    fn from(event: causerie::Event) -> Self {
        let conversation_id = event.conversation_id().map(|id| id.to_string());
        let of = |kind| Self {
            kind,
            conversation_id,
            connection: None,
            user_ids: Vec::new(),
            cursors: Vec::new(),
            users: Vec::new(),
            frame: None,
            code: None,
            message: None,
            retryable: None,
            count: None,
        };
        match event {
            causerie::Event::Connection(state) => Self {
                connection: Some(state.into()),
                ..of(EventKind::Connection)
            },
            causerie::Event::Typing { user_ids, .. } => Self {
                user_ids: user_ids.iter().map(ToString::to_string).collect(),
                ..of(EventKind::Typing)
            },
            causerie::Event::Cursors { cursors, .. } => Self {
                cursors: cursors.iter().map(Into::into).collect(),
                ..of(EventKind::Cursors)
            },
            causerie::Event::Users(users) => Self {
                users: users.iter().map(Into::into).collect(),
                ..of(EventKind::Users)
            },
            causerie::Event::Server(frame) => Self {
                frame: serde_json::to_string(&frame).ok(),
                ..of(EventKind::Server)
            },
            causerie::Event::Fault {
                code,
                message,
                retryable,
            } => Self {
                code: Some(code),
                message: Some(message),
                retryable: Some(retryable),
                ..of(EventKind::Fault)
            },
            causerie::Event::Recovered(recovery) => Self {
                message: Some(recovery.reason),
                count: i64::try_from(recovery.lost).ok(),
                ..of(EventKind::Recovered)
            },
            causerie::Event::Missed { count } => Self {
                count: Some(integer(count)),
                ..of(EventKind::Missed)
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Fault;

    #[test]
    fn a_filter_that_asks_for_nothing_but_what_everybody_gets_is_refused_and_not_taken_for_all() {
        let filter = |kinds| {
            causerie::EventFilter::try_from(EventFilter {
                kinds,
                conversation_id: None,
            })
        };
        let fault = Fault::from(filter(vec![EventKind::Missed]).unwrap_err());
        assert!(fault.message.starts_with("kinds: "), "{fault:?}");
        assert_eq!(filter(vec![]).unwrap(), causerie::EventFilter::all());
        assert_eq!(
            filter(vec![EventKind::Recovered]).unwrap(),
            causerie::EventFilter::kinds(vec![causerie::EventKind::Fault])
        );
    }
}
