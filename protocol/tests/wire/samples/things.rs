//! What the samples speak of: Alice, Bob, their conversation and a message in it.

use causerie_protocol::*;
use serde_json::{Value, json};
use uuid::Uuid;

pub const NOW: Millis = 1_763_600_000_000;

/// Version 7 ids that differ in their last byte.
pub fn id<T: From<Uuid>>(last: u8) -> T {
    Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000 | u128::from(last)).into()
}

pub fn alice() -> UserId {
    "alice".parse().expect("a user id")
}

pub fn bob() -> UserId {
    "bob".parse().expect("a user id")
}

pub fn direct() -> ConversationId {
    ConversationId::direct(&alice(), &bob())
}

pub fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        other => panic!("not an object: {other}"),
    }
}

pub fn room() -> Room {
    Room::Conversation(direct())
}

pub fn new_message() -> ServerFrame {
    ServerFrame {
        id: None,
        message: ServerMessage::NewMessage(Box::new(NewMessage {
            event_id: id(2),
            message: said(),
        })),
        meta: Some(Meta {
            timestamp: Some(NOW),
            sender_id: Some(alice()),
            target_id: Some(direct().to_string()),
            client_id: Some(id(1)),
        }),
    }
}

pub fn said() -> Message {
    Message {
        conversation_id: direct(),
        seq: 42,
        number: 40,
        message_id: id(2),
        temp_id: Some(id(4)),
        sender_id: alice(),
        kind: MessageKind::Text,
        content: "Où es-tu ?".into(),
        attachments: Vec::new(),
        reply_to: None,
        mentions: vec![bob()],
        metadata: None,
        created_at: NOW,
        edited_at: None,
        deleted_at: None,
        state_seq: 42,
        reactions: Vec::new(),
    }
}

pub fn folded() -> Message {
    Message {
        temp_id: None,
        kind: MessageKind::Media,
        content: Content::Empty,
        attachments: vec![photo()],
        reply_to: Some(id(8)),
        metadata: Some(object(json!({"origin": "camera"}))),
        edited_at: Some(NOW + 1),
        state_seq: 44,
        reactions: vec![Reaction {
            emoji: "🎉".into(),
            count: 7,
            me: true,
            users: vec![alice(), bob()],
        }],
        ..said()
    }
}

pub fn deleted() -> Message {
    Message {
        seq: 30,
        number: 29,
        message_id: id(8),
        content: Content::Empty,
        mentions: Vec::new(),
        deleted_at: Some(NOW + 2),
        state_seq: 31,
        ..said()
    }
}

pub fn photo() -> Attachment {
    Attachment {
        media_id: "0192".into(),
        name: "lac.jpg".into(),
        content_type: "image/jpeg".into(),
        size: 245_760,
        sha256: "ab".repeat(32),
        width: Some(1600),
        height: Some(900),
        blurhash: Some("LEHV6nWB2yk8pyo0adR*.7kCMdnj".into()),
        duration_ms: None,
        waveform: None,
    }
}

pub fn write_ack() -> WriteAck {
    WriteAck {
        temp_id: id(4),
        conversation_id: direct(),
        seq: Some(43),
        at: NOW,
        duplicate: false,
        conversation: None,
        group: None,
    }
}

pub fn preview() -> Preview {
    Preview {
        message_id: id(2),
        seq: 42,
        sender_id: alice(),
        kind: MessageKind::Text,
        content: "Où es-tu ?".into(),
        created_at: NOW,
        deleted_at: None,
    }
}

pub fn item() -> Item {
    Item {
        conversation_id: direct(),
        kind: ConversationKind::Direct,
        group_id: None,
        title: None,
        avatar: None,
        peer_id: Some(bob()),
        membership: MembershipState::Joined,
        role: Role::Owner,
        rev: 17,
        visible_from: 1,
        head_seq: 42,
        head_number: 40,
        read_seq: 40,
        read_number: 39,
        mentions_unread: 1,
        muted: false,
        archived: false,
        pinned: true,
        last_message: Some(preview()),
        updated_at: NOW,
        members_count: 2,
    }
}

pub fn group() -> GroupItem {
    GroupItem {
        group_id: id(3),
        title: Some("Team".into()),
        avatar: None,
        membership: MembershipState::Joined,
        role: Role::Owner,
        members_count: 2,
        rev: 1,
    }
}

pub fn user() -> User {
    User {
        user_id: alice(),
        name: Some("Alice".into()),
        avatar: None,
        rev: 5,
    }
}

pub fn status() -> StatusUpdate {
    StatusUpdate {
        user_id: bob(),
        status: Status::Away,
        text: None,
        is_online: false,
        last_seen_at: Some(NOW),
        last_active_at: None,
    }
}
