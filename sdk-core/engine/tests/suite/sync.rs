//! Opening, sync and the list (docs/protocol.md §2, §3 and §4).

use causerie_engine::{CommandKind, ConnectionState, Emission, EngineConfig, Position};
use causerie_protocol::{
    Ack, Authenticate, ClientFrame, ConversationActivity, ConversationEvent, ConversationKind,
    ConversationUpdated, CreateConversation, EditMessage, ErrorCode, ErrorReply, HistoryPage,
    MembershipState, MessageSent, NewMessage, Request, Room, SendMessage, ServerFrame,
    ServerMessage, Sync, SyncPage, SyncToken, Target, WriteAck, WriteOp,
};

use crate::common::{
    alice, bob, client, conv,
    device::{Device, authenticated},
    event_id, item, message,
    server::Server,
    store::MemoryStore,
    temp,
};

fn first_frame(device: &mut Device) -> (ClientFrame, Authenticate) {
    device.start();
    device.socket_opened();
    let frame = device.sent.pop_front().expect("a first frame");
    let Request::Authenticate(first) = &frame.request else {
        panic!("the first frame authenticates: {frame:?}");
    };
    let first = first.clone();
    (frame, first)
}

fn page(n: u64, cursor: Option<&str>, token: Option<&str>) -> ServerMessage {
    ServerMessage::SyncPage(SyncPage {
        conversations: vec![item(conv(n))],
        cursor: cursor.map(Into::into),
        token: token.map(Into::into),
        ..SyncPage::default()
    })
}

fn sync_of(frame: &ClientFrame) -> &Sync {
    match &frame.request {
        Request::Sync(sync) => sync,
        other => panic!("a sync: {other:?}"),
    }
}

#[test]
fn a_new_device_asks_for_everything() {
    let mut device = Device::new(
        MemoryStore::new(alice(), client(1)),
        EngineConfig::default(),
        1,
    );
    let (frame, first) = first_frame(&mut device);
    assert_eq!(first.token.as_deref(), Some("token"));
    assert_eq!((first.epoch, first.protocol), (None, 1));
    assert_eq!(first.sync_token, SyncToken::First);
    device.answer(&frame, ServerMessage::Authenticated(authenticated("e1")));
    device.event(page(1, None, Some("t1")));
    assert_eq!(device.store.epoch.as_deref(), Some("e1"));
    assert_eq!(device.store.sync_token.as_deref(), Some("t1"));
    assert!(device.store.conversations.contains_key(&conv(1)));
    assert!(device.take_sent().is_empty(), "nothing to fetch ahead");
}

#[test]
fn a_sync_of_several_pages_ends_with_one_more() {
    let mut device = Device::knowing(&[]);
    let (frame, first) = first_frame(&mut device);
    assert_eq!(first.sync_token, SyncToken::Since("t0".into()));
    device.answer(&frame, ServerMessage::Authenticated(authenticated("e1")));
    device.event(page(1, Some("c1"), None));
    assert_eq!(device.store.sync_cursor.as_deref(), Some("c1"));
    let sent = device.take_sent();
    assert_eq!(sync_of(&sent[0]).cursor.as_deref(), Some("c1"));
    device.answer(&sent[0], page(2, None, Some("t1")));
    let sent = device.take_sent();
    assert_eq!(sync_of(&sent[0]).token.as_deref(), Some("t1"));
    device.answer(&sent[0], page(3, None, Some("t2")));
    assert_eq!(device.store.sync_token.as_deref(), Some("t2"));
    assert_eq!(device.store.sync_cursor, None);
    assert!(device.take_sent().is_empty());
    assert_eq!(device.engine.conversations().count(), 3);
}

