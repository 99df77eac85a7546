//! The conversation list.

use super::DiffKind;
use crate::fault::integer;

/// A conversation as a list shows it.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "uniffi", uniffi::export(Debug, Display))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Clone, PartialEq, Eq)]
pub struct ConversationEntry {
    /// Its id.
    pub conversation_id: String,
    /// `direct`, `group` and so on, as `docs/protocol.md` §5 names them; new ones may come.
    pub kind: String,
    /// The title to show.
    pub title: String,
    /// The picture to show.
    pub avatar: Option<String>,
    /// The other user of a direct conversation.
    pub peer_id: Option<String>,
    /// Messages not read yet.
    pub unread: i64,
    /// Those among them that mention this user.
    pub mentions_unread: i64,
    /// The beginning of the newest message's text.
    pub last_text: Option<String>,
    /// When there was last something, in milliseconds since 1970.
    pub updated_at: i64,
    /// A message of this device is on its way and newer than `last_text`.
    pub pending: bool,
    /// What was typed and not sent.
    pub draft: Option<String>,
}

/// Without what people wrote.
impl std::fmt::Debug for ConversationEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let redacted = |text: &Option<String>| text.as_ref().map(|_| "[redacted]");
        f.debug_struct("ConversationEntry")
            .field("conversation_id", &self.conversation_id)
            .field("kind", &self.kind)
            .field("title", &self.title)
            .field("avatar", &self.avatar)
            .field("peer_id", &self.peer_id)
            .field("unread", &self.unread)
            .field("mentions_unread", &self.mentions_unread)
            .field("last_text", &redacted(&self.last_text))
            .field("updated_at", &self.updated_at)
            .field("pending", &self.pending)
            .field("draft", &redacted(&self.draft))
            .finish()
    }
}

/// As `Debug`: what logs print in other languages.
impl std::fmt::Display for ConversationEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}

impl From<&causerie::ConversationEntry> for ConversationEntry {
    fn from(entry: &causerie::ConversationEntry) -> Self {
        let item = &entry.item;
        Self {
            conversation_id: item.conversation_id.to_string(),
            kind: item.kind.as_str().to_owned(),
            title: entry.title.clone(),
            avatar: entry.avatar.clone(),
            peer_id: item.peer_id.as_ref().map(ToString::to_string),
            unread: integer(entry.unread),
            mentions_unread: integer(item.mentions_unread),
            last_text: item
                .last_message
                .as_ref()
                .and_then(|last| last.content.text().map(str::to_owned)),
            updated_at: integer(item.updated_at),
            pending: entry.pending.is_some(),
            draft: entry.draft.clone(),
        }
    }
}

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
