//! What a device shows, out of what the SDK gives.

use causerie::{
    ConnectionState, ConversationEntry, OutboxEntry, SendState, TimelineItem, UserId, WriteKind,
};

use super::{Open, Watched, locked, word};
use crate::shown::{self, Refusal, Shown};

impl Open {
    pub(super) async fn look(&self) -> Result<Shown, Refusal> {
        let mut rooms = Vec::new();
        let mut broken = Vec::new();
        for entry in self.client.conversations().items() {
            let id = entry.item.conversation_id;
            let conversation = self.client.conversation(id);
            // While suspended, there is no cache to read them from.
            let cursors = conversation.read_cursors().await.unwrap_or_default();
            let others = cursors
                .into_iter()
                .filter(|c| c.user_id != *self.client.user_id());
            let typing = conversation.typing_users();
            let timeline = self.screens.get(&id).map(|watched| {
                broken.extend(locked(&watched.screen).broken.iter().cloned());
                watched.look()
            });
            rooms.push(shown::Room {
                id: id.to_string(),
                unread: entry.unread,
                mentions: entry.item.mentions_unread,
                membership: word(&entry.item.membership),
                last: last(&entry),
                pending: entry.pending.as_ref().map(|row| row.key.to_string()),
                typing: typing.iter().map(UserId::to_string).collect(),
                read_by: others.map(|c| (c.user_id.to_string(), c.seq)).collect(),
                timeline,
                title: entry.title,
                draft: entry.draft,
            });
        }
        let listeners = self.listeners.values();
        broken.extend(listeners.flat_map(|slow| slow.screen.broken.iter().cloned()));
        let connection = self.client.connection_state().current();
        Ok(Shown {
            connection: connection_word(&connection).to_owned(),
            rooms,
            outbox: self.client.outbox().list().iter().map(queued).collect(),
            tokens_asked: 0,
            ever: Vec::new(),
            broken,
        })
    }
}

impl Watched {
    pub(super) fn look(&self) -> shown::Timeline {
        let screen = locked(&self.screen);
        shown::Timeline {
            items: screen.items.iter().map(item).collect(),
            same: screen.told && screen.items == self.timeline.items(),
            older: screen.state.has_older,
            resets: screen.resets,
            moves: screen.moves,
        }
    }
}

fn item(item: &TimelineItem) -> shown::Item {
    let message = &item.message;
    let reactions = message.reactions.iter();
    shown::Item {
        temp_id: message.temp_id.map(|id| id.to_string()),
        message_id: (message.seq > 0).then(|| message.message_id.to_string()),
        seq: message.seq,
        from: message.sender_id.to_string(),
        text: message.content.text().map(str::to_owned),
        send: item.send.as_ref().map(|state| match state {
            SendState::Queued => "queued".into(),
            SendState::Sent { .. } => "sent".into(),
            SendState::Failed { code, .. } => format!("failed: {}", code.as_str()),
        }),
        edited: message.edited_at.is_some(),
        deleted: message.deleted_at.is_some(),
        changing: item.pending_change,
        reactions: reactions
            .map(|reaction| shown::Reaction {
                emoji: reaction.emoji.clone(),
                by: reaction.users.iter().map(UserId::to_string).collect(),
                count: reaction.count,
                me: reaction.me,
            })
            .collect(),
        reply_to: message.reply_to.map(|id| id.to_string()),
        mentions: message.mentions.iter().map(UserId::to_string).collect(),
    }
}

fn queued(entry: &OutboxEntry) -> shown::Write {
    // What a write names is in its payload as the wire has it.
    let payload = serde_json::to_value(&entry.op).unwrap_or_default();
    let named = |field: &str| payload[field].as_str().map(str::to_owned);
    let what = match entry.op.kind() {
        WriteKind::SendMessage => "send",
        WriteKind::EditMessage => "edit",
        WriteKind::DeleteMessage => "delete",
        WriteKind::AddReaction => "react",
        WriteKind::RemoveReaction => "unreact",
        WriteKind::CreateConversation => "create",
        WriteKind::UpdateConversation => "update",
        WriteKind::AddMembers => "add",
        WriteKind::RemoveMembers => "remove",
        WriteKind::QuitConversation => "quit",
        _ => "other",
    };
    shown::Write {
        key: entry.key.to_string(),
        what: what.into(),
        room: entry.conversation_id.to_string(),
        target_key: named("target_temp_id"),
        target_id: named("message_id"),
        failed: match &entry.state {
            SendState::Failed { code, .. } => Some(code.as_str().to_owned()),
            SendState::Queued | SendState::Sent { .. } => None,
        },
    }
}

/// What the newest message says.
pub(super) fn last(entry: &ConversationEntry) -> Option<String> {
    let preview = entry.item.last_message.as_ref()?;
    preview.content.text().map(str::to_owned)
}

fn connection_word(state: &ConnectionState) -> &'static str {
    match state {
        ConnectionState::Disconnected => "disconnected",
        ConnectionState::Connecting => "connecting",
        ConnectionState::Authenticating => "authenticating",
        ConnectionState::Live => "live",
        ConnectionState::Waiting { .. } => "waiting",
        ConnectionState::SignInNeeded { .. } => "sign_in_needed",
        ConnectionState::Suspended => "suspended",
        ConnectionState::Closed { .. } => "closed",
    }
}