#[test]
fn an_interrupted_sync_goes_on_over_the_next_connection_or_the_next_process() {
    let mut device = Device::knowing(&[]);
    let (frame, _) = first_frame(&mut device);
    device.answer(&frame, ServerMessage::Authenticated(authenticated("e1")));
    device.event(page(1, Some("c1"), None));
    device.restart();
    let (frame, first) = first_frame(&mut device);
    assert_eq!(first.sync_token, SyncToken::Absent);
    device.answer(&frame, ServerMessage::Authenticated(authenticated("e1")));
    let sent = device.take_sent();
    assert_eq!(sync_of(&sent[0]).cursor.as_deref(), Some("c1"));
    device.answer(
        &sent[0],
        ServerMessage::Error(ErrorReply::invalid("cursor", "unknown")),
    );
    let sent = device.take_sent();
    assert_eq!(
        sync_of(&sent[0]).token.as_deref(),
        Some("t0"),
        "an invalid cursor begins again"
    );
    assert_eq!(device.store.sync_cursor, None);
}

#[test]
fn another_epoch_drops_what_was_confirmed_and_keeps_what_was_written() {
    let mut server = Server::new(alice(), "e1");
    server.add(conv(1));
    server.other_writes(
        conv(1),
        temp(500),
        &WriteOp::SendMessage(SendMessage::text("old")),
    );
    let mut world = crate::common::world::World::new(EngineConfig::default(), 1);
    world.server = server;
    world.device.start();
    world.settle();
    let screen = world.device.open(conv(1), 30);
    world.settle();
    assert_eq!(world.device.screen(screen).texts(), ["old"]);
    world.cut();
    let key = world.device.send(conv(1), "kept");
    // The server was restored: the same conversation with another past.
    let mut restored = Server::new(alice(), "e2");
    restored.add(conv(1));
    restored.other_writes(
        conv(1),
        temp(501),
        &WriteOp::SendMessage(SendMessage::text("new")),
    );
    world.server = restored;
    world.settle();
    assert_eq!(world.device.store.epoch.as_deref(), Some("e2"));
    assert_eq!(world.device.screen(screen).texts(), ["new", "kept"]);
    assert_eq!(world.shows(screen, key), Some(None));
    assert_eq!(world.server.log, [(conv(1), key)]);
    world.check_cache();
    world.check_screens();
}

#[test]
fn open_conversations_are_subscribed_in_the_first_frame_from_their_position() {
    let mut device = Device::knowing(&[conv(1), conv(2)]);
    if let Some(row) = device.store.conversations.get_mut(&conv(1)) {
        row.position = Some(Position {
            seq: 41,
            event_id: Some(event_id(41)),
        });
    }
    device.restart();
    device.open(conv(1), 30);
    device.open(conv(2), 30);
    let (_, first) = first_frame(&mut device);
    let asked: Vec<_> = first
        .subscriptions
        .iter()
        .map(|s| (s.room.clone(), s.since, s.since_id))
        .collect();
    assert_eq!(
        asked,
        [
            (Room::Conversation(conv(1)), Some(41), Some(event_id(41))),
            (Room::Conversation(conv(2)), None, None),
        ]
    );
}

#[test]
fn a_refused_subscription_is_no_end_of_the_others() {
    let mut device = Device::knowing(&[conv(1)]);
    device.open(conv(1), 30);
    device.connect();
    let mut error = ErrorReply::new(ErrorCode::Forbidden, "no");
    error.room = Some(Room::Conversation(conv(1)).to_string());
    device.event(ServerMessage::Error(error));
    assert!(device.is_live());
    assert!(device.take_sent().is_empty(), "it is not asked for again");
    let mut told = item(conv(1));
    told.rev = 9;
    device.event(ServerMessage::MembershipUpdated(Box::new(
        ConversationEvent { conversation: told },
    )));
    assert!(
        device
            .take_sent()
            .iter()
            .any(|frame| matches!(frame.request, Request::Subscribe(_))),
        "until something about it changed"
    );
}

