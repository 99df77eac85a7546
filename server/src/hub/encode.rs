//! Durable events as frames (docs/protocol.md §5).

use bytes::Bytes;
use causerie_protocol::{
    Content, ConversationUpdated, MemberEvent, MessageDeleted, MessageEdited, Meta, Millis,
    NewMessage, ReactionEvent, Role, Seq, ServerFrame, ServerMessage, Skipped, UserId,
    encode_server_into,
};

use crate::store::{EventBody, EventRecord};

/// One frame as a line of its own.
pub fn line(frame: &ServerFrame) -> Bytes {
    let mut buffer = Vec::with_capacity(512);
    match encode_server_into(frame, &mut buffer) {
        Ok(()) => {
            buffer.push(b'\n');
            buffer.into()
        }
        Err(error) => {
            // JSON brought every value that is in here, so JSON can say it.
            tracing::error!(%error, kind = frame.message.kind(), "a frame could not be encoded");
            Bytes::new()
        }
    }
}

/// The event as this user may see it.
pub fn event_for(record: &EventRecord, viewer: &UserId, visible_from: Seq) -> ServerFrame {
    if hidden(record, visible_from) {
        skipped(record)
    } else {
        event(record, record.actor == *viewer)
    }
}

/// Whether the event changes a message that is below what a user may see.
pub fn hidden(record: &EventRecord, visible_from: Seq) -> bool {
    record
        .body
        .target_seq()
        .is_some_and(|target| target < visible_from)
}

/// What stands in for a hidden event. It does not say who caused it.
pub fn skipped(record: &EventRecord) -> ServerFrame {
    ServerFrame {
        id: None,
        message: ServerMessage::Skipped(Skipped {
            conversation_id: record.conversation_id,
            seq: record.seq,
            event_id: record.event_id,
        }),
        meta: Some(Meta {
            timestamp: Some(record.at),
            sender_id: None,
            target_id: Some(record.conversation_id.to_string()),
            client_id: None,
        }),
    }
}

/// The event; `own` says that it is for the devices of who caused it, which know its temp_id.
pub fn event(record: &EventRecord, own: bool) -> ServerFrame {
    ServerFrame {
        id: None,
        message: body(record, own),
        meta: Some(Meta {
            timestamp: Some(record.at),
            sender_id: Some(record.actor.clone()),
            target_id: Some(record.conversation_id.to_string()),
            client_id: record.client_id,
        }),
    }
}

/// Takes the content out of an event whose message was deleted at this time.
pub fn erase(record: &mut EventRecord, deleted_at: Millis) {
    match &mut record.body {
        EventBody::Message(message) => {
            message.content = Content::Empty;
            message.attachments.clear();
            message.metadata = None;
            message.deleted_at = Some(deleted_at);
        }
        EventBody::Edited { content, .. } => *content = Content::Empty,
        EventBody::Deleted { .. }
        | EventBody::ReactionAdded { .. }
        | EventBody::ReactionRemoved { .. }
        | EventBody::MemberJoined { .. }
        | EventBody::MemberLeft { .. }
        | EventBody::MemberUpdated { .. }
        | EventBody::Updated { .. } => {}
    }
}

fn body(record: &EventRecord, own: bool) -> ServerMessage {
    let (conversation_id, seq, event_id) = (record.conversation_id, record.seq, record.event_id);
    let member = |user_id: &UserId, role: &Role| MemberEvent {
        conversation_id,
        seq,
        event_id,
        user_id: user_id.clone(),
        role: role.clone(),
        by: record.actor.clone(),
    };
    let reaction = |message_id, target_seq, emoji: &String| ReactionEvent {
        conversation_id,
        seq,
        event_id,
        message_id,
        target_seq,
        user_id: record.actor.clone(),
        emoji: emoji.clone(),
    };
    match &record.body {
        EventBody::Message(message) => {
            let mut message = message.as_ref().clone();
            if !own {
                message.temp_id = None;
            }
            ServerMessage::NewMessage(Box::new(NewMessage { event_id, message }))
        }
        EventBody::Edited {
            message_id,
            target_seq,
            content,
        } => ServerMessage::MessageEdited(MessageEdited {
            conversation_id,
            seq,
            event_id,
            message_id: *message_id,
            target_seq: *target_seq,
            content: content.clone(),
            edited_at: record.at,
        }),
        EventBody::Deleted {
            message_id,
            target_seq,
        } => ServerMessage::MessageDeleted(MessageDeleted {
            conversation_id,
            seq,
            event_id,
            message_id: *message_id,
            target_seq: *target_seq,
        }),
        EventBody::ReactionAdded {
            message_id,
            target_seq,
            emoji,
        } => ServerMessage::ReactionAdded(reaction(*message_id, *target_seq, emoji)),
        EventBody::ReactionRemoved {
            message_id,
            target_seq,
            emoji,
        } => ServerMessage::ReactionRemoved(reaction(*message_id, *target_seq, emoji)),
        EventBody::MemberJoined { user_id, role } => {
            ServerMessage::MemberJoined(member(user_id, role))
        }
        EventBody::MemberLeft { user_id, role } => ServerMessage::MemberLeft(member(user_id, role)),
        EventBody::MemberUpdated { user_id, role } => {
            ServerMessage::MemberUpdated(member(user_id, role))
        }
        EventBody::Updated {
            title,
            avatar,
            settings,
        } => ServerMessage::ConversationUpdated(ConversationUpdated {
            conversation_id,
            seq,
            event_id,
            title: title.clone(),
            avatar: avatar.clone(),
            settings: settings.clone(),
        }),
    }
}
