//! Arbitrary messages, conversations, groups and users.

use causerie_protocol::*;
use proptest::{collection::vec, option, prelude::*};

use super::scalar::*;

pub fn message() -> BoxedStrategy<Message> {
    let reaction = record!(Reaction {
        emoji: text(),
        count: number(),
        me: any::<bool>(),
        users: vec(user_id(), 0..3),
    });
    record!(Message {
        conversation_id: id(),
        seq: number(),
        number: number(),
        message_id: id(),
        temp_id: option::of(id()),
        sender_id: user_id(),
        kind: word(&["text", "media", "system", "custom"]),
        content: content(),
        attachments: vec(attachment(), 0..3),
        reply_to: option::of(id()),
        mentions: vec(user_id(), 0..3),
        metadata: option::of(object()),
        created_at: number(),
        edited_at: option::of(number()),
        deleted_at: option::of(number()),
        state_seq: number(),
        reactions: vec(reaction, 0..3),
    })
}

pub fn attachment() -> BoxedStrategy<Attachment> {
    record!(Attachment {
        media_id: text(),
        name: text(),
        content_type: text(),
        size: number(),
        sha256: text(),
        width: option::of(any::<u32>()),
        height: option::of(any::<u32>()),
        blurhash: option::of(text()),
        duration_ms: option::of(number()),
        waveform: option::of(text()),
    })
}

pub fn preview() -> BoxedStrategy<Preview> {
    record!(Preview {
        message_id: id(),
        seq: number(),
        sender_id: user_id(),
        kind: word(&["text", "media"]),
        content: content(),
        created_at: number(),
        deleted_at: option::of(number()),
    })
}

pub fn item() -> BoxedStrategy<Item> {
    record!(Item {
        conversation_id: id(),
        kind: word(&["direct", "group", "broadcast"]),
        group_id: option::of(id()),
        title: option::of(text()),
        avatar: option::of(text()),
        peer_id: option::of(user_id()),
        membership: word(&["joined", "invited", "left"]),
        role: word(&["owner", "admin", "member"]),
        rev: number(),
        visible_from: number(),
        head_seq: number(),
        head_number: number(),
        read_seq: number(),
        read_number: number(),
        mentions_unread: number(),
        muted: any::<bool>(),
        archived: any::<bool>(),
        pinned: any::<bool>(),
        last_message: option::of(preview()),
        updated_at: number(),
        members_count: number(),
    })
}

pub fn group() -> BoxedStrategy<GroupItem> {
    record!(GroupItem {
        group_id: id(),
        title: option::of(text()),
        avatar: option::of(text()),
        membership: word(&["joined", "left"]),
        role: word(&["owner", "admin", "member"]),
        members_count: number(),
        rev: number(),
    })
}

pub fn user() -> BoxedStrategy<User> {
    record!(User {
        user_id: user_id(),
        name: option::of(text()),
        avatar: option::of(text()),
        rev: number(),
    })
}

pub fn status() -> BoxedStrategy<StatusUpdate> {
    record!(StatusUpdate {
        user_id: user_id(),
        status: word(&["online", "away", "busy", "dnd", "invisible"]),
        text: option::of(text()),
        is_online: any::<bool>(),
        last_seen_at: option::of(number()),
        last_active_at: option::of(number()),
    })
}