#[test]
fn activity_of_an_unknown_conversation_is_kept_until_its_item_comes() {
    let mut device = Device::knowing(&[]);
    device.connect();
    let activity = ConversationActivity {
        conversation_id: conv(3),
        head_seq: 9,
        head_number: 7,
        read_seq: 2,
        read_number: 2,
        mentions_unread: 1,
        rev: 2,
        last_message: None,
        conversation: None,
    };
    device.event(ServerMessage::ConversationActivity(Box::new(activity)));
    assert!(device.engine.conversation(conv(3)).is_none());
    device.event(page(3, None, Some("t1")));
    let entry = device.engine.conversation(conv(3)).expect("it came");
    assert_eq!((entry.item.head_seq, entry.unread), (9, 5));
}

#[test]
fn of_two_tellings_the_newer_counts_field_by_field() {
    let mut device = Device::knowing(&[conv(1)]);
    device.connect();
    let mut told = item(conv(1));
    told.rev = 5;
    told.title = Some("renamed".into());
    told.head_seq = 10;
    told.head_number = 8;
    told.read_seq = 6;
    told.read_number = 5;
    let created = |item| {
        ServerMessage::ConversationCreated(Box::new(ConversationEvent { conversation: item }))
    };
    device.event(created(told.clone()));
    // An older row with a newer head.
    let mut older = item(conv(1));
    older.rev = 3;
    older.title = Some("as it was".into());
    older.head_seq = 12;
    older.head_number = 9;
    older.read_seq = 2;
    older.read_number = 2;
    device.event(created(older));
    let entry = device.engine.conversation(conv(1)).expect("it is known");
    assert_eq!(entry.title, "renamed");
    assert_eq!((entry.item.head_seq, entry.item.head_number), (12, 9));
    assert_eq!((entry.item.read_seq, entry.unread), (6, 4));
    device.take_emissions();
    device.event(created(told));
    assert!(
        !device
            .take_emissions()
            .iter()
            .any(|e| matches!(e, Emission::Conversations(_))),
        "twice changes nothing"
    );
}

#[test]
fn a_conversation_that_was_left_stays_listed_as_left_and_is_not_subscribed() {
    let mut device = Device::knowing(&[conv(1)]);
    device.open(conv(1), 30);
    device.connect();
    let mut left = item(conv(1));
    left.rev = 7;
    left.membership = MembershipState::Left;
    device.take_sent();
    device.event(ServerMessage::SyncPage(SyncPage {
        conversations: vec![left],
        token: Some("t1".into()),
        ..SyncPage::default()
    }));
    let entry = device.engine.conversation(conv(1)).expect("still listed");
    assert_eq!(entry.item.membership, MembershipState::Left);
    assert!(device.take_sent().is_empty());
}

#[test]
fn after_a_sync_the_newest_of_the_most_recent_conversations_are_fetched_ahead() {
    let mut device = Device::knowing(&[]);
    device.config.prefetch_conversations = 2;
    device.restart();
    device.connect();
    let conversations = (1..=3)
        .map(|n| {
            let mut told = item(conv(n));
            told.head_seq = 4;
            told.head_number = 4;
            told.updated_at = 100 * n;
            told
        })
        .collect();
    device.event(ServerMessage::SyncPage(SyncPage {
        conversations,
        token: Some("t1".into()),
        ..SyncPage::default()
    }));
    let asked: Vec<_> = device
        .take_sent()
        .into_iter()
        .filter_map(|frame| match frame.request {
            Request::History(history) => Some((history.conversation_id, history.limit)),
            _ => None,
        })
        .collect();
    assert_eq!(asked, [(conv(3), Some(30)), (conv(2), Some(30))]);
}

#[test]
fn a_request_that_is_not_answered_ends_the_connection() {
    let mut device = Device::knowing(&[conv(1)]);
    device.connect();
    device.send(conv(1), "hello");
    device.take_sent();
    // The server still pings, so it is not silent.
    for _ in 0..6 {
        device.advance(4_900);
        device.event(ServerMessage::Ping(causerie_protocol::Ping { t: 1 }));
    }
    assert!(device.is_live());
    assert!(
        device
            .take_sent()
            .iter()
            .all(|frame| matches!(frame.request, Request::Pong(_)))
    );
    device.advance(700);
    assert!(!device.is_live());
    device.advance(500);
    assert!(matches!(
        device.engine.connection_state(),
        ConnectionState::Connecting
    ));
}

