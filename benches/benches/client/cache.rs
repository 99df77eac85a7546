//! A folder with messages in it, as a client leaves it after a long time.

use std::path::Path;

use causerie_engine::{ConversationRow, Position, Range, StoreOp};
use causerie_protocol::{ClientId, ConversationId, Item, Message, MessageId, MessageKind, UserId};
use causerie_store::{Durability, Opened, Options, Store};
use uuid::Uuid;

use crate::Failed;

/// The epoch of the server in [`crate::peer`].
pub const EPOCH: &str = "bench";
const BATCH: u64 = 512;

pub fn alice() -> UserId {
    UserId::new("alice").unwrap_or_else(|_| unreachable!("a sound id"))
}

pub fn bob() -> UserId {
    UserId::new("bob").unwrap_or_else(|_| unreachable!("a sound id"))
}

pub fn conversation() -> ConversationId {
    ConversationId::direct(&alice(), &bob())
}

/// A message of bob's of common length.
pub fn message(seq: u64) -> Message {
    Message {
        conversation_id: conversation(),
        seq,
        number: seq,
        message_id: MessageId::from_uuid(Uuid::from_u128(0x0192 << 112 | u128::from(seq))),
        temp_id: None,
        sender_id: bob(),
        kind: MessageKind::Text,
        content: format!("{seq}: Shall we meet at eight, or is that too early for you?").into(),
        attachments: Vec::new(),
        reply_to: None,
        mentions: Vec::new(),
        metadata: None,
        created_at: 1_763_600_000_000 + seq,
        edited_at: None,
        deleted_at: None,
        state_seq: seq,
        reactions: Vec::new(),
    }
}

/// The conversation as the server tells it.
pub fn item(head: u64) -> Result<Item, Failed> {
    let item = serde_json::json!({
        "conversation_id": conversation(), "kind": "direct", "peer_id": "bob",
        "membership": "joined", "role": "owner", "rev": 1, "visible_from": 1, "head_seq": head,
        "head_number": head, "read_seq": head, "read_number": head, "mentions_unread": 0,
        "updated_at": 1, "members_count": 2
    });
    Ok(serde_json::from_value(item)?)
}

pub fn open(folder: &Path) -> Result<Opened, Failed> {
    let options = Options {
        durability: Durability::Process,
        fresh_client_id: ClientId::from_uuid(Uuid::from_u128(1)),
    };
    Ok(Store::open(folder, &alice(), options)?)
}

/// Fills a folder with so many messages, all in one range up to the conversation's position.
pub fn fill(folder: &Path, messages: u64) -> Result<Store, Failed> {
    let mut store = open(folder)?.store;
    let mut seq = 1;
    while seq <= messages {
        let end = (seq + BATCH).min(messages + 1);
        let ops: Vec<StoreOp> = (seq..end)
            .map(|seq| StoreOp::PutMessage(Box::new(message(seq))))
            .collect();
        store.apply(&ops)?;
        seq = end;
    }
    store.apply(&[
        StoreOp::PutEpoch(Some(EPOCH.into())),
        StoreOp::PutSyncToken(Some("synced".into())),
        StoreOp::PutConversation(Box::new(ConversationRow {
            item: item(messages)?,
            position: Some(Position {
                seq: messages,
                event_id: None,
            }),
            ranges: vec![Range {
                lo: 1,
                hi: messages,
                as_of: messages,
            }],
            read_mark: None,
            draft: None,
        })),
    ])?;
    Ok(store)
}

/// The `n`th of many groups.
pub fn group(n: u64) -> ConversationId {
    ConversationId::from_uuid(Uuid::from_u128(
        0x0192_0000_0000_7000_8000_0000_0000_0000 | u128::from(n),
    ))
}

/// A group as the server tells it.
pub fn group_item(n: u64, head: u64) -> Result<Item, Failed> {
    let item = serde_json::json!({
        "conversation_id": group(n), "kind": "group", "title": format!("Group {n}"),
        "membership": "joined", "role": "member", "rev": 1, "visible_from": 1, "head_seq": head,
        "head_number": head, "read_seq": head, "read_number": head, "mentions_unread": 0,
        "updated_at": 1_763_600_000_000 + n, "members_count": 12, "last_message": {
            "message_id": Uuid::from_u128(u128::from(n)), "seq": head, "sender_id": "bob",
            "kind": "text", "content": "Shall we meet at eight, or is that too early for you?",
            "created_at": 1_763_600_000_000 + n }
    });
    Ok(serde_json::from_value(item)?)
}

/// A message of bob's in a group.
pub fn group_message(n: u64, seq: u64) -> Message {
    Message {
        conversation_id: group(n),
        message_id: MessageId::from_uuid(Uuid::from_u128(
            0x0192 << 112 | u128::from(n) << 64 | u128::from(seq),
        )),
        created_at: 1_763_700_000_000 + seq,
        ..message(seq)
    }
}

/// Fills a folder with so many groups of so many messages.
pub fn fill_groups(folder: &Path, groups: u64, messages: u64) -> Result<Store, Failed> {
    let mut store = open(folder)?.store;
    for n in 0..groups {
        let mut ops: Vec<StoreOp> = (1..=messages)
            .map(|seq| StoreOp::PutMessage(Box::new(group_message(n, seq))))
            .collect();
        ops.push(StoreOp::PutConversation(Box::new(ConversationRow {
            item: group_item(n, messages)?,
            position: Some(Position {
                seq: messages,
                event_id: None,
            }),
            ranges: vec![Range {
                lo: 1,
                hi: messages,
                as_of: messages,
            }],
            read_mark: None,
            draft: None,
        })));
        store.apply(&ops)?;
    }
    store.apply(&[
        StoreOp::PutEpoch(Some(EPOCH.into())),
        StoreOp::PutSyncToken(Some("synced".into())),
    ])?;
    Ok(store)
}
