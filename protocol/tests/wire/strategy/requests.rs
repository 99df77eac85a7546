//! Arbitrary requests and durable writes.

use causerie_protocol::*;
use proptest::{collection::vec, option, prelude::*};

use super::{scalar::*, things::attachment};

pub fn request_kinds() -> Vec<BoxedStrategy<Request>> {
    let subscribe = || {
        record!(Subscribe {
            room: room(),
            since: option::of(number()),
            since_id: option::of(id()),
        })
    };
    let users = || {
        record!(UserIds {
            user_ids: vec(user_id(), 0..4),
        })
    };
    let mark = || {
        record!(Mark {
            conversation_id: id(),
            seq: number(),
        })
    };
    let typing = || {
        record!(Typing {
            conversation_id: id(),
        })
    };
    let ping = || record!(Ping { t: number() });
    let token = prop_oneof![
        Just(SyncToken::Absent),
        Just(SyncToken::First),
        text().prop_map(SyncToken::Since),
    ];
    let target = prop_oneof![
        user_id().prop_map(|user_id| SignalTarget::User { user_id }),
        id().prop_map(|conversation_id| SignalTarget::Conversation { conversation_id }),
    ];
    vec![
        record!(Authenticate {
            token: option::of(text()),
            client_id: id(),
            protocol: any::<u32>(),
            sdk: option::of(text()),
            epoch: option::of(text()),
            sync_token: token,
            compression: vec(text(), 0..3),
            subscriptions: vec(subscribe(), 0..3),
        })
        .prop_map(Request::Authenticate)
        .boxed(),
        record!(RefreshToken { token: text() })
            .prop_map(Request::RefreshToken)
            .boxed(),
        subscribe().prop_map(Request::Subscribe).boxed(),
        record!(Unsubscribe { room: room() })
            .prop_map(Request::Unsubscribe)
            .boxed(),
        record!(UpdateMembership {
            conversation_id: id(),
            muted: option::of(any::<bool>()),
            archived: option::of(any::<bool>()),
            pinned: option::of(any::<bool>()),
            settings: option::of(object()),
        })
        .prop_map(Request::UpdateMembership)
        .boxed(),
        mark().prop_map(Request::MarkRead).boxed(),
        mark().prop_map(Request::MarkDelivered).boxed(),
        typing().prop_map(Request::TypingStart).boxed(),
        typing().prop_map(Request::TypingStop).boxed(),
        record!(Signal {
            target,
            name: text(),
            data: value(),
        })
        .prop_map(Request::Signal)
        .boxed(),
        record!(UpdateStatus {
            status: prop_oneof![
                Just(Status::Online),
                Just(Status::Dnd),
                Just(Status::Invisible)
            ],
            text: option::of(text()),
        })
        .prop_map(Request::UpdateStatus)
        .boxed(),
        users().prop_map(Request::WatchPresence).boxed(),
        users().prop_map(Request::UnwatchPresence).boxed(),
        users().prop_map(Request::Follow).boxed(),
        users().prop_map(Request::Unfollow).boxed(),
        users().prop_map(Request::Block).boxed(),
        users().prop_map(Request::Unblock).boxed(),
        users().prop_map(Request::Users).boxed(),
        record!(SetPreferences {
            preferences: object(),
        })
        .prop_map(Request::SetPreferences)
        .boxed(),
        record!(Sync {
            token: option::of(text()),
            cursor: option::of(text()),
            limit: option::of(any::<u32>()),
        })
        .prop_map(Request::Sync)
        .boxed(),
        record!(History {
            conversation_id: id(),
            before: option::of(number()),
            after: option::of(number()),
            limit: option::of(any::<u32>()),
            changed_since: option::of(number()),
        })
        .prop_map(Request::History)
        .boxed(),
        record!(ListMembers {
            conversation_id: id(),
            cursor: option::of(text()),
        })
        .prop_map(Request::Members)
        .boxed(),
        Just(Request::Activity(Nothing {})).boxed(),
        ping().prop_map(Request::Ping).boxed(),
        ping().prop_map(Request::Pong).boxed(),
        unknown().prop_map(Request::Unknown).boxed(),
    ]
}

