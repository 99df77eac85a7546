//! Conversations: as a list shows them, to be made, to be changed.

use causerie::{ConversationKind, Error, HistoryPolicy, Preview, UpdateConversation};

use super::{display_as_debug, redacted};
use crate::{fault::integer, parse};

/// The newest message of a conversation, as a list shows it.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "uniffi", uniffi::export(Debug, Display))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Clone, PartialEq, Eq)]
pub struct LastMessage {
    /// The server's id.
    pub message_id: String,
    /// Its place in the conversation's order.
    pub seq: i64,
    /// Who said it.
    pub sender_id: String,
    /// `text`, `media` and so on, as `docs/protocol.md` §5 names them; new ones may come.
    pub kind: String,
    /// The beginning of its text, of at most 200 characters; none for an object, a deleted one or
    /// media without a caption.
    pub text: Option<String>,
    /// When the server took it, in milliseconds since 1970.
    pub created_at: i64,
    /// When it was deleted.
    pub deleted_at: Option<i64>,
}

/// Without what people wrote.
impl std::fmt::Debug for LastMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LastMessage")
            .field("message_id", &self.message_id)
            .field("seq", &self.seq)
            .field("sender_id", &self.sender_id)
            .field("kind", &self.kind)
            .field("text", &redacted(&self.text))
            .field("deleted_at", &self.deleted_at)
            .finish_non_exhaustive()
    }
}

impl From<&Preview> for LastMessage {
    fn from(last: &Preview) -> Self {
        Self {
            message_id: last.message_id.to_string(),
            seq: integer(last.seq),
            sender_id: last.sender_id.to_string(),
            kind: last.kind.as_str().to_owned(),
            text: last.content.text().map(str::to_owned),
            created_at: integer(last.created_at),
            deleted_at: last.deleted_at.map(integer),
        }
    }
}

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
    /// The group that it belongs to.
    pub group_id: Option<String>,
    /// The title to show.
    pub title: String,
    /// The picture to show.
    pub avatar: Option<String>,
    /// The other user of a direct conversation.
    pub peer_id: Option<String>,
    /// Whether this user belongs to it: `joined`, `invited` or `left`; new ones may come.
    pub membership: String,
    /// What this user may do: `owner`, `admin` or `member`; new ones may come.
    pub role: String,
    /// How many members it has.
    pub members_count: i64,
    /// Messages not read yet.
    pub unread: i64,
    /// Those among them that mention this user.
    pub mentions_unread: i64,
    /// Whether this user muted it.
    pub muted: bool,
    /// Whether this user archived it.
    pub archived: bool,
    /// Whether this user pinned it.
    pub pinned: bool,
    /// The newest message that the server has.
    pub last: Option<LastMessage>,
    /// When there was last something, in milliseconds since 1970.
    pub updated_at: i64,
    /// The key of a message of this device that is on its way and newer than `last`.
    pub pending_key: Option<String>,
    /// What was typed and not sent.
    pub draft: Option<String>,
}

/// Without what people wrote.
impl std::fmt::Debug for ConversationEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConversationEntry")
            .field("conversation_id", &self.conversation_id)
            .field("kind", &self.kind)
            .field("title", &self.title)
            .field("peer_id", &self.peer_id)
            .field("membership", &self.membership)
            .field("unread", &self.unread)
            .field("last", &self.last)
            .field("updated_at", &self.updated_at)
            .field("pending_key", &self.pending_key)
            .field("draft", &redacted(&self.draft))
            .finish_non_exhaustive()
    }
}

impl From<&causerie::ConversationEntry> for ConversationEntry {
    fn from(entry: &causerie::ConversationEntry) -> Self {
        let item = &entry.item;
        Self {
            conversation_id: item.conversation_id.to_string(),
            kind: item.kind.as_str().to_owned(),
            group_id: item.group_id.map(|id| id.to_string()),
            title: entry.title.clone(),
            avatar: entry.avatar.clone(),
            peer_id: item.peer_id.as_ref().map(ToString::to_string),
            membership: item.membership.as_str().to_owned(),
            role: item.role.as_str().to_owned(),
            members_count: integer(item.members_count),
            unread: integer(entry.unread),
            mentions_unread: integer(item.mentions_unread),
            muted: item.muted,
            archived: item.archived,
            pinned: item.pinned,
            last: item.last_message.as_ref().map(Into::into),
            updated_at: integer(item.updated_at),
            pending_key: entry.pending.as_ref().map(|row| row.key.to_string()),
            draft: entry.draft.clone(),
        }
    }
}

/// A conversation to be made.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewConversation {
    /// `group` or `broadcast`. A direct one is opened by the other user's id.
    pub kind: String,
    /// Its title.
    #[cfg_attr(feature = "uniffi", uniffi(default = None))]
    pub title: Option<String>,
    /// Who belongs to it beside its creator.
    #[cfg_attr(feature = "uniffi", uniffi(default = []))]
    pub members: Vec<String>,
    /// What later members see: `from_join`, the default, or `all`.
    #[cfg_attr(feature = "uniffi", uniffi(default = None))]
    pub history: Option<String>,
}

impl From<NewConversation> for causerie::NewConversation {
    fn from(new: NewConversation) -> Self {
        Self {
            kind: ConversationKind::from(new.kind.as_str()),
            title: new.title,
            members: new.members,
            history: new.history.as_deref().map(HistoryPolicy::from),
        }
    }
}

/// Changes to a conversation. What is absent stays.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "uniffi", uniffi::export(Debug, Display))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Clone, PartialEq, Eq)]
pub struct ConversationChanges {
    /// The new title.
    #[cfg_attr(feature = "uniffi", uniffi(default = None))]
    pub title: Option<String>,
    /// The new picture.
    #[cfg_attr(feature = "uniffi", uniffi(default = None))]
    pub avatar: Option<String>,
    /// The app's own settings, a JSON object; replaced as a whole.
    #[cfg_attr(feature = "uniffi", uniffi(default = None))]
    pub settings: Option<String>,
}

/// Without what the app keeps there.
impl std::fmt::Debug for ConversationChanges {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConversationChanges")
            .field("title", &self.title)
            .field("avatar", &self.avatar)
            .field("settings", &redacted(&self.settings))
            .finish()
    }
}

impl TryFrom<ConversationChanges> for UpdateConversation {
    type Error = Error;

    fn try_from(changes: ConversationChanges) -> Result<Self, Error> {
        Ok(Self {
            title: changes.title,
            avatar: changes.avatar,
            settings: changes
                .settings
                .map(|json| parse::object("settings", &json))
                .transpose()?,
        })
    }
}

display_as_debug!(LastMessage, ConversationEntry, ConversationChanges);
