//! What the list shows of a conversation's title and members, in whatever order items, events, heads
//! and cursors tell of it (docs/protocol.md §11).

use causerie_protocol::{
    Ack, ConversationActivity, ConversationUpdated, CursorAck, Item, MemberEvent, Role,
    ServerMessage,
};

use crate::common::{
    bob, conv,
    device::{Device, subscribed},
    event_id,
    frames::{activity, synced},
    item, user,
};

fn joined(seq: u64) -> ServerMessage {
    ServerMessage::MemberJoined(MemberEvent {
        conversation_id: conv(1),
        seq,
        event_id: event_id(seq),
        user_id: user("carol"),
        role: Role::Member,
        by: bob(),
    })
}

fn whole(item: Item) -> ServerMessage {
    ServerMessage::ConversationActivity(Box::new(ConversationActivity {
        conversation: Some(item.clone()),
        ..activity(&item)
    }))
}

fn listed(device: &Device) -> (u64, Option<String>) {
    let entry = device.engine.conversation(conv(1)).expect("it is listed");
    (entry.item.members_count, entry.item.title)
}

#[test]
fn an_item_that_was_read_before_an_event_does_not_take_back_what_the_event_told() {
    let mut device = Device::knowing(&[conv(1)]);
    device.open(conv(1), 30);
    device.connect();
    device.frames(vec![subscribed(1, 0)]);
    device.event(joined(1));
    assert_eq!(listed(&device).0, 3);
    // Its rev is the higher one, since a cursor rose.
    let mut late = item(conv(1));
    late.rev = 9;
    device.event(synced(vec![late.clone()]));
    assert_eq!(listed(&device).0, 3);
    (late.rev, late.head_seq, late.members_count) = (11, 2, 2);
    device.event(whole(late));
    assert_eq!(
        listed(&device).0,
        2,
        "somebody left in an event that was passed over"
    );
}

#[test]
fn a_head_or_a_cursor_that_is_told_first_hides_no_change_of_title_or_members() {
    let mut device = Device::knowing(&[conv(1)]);
    device.open(conv(1), 30);
    device.connect();
    device.frames(vec![subscribed(1, 0)]);
    let mut renamed = item(conv(1));
    renamed.title = Some("renamed".into());
    (renamed.rev, renamed.head_seq) = (2, 1);
    let mut head = renamed.clone();
    (head.rev, head.head_seq) = (4, 3);
    let head = Box::new(activity(&head));
    device.event(ServerMessage::ConversationActivity(head));
    device.event(ServerMessage::Ack(Ack::Cursor(CursorAck {
        conversation_id: conv(1),
        read_seq: 1,
        read_number: 0,
        mentions_unread: 0,
        rev: 5,
    })));
    device.event(whole(renamed));
    assert_eq!(listed(&device), (2, Some("renamed".into())));
    let renamed = ConversationUpdated {
        conversation_id: conv(1),
        seq: 1,
        event_id: event_id(1),
        title: Some("renamed".into()),
        avatar: None,
        settings: None,
    };
    device.event(ServerMessage::ConversationUpdated(renamed));
    device.event(joined(2));
    assert_eq!(
        listed(&device).0,
        3,
        "the head was known before the event came"
    );
}

#[test]
fn an_event_of_a_subscription_that_came_before_the_item_counts_for_the_item() {
    let mut device = Device::knowing(&[]);
    device.connect();
    device.frames(vec![subscribed(1, 0)]);
    device.event(synced(vec![item(conv(1))]));
    device.open(conv(1), 30);
    // The server told it in the room, and tells it in no other way again.
    device.event(joined(1));
    device.frames(vec![subscribed(1, 1)]);
    assert_eq!(listed(&device).0, 3);
}
