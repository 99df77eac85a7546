//! Durable writes.

use causerie_protocol::*;
use serde_json::json;

use super::{Sample, things::*};

pub fn writes() -> Vec<Sample<ClientFrame>> {
    let by_id = Target::Message { message_id: id(2) };
    let by_temp_id = Target::Temp {
        target_temp_id: id(4),
    };
    let react = React {
        target: by_id,
        emoji: "👍🏽".into(),
    };
    let members = |role| Members {
        user_ids: vec![bob()],
        role,
    };
    let update = UpdateConversation {
        title: Some("Lunch".into()),
        avatar: Some("media/0192".into()),
        settings: Some(object(json!({"slow_mode": 10}))),
    };
    [
        (
            "send_message",
            WriteOp::SendMessage(SendMessage::text("Où es-tu ?\n\"Ici\"")),
        ),
        (
            "send_message-media",
            WriteOp::SendMessage(SendMessage {
                kind: MessageKind::Media,
                content: Content::Empty,
                attachments: vec![photo()],
                reply_to: Some(id(2)),
                mentions: vec![bob()],
                metadata: Some(object(json!({"origin": "camera"}))),
            }),
        ),
        (
            "send_message-custom",
            WriteOp::SendMessage(SendMessage {
                kind: MessageKind::Custom,
                content: Content::Object(object(json!({"poll": ["yes", "no"]}))),
                ..SendMessage::text("")
            }),
        ),
        (
            "edit_message",
            WriteOp::EditMessage(EditMessage {
                target: by_id,
                content: "Over there".into(),
            }),
        ),
        (
            "delete_message",
            WriteOp::DeleteMessage(DeleteMessage { target: by_temp_id }),
        ),
        ("add_reaction", WriteOp::AddReaction(react.clone())),
        ("remove_reaction", WriteOp::RemoveReaction(react)),
        (
            "create_conversation",
            WriteOp::CreateConversation(CreateConversation {
                kind: ConversationKind::Group,
                group_id: None,
                title: Some("Lunch".into()),
                members: Some(vec![bob()]),
                history: Some(HistoryPolicy::All),
            }),
        ),
        (
            "update_conversation",
            WriteOp::UpdateConversation(update.clone()),
        ),
        ("add_members", WriteOp::AddMembers(members(None))),
        ("remove_members", WriteOp::RemoveMembers(members(None))),
        ("set_role", WriteOp::SetRole(members(Some(Role::Admin)))),
        ("invite_members", WriteOp::InviteMembers(members(None))),
        ("accept_invite", WriteOp::AcceptInvite(Members::default())),
        ("decline_invite", WriteOp::DeclineInvite(Members::default())),
        (
            "quit_conversation",
            WriteOp::QuitConversation(Members::default()),
        ),
        (
            "create_group",
            WriteOp::CreateGroup(CreateGroup {
                title: Some("Team".into()),
                avatar: None,
                members: Some(vec![bob()]),
                history: None,
            }),
        ),
        ("update_group", WriteOp::UpdateGroup(update)),
        ("add_group_members", WriteOp::AddGroupMembers(members(None))),
        (
            "remove_group_members",
            WriteOp::RemoveGroupMembers(members(None)),
        ),
        (
            "set_group_role",
            WriteOp::SetGroupRole(members(Some(Role::Owner))),
        ),
        ("quit_group", WriteOp::QuitGroup(Members::default())),
    ]
    .into_iter()
    .map(|(name, op)| {
        let mut write = Write::new(id(4), direct(), op);
        if name == "delete_message" {
            write.skip = Some(id(5));
        }
        let request = Request::Write(Box::new(write));
        (
            name,
            ClientFrame {
                id: Some(8),
                request,
            },
        )
    })
    .collect()
}
