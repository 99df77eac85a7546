//! A timeline: where it begins, how it stands, how it changes.

use causerie::Error;

use super::TimelineItem;
use crate::parse::{count, invalid, item_key};

/// Where a timeline begins.
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
#[cfg_attr(feature = "napi", napi_derive::napi(string_enum = "snake_case"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartKind {
    /// With the newest message.
    Newest,
    /// Around `seq`.
    At,
}

/// Where a timeline begins, with what belongs to it.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineStart {
    /// Which.
    pub kind: StartKind,
    /// The message around which it begins, if `kind` is `at`.
    #[cfg_attr(feature = "uniffi", uniffi(default = None))]
    pub seq: Option<i64>,
}

impl TryFrom<TimelineStart> for causerie::TimelineStart {
    type Error = Error;

    fn try_from(start: TimelineStart) -> Result<Self, Error> {
        match (start.kind, start.seq) {
            (StartKind::Newest, None) => Ok(Self::Newest),
            (StartKind::Newest, Some(_)) => Err(invalid("seq", "the newest message needs none")),
            (StartKind::At, Some(seq)) => Ok(Self::At(count("seq", seq)?)),
            (StartKind::At, None) => Err(invalid("seq", "name the message around which it begins")),
        }
    }
}

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

/// How a timeline stands.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TimelineState {
    /// There are older messages to load.
    pub has_older: bool,
    /// There are newer messages to load.
    pub has_newer: bool,
    /// The server was asked for more.
    pub loading: bool,
}

impl From<causerie::TimelineState> for TimelineState {
    fn from(state: causerie::TimelineState) -> Self {
        Self {
            has_older: state.has_older,
            has_newer: state.has_newer,
            loading: state.loading,
        }
    }
}

/// A timeline at one moment.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineSnapshot {
    /// What it shows, oldest first.
    pub items: Vec<TimelineItem>,
    /// How it stands.
    pub state: TimelineState,
}

impl From<causerie::TimelineSnapshot> for TimelineSnapshot {
    fn from(snapshot: causerie::TimelineSnapshot) -> Self {
        Self {
            items: snapshot.items.iter().map(Into::into).collect(),
            state: snapshot.state.into(),
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
    /// How it stands now.
    pub state: TimelineState,
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
            state: batch.state.into(),
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
