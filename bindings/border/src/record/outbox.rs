//! Writes that are on their way.

use causerie::{MessageTarget, WriteOp};

use super::{SendStatus, display_as_debug, redacted};
use crate::fault::integer;

/// A write that is on its way, or failed.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "uniffi", uniffi::export(Debug, Display))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Clone, PartialEq, Eq)]
pub struct OutboxEntry {
    /// The key that the call gave. A message is shown, sent and confirmed under it.
    pub key: String,
    /// Where.
    pub conversation_id: String,
    /// What: `send_message`, `edit_message` and so on, as `docs/protocol.md` §4 names them.
    pub kind: String,
    /// What a message says, or says from now on.
    pub text: Option<String>,
    /// The message that it changes, by the key that sending it gave.
    pub target_key: Option<String>,
    /// The message that it changes, by the server's id.
    pub target_message_id: Option<String>,
    /// Which emoji comes or goes.
    pub emoji: Option<String>,
    /// Whom it lets in, puts out or gives a role.
    pub user_ids: Vec<String>,
    /// When it was made, by this device's clock, in milliseconds since 1970.
    pub created_at: i64,
    /// How it stands.
    pub status: SendStatus,
}

/// Without what people wrote.
impl std::fmt::Debug for OutboxEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OutboxEntry")
            .field("key", &self.key)
            .field("conversation_id", &self.conversation_id)
            .field("kind", &self.kind)
            .field("text", &redacted(&self.text))
            .field("target_key", &self.target_key)
            .field("target_message_id", &self.target_message_id)
            .field("created_at", &self.created_at)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

display_as_debug!(OutboxEntry);

impl From<&causerie::OutboxEntry> for OutboxEntry {
    fn from(entry: &causerie::OutboxEntry) -> Self {
        let mut record = Self {
            key: entry.key.to_string(),
            conversation_id: entry.conversation_id.to_string(),
            kind: entry.op.kind().as_str().to_owned(),
            text: None,
            target_key: None,
            target_message_id: None,
            emoji: None,
            user_ids: Vec::new(),
            created_at: integer(entry.created_at),
            status: entry.state.clone().into(),
        };
        match &entry.op {
            WriteOp::SendMessage(message) => {
                record.text = message.content.text().map(str::to_owned);
            }
            WriteOp::EditMessage(edit) => {
                record.text = edit.content.text().map(str::to_owned);
                record.means(edit.target.into());
            }
            WriteOp::DeleteMessage(deletion) => record.means(deletion.target.into()),
            WriteOp::AddReaction(reaction) | WriteOp::RemoveReaction(reaction) => {
                record.emoji = Some(reaction.emoji.clone());
                record.means(reaction.target.into());
            }
            WriteOp::AddMembers(members)
            | WriteOp::RemoveMembers(members)
            | WriteOp::SetRole(members)
            | WriteOp::InviteMembers(members)
            | WriteOp::AcceptInvite(members)
            | WriteOp::DeclineInvite(members)
            | WriteOp::QuitConversation(members)
            | WriteOp::AddGroupMembers(members)
            | WriteOp::RemoveGroupMembers(members)
            | WriteOp::SetGroupRole(members)
            | WriteOp::QuitGroup(members) => {
                record.user_ids = members.user_ids.iter().map(ToString::to_string).collect();
            }
            WriteOp::CreateConversation(_)
            | WriteOp::UpdateConversation(_)
            | WriteOp::CreateGroup(_)
            | WriteOp::UpdateGroup(_) => {}
        }
        record
    }
}

impl OutboxEntry {
    fn means(&mut self, target: MessageTarget) {
        match target {
            MessageTarget::Message(id) => self.target_message_id = Some(id.to_string()),
            MessageTarget::Key(key) => self.target_key = Some(key.to_string()),
        }
    }
}

/// What a diff of the outbox does.
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
#[cfg_attr(feature = "napi", napi_derive::napi(string_enum = "snake_case"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutboxDiffKind {
    /// All of it anew.
    Reset,
    /// One write is new, or stands otherwise.
    Update,
    /// One write was cancelled.
    Remove,
}

/// What changed in the outbox.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxUpdate {
    /// In order.
    pub diffs: Vec<OutboxDiff>,
}

/// A change to the outbox.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxDiff {
    /// `reset`: `entries` is all of it, oldest first. `update`: the write of `key` stands as
    /// `status` says; a new one, and one that is queued again after it failed, comes last, and one
    /// that is `sent` is in the outbox no more. `remove`: that of `key` was cancelled.
    pub kind: OutboxDiffKind,
    /// For `update` the one entry, as long as the write is in the outbox.
    pub entries: Vec<OutboxEntry>,
    /// Which write.
    pub key: Option<String>,
    /// How it stands.
    pub status: Option<SendStatus>,
}

/// What changed, with the entries of the writes that are in the outbox still.
impl From<(causerie::OutboxUpdate, &causerie::Outbox)> for OutboxUpdate {
    fn from((update, outbox): (causerie::OutboxUpdate, &causerie::Outbox)) -> Self {
        let diffs = update.diffs.iter().map(|diff| match diff {
            causerie::OutboxDiff::Reset(entries) => OutboxDiff {
                kind: OutboxDiffKind::Reset,
                entries: entries.iter().map(Into::into).collect(),
                key: None,
                status: None,
            },
            causerie::OutboxDiff::Changed { key, state: None } => OutboxDiff {
                kind: OutboxDiffKind::Remove,
                entries: Vec::new(),
                key: Some(key.to_string()),
                status: None,
            },
            causerie::OutboxDiff::Changed {
                key,
                state: Some(state),
            } => OutboxDiff {
                kind: OutboxDiffKind::Update,
                entries: match state {
                    causerie::SendState::Queued | causerie::SendState::Failed { .. } => {
                        outbox.get(*key).iter().map(Into::into).collect()
                    }
                    causerie::SendState::Sent { .. } => Vec::new(),
                },
                key: Some(key.to_string()),
                status: Some(state.clone().into()),
            },
        });
        Self {
            diffs: diffs.collect(),
        }
    }
}