#[test]
fn a_first_sync_that_is_refused_for_now_is_asked_for_again_at_once_on_another_connection() {
    let mut device = Device::knowing(&[]);
    let first = device.connect();
    let Request::Authenticate(first) = &first.request else {
        panic!("the first frame authenticates: {first:?}");
    };
    assert_ne!(first.sync_token, SyncToken::Absent);
    // What the first frame asked for is refused without an id, for want of a database.
    let refusal = ErrorReply::new(ErrorCode::Unavailable, "the database is away");
    device.event(ServerMessage::Error(refusal));
    assert!(!device.is_live());
    device.advance(1_000);
    device.socket_opened();
    let again = device.sent.pop_front().expect("a first frame");
    let Request::Authenticate(again) = &again.request else {
        panic!("the first frame authenticates: {again:?}");
    };
    assert_ne!(again.sync_token, SyncToken::Absent);
}

#[test]
fn an_event_of_an_unknown_type_takes_its_place_and_is_no_hole() {
    let mut device = Device::knowing(&[conv(1)]);
    device.open(conv(1), 30);
    device.connect();
    device.frames(vec![subscribed(1, 0)]);
    let unknown = format!(
        r#"{{"type":"poll_closed","payload":{{"conversation_id":"{}","seq":1,"event_id":"{}"}}}}"#,
        conv(1),
        event_id(1)
    );
    let frames = causerie_protocol::decode_server(&unknown)
        .map(|frame| frame.expect("a frame"))
        .collect();
    device.take_sent();
    device.frames(frames);
    device.event(ServerMessage::NewMessage(Box::new(NewMessage {
        event_id: event_id(2),
        message: message(conv(1), 2, &bob(), "hi"),
    })));
    assert!(
        !device
            .take_sent()
            .iter()
            .any(|frame| matches!(frame.request, Request::Subscribe(_)))
    );
    let row = &device.store.conversations[&conv(1)];
    assert_eq!(row.position.map(|p| p.seq), Some(2));
}

fn subscribed(n: u64, head_seq: u64) -> ServerFrame {
    let raw = format!(
        r#"{{"type":"subscribed","payload":{{"room":"conv:{}","head_seq":{head_seq},"head_number":0,
           "from_seq":{},"complete":false,"reset":false,"visible_from":1,"events":[]}}}}"#,
        conv(n),
        head_seq + 1
    );
    causerie_protocol::decode_server(&raw)
        .next()
        .and_then(Result::ok)
        .expect("a frame")
}

#[test]
fn an_acknowledgement_that_overtakes_events_hides_none_of_them() {
    let mut device = Device::knowing(&[conv(1)]);
    device.open(conv(1), 30);
    device.connect();
    device.frames(vec![subscribed(1, 0)]);
    device.take_sent();
    let key = device.send(conv(1), "mine");
    let sent = device.take_sent();
    device.answer(
        &sent[0],
        ServerMessage::MessageSent(Box::new(MessageSent {
            temp_id: key,
            message_id: event_id(2),
            conversation_id: conv(1),
            seq: 2,
            number: 1,
            created_at: 9,
            duplicate: false,
            message: None,
        })),
    );
    let row = |device: &Device| device.store.conversations[&conv(1)].clone();
    assert_eq!(row(&device).position.map(|p| p.seq), Some(0));
    device.event(ServerMessage::ConversationUpdated(ConversationUpdated {
        conversation_id: conv(1),
        seq: 1,
        event_id: event_id(1),
        title: Some("renamed".into()),
        avatar: None,
        settings: None,
    }));
    assert_eq!(row(&device).item.title.as_deref(), Some("renamed"));
    let mut mine = message(conv(1), 2, &alice(), "mine");
    mine.temp_id = Some(key);
    mine.number = 1;
    device.event(ServerMessage::NewMessage(Box::new(NewMessage {
        event_id: event_id(2),
        message: mine,
    })));
    let row = row(&device);
    assert_eq!((row.item.head_seq, row.item.head_number), (2, 1));
    assert_eq!(row.item.unread(), 0);
    assert_eq!(row.ranges.len(), 1);
}

