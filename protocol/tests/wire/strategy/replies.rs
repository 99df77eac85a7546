//! Arbitrary replies.

use causerie_protocol::*;
use proptest::{collection::vec, option, prelude::*};

use super::{scalar::*, things::*};

pub fn replies(event: BoxedStrategy<ServerFrame>) -> Vec<BoxedStrategy<ServerMessage>> {
    let error = || {
        record!(ErrorReply {
            code: word(&["invalid", "forbidden", "too_large", "aborted"]),
            message: text(),
            retryable: any::<bool>(),
            retry_after_ms: option::of(number()),
            field: option::of(text()),
            room: option::of(text()),
            temp_id: option::of(id()),
            conversation_id: option::of(id()),
        })
    };
    let limits = record!(Limits {
        max_frame_bytes: number(),
        max_content_bytes: number(),
        max_subscriptions: number(),
        max_presence_watches: number(),
    });
    let cursor = record!(ReadCursor {
        user_id: user_id(),
        seq: number(),
        delivered_seq: number(),
    });
    let member = record!(Member {
        user_id: user_id(),
        role: word(&["owner", "member"]),
        joined_at: number(),
    });
    let me = record!(Me {
        user: user(),
        preferences: object(),
        follows: vec(user_id(), 0..3),
        blocks: vec(user_id(), 0..3),
        rev: number(),
    });
    let write_ack = record!(WriteAck {
        temp_id: id(),
        conversation_id: id(),
        seq: option::of(number()),
        at: number(),
        duplicate: any::<bool>(),
        conversation: option::of(item()),
        group: option::of(group()),
    });
    let cursor_ack = record!(CursorAck {
        conversation_id: id(),
        read_seq: number(),
        read_number: number(),
        mentions_unread: number(),
        rev: number(),
    });
    vec![
        record!(Authenticated {
            user_id: user_id(),
            session_id: id(),
            epoch: text(),
            compression: option::of(text()),
            heartbeat_ms: number(),
            pong_timeout_ms: number(),
            token_expires_at: number(),
            server_time: number(),
            limits,
            features: vec(text(), 0..3),
        })
        .prop_map(ServerMessage::Authenticated)
        .boxed(),
        record!(AuthError {
            code: word(&["token_invalid", "token_expired", "revoked"]),
            message: text(),
            retryable: any::<bool>(),
        })
        .prop_map(ServerMessage::AuthError)
        .boxed(),
        record!(TokenRefreshed {
            token_expires_at: number(),
        })
        .prop_map(ServerMessage::TokenRefreshed)
        .boxed(),
        error().prop_map(ServerMessage::Error).boxed(),
        error().prop_map(ServerMessage::MessageError).boxed(),
        record!(Subscribed {
            room: room(),
            head_seq: number(),
            head_number: number(),
            from_seq: number(),
            complete: any::<bool>(),
            reset: any::<bool>(),
            visible_from: number(),
            events: vec(event, 0..3),
            read_cursors: vec(cursor, 0..3),
            viewers: vec(user_id(), 0..3),
            users: vec(user(), 0..3),
            read_seq: number(),
            read_number: number(),
            mentions_unread: number(),
            rev: number(),
        })
        .prop_map(ServerMessage::Subscribed)
        .boxed(),
        record!(Unsubscribed { room: room() })
            .prop_map(ServerMessage::Unsubscribed)
            .boxed(),
        record!(MessageSent {
            temp_id: id(),
            message_id: id(),
            conversation_id: id(),
            seq: number(),
            number: number(),
            created_at: number(),
            duplicate: any::<bool>(),
            message: option::of(message()),
        })
        .prop_map(|sent| ServerMessage::MessageSent(Box::new(sent)))
        .boxed(),
        write_ack
            .prop_map(|ack| ServerMessage::Ack(Ack::Write(Box::new(ack))))
            .boxed(),
        cursor_ack
            .prop_map(|ack| ServerMessage::Ack(Ack::Cursor(ack)))
            .boxed(),
        Just(ServerMessage::Ack(Ack::Done {})).boxed(),
        record!(PresenceState {
            users: vec(status(), 0..3),
        })
        .prop_map(ServerMessage::PresenceState)
        .boxed(),
        record!(SyncPage {
            conversations: vec(item(), 0..3),
            groups: vec(group(), 0..3),
            users: vec(user(), 0..3),
            me: option::of(me),
            cursor: option::of(text()),
            token: option::of(text()),
        })
        .prop_map(ServerMessage::SyncPage)
        .boxed(),
        record!(HistoryPage {
            conversation_id: id(),
            messages: vec(message(), 0..3),
            lo: number(),
            hi: number(),
            as_of_seq: number(),
            visible_from: number(),
            more: any::<bool>(),
            users: vec(user(), 0..3),
        })
        .prop_map(ServerMessage::HistoryPage)
        .boxed(),
        record!(MembersPage {
            members: vec(member, 0..3),
            users: vec(user(), 0..3),
            cursor: option::of(text()),
        })
        .prop_map(ServerMessage::MembersPage)
        .boxed(),
        record!(UsersPage {
            users: vec(user(), 0..3),
        })
        .prop_map(ServerMessage::UsersPage)
        .boxed(),
        record!(Ping { t: number() })
            .prop_map(ServerMessage::Ping)
            .boxed(),
        record!(Ping { t: number() })
            .prop_map(ServerMessage::Pong)
            .boxed(),
        unknown().prop_map(ServerMessage::Unknown).boxed(),
    ]
}
