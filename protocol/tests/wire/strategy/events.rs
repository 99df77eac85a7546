//! Arbitrary events.

use causerie_protocol::*;
use proptest::{option, prelude::*};

use super::{scalar::*, things::*};

pub fn durable_events() -> Vec<BoxedStrategy<ServerMessage>> {
    let reaction = || {
        record!(ReactionEvent {
            conversation_id: id(),
            seq: number(),
            event_id: id(),
            message_id: id(),
            target_seq: number(),
            user_id: user_id(),
            emoji: text(),
        })
    };
    let member = || {
        record!(MemberEvent {
            conversation_id: id(),
            seq: number(),
            event_id: id(),
            user_id: user_id(),
            role: word(&["owner", "admin", "member"]),
            by: user_id(),
        })
    };
    vec![
        record!(NewMessage {
            event_id: id(),
            message: message(),
        })
        .prop_map(|event| ServerMessage::NewMessage(Box::new(event)))
        .boxed(),
        record!(MessageEdited {
            conversation_id: id(),
            seq: number(),
            event_id: id(),
            message_id: id(),
            target_seq: number(),
            content: content(),
            edited_at: number(),
        })
        .prop_map(ServerMessage::MessageEdited)
        .boxed(),
        record!(MessageDeleted {
            conversation_id: id(),
            seq: number(),
            event_id: id(),
            message_id: id(),
            target_seq: number(),
        })
        .prop_map(ServerMessage::MessageDeleted)
        .boxed(),
        reaction().prop_map(ServerMessage::ReactionAdded).boxed(),
        reaction().prop_map(ServerMessage::ReactionRemoved).boxed(),
        member().prop_map(ServerMessage::MemberJoined).boxed(),
        member().prop_map(ServerMessage::MemberLeft).boxed(),
        member().prop_map(ServerMessage::MemberUpdated).boxed(),
        record!(ConversationUpdated {
            conversation_id: id(),
            seq: number(),
            event_id: id(),
            title: option::of(text()),
            avatar: option::of(text()),
            settings: option::of(object()),
        })
        .prop_map(ServerMessage::ConversationUpdated)
        .boxed(),
        record!(Skipped {
            conversation_id: id(),
            seq: number(),
            event_id: id(),
        })
        .prop_map(ServerMessage::Skipped)
        .boxed(),
    ]
}

pub fn other_events() -> Vec<BoxedStrategy<ServerMessage>> {
    let receipt = || {
        record!(Receipt {
            conversation_id: id(),
            user_id: user_id(),
            seq: number(),
            at: number(),
            read_number: option::of(number()),
            mentions_unread: option::of(number()),
            rev: option::of(number()),
        })
    };
    let conversation = || {
        record!(ConversationEvent {
            conversation: item(),
        })
        .prop_map(Box::new)
    };
    let group_member = || {
        record!(GroupMemberEvent {
            group_id: id(),
            user_id: user_id(),
            role: word(&["owner", "admin", "member"]),
            by: user_id(),
        })
    };
    vec![
        receipt().prop_map(ServerMessage::ReadReceipt).boxed(),
        receipt().prop_map(ServerMessage::DeliveryReceipt).boxed(),
        record!(ConversationActivity {
            conversation_id: id(),
            head_seq: number(),
            head_number: number(),
            read_seq: number(),
            read_number: number(),
            mentions_unread: number(),
            rev: number(),
            last_message: option::of(preview()),
            conversation: option::of(item()),
        })
        .prop_map(|event| ServerMessage::ConversationActivity(Box::new(event)))
        .boxed(),
        conversation()
            .prop_map(ServerMessage::ConversationCreated)
            .boxed(),
        conversation()
            .prop_map(ServerMessage::MembershipUpdated)
            .boxed(),
        record!(GroupEvent { group: group() })
            .prop_map(ServerMessage::GroupUpdated)
            .boxed(),
        group_member()
            .prop_map(ServerMessage::GroupMemberJoined)
            .boxed(),
        group_member()
            .prop_map(ServerMessage::GroupMemberLeft)
            .boxed(),
        record!(UserEvent { user: user() })
            .prop_map(ServerMessage::UserUpdated)
            .boxed(),
        status().prop_map(ServerMessage::StatusUpdate).boxed(),
        record!(Notification { message: message() })
            .prop_map(|event| ServerMessage::Notification(Box::new(event)))
            .boxed(),
        record!(ConversationPresence {
            conversation_id: id(),
            user_id: user_id(),
            viewing: any::<bool>(),
            as_of_seq: number(),
        })
        .prop_map(ServerMessage::ConversationPresence)
        .boxed(),
        record!(TypingIndicator {
            conversation_id: id(),
            user_id: user_id(),
            typing: any::<bool>(),
            expires_in_ms: number(),
            as_of_seq: number(),
        })
        .prop_map(ServerMessage::TypingIndicator)
        .boxed(),
        record!(SignalEvent {
            user_id: user_id(),
            conversation_id: option::of(id()),
            name: text(),
            data: value(),
            as_of_seq: number(),
        })
        .prop_map(ServerMessage::Signal)
        .boxed(),
        record!(ConnectionEvent {
            event: word(&["draining", "kicked"]),
            code: option::of(any::<u16>().prop_map(CloseCode::from_number)),
            retry_after_ms: option::of(number()),
            room: option::of(room()),
            seq: option::of(number()),
        })
        .prop_map(ServerMessage::ConnectionEvent)
        .boxed(),
    ]
}
