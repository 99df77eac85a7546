//! Events.

use causerie_protocol::*;
use serde_json::{Value, json};

use super::{Sample, things::*};

pub fn events() -> Vec<Sample<ServerFrame>> {
    let reaction = ReactionEvent {
        conversation_id: direct(),
        seq: 43,
        event_id: id(9),
        message_id: id(2),
        target_seq: 42,
        user_id: bob(),
        emoji: "🎉".into(),
    };
    let member = MemberEvent {
        conversation_id: id(3),
        seq: 43,
        event_id: id(9),
        user_id: bob(),
        role: Role::Member,
        by: alice(),
    };
    let group_member = GroupMemberEvent {
        group_id: id(3),
        user_id: bob(),
        role: Role::Member,
        by: alice(),
    };
    let receipt = Receipt {
        conversation_id: direct(),
        user_id: bob(),
        seq: 42,
        at: NOW,
        read_number: None,
        mentions_unread: None,
        rev: None,
    };
    let activity = ConversationActivity {
        conversation_id: direct(),
        head_seq: 42,
        head_number: 40,
        read_seq: 40,
        read_number: 39,
        mentions_unread: 1,
        rev: 17,
        last_message: Some(preview()),
        conversation: None,
    };
    let conversation = || {
        Box::new(ConversationEvent {
            conversation: item(),
        })
    };
    let mut samples = vec![("new_message", new_message())];
    samples.extend(
        [
            (
                "message_edited",
                ServerMessage::MessageEdited(MessageEdited {
                    conversation_id: direct(),
                    seq: 43,
                    event_id: id(9),
                    message_id: id(2),
                    target_seq: 42,
                    content: "Over there".into(),
                    edited_at: NOW,
                }),
            ),
            (
                "message_deleted",
                ServerMessage::MessageDeleted(MessageDeleted {
                    conversation_id: direct(),
                    seq: 43,
                    event_id: id(9),
                    message_id: id(2),
                    target_seq: 42,
                }),
            ),
            (
                "reaction_added",
                ServerMessage::ReactionAdded(reaction.clone()),
            ),
            ("reaction_removed", ServerMessage::ReactionRemoved(reaction)),
            ("member_joined", ServerMessage::MemberJoined(member.clone())),
            ("member_left", ServerMessage::MemberLeft(member.clone())),
            ("member_updated", ServerMessage::MemberUpdated(member)),
            (
                "conversation_updated",
                ServerMessage::ConversationUpdated(ConversationUpdated {
                    conversation_id: id(3),
                    seq: 43,
                    event_id: id(9),
                    title: Some("Lunch".into()),
                    avatar: None,
                    settings: Some(object(json!({"slow_mode": 10}))),
                }),
            ),
            (
                "skipped",
                ServerMessage::Skipped(Skipped {
                    conversation_id: id(3),
                    seq: 43,
                    event_id: id(9),
                }),
            ),
            ("read_receipt", ServerMessage::ReadReceipt(receipt.clone())),
            (
                "read_receipt-own",
                ServerMessage::ReadReceipt(Receipt {
                    read_number: Some(40),
                    mentions_unread: Some(0),
                    rev: Some(18),
                    user_id: alice(),
                    ..receipt.clone()
                }),
            ),
            ("delivery_receipt", ServerMessage::DeliveryReceipt(receipt)),
            (
                "conversation_activity",
                ServerMessage::ConversationActivity(Box::new(activity.clone())),
            ),
            (
                "conversation_activity-with-item",
                ServerMessage::ConversationActivity(Box::new(ConversationActivity {
                    last_message: None,
                    conversation: Some(item()),
                    ..activity
                })),
            ),
            (
                "conversation_created",
                ServerMessage::ConversationCreated(conversation()),
            ),
            (
                "membership_updated",
                ServerMessage::MembershipUpdated(conversation()),
            ),
            (
                "group_updated",
                ServerMessage::GroupUpdated(GroupEvent { group: group() }),
            ),
            (
                "group_member_joined",
                ServerMessage::GroupMemberJoined(group_member.clone()),
            ),
            (
                "group_member_left",
                ServerMessage::GroupMemberLeft(group_member),
            ),
            (
                "user_updated",
                ServerMessage::UserUpdated(UserEvent { user: user() }),
            ),
            ("status_update", ServerMessage::StatusUpdate(status())),
            (
                "notification",
                ServerMessage::Notification(Box::new(Notification {
                    message: Message {
                        conversation_id: inbox_id(&alice()),
                        kind: MessageKind::System,
                        ..said()
                    },
                })),
            ),
            (
                "conversation_presence",
                ServerMessage::ConversationPresence(ConversationPresence {
                    conversation_id: direct(),
                    user_id: bob(),
                    viewing: true,
                    as_of_seq: 42,
                }),
            ),
            (
                "typing_indicator",
                ServerMessage::TypingIndicator(TypingIndicator {
                    conversation_id: direct(),
                    user_id: bob(),
                    typing: true,
                    expires_in_ms: limits::TYPING_EXPIRES_MS,
                    as_of_seq: 42,
                }),
            ),
            (
                "signal",
                ServerMessage::Signal(SignalEvent {
                    user_id: bob(),
                    conversation_id: None,
                    name: "call.answer".into(),
                    data: Value::Null,
                    as_of_seq: 42,
                }),
            ),
            (
                "connection_event",
                ServerMessage::ConnectionEvent(ConnectionEvent {
                    event: ConnectionEventKind::TokenExpiring,
                    code: None,
                    retry_after_ms: None,
                    room: None,
                    seq: None,
                }),
            ),
            (
                "connection_event-draining",
                ServerMessage::ConnectionEvent(ConnectionEvent {
                    event: ConnectionEventKind::Draining,
                    code: Some(CloseCode::Draining),
                    retry_after_ms: Some(2_750),
                    room: None,
                    seq: None,
                }),
            ),
            (
                "connection_event-revoked",
                ServerMessage::ConnectionEvent(ConnectionEvent {
                    event: ConnectionEventKind::MembershipRevoked,
                    code: None,
                    retry_after_ms: None,
                    room: Some(Room::Conversation(id(3))),
                    seq: Some(43),
                }),
            ),
        ]
        .map(|(name, message)| (name, ServerFrame::event(message))),
    );
    samples
}
