//! Removal, coming back, reading, typing (docs/protocol.md §4, §5 and §6).

use std::time::Duration;

use causerie_engine::{CommandKind, Emission, EngineConfig};
use causerie_protocol::{
    Ack, ConnectionEvent, ConnectionEventKind, ConversationEvent, CursorAck, MemberEvent,
    MembershipState, Receipt, Request, Role, Room, SendMessage, ServerFrame, ServerMessage,
    Subscribed, TypingIndicator, Unsubscribe, WriteOp,
};

use crate::common::{alice, bob, conv, device::Device, event_id, temp, world::World};

/// A world in which bob said so much in the first conversation, which is on screen.
fn world_with(said: u64) -> (World, causerie_engine::TimelineId) {
    let mut world = World::new(EngineConfig::default(), 1);
    for n in 0..said {
        say(&mut world, n);
    }
    world.device.start();
    world.settle();
    let screen = world.device.open(conv(1), 30);
    world.settle();
    (world, screen)
}

fn say(world: &mut World, n: u64) {
    world.server.other_writes(
        conv(1),
        temp(5000 + n),
        &WriteOp::SendMessage(SendMessage::text(format!("bob {n}"))),
    );
}

fn requests(device: &mut Device) -> Vec<Request> {
    device
        .take_sent()
        .into_iter()
        .map(|frame| frame.request)
        .collect()
}

#[test]
fn who_is_removed_keeps_what_they_saw_and_is_not_subscribed_again() {
    let (mut world, screen) = world_with(2);
    let device = &mut world.device;
    device.event(ServerMessage::MemberLeft(MemberEvent {
        conversation_id: conv(1),
        seq: 3,
        event_id: event_id(3),
        user_id: alice(),
        role: Role::Member,
        by: bob(),
    }));
    device.event(ServerMessage::ConnectionEvent(ConnectionEvent {
        event: ConnectionEventKind::MembershipRevoked,
        code: None,
        retry_after_ms: None,
        room: Some(Room::Conversation(conv(1))),
        seq: Some(3),
    }));
    let entry = device.engine.conversation(conv(1)).expect("still listed");
    assert_eq!(entry.item.membership, MembershipState::Left);
    assert_eq!(device.screen(screen).texts(), ["bob 0", "bob 1"]);
    assert!(requests(device).is_empty());
    device.cut();
    device.advance(1_000);
    device.socket_opened();
    let first = device.sent.pop_front().expect("a first frame");
    let Request::Authenticate(first) = first.request else {
        panic!("the first frame authenticates");
    };
    assert!(first.subscriptions.is_empty());
}

#[test]
fn a_page_that_was_read_before_a_removal_does_not_undo_it_and_one_of_coming_back_does() {
    let (mut world, _) = world_with(2);
    let device = &mut world.device;
    let before = device.engine.conversation(conv(1)).expect("listed").item;
    device.event(ServerMessage::ConnectionEvent(ConnectionEvent {
        event: ConnectionEventKind::MembershipRevoked,
        code: None,
        retry_after_ms: None,
        room: Some(Room::Conversation(conv(1))),
        seq: Some(3),
    }));
    let page = |head_seq, rev| {
        let mut conversation = before.clone();
        (conversation.head_seq, conversation.rev) = (head_seq, rev);
        ServerMessage::ConversationCreated(Box::new(ConversationEvent { conversation }))
    };
    let membership = |device: &Device| {
        let entry = device.engine.conversation(conv(1)).expect("still listed");
        entry.item.membership
    };
    device.event(page(2, before.rev + 1));
    assert_eq!(membership(device), MembershipState::Left);
    device.event(page(4, before.rev + 4));
    assert_eq!(membership(device), MembershipState::Joined);
}

#[test]
fn a_subscription_to_what_is_not_known_any_more_is_ended_so_that_its_item_is_told() {
    let (mut world, _) = world_with(1);
    let device = &mut world.device;
    requests(device);
    let room = Room::Conversation(conv(77));
    device.event(ServerMessage::Subscribed(Subscribed {
        room: room.clone(),
        head_seq: 0,
        head_number: 0,
        from_seq: 1,
        complete: true,
        reset: true,
        visible_from: 1,
        events: Vec::new(),
        read_cursors: Vec::new(),
        viewers: Vec::new(),
        users: Vec::new(),
        read_seq: 0,
        read_number: 0,
        mentions_unread: 0,
        rev: 1,
    }));
    assert_eq!(
        requests(device),
        [Request::Unsubscribe(Unsubscribe { room })]
    );
}

