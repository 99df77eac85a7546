//! Messages as a screen shows them.

use causerie::{Content, SendState};

use crate::{fault::integer, parse::item_key};

/// What a diff does.
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
#[cfg_attr(feature = "napi", napi_derive::napi(string_enum = "snake_case"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiffKind {
    /// All of it anew.
    Reset,
    /// Something new.
    Insert,
    /// Changed in place.
    Update,
    /// Goes elsewhere.
    Move,
    /// Goes.
    Remove,
}

/// How a write of this device stands.
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
#[cfg_attr(feature = "napi", napi_derive::napi(string_enum = "snake_case"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendKind {
    /// It goes by itself.
    Queued,
    /// The server has it, durable: `seq` may be there.
    Sent,
    /// Refused for good: `code` and `message` are there.
    Failed,
}

/// How a write of this device stands, with what belongs to it.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendStatus {
    /// Which.
    pub kind: SendKind,
    /// Its place.
    pub seq: Option<i64>,
    /// Why it was refused.
    pub code: Option<String>,
    /// The same for a person.
    pub message: Option<String>,
}

impl From<SendState> for SendStatus {
    fn from(state: SendState) -> Self {
        let of = |kind| Self {
            kind,
            seq: None,
            code: None,
            message: None,
        };
        match state {
            SendState::Queued => of(SendKind::Queued),
            SendState::Sent { seq } => Self {
                seq: seq.map(integer),
                ..of(SendKind::Sent)
            },
            SendState::Failed { code, message } => Self {
                code: Some(code.as_str().to_owned()),
                message: Some(message),
                ..of(SendKind::Failed)
            },
        }
    }
}

/// A reaction to a message.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    /// The emoji.
    pub emoji: String,
    /// How many users gave it.
    pub count: i64,
    /// Whether this user is one of them.
    pub me: bool,
}

/// A message as a screen shows it.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "uniffi", uniffi::export(Debug, Display))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Clone, PartialEq, Eq)]
pub struct TimelineItem {
    /// Stable, also over the message's confirmation.
    pub key: String,
    /// The server's id, once it is confirmed.
    pub message_id: Option<String>,
    /// Its place in the conversation's order, once it is confirmed.
    pub seq: Option<i64>,
    /// Who said it.
    pub sender_id: String,
    /// `text`, `media` and so on, as `docs/protocol.md` §5 names them; new ones may come.
    pub kind: String,
    /// What was said, if it is text.
    pub text: Option<String>,
    /// What was said, if it is an object of the app's, as JSON.
    pub object: Option<String>,
    /// When it was taken, in milliseconds since 1970.
    pub created_at: i64,
    /// When it was last edited.
    pub edited_at: Option<i64>,
    /// When it was deleted.
    pub deleted_at: Option<i64>,
    /// In the order in which each emoji first came.
    pub reactions: Vec<Reaction>,
    /// How it stands, for one of this device that is not confirmed.
    pub send: Option<SendStatus>,
    /// An edit, deletion or reaction of this device is laid over it and on its way.
    pub pending_change: bool,
}

/// Without what people wrote.
impl std::fmt::Debug for TimelineItem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let redacted = |text: &Option<String>| text.as_ref().map(|_| "[redacted]");
        f.debug_struct("TimelineItem")
            .field("key", &self.key)
            .field("message_id", &self.message_id)
            .field("seq", &self.seq)
            .field("sender_id", &self.sender_id)
            .field("kind", &self.kind)
            .field("text", &redacted(&self.text))
            .field("object", &redacted(&self.object))
            .field("created_at", &self.created_at)
            .field("edited_at", &self.edited_at)
            .field("deleted_at", &self.deleted_at)
            .field("reactions", &self.reactions)
            .field("send", &self.send)
            .field("pending_change", &self.pending_change)
            .finish()
    }
}

/// As `Debug`: what logs print in other languages.
impl std::fmt::Display for TimelineItem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}

impl From<&causerie::TimelineItem> for TimelineItem {
    fn from(item: &causerie::TimelineItem) -> Self {
        let message = &item.message;
        let confirmed = item.send.is_none();
        Self {
            key: item_key(item.key),
            message_id: confirmed.then(|| message.message_id.to_string()),
            seq: confirmed.then(|| integer(message.seq)),
            sender_id: message.sender_id.to_string(),
            kind: message.kind.as_str().to_owned(),
            text: message.content.text().map(str::to_owned),
            object: match &message.content {
                Content::Object(object) => serde_json::to_string(object).ok(),
                Content::Empty | Content::Text(_) => None,
            },
            created_at: integer(message.created_at),
            edited_at: message.edited_at.map(integer),
            deleted_at: message.deleted_at.map(integer),
            reactions: message
                .reactions
                .iter()
                .map(|reaction| Reaction {
                    emoji: reaction.emoji.clone(),
                    count: integer(reaction.count),
                    me: reaction.me,
                })
                .collect(),
            send: item.send.clone().map(Into::into),
            pending_change: item.pending_change,
        }
    }
}

/// What changed in a timeline, and how it stands now.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineBatch {
    /// In order; each is applied to the result of the one before.
    pub diffs: Vec<TimelineDiff>,
    /// There are older messages to load.
    pub has_older: bool,
    /// There are newer messages to load.
    pub has_newer: bool,
    /// The server was asked for more.
    pub loading: bool,
}

/// A change to a timeline.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineDiff {
    /// `reset`: `items` is all of it. `insert`: the one item, behind `after`. `update`: the one
    /// item, in place. `move`: the item of `key`, behind `after`. `remove`: the item of `key`.
    pub kind: DiffKind,
    /// The items.
    pub items: Vec<TimelineItem>,
    /// Which item moves or goes.
    pub key: Option<String>,
    /// The key of the item before its new place; none for the first place.
    pub after: Option<String>,
}

impl From<causerie::TimelineBatch> for TimelineBatch {
    fn from(batch: causerie::TimelineBatch) -> Self {
        Self {
            diffs: batch.diffs.iter().map(Into::into).collect(),
            has_older: batch.state.has_older,
            has_newer: batch.state.has_newer,
            loading: batch.state.loading,
        }
    }
}

impl From<&causerie::TimelineDiff> for TimelineDiff {
    fn from(diff: &causerie::TimelineDiff) -> Self {
        let of = |kind| Self {
            kind,
            items: Vec::new(),
            key: None,
            after: None,
        };
        match diff {
            causerie::TimelineDiff::Reset(items) => Self {
                items: items.iter().map(Into::into).collect(),
                ..of(DiffKind::Reset)
            },
            causerie::TimelineDiff::Insert { after, item } => Self {
                items: vec![(&**item).into()],
                after: after.map(item_key),
                ..of(DiffKind::Insert)
            },
            causerie::TimelineDiff::Update(item) => Self {
                items: vec![(&**item).into()],
                ..of(DiffKind::Update)
            },
            causerie::TimelineDiff::Move { key, after } => Self {
                key: Some(item_key(*key)),
                after: after.map(item_key),
                ..of(DiffKind::Move)
            },
            causerie::TimelineDiff::Remove(key) => Self {
                key: Some(item_key(*key)),
                ..of(DiffKind::Remove)
            },
        }
    }
}
