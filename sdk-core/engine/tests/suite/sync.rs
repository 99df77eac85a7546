//! Opening, sync and the list (docs/protocol.md §2, §3 and §4).

use causerie_engine::{CommandKind, ConnectionState, Emission, EngineConfig, Position};
use causerie_protocol::{
    Authenticate, ClientFrame, ConnectionEvent, ConnectionEventKind, ConversationActivity,
    ConversationEvent, ConversationKind, CreateConversation, ErrorCode, ErrorReply,
    MembershipState, Request, Room, SendMessage, ServerMessage, Sync, SyncPage, SyncToken, WriteOp,
};

use crate::common::{
    alice, bob, client, conv,
    device::{Device, authenticated},
    event_id, item,
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
    world.device.emissions.clear();
    world.settle();
    assert_eq!(world.device.store.epoch.as_deref(), Some("e2"));
    let forgotten = Emission::Cursors {
        conversation_id: conv(1),
        cursors: Vec::new(),
    };
    assert!(
        world.device.emissions.contains(&forgotten),
        "who shows how far others have read is told that it is known no more"
    );
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
fn who_was_put_out_of_an_unknown_conversation_is_not_let_in_by_an_item_from_before() {
    let mut device = Device::knowing(&[]);
    device.connect();
    device.event(ServerMessage::ConnectionEvent(ConnectionEvent {
        event: ConnectionEventKind::MembershipRevoked,
        code: None,
        retry_after_ms: None,
        room: Some(Room::Conversation(conv(3))),
        seq: Some(2),
    }));
    let told = |head_seq| {
        let mut conversation = item(conv(3));
        conversation.head_seq = head_seq;
        ServerMessage::ConversationCreated(Box::new(ConversationEvent { conversation }))
    };
    device.event(told(1));
    assert!(device.engine.conversation(conv(3)).is_none());
    device.event(told(3));
    let entry = device.engine.conversation(conv(3)).expect("they are back");
    assert_eq!(entry.item.membership, MembershipState::Joined);
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
fn a_server_that_refuses_a_sync_is_not_asked_again_before_it_said() {
    let mut device = Device::knowing(&[]);
    device.connect();
    device.event(ServerMessage::Error(ErrorReply {
        retry_after_ms: Some(60_000),
        ..ErrorReply::new(ErrorCode::Unavailable, "the database is away")
    }));
    device.advance(59_999);
    let state = device.engine.connection_state();
    assert!(
        matches!(state, ConnectionState::Waiting { .. }),
        "{state:?}"
    );
    device.advance(1);
    let state = device.engine.connection_state();
    assert!(matches!(state, ConnectionState::Connecting), "{state:?}");
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
