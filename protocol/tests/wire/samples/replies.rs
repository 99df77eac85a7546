//! Replies.

use causerie_protocol::*;
use serde_json::json;

use super::{Sample, things::*};

pub fn replies() -> Vec<Sample<ServerFrame>> {
    [
        (
            "authenticated",
            ServerMessage::Authenticated(Authenticated {
                user_id: alice(),
                session_id: id(6),
                epoch: "c0ffee".into(),
                compression: Some("zstd".into()),
                heartbeat_ms: limits::HEARTBEAT_MS,
                pong_timeout_ms: limits::PONG_TIMEOUT_MS,
                token_expires_at: NOW + 3_600_000,
                server_time: NOW,
                limits: Limits::default(),
                features: vec!["media".into(), "search".into()],
            }),
        ),
        (
            "auth_error",
            ServerMessage::AuthError(AuthError {
                code: AuthCode::TokenExpired,
                message: "the token expired a minute ago".into(),
                retryable: true,
            }),
        ),
        (
            "token_refreshed",
            ServerMessage::TokenRefreshed(TokenRefreshed {
                token_expires_at: NOW,
            }),
        ),
        (
            "error",
            ServerMessage::Error(ErrorReply::invalid("since", "since is a number")),
        ),
        (
            "error-room",
            ServerMessage::Error(ErrorReply {
                room: Some(room().to_string()),
                ..ErrorReply::new(ErrorCode::Forbidden, "no such conversation for you")
            }),
        ),
        (
            "message_error",
            ServerMessage::MessageError(ErrorReply {
                retry_after_ms: Some(1500),
                temp_id: Some(id(4)),
                conversation_id: Some(direct()),
                ..ErrorReply::new(ErrorCode::RateLimited, "too many messages")
            }),
        ),
        (
            "subscribed",
            ServerMessage::Subscribed(Subscribed {
                room: room(),
                head_seq: 42,
                head_number: 40,
                from_seq: 42,
                complete: true,
                reset: false,
                visible_from: 1,
                events: vec![new_message()],
                read_cursors: vec![ReadCursor {
                    user_id: bob(),
                    seq: 41,
                    delivered_seq: 42,
                }],
                viewers: vec![bob()],
                users: vec![user()],
                read_seq: 40,
                read_number: 39,
                mentions_unread: 1,
                rev: 17,
            }),
        ),
        (
            "unsubscribed",
            ServerMessage::Unsubscribed(Unsubscribed { room: room() }),
        ),
        (
            "message_sent",
            ServerMessage::MessageSent(Box::new(MessageSent {
                temp_id: id(4),
                message_id: id(2),
                conversation_id: direct(),
                seq: 42,
                number: 40,
                created_at: NOW,
                duplicate: true,
                message: Some(deleted()),
            })),
        ),
        ("ack", ServerMessage::Ack(Ack::Write(Box::new(write_ack())))),
        (
            "ack-without-a-change",
            ServerMessage::Ack(Ack::Write(Box::new(WriteAck {
                seq: None,
                ..write_ack()
            }))),
        ),
        (
            "ack-created",
            ServerMessage::Ack(Ack::Write(Box::new(WriteAck {
                conversation: Some(item()),
                group: Some(group()),
                ..write_ack()
            }))),
        ),
        (
            "ack-cursor",
            ServerMessage::Ack(Ack::Cursor(CursorAck {
                conversation_id: direct(),
                read_seq: 42,
                read_number: 40,
                mentions_unread: 0,
                rev: 18,
            })),
        ),
        ("ack-done", ServerMessage::Ack(Ack::Done {})),
        (
            "presence_state",
            ServerMessage::PresenceState(PresenceState {
                users: vec![status()],
            }),
        ),
        (
            "sync_page",
            ServerMessage::SyncPage(SyncPage {
                conversations: vec![item()],
                groups: vec![group()],
                users: vec![user()],
                me: Some(Me {
                    user: user(),
                    preferences: object(json!({"sound": true})),
                    follows: vec![bob()],
                    blocks: Vec::new(),
                    rev: 3,
                }),
                cursor: None,
                token: Some("9".into()),
            }),
        ),
        (
            "sync_page-first-of-two",
            ServerMessage::SyncPage(SyncPage {
                cursor: Some("p2".into()),
                ..SyncPage::default()
            }),
        ),
        (
            "history_page",
            ServerMessage::HistoryPage(HistoryPage {
                conversation_id: direct(),
                messages: vec![deleted(), folded()],
                lo: 30,
                hi: 42,
                as_of_seq: 44,
                visible_from: 1,
                more: true,
                users: vec![user()],
            }),
        ),
        (
            "members_page",
            ServerMessage::MembersPage(MembersPage {
                members: vec![Member {
                    user_id: alice(),
                    role: Role::Owner,
                    joined_at: NOW,
                }],
                users: vec![user()],
                cursor: Some("alice".into()),
            }),
        ),
        (
            "users_page",
            ServerMessage::UsersPage(UsersPage {
                users: vec![user()],
            }),
        ),
        ("ping", ServerMessage::Ping(Ping { t: NOW })),
        ("pong", ServerMessage::Pong(Ping { t: NOW })),
    ]
    .into_iter()
    .map(|(name, message)| (name, ServerFrame::reply(Some(7), message)))
    .collect()
}
