//! Writing events.

use causerie_protocol::{Message, Object, Role, Seq};
use rusqlite::params;
use serde::{Deserialize, Serialize};

use crate::store::{
    EventBody, EventRecord,
    tables::{ConversationKey, TableError, UserKey},
};

use super::{
    database::Database,
    values::{Word, bytes, int, list_to_json, to_json},
};

const ADD_MESSAGE: &str = "INSERT INTO messages (conversation, seq, number, message_id, temp_id,
        sender, client_id, kind, created_at, reply_to, content, attachments, mentions, metadata,
        change)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";
const ADD_CHANGE: &str = "INSERT INTO changes (conversation, seq, event_id, kind, actor, client_id,
        at, target_seq, subject, role, body, change)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";

/// The body of `conversation_updated`.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Settings {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    avatar: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    settings: Option<Object>,
}

impl From<Settings> for EventBody {
    fn from(settings: Settings) -> Self {
        Self::Updated {
            title: settings.title,
            avatar: settings.avatar,
            settings: settings.settings,
        }
    }
}

/// The columns of a change that depend on its kind.
#[derive(Default)]
struct Columns<'a> {
    kind: &'static str,
    target_seq: Option<Seq>,
    role: Option<&'a Role>,
    body: Option<String>,
}

impl Database {
    pub(super) fn insert_event(
        &self,
        (conversation, change): (ConversationKey, u64),
        actor: UserKey,
        subject: Option<UserKey>,
        event: &EventRecord,
    ) -> Result<(), TableError> {
        let columns = match &event.body {
            EventBody::Message(message) => {
                return self.insert_message((conversation, change), actor, event, message);
            }
            EventBody::Edited {
                target_seq,
                content,
                ..
            } => Columns {
                kind: "message_edited",
                target_seq: Some(*target_seq),
                body: to_json(Some(content))?,
                ..Columns::default()
            },
            EventBody::Deleted { target_seq, .. } => Columns {
                kind: "message_deleted",
                target_seq: Some(*target_seq),
                ..Columns::default()
            },
            EventBody::ReactionAdded {
                target_seq, emoji, ..
            } => Columns {
                kind: "reaction_added",
                target_seq: Some(*target_seq),
                body: Some(emoji.clone()),
                ..Columns::default()
            },
            EventBody::ReactionRemoved {
                target_seq, emoji, ..
            } => Columns {
                kind: "reaction_removed",
                target_seq: Some(*target_seq),
                body: Some(emoji.clone()),
                ..Columns::default()
            },
            EventBody::MemberJoined { role, .. } => of_member("member_joined", role),
            EventBody::MemberLeft { role, .. } => of_member("member_left", role),
            EventBody::MemberUpdated { role, .. } => of_member("member_updated", role),
            EventBody::Updated {
                title,
                avatar,
                settings,
            } => Columns {
                kind: "conversation_updated",
                body: to_json(Some(&Settings {
                    title: title.clone(),
                    avatar: avatar.clone(),
                    settings: settings.clone(),
                }))?,
                ..Columns::default()
            },
        };
        self.run(
            ADD_CHANGE,
            params![
                conversation.0,
                int(event.seq),
                bytes(event.event_id.uuid()),
                columns.kind,
                actor.0,
                event.client_id.map(|id| bytes(id.uuid())),
                int(event.at),
                columns.target_seq.map(int),
                subject.map(|key| key.0),
                columns.role.map(Word::word),
                columns.body,
                int(change),
            ],
        )?;
        Ok(())
    }

    fn insert_message(
        &self,
        (conversation, change): (ConversationKey, u64),
        sender: UserKey,
        event: &EventRecord,
        message: &Message,
    ) -> Result<(), TableError> {
        let content = Some(&message.content).filter(|content| !content.is_empty());
        self.run(
            ADD_MESSAGE,
            params![
                conversation.0,
                int(message.seq),
                int(message.number),
                bytes(message.message_id.uuid()),
                message.temp_id.map(|id| bytes(id.uuid())),
                sender.0,
                event.client_id.map(|id| bytes(id.uuid())),
                message.kind.word(),
                int(message.created_at),
                message.reply_to.map(|id| bytes(id.uuid())),
                to_json(content)?,
                list_to_json(&message.attachments)?,
                list_to_json(&message.mentions)?,
                to_json(message.metadata.as_ref())?,
                int(change),
            ],
        )?;
        Ok(())
    }
}

fn of_member<'a>(kind: &'static str, role: &'a Role) -> Columns<'a> {
    Columns {
        kind,
        role: Some(role),
        ..Columns::default()
    }
}