#[test]
fn who_came_back_while_away_is_told_how_many_messages_there_are() {
    let (mut world, _) = world_with(0);
    let device = &mut world.device;
    let joined = ServerMessage::MemberJoined(MemberEvent {
        conversation_id: conv(1),
        seq: 3,
        event_id: event_id(3),
        user_id: alice(),
        role: Role::Member,
        by: bob(),
    });
    device.event(ServerMessage::Subscribed(Subscribed {
        room: Room::Conversation(conv(1)),
        head_seq: 3,
        head_number: 1,
        from_seq: 3,
        complete: false,
        reset: false,
        visible_from: 3,
        events: vec![ServerFrame {
            id: None,
            message: joined,
            meta: None,
        }],
        read_cursors: Vec::new(),
        viewers: Vec::new(),
        users: Vec::new(),
        read_seq: 2,
        read_number: 1,
        mentions_unread: 0,
        rev: 9,
    }));
    let item = device.engine.conversation(conv(1)).expect("listed").item;
    assert_eq!((item.head_seq, item.head_number), (3, 1));
}

#[test]
fn an_older_removal_than_the_present_joining_only_ends_the_subscription() {
    let (mut world, screen) = world_with(3);
    world.server.let_in_again(conv(1));
    world.settle();
    assert!(world.device.screen(screen).items.is_empty());
    assert!(
        !world.device.screen(screen).state.has_older,
        "it is the end"
    );
    assert!(
        world.device.store.messages.is_empty(),
        "rows below are gone"
    );
    let device = &mut world.device;
    device.event(ServerMessage::ConnectionEvent(ConnectionEvent {
        event: ConnectionEventKind::MembershipRevoked,
        code: None,
        retry_after_ms: None,
        room: Some(Room::Conversation(conv(1))),
        seq: Some(2),
    }));
    let entry = device.engine.conversation(conv(1)).expect("it is listed");
    assert_eq!(entry.item.membership, MembershipState::Joined);
    assert!(matches!(requests(device)[..], [Request::Subscribe(_)]));
}

#[test]
fn unread_falls_at_once_and_the_newest_cursor_goes_when_it_can() {
    let mut world = World::new(EngineConfig::default(), 1);
    (0..5).for_each(|n| say(&mut world, n));
    world.device.start();
    world.settle();
    world.cut();
    let unread = |world: &World| world.device.engine.conversation(conv(1)).map(|e| e.unread);
    assert_eq!(unread(&world), Some(5));
    for seq in [Some(2), Some(4), None] {
        world.device.command(CommandKind::MarkRead {
            conversation_id: conv(1),
            seq,
        });
    }
    assert_eq!(unread(&world), Some(0));
    let row = &world.device.store.conversations[&conv(1)];
    assert_eq!(row.read_mark, Some(5));
    world.device.restart();
    assert_eq!(unread(&world), Some(0), "after a restart as well");
    world.device.start();
    world.device.advance(1);
    world.device.socket_opened();
    let first = world.device.sent.pop_front().expect("a first frame");
    world.server.handle(first);
    world.deliver_down(usize::MAX);
    let marks: Vec<_> = requests(&mut world.device)
        .into_iter()
        .filter_map(|request| match request {
            Request::MarkRead(mark) => Some(mark.seq),
            _ => None,
        })
        .collect();
    assert_eq!(marks, [5], "only the newest");
}

#[test]
fn a_read_cursor_that_rose_while_the_last_was_on_the_wire_is_sent_after_it() {
    let (mut world, _) = world_with(5);
    let device = &mut world.device;
    device.take_sent();
    let mark = |device: &mut Device, seq| {
        device.command(CommandKind::MarkRead {
            conversation_id: conv(1),
            seq: Some(seq),
        });
    };
    mark(device, 2);
    let sent = device.take_sent();
    mark(device, 4);
    assert!(device.take_sent().is_empty(), "one at a time");
    let ack = |read_seq, rev| {
        ServerMessage::Ack(Ack::Cursor(CursorAck {
            conversation_id: conv(1),
            read_seq,
            read_number: read_seq,
            mentions_unread: 0,
            rev,
        }))
    };
    device.answer(&sent[0], ack(2, 50));
    let sent = device.take_sent();
    assert!(matches!(&sent[0].request, Request::MarkRead(mark) if mark.seq == 4));
    device.answer(&sent[0], ack(4, 51));
    let row = &device.store.conversations[&conv(1)];
    assert_eq!((row.read_mark, row.item.read_seq), (None, 4));
}

