//! Records to store, and a store to put them in.

#![allow(dead_code, reason = "every test binary uses a part")]

use std::path::Path;

use causerie_engine::{ConversationRow, LoadQuery, OutboxRow, OutboxState, Position, Range};
use causerie_protocol::{
    ClientId, Content, ConversationId, ConversationKind, CreateConversation, Item, MembershipState,
    Message, MessageId, MessageKind, Role, SendMessage, TempId, UserId, WriteOp,
};
use causerie_store::{Durability, Opened, Options, Store};
use uuid::Uuid;

pub const CLIENT: ClientId = ClientId::from_uuid(Uuid::from_u128(0xC11E47));

pub fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

pub fn options() -> Options {
    Options {
        durability: Durability::Process,
        fresh_client_id: CLIENT,
    }
}

pub fn open(folder: &Path) -> Opened {
    Store::open(folder, &user("alice"), options()).unwrap()
}

pub fn conversation_id(n: u128) -> ConversationId {
    ConversationId::from_uuid(Uuid::from_u128(0xC0_0000 + n))
}

pub fn temp_id(n: u128) -> TempId {
    TempId::from_uuid(Uuid::from_u128(0x7E_0000 + n))
}

pub fn item(n: u128, rev: u64) -> Item {
    Item {
        conversation_id: conversation_id(n),
        kind: ConversationKind::Group,
        group_id: None,
        title: Some(format!("conversation {n}")),
        avatar: None,
        peer_id: None,
        membership: MembershipState::Joined,
        role: Role::Member,
        rev,
        visible_from: 1,
        head_seq: 9,
        head_number: 8,
        read_seq: 3,
        read_number: 2,
        mentions_unread: 1,
        muted: false,
        archived: true,
        pinned: false,
        last_message: None,
        updated_at: 1_763_600_000_000,
        members_count: 2,
    }
}

pub fn conversation(n: u128) -> ConversationRow {
    ConversationRow {
        item: item(n, 4),
        position: Some(Position {
            seq: 9,
            event_id: Some(MessageId::from_uuid(Uuid::from_u128(9))),
        }),
        ranges: vec![Range {
            lo: 1,
            hi: 9,
            as_of: 9,
        }],
        read_mark: Some(5),
        draft: None,
    }
}

/// Made here, not yet known to the server.
pub fn unborn(n: u128) -> ConversationRow {
    ConversationRow {
        item: item(n, 0),
        position: None,
        ranges: Vec::new(),
        read_mark: None,
        draft: None,
    }
}

pub fn message(n: u128, seq: u64, state_seq: u64, text: &str) -> Message {
    Message {
        conversation_id: conversation_id(n),
        seq,
        number: seq,
        message_id: MessageId::from_uuid(Uuid::from_u128(u128::from(seq) << 32 | n)),
        temp_id: None,
        sender_id: user(if seq.is_multiple_of(2) {
            "alice"
        } else {
            "bob"
        }),
        kind: MessageKind::Text,
        content: Content::from(text),
        attachments: Vec::new(),
        reply_to: None,
        mentions: Vec::new(),
        metadata: None,
        created_at: 1_763_600_000_000 + seq,
        edited_at: None,
        deleted_at: None,
        state_seq,
        reactions: Vec::new(),
    }
}

pub fn write(key: u128, order: u64, n: u128, text: &str) -> OutboxRow {
    OutboxRow {
        key: temp_id(key),
        order,
        conversation_id: conversation_id(n),
        op: WriteOp::SendMessage(SendMessage::text(text)),
        created_at: 1_763_600_000_000 + order,
        attempted: false,
        state: OutboxState::Queued,
    }
}

pub fn creation(key: u128, order: u64, n: u128) -> OutboxRow {
    OutboxRow {
        op: WriteOp::CreateConversation(CreateConversation {
            kind: ConversationKind::Group,
            group_id: None,
            title: Some(format!("conversation {n}")),
            members: Some(vec![user("bob")]),
            history: None,
        }),
        ..write(key, order, n, "")
    }
}

pub fn newest(n: u128, limit: u32) -> LoadQuery {
    LoadQuery {
        conversation_id: conversation_id(n),
        lo: 0,
        hi: 1 << 52,
        limit,
        newest: true,
    }
}
