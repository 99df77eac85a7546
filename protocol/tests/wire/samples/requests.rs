//! Requests.

use causerie_protocol::*;
use serde_json::json;

use super::{Sample, things::*};

pub fn requests() -> Vec<Sample<ClientFrame>> {
    let users = || UserIds {
        user_ids: vec![alice(), bob()],
    };
    let typing = Typing {
        conversation_id: direct(),
    };
    let mark = Mark {
        conversation_id: direct(),
        seq: 41,
    };
    [
        (
            "authenticate",
            Request::Authenticate(Authenticate {
                token: Some("header.claims.signature".into()),
                client_id: id(1),
                protocol: limits::VERSION,
                sdk: Some("causerie/0.1.0 (linux)".into()),
                epoch: Some("c0ffee".into()),
                sync_token: SyncToken::Since("9".into()),
                compression: vec!["zstd".into()],
                subscriptions: vec![Subscribe {
                    room: room(),
                    since: Some(41),
                    since_id: Some(id(2)),
                }],
            }),
        ),
        (
            "authenticate-first",
            Request::Authenticate(Authenticate {
                token: None,
                client_id: id(1),
                protocol: limits::VERSION,
                sdk: None,
                epoch: None,
                sync_token: SyncToken::First,
                compression: Vec::new(),
                subscriptions: Vec::new(),
            }),
        ),
        (
            "refresh_token",
            Request::RefreshToken(RefreshToken {
                token: "header.claims.signature".into(),
            }),
        ),
        (
            "subscribe",
            Request::Subscribe(Subscribe {
                room: room(),
                since: None,
                since_id: None,
            }),
        ),
        (
            "unsubscribe",
            Request::Unsubscribe(Unsubscribe { room: room() }),
        ),
        (
            "update_membership",
            Request::UpdateMembership(UpdateMembership {
                conversation_id: direct(),
                muted: Some(true),
                archived: None,
                pinned: Some(false),
                settings: Some(object(json!({"colour": "green"}))),
            }),
        ),
        ("mark_read", Request::MarkRead(mark)),
        ("mark_delivered", Request::MarkDelivered(mark)),
        ("typing_start", Request::TypingStart(typing)),
        ("typing_stop", Request::TypingStop(typing)),
        (
            "signal",
            Request::Signal(Signal {
                target: SignalTarget::User { user_id: bob() },
                name: "call.offer".into(),
                data: json!({"sdp": "v=0"}),
            }),
        ),
        (
            "signal-conversation",
            Request::Signal(Signal {
                target: SignalTarget::Conversation {
                    conversation_id: direct(),
                },
                name: "cursor".into(),
                data: json!([12.5, -3]),
            }),
        ),
        (
            "update_status",
            Request::UpdateStatus(UpdateStatus {
                status: Status::Dnd,
                text: Some("In a meeting".into()),
            }),
        ),
        ("watch_presence", Request::WatchPresence(users())),
        ("unwatch_presence", Request::UnwatchPresence(users())),
        ("follow", Request::Follow(users())),
        ("unfollow", Request::Unfollow(users())),
        ("block", Request::Block(users())),
        ("unblock", Request::Unblock(users())),
        (
            "set_preferences",
            Request::SetPreferences(SetPreferences {
                preferences: object(json!({"sound": true})),
            }),
        ),
        ("sync", Request::Sync(Sync::default())),
        (
            "sync-cursor",
            Request::Sync(Sync {
                token: None,
                cursor: Some("p2".into()),
                limit: Some(200),
            }),
        ),
        (
            "history",
            Request::History(History {
                conversation_id: direct(),
                before: Some(41),
                after: None,
                limit: Some(50),
                changed_since: Some(30),
            }),
        ),
        (
            "members",
            Request::Members(ListMembers {
                conversation_id: id(3),
                cursor: None,
            }),
        ),
        ("users", Request::Users(users())),
        ("activity", Request::Activity(Nothing {})),
        ("ping", Request::Ping(Ping { t: NOW })),
        ("pong", Request::Pong(Ping { t: NOW })),
    ]
    .into_iter()
    .map(|(name, request)| {
        let id = Some(7);
        (name, ClientFrame { id, request })
    })
    .collect()
}