pub fn write_kinds() -> Vec<BoxedStrategy<Request>> {
    let members = || {
        record!(Members {
            user_ids: vec(user_id(), 1..4),
            role: prop_oneof![Just(Some(Role::Admin)), Just(Some(Role::Member))],
        })
    };
    let react = || {
        record!(React {
            target: target(),
            emoji: emoji(),
        })
    };
    let update = || {
        record!(UpdateConversation {
            title: option::of(text()),
            avatar: option::of(text()),
            settings: option::of(object()),
        })
    };
    let policy = || prop_oneof![Just(HistoryPolicy::FromJoin), Just(HistoryPolicy::All)];
    let conversation_kind = prop_oneof![
        Just(ConversationKind::Direct),
        Just(ConversationKind::Group),
        Just(ConversationKind::Broadcast),
    ];
    let ops = vec![
        send_message().prop_map(WriteOp::SendMessage).boxed(),
        record!(EditMessage {
            target: target(),
            content: some_content(),
        })
        .prop_map(WriteOp::EditMessage)
        .boxed(),
        record!(DeleteMessage { target: target() })
            .prop_map(WriteOp::DeleteMessage)
            .boxed(),
        react().prop_map(WriteOp::AddReaction).boxed(),
        react().prop_map(WriteOp::RemoveReaction).boxed(),
        record!(CreateConversation {
            kind: conversation_kind,
            group_id: option::of(id()),
            title: option::of(text()),
            members: option::of(vec(user_id(), 0..4)),
            history: option::of(policy()),
        })
        .prop_map(WriteOp::CreateConversation)
        .boxed(),
        update().prop_map(WriteOp::UpdateConversation).boxed(),
        update().prop_map(WriteOp::UpdateGroup).boxed(),
        members().prop_map(WriteOp::AddMembers).boxed(),
        members().prop_map(WriteOp::RemoveMembers).boxed(),
        members().prop_map(WriteOp::SetRole).boxed(),
        members().prop_map(WriteOp::InviteMembers).boxed(),
        members().prop_map(WriteOp::AcceptInvite).boxed(),
        members().prop_map(WriteOp::DeclineInvite).boxed(),
        members().prop_map(WriteOp::QuitConversation).boxed(),
        members().prop_map(WriteOp::AddGroupMembers).boxed(),
        members().prop_map(WriteOp::RemoveGroupMembers).boxed(),
        members().prop_map(WriteOp::SetGroupRole).boxed(),
        members().prop_map(WriteOp::QuitGroup).boxed(),
        record!(CreateGroup {
            title: option::of(text()),
            avatar: option::of(text()),
            members: option::of(vec(user_id(), 0..4)),
            history: option::of(policy()),
        })
        .prop_map(WriteOp::CreateGroup)
        .boxed(),
    ];
    let write = |op: BoxedStrategy<WriteOp>| {
        record!(Write {
            temp_id: id_v7(),
            conversation_id: id(),
            skip: option::of(id()),
            op: op.prop_map(Ok),
        })
        .prop_map(|write| Request::Write(Box::new(write)))
        .boxed()
    };
    ops.into_iter().map(write).collect()
}

pub fn send_message() -> BoxedStrategy<SendMessage> {
    let what = prop_oneof![
        some_text().prop_map(|text| (MessageKind::Text, Content::Text(text), Vec::new())),
        some_text().prop_map(|text| (MessageKind::System, Content::Text(text), Vec::new())),
        object().prop_map(|object| (MessageKind::Custom, Content::Object(object), Vec::new())),
        (text(), vec(attachment(), 1..3)).prop_map(|(text, files)| (
            MessageKind::Media,
            Content::Text(text),
            files
        )),
        vec(attachment(), 1..3).prop_map(|files| (MessageKind::Media, Content::Empty, files)),
    ];
    let rest = (option::of(id()), vec(user_id(), 0..3), option::of(object()));
    (what, rest)
        .prop_map(
            |((kind, content, attachments), (reply_to, mentions, metadata))| SendMessage {
                kind,
                content,
                attachments,
                reply_to,
                mentions,
                metadata,
            },
        )
        .boxed()
}

pub fn target() -> impl Strategy<Value = Target> {
    prop_oneof![
        id().prop_map(|message_id| Target::Message { message_id }),
        id().prop_map(|target_temp_id| Target::Temp { target_temp_id }),
    ]
}