#[test]
fn after_a_change_of_epoch_what_was_written_waits_for_its_conversation() {
    let mut device = Device::knowing(&[conv(1), conv(2)]);
    device.command(CommandKind::SetDraft {
        conversation_id: conv(1),
        text: Some("half a thought".into()),
    });
    let first = device.send(conv(1), "one");
    let second = device.send(conv(2), "two");
    let (frame, _) = first_frame(&mut device);
    device.answer(&frame, ServerMessage::Authenticated(authenticated("e2")));
    assert!(device.take_sent().is_empty(), "nothing is known any more");
    device.event(page(1, Some("c1"), None));
    let writes = |device: &mut Device| -> Vec<_> {
        device
            .take_sent()
            .into_iter()
            .filter_map(|frame| match frame.request {
                Request::Write(write) => Some(write.temp_id),
                _ => None,
            })
            .collect()
    };
    assert_eq!(writes(&mut device), [first]);
    let entry = device.engine.conversation(conv(1)).expect("it came back");
    assert_eq!(entry.draft.as_deref(), Some("half a thought"));
    // The second one does not come back: its write goes even so, and is not stuck.
    device.event(ServerMessage::SyncPage(SyncPage {
        token: Some("t1".into()),
        ..SyncPage::default()
    }));
    device.event(ServerMessage::SyncPage(SyncPage {
        token: Some("t2".into()),
        ..SyncPage::default()
    }));
    assert_eq!(writes(&mut device), [second]);
}

#[test]
fn what_another_database_said_of_a_conversation_that_is_being_made_is_forgotten() {
    let mut device = Device::knowing(&[]);
    device.connect();
    let mut told = item(conv(1));
    (told.head_seq, told.head_number, told.rev) = (3, 3, 2);
    device.event(ServerMessage::ConversationCreated(Box::new(
        ConversationEvent { conversation: told },
    )));
    device.cut();
    device.write(
        conv(1),
        WriteOp::CreateConversation(CreateConversation {
            kind: ConversationKind::Group,
            group_id: None,
            title: None,
            members: Some(vec![bob()]),
            history: None,
        }),
    );
    let head = |device: &Device| {
        let entry = device.engine.conversation(conv(1)).expect("listed");
        (entry.item.head_seq, entry.item.head_number, entry.unread)
    };
    assert_eq!(head(&device), (3, 3, 3));
    device.restart();
    let (frame, _) = first_frame(&mut device);
    device.answer(&frame, ServerMessage::Authenticated(authenticated("e2")));
    assert_eq!(head(&device), (0, 0, 0));
}

/// Alice writes a message and changes it, and both are acknowledged before anything is subscribed.
fn changed_while_unsubscribed(device: &mut Device) -> causerie_protocol::TempId {
    device.connect();
    let key = device.send(conv(1), "mine");
    let edit = EditMessage {
        target: Target::Temp {
            target_temp_id: key,
        },
        content: "changed".into(),
    };
    let change = device.write(conv(1), WriteOp::EditMessage(edit));
    let sent = device.take_sent();
    let sent: Vec<_> = sent
        .iter()
        .filter(|frame| matches!(frame.request, Request::Write(_)))
        .collect();
    device.answer(sent[0], acknowledged(key, 1));
    device.answer(
        sent[1],
        ServerMessage::Ack(Ack::Write(Box::new(WriteAck {
            temp_id: change,
            conversation_id: conv(1),
            seq: Some(2),
            at: 9,
            duplicate: false,
            conversation: None,
            group: None,
        }))),
    );
    key
}

fn acknowledged(key: causerie_protocol::TempId, seq: u64) -> ServerMessage {
    ServerMessage::MessageSent(Box::new(MessageSent {
        temp_id: key,
        message_id: event_id(seq),
        conversation_id: conv(1),
        seq,
        number: seq,
        created_at: 9,
        duplicate: false,
        message: None,
    }))
}

