//! Ids and small values for tests.

use std::time::Duration;

use causerie_engine::Now;
use causerie_protocol::{
    ClientId, ConversationId, ConversationKind, Item, MembershipState, Message, MessageId,
    MessageKind, Role, TempId, UserId,
};
use uuid::{Builder, Uuid};

/// A UUIDv7 of a number: higher numbers are later.
pub fn v7(n: u64) -> Uuid {
    Builder::from_unix_timestamp_millis(n, &[7; 10]).into_uuid()
}

pub fn alice() -> UserId {
    user("alice")
}

pub fn bob() -> UserId {
    user("bob")
}

pub fn user(id: &str) -> UserId {
    UserId::new(id).expect("a sound user id")
}

pub fn conv(n: u64) -> ConversationId {
    ConversationId::from_uuid(v7(0xC000_0000 + n))
}

pub fn temp(n: u64) -> TempId {
    TempId::from_uuid(v7(0xA000_0000 + n))
}

pub fn event_id(n: u64) -> MessageId {
    MessageId::from_uuid(v7(0xE000_0000 + n))
}

pub fn client(n: u64) -> ClientId {
    ClientId::from_uuid(v7(n))
}

pub fn at(ms: u64) -> Now {
    Now {
        mono: Duration::from_millis(ms),
        wall: 1_700_000_000_000 + ms,
    }
}

/// A conversation of alice and bob in which nothing happened yet.
pub fn item(id: ConversationId) -> Item {
    Item {
        conversation_id: id,
        kind: ConversationKind::Group,
        group_id: None,
        title: Some("talk".into()),
        avatar: None,
        peer_id: None,
        membership: MembershipState::Joined,
        role: Role::Member,
        rev: 1,
        visible_from: 1,
        head_seq: 0,
        head_number: 0,
        read_seq: 0,
        read_number: 0,
        mentions_unread: 0,
        muted: false,
        archived: false,
        pinned: false,
        last_message: None,
        updated_at: 1,
        members_count: 2,
    }
}

/// A text of somebody's, as the server tells it.
pub fn message(id: ConversationId, seq: u64, sender: &UserId, text: &str) -> Message {
    Message {
        conversation_id: id,
        seq,
        number: seq,
        message_id: event_id(seq),
        temp_id: None,
        sender_id: sender.clone(),
        kind: MessageKind::Text,
        content: text.into(),
        attachments: Vec::new(),
        reply_to: None,
        mentions: Vec::new(),
        metadata: None,
        created_at: 1_700_000_000_000 + seq,
        edited_at: None,
        deleted_at: None,
        state_seq: seq,
        reactions: Vec::new(),
    }
}
