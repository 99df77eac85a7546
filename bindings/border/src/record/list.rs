//! How the conversation list changes.

use super::{ConversationEntry, DiffKind};

/// What changed in the conversation list.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListUpdate {
    /// In order; each is applied to the result of the one before.
    pub diffs: Vec<ListDiff>,
}

/// A change to the conversation list. Indexes count from the top.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListDiff {
    /// `reset`: `entries` is all of it. `insert`, `update`: the one entry, at `index`. `move`: the
    /// one entry, from `from` to `index`, once it was taken out. `remove`: that at `from`.
    pub kind: DiffKind,
    /// The entries.
    pub entries: Vec<ConversationEntry>,
    /// Where the entry is from now on.
    pub index: Option<i64>,
    /// Where it was.
    pub from: Option<i64>,
}

impl From<causerie::ListUpdate> for ListUpdate {
    fn from(update: causerie::ListUpdate) -> Self {
        Self {
            diffs: update.diffs.iter().map(Into::into).collect(),
        }
    }
}

impl From<&causerie::ListDiff> for ListDiff {
    fn from(diff: &causerie::ListDiff) -> Self {
        let of = |kind, entry: Option<&causerie::ConversationEntry>, index, from| Self {
            kind,
            entries: entry.into_iter().map(Into::into).collect(),
            index,
            from,
        };
        match diff {
            causerie::ListDiff::Reset(entries) => Self {
                entries: entries.iter().map(Into::into).collect(),
                ..of(DiffKind::Reset, None, None, None)
            },
            causerie::ListDiff::Insert { index, entry } => {
                of(DiffKind::Insert, Some(entry), place(*index), None)
            }
            causerie::ListDiff::Update { index, entry } => {
                of(DiffKind::Update, Some(entry), place(*index), None)
            }
            causerie::ListDiff::Move { from, to, entry } => {
                of(DiffKind::Move, Some(entry), place(*to), place(*from))
            }
            causerie::ListDiff::Remove { index, .. } => {
                of(DiffKind::Remove, None, None, place(*index))
            }
        }
    }
}

fn place(index: usize) -> Option<i64> {
    i64::try_from(index).ok()
}