#[test]
fn a_change_stays_in_sight_while_its_message_is_known_from_its_acknowledgement_only() {
    let mut device = Device::knowing(&[conv(1)]);
    changed_while_unsubscribed(&mut device);
    let screen = device.open(conv(1), 30);
    let shown = |device: &Device| {
        let items = &device.screen(screen).items;
        items
            .iter()
            .map(|item| item.message.content.text().map(str::to_owned))
            .collect::<Vec<_>>()
    };
    assert_eq!(shown(&device), [Some("changed".to_owned())]);
    device.frames(vec![subscribed(1, 3)]);
    assert_eq!(
        shown(&device),
        [Some("changed".to_owned())],
        "the position passed the change, and no page has come"
    );
}

#[test]
fn what_one_said_oneself_is_shown_again_before_a_page_comes() {
    let mut device = Device::knowing(&[conv(1)]);
    changed_while_unsubscribed(&mut device);
    let screen = device.open(conv(1), 30);
    device.frames(vec![subscribed(1, 3)]);
    assert_eq!(device.screen(screen).items.len(), 1);
    device.close(screen);
    let screen = device.open(conv(1), 30);
    assert_eq!(device.screen(screen).items.len(), 1);
}

#[test]
fn a_page_beyond_the_position_leaves_no_gap_in_what_is_shown() {
    let mut device = Device::knowing(&[conv(1)]);
    device.connect();
    let screen = device.open(conv(1), 30);
    let backlog = |from: u64, to: u64| {
        let events: Vec<_> = (from..=to)
            .map(|seq| {
                ServerFrame::event(ServerMessage::NewMessage(Box::new(NewMessage {
                    event_id: event_id(seq),
                    message: message(conv(1), seq, &bob(), "theirs"),
                })))
            })
            .collect();
        let ServerMessage::Subscribed(mut reply) = subscribed(1, to).message else {
            panic!("a subscribed");
        };
        (reply.from_seq, reply.complete, reply.events) = (from, true, events);
        reply.head_number = to;
        ServerFrame::event(ServerMessage::Subscribed(reply))
    };
    device.frames(vec![backlog(1, 3)]);
    let shown = |device: &Device| {
        let items = &device.screen(screen).items;
        items
            .iter()
            .map(|item| item.message.seq)
            .collect::<Vec<_>>()
    };
    assert_eq!(shown(&device), [1, 2, 3]);
    // A page is asked for ahead, and comes when the conversation is open again and its backlog is
    // still on its way.
    device.restart();
    device.connect();
    let mut told = item(conv(1));
    (told.head_seq, told.head_number, told.rev) = (8, 8, 2);
    device.event(ServerMessage::SyncPage(SyncPage {
        conversations: vec![told],
        token: Some("t1".into()),
        ..SyncPage::default()
    }));
    let asked = device.take_sent();
    let history = asked
        .iter()
        .find(|frame| matches!(frame.request, Request::History(_)))
        .expect("a page is asked for ahead");
    let screen = device.open(conv(1), 30);
    let shown = |device: &Device| {
        let items = &device.screen(screen).items;
        items
            .iter()
            .map(|item| item.message.seq)
            .collect::<Vec<_>>()
    };
    assert_eq!(shown(&device), [1, 2, 3]);
    device.answer(
        history,
        ServerMessage::HistoryPage(HistoryPage {
            conversation_id: conv(1),
            messages: (6..=8)
                .map(|seq| message(conv(1), seq, &bob(), "theirs"))
                .collect(),
            lo: 6,
            hi: 8,
            as_of_seq: 8,
            visible_from: 1,
            more: true,
            users: Vec::new(),
        }),
    );
    assert_eq!(shown(&device), [1, 2, 3], "4 and 5 are missing");
    device.frames(vec![backlog(4, 8)]);
    assert_eq!(shown(&device), [1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn a_head_that_is_told_late_does_not_hide_what_was_acknowledged() {
    let mut device = Device::knowing(&[conv(1)]);
    device.connect();
    let key = device.send(conv(1), "mine");
    let sent = device.take_sent();
    let write = sent
        .iter()
        .find(|frame| matches!(frame.request, Request::Write(_)))
        .expect("a write");
    device.answer(write, acknowledged(key, 2));
    device.event(ServerMessage::ConversationActivity(Box::new(
        ConversationActivity {
            conversation_id: conv(1),
            head_seq: 1,
            head_number: 1,
            read_seq: 1,
            read_number: 1,
            mentions_unread: 0,
            rev: 2,
            last_message: None,
            conversation: None,
        },
    )));
    let entry = device.engine.conversation(conv(1)).expect("it is listed");
    assert_eq!(entry.item.head_seq, 1);
    assert_eq!(entry.item.last_message.map(|last| last.seq), Some(2));
}

#[test]
fn a_screen_whose_newest_stretch_holds_no_message_asks_for_what_lies_before() {
    let mut device = Device::knowing(&[conv(1)]);
    device.connect();
    let screen = device.open(conv(1), 30);
    device.frames(vec![subscribed(1, 3)]);
    device.take_sent();
    device.event(ServerMessage::ConversationUpdated(ConversationUpdated {
        conversation_id: conv(1),
        seq: 4,
        event_id: event_id(4),
        title: Some("renamed".into()),
        avatar: None,
        settings: None,
    }));
    // The page that it waited for is lost with the line.
    device.cut();
    device.advance(60_000);
    device.connect();
    let mut whole = subscribed(1, 4);
    if let ServerMessage::Subscribed(reply) = &mut whole.message {
        reply.complete = true;
    }
    device.frames(vec![whole]);
    assert!(device.screen(screen).items.is_empty());
    let asked = device.take_sent();
    let history = asked
        .iter()
        .find(|frame| matches!(frame.request, Request::History(_)))
        .expect("it asks for a page");
    device.answer(
        history,
        ServerMessage::HistoryPage(HistoryPage {
            conversation_id: conv(1),
            messages: vec![message(conv(1), 2, &bob(), "theirs")],
            lo: 1,
            hi: 4,
            as_of_seq: 4,
            visible_from: 1,
            more: false,
            users: Vec::new(),
        }),
    );
    assert_eq!(device.screen(screen).items.len(), 1);
}

/// A conversation of five messages, of which nothing is known here, is opened, and a sixth comes
/// before the page does.
fn opened_while_somebody_speaks(at_once: bool) -> Vec<u64> {
    let mut device = Device::knowing(&[conv(1)]);
    device.connect();
    let screen = device.open(conv(1), 30);
    device.take_sent();
    let live = ServerFrame {
        id: None,
        message: ServerMessage::NewMessage(Box::new(NewMessage {
            event_id: event_id(6),
            message: message(conv(1), 6, &bob(), "live"),
        })),
        meta: None,
    };
    if at_once {
        device.frames(vec![subscribed(1, 5), live]);
    } else {
        device.frames(vec![subscribed(1, 5)]);
        device.frames(vec![live]);
    }
    let asked = device.take_sent();
    let history = asked
        .iter()
        .find(|frame| matches!(frame.request, Request::History(_)))
        .expect("it asks for a page");
    device.answer(
        history,
        ServerMessage::HistoryPage(HistoryPage {
            conversation_id: conv(1),
            messages: (1..=6)
                .map(|seq| message(conv(1), seq, &bob(), "theirs"))
                .collect(),
            lo: 1,
            hi: 6,
            as_of_seq: 6,
            visible_from: 1,
            more: false,
            users: Vec::new(),
        }),
    );
    let items = &device.screen(screen).items;
    items.iter().map(|item| item.message.seq).collect()
}

#[test]
fn a_message_that_comes_before_the_first_page_does_not_keep_the_page_off_the_screen() {
    assert_eq!(opened_while_somebody_speaks(false), [1, 2, 3, 4, 5, 6]);
    assert_eq!(opened_while_somebody_speaks(true), [1, 2, 3, 4, 5, 6]);
}