#[test]
fn reading_on_another_device_of_ones_own_lowers_unread_here() {
    let (mut world, _) = world_with(4);
    world.device.event(ServerMessage::ReadReceipt(Receipt {
        conversation_id: conv(1),
        user_id: alice(),
        seq: 3,
        at: 1,
        read_number: Some(3),
        mentions_unread: Some(0),
        rev: Some(90),
    }));
    let entry = world.device.engine.conversation(conv(1)).expect("listed");
    assert_eq!(entry.unread, 1);
    world.device.event(ServerMessage::ReadReceipt(Receipt {
        conversation_id: conv(1),
        user_id: bob(),
        seq: 4,
        at: 1,
        read_number: None,
        mentions_unread: None,
        rev: None,
    }));
    let cursor = &world.device.store.cursors[&(conv(1), bob())];
    assert_eq!(cursor.seq, 4);
    assert!(world.device.emissions.iter().any(|emission| matches!(
        emission,
        Emission::Cursors { cursors, .. } if cursors.len() == 1
    )));
}

#[test]
fn delivery_is_told_newest_only_and_once_a_second_at_most() {
    let (mut world, _) = world_with(0);
    world.device.take_sent();
    let mut told = Vec::new();
    for n in 0..20 {
        say(&mut world, n);
        world.deliver_down(usize::MAX);
        world.device.advance(100);
        told.extend(
            requests(&mut world.device)
                .into_iter()
                .filter_map(|request| match request {
                    Request::MarkDelivered(mark) => Some(mark.seq),
                    _ => None,
                }),
        );
    }
    assert_eq!(told.len(), 3, "at 0 s, 1 s and 2 s: {told:?}");
    assert_eq!(told.last(), Some(&20));
}

#[test]
fn typing_is_told_at_most_every_three_seconds_and_ends_by_itself() {
    let (mut world, _) = world_with(0);
    let device = &mut world.device;
    device.take_sent();
    let mut told = Vec::new();
    for _ in 0..10 {
        device.command(CommandKind::Typing {
            conversation_id: conv(1),
            typing: true,
        });
        device.advance(500);
        told.extend(requests(device));
    }
    device.advance(5_000);
    told.extend(requests(device));
    let kinds: Vec<_> = told.iter().map(Request::kind).collect();
    assert_eq!(kinds, ["typing_start", "typing_start", "typing_stop"]);
}

#[test]
fn others_typing_is_shown_until_they_send_or_fall_silent() {
    let (mut world, _) = world_with(0);
    let typing = |world: &mut World| {
        world
            .device
            .event(ServerMessage::TypingIndicator(TypingIndicator {
                conversation_id: conv(1),
                user_id: bob(),
                typing: true,
                expires_in_ms: 6_000,
                as_of_seq: 0,
            }));
    };
    let shown = |world: &mut World| {
        world
            .device
            .take_emissions()
            .into_iter()
            .filter_map(|emission| match emission {
                Emission::Typing { user_ids, .. } => Some(user_ids.len()),
                _ => None,
            })
            .collect::<Vec<_>>()
    };
    typing(&mut world);
    assert_eq!(shown(&mut world), [1]);
    say(&mut world, 1);
    world.deliver_down(usize::MAX);
    assert_eq!(shown(&mut world), [0]);
    typing(&mut world);
    world.device.advance(6_000);
    assert_eq!(shown(&mut world), [1, 0]);
}

#[test]
fn what_nothing_shows_for_half_an_hour_is_unsubscribed_and_goes_on_from_its_position() {
    let (mut world, screen) = world_with(3);
    world.device.close(screen);
    // The line lives: the server pings.
    for _ in 0..95 {
        world.device.advance(20_000);
        world
            .device
            .event(ServerMessage::Ping(causerie_protocol::Ping { t: 1 }));
        world.deliver_up(usize::MAX);
        world.deliver_down(usize::MAX);
    }
    say(&mut world, 3);
    world.deliver_down(usize::MAX);
    assert_eq!(
        world.device.store.conversations[&conv(1)]
            .position
            .map(|p| p.seq),
        Some(3),
        "it is no longer subscribed"
    );
    let entry = world.device.engine.conversation(conv(1)).expect("listed");
    assert_eq!(entry.item.head_seq, 4, "but the list knows");
    let screen = world.device.open(conv(1), 30);
    let asked: Vec<_> = world
        .device
        .sent
        .iter()
        .filter_map(|frame| match &frame.request {
            Request::Subscribe(subscribe) => Some(subscribe.since),
            _ => None,
        })
        .collect();
    assert_eq!(asked, [Some(3)]);
    world.settle();
    assert_eq!(world.device.screen(screen).texts().len(), 4);
    assert_eq!(
        world.device.screen(screen).resets,
        1,
        "only the first state"
    );
}

#[test]
fn the_state_of_the_line_is_measured() {
    let (mut world, _) = world_with(2);
    world.device.input(causerie_engine::Input::Network(
        causerie_engine::NetworkHint::Changed,
    ));
    let ping = world
        .device
        .take_sent()
        .into_iter()
        .find(|frame| matches!(frame.request, Request::Ping(_)))
        .expect("a probe");
    world.device.advance(40);
    world.device.frames(vec![ServerFrame::reply(
        ping.id,
        ServerMessage::Pong(causerie_protocol::Ping { t: 0 }),
    )]);
    let stats = world.device.engine.stats();
    assert_eq!(stats.round_trip, Some(Duration::from_millis(40)));
    assert_eq!(stats.subscribed, 1);
    assert_eq!(stats.reconnects, 0);
}

#[test]
fn what_comes_after_reading_is_all_that_is_unread_also_before_the_server_knows_and_after_a_restart()
{
    let mut world = World::new(EngineConfig::default(), 1);
    (0..5).for_each(|n| say(&mut world, n));
    world.device.start();
    world.settle();
    let unread = |world: &World| world.device.engine.conversation(conv(1)).map(|e| e.unread);
    assert_eq!(unread(&world), Some(5));
    world.device.command(CommandKind::MarkRead {
        conversation_id: conv(1),
        seq: None,
    });
    assert_eq!(unread(&world), Some(0));
    let more = |world: &mut World, n: u64| {
        let item = world
            .device
            .engine
            .conversation(conv(1))
            .expect("listed")
            .item;
        world
            .device
            .event(ServerMessage::ConversationActivity(Box::new(
                causerie_protocol::ConversationActivity {
                    conversation_id: conv(1),
                    head_seq: 5 + n,
                    head_number: 5 + n,
                    read_seq: 0,
                    read_number: 0,
                    mentions_unread: 0,
                    rev: item.rev + 1,
                    last_message: None,
                    conversation: None,
                },
            )));
    };
    more(&mut world, 1);
    assert_eq!(unread(&world), Some(1));
    let row = &world.device.store.conversations[&conv(1)];
    assert_eq!(row.read_mark, Some(5), "the server is still to be told");
    world.device.restart();
    assert_eq!(unread(&world), Some(1), "after a restart as well");
}

#[test]
fn who_comes_back_is_not_shown_what_was_said_before_in_the_list() {
    let (mut world, _) = world_with(3);
    let entry = world.device.engine.conversation(conv(1)).expect("listed");
    assert_eq!(entry.item.last_message.map(|last| last.seq), Some(3));
    let raw = format!(
        r#"{{"type":"subscribed","payload":{{"room":"conv:{}","head_seq":5,"head_number":3,
           "from_seq":6,"complete":false,"reset":false,"visible_from":5,"events":[]}}}}"#,
        conv(1)
    );
    let frame = causerie_protocol::decode_server(&raw)
        .next()
        .and_then(Result::ok)
        .expect("a frame");
    world.device.frames(vec![frame]);
    let entry = world.device.engine.conversation(conv(1)).expect("listed");
    assert_eq!(entry.item.last_message, None);
}
