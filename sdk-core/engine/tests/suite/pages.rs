//! What a screen shows while the pages that it waits for are refused (docs/protocol.md §4,
//! "History").

use causerie_engine::{CommandKind, SendState, TimelineId};
use causerie_protocol::{
    ClientFrame, ErrorCode, ErrorReply, MessageKind, NewMessage, Ping, Request, ServerFrame,
    ServerMessage, SyncPage, decode_server, encode_server,
};

use crate::common::{
    alice, bob, conv,
    device::{Device, subscribed},
    event_id,
    frames::{asked_page, page, seqs, synced},
    item, message,
};

/// Lets time pass, as long as a refused request waits at most.
fn wait_for_request(device: &mut Device) {
    for _ in 0..4 {
        device.event(ServerMessage::Ping(Ping { t: 1 }));
        device.advance(8_000);
        let is_page = |frame: &ClientFrame| matches!(frame.request, Request::History(_));
        if device.sent.iter().any(is_page) {
            return;
        }
    }
}

fn says(device: &mut Device, seq: u64) {
    device.event(ServerMessage::NewMessage(Box::new(NewMessage {
        event_id: event_id(seq),
        message: message(conv(1), seq, &bob(), "live"),
    })));
}

/// A screen of a conversation with five messages, of which nothing is known here.
fn opened() -> (Device, TimelineId) {
    let mut device = Device::knowing(&[conv(1)]);
    device.connect();
    device.event(synced(Vec::new()));
    let screen = device.open(conv(1), 30);
    let asked = device.take_sent();
    device.answer(&asked[0], subscribed(1, 5).message);
    (device, screen)
}

#[test]
fn the_newest_page_is_asked_for_until_it_comes_while_it_is_refused_for_now() {
    let (mut device, screen) = opened();
    for _ in 0..20 {
        let asked = asked_page(&mut device);
        let busy = ErrorReply::new(ErrorCode::Unavailable, "the database is away");
        device.answer(&asked, ServerMessage::Error(busy));
        assert!(device.screen(screen).state.loading);
        wait_for_request(&mut device);
    }
    let asked = asked_page(&mut device);
    device.answer(&asked, page(1, 5, 5));
    assert_eq!(seqs(&device, screen), [1, 2, 3, 4, 5]);
    assert!(!device.screen(screen).state.loading);
}

#[test]
fn a_page_that_one_screen_asked_for_makes_another_one_whole() {
    let (mut device, first) = opened();
    let asked = asked_page(&mut device);
    let broken = ErrorReply::new(ErrorCode::Invalid, "no such page");
    assert!(!broken.retryable);
    device.answer(&asked, ServerMessage::Error(broken));
    says(&mut device, 6);
    let second = device.open(conv(1), 30);
    assert_eq!(seqs(&device, second), [6]);
    device.take_sent();
    device.command(CommandKind::LoadOlder(second));
    let asked = asked_page(&mut device);
    device.answer(&asked, page(1, 5, 6));
    assert_eq!(seqs(&device, second), [1, 2, 3, 4, 5, 6]);
    assert_eq!(seqs(&device, first), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn a_screen_goes_on_when_events_fill_the_hole_before_a_page_from_beyond_the_position() {
    let (mut device, _) = opened();
    let asked = asked_page(&mut device);
    device.answer(&asked, page(1, 5, 5));
    device.restart();
    device.connect();
    let mut told = item(conv(1));
    (told.head_seq, told.head_number, told.rev) = (9, 9, 2);
    device.event(ServerMessage::SyncPage(SyncPage {
        conversations: vec![told],
        token: Some("t2".into()),
        ..SyncPage::default()
    }));
    let ahead = asked_page(&mut device);
    let screen = device.open(conv(1), 30);
    device.answer(&ahead, page(8, 9, 9));
    device.frames(vec![subscribed(1, 5)]);
    says(&mut device, 6);
    says(&mut device, 7);
    assert_eq!(seqs(&device, screen), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
}

/// The page as text, with something in place of what stands there; read as a driver reads it.
fn read_with(
    asked: &ClientFrame,
    message: ServerMessage,
    from: &str,
    to: &str,
) -> Vec<ServerFrame> {
    let line = encode_server(&ServerFrame::reply(asked.id, message)).expect("sound");
    let text = line.replacen(from, to, 1);
    assert_ne!(line, text);
    decode_server(&text).filter_map(Result::ok).collect()
}

#[test]
fn a_message_that_cannot_be_read_costs_neither_its_page_nor_what_comes_later() {
    let (mut device, screen) = opened();
    let asked = asked_page(&mut device);
    let deep = format!(
        "\"metadata\":{{\"a\":{}{}}}",
        "[".repeat(200),
        "]".repeat(200)
    );
    let frames = read_with(&asked, page(1, 5, 5), "\"metadata\":null", &deep);
    device.frames(frames);
    assert!(!device.screen(screen).state.loading);
    says(&mut device, 6);
    assert_eq!(seqs(&device, screen), [1, 2, 3, 4, 5, 6]);
    let items = &device.screen(screen).items;
    let unreadable = MessageKind::Other("unreadable".into());
    let kinds: Vec<_> = items
        .iter()
        .map(|item| item.message.kind == unreadable)
        .collect();
    assert_eq!(kinds, [true, false, false, false, false, false]);
}

#[test]
fn a_page_that_cannot_be_read_at_all_is_asked_for_again() {
    let (mut device, screen) = opened();
    let asked = asked_page(&mut device);
    let frames = read_with(&asked, page(1, 5, 5), "\"lo\":1", "\"lo\":\"one\"");
    device.frames(frames);
    assert!(device.screen(screen).state.loading);
    wait_for_request(&mut device);
    let asked = asked_page(&mut device);
    device.answer(&asked, page(3, 5, 5));
    assert!(!device.screen(screen).state.loading);

    let older = device.command(CommandKind::LoadOlder(screen));
    for _ in 0..10 {
        if device.replies.contains_key(&older) {
            break;
        }
        let asked = asked_page(&mut device);
        device.frames(read_with(&asked, page(1, 2, 5), "\"hi\":2", "\"hi\":[]"));
        if !device.replies.contains_key(&older) {
            wait_for_request(&mut device);
        }
    }
    assert!(device.replies[&older].is_err(), "whoever waits is told");
    assert!(!device.screen(screen).state.loading);
}

#[test]
fn a_page_of_a_past_that_this_device_has_passed_is_asked_for_again() {
    let (mut device, screen) = opened();
    let asked = asked_page(&mut device);
    says(&mut device, 6);
    device.answer(&asked, page(1, 5, 5));
    assert!(device.screen(screen).state.loading);
    assert_eq!(seqs(&device, screen), [0; 0], "nothing of it is shown");
    let asked = asked_page(&mut device);
    device.answer(&asked, page(1, 6, 6));
    assert_eq!(seqs(&device, screen), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn an_event_at_or_below_the_position_confirms_what_is_pending() {
    for seq in [3, 5] {
        let (mut device, screen) = opened();
        let asked = asked_page(&mut device);
        let ServerMessage::HistoryPage(mut newest) = page(1, 5, 5) else {
            panic!("a page");
        };
        newest.messages.retain(|message| message.seq != seq);
        device.answer(&asked, ServerMessage::HistoryPage(newest));
        let key = device.send(conv(1), "mine");
        device.take_sent();
        let mut mine = message(conv(1), seq, &alice(), "mine");
        mine.temp_id = Some(key);
        let event = NewMessage {
            event_id: event_id(seq),
            message: mine,
        };
        device.event(ServerMessage::NewMessage(Box::new(event)));
        assert_eq!(device.told[&key], Some(SendState::Sent { seq: Some(seq) }));
        assert!(device.engine.outbox_row(key).is_none());
        assert_eq!(seqs(&device, screen), [1, 2, 3, 4, 5]);
        let items = &device.screen(screen).items;
        assert!(items.iter().all(|item| item.send.is_none()));
        assert!(device.take_sent().is_empty(), "it is no hole");
    }
}

#[test]
fn a_newest_page_from_beyond_the_position_is_shown_and_not_asked_for_again_and_again() {
    let (mut device, screen) = opened();
    let asked = asked_page(&mut device);
    device.answer(&asked, page(8, 12, 12));
    assert_eq!(seqs(&device, screen), [8, 9, 10, 11, 12]);
    assert!(device.take_sent().is_empty(), "what is missing are events");
    (6..=13).for_each(|seq| says(&mut device, seq));
    assert_eq!(seqs(&device, screen), [8, 9, 10, 11, 12, 13]);
    assert!(device.screen(screen).state.has_older);
}

#[test]
fn a_page_that_came_long_ago_does_not_keep_a_screen_from_asking_after_a_hole() {
    let (mut device, screen) = opened();
    let asked = asked_page(&mut device);
    device.answer(&asked, page(1, 5, 5));
    device.cut();
    device.advance(60_000);
    device.connect();
    device.frames(vec![subscribed(1, 40)]);
    let asked = asked_page(&mut device);
    device.answer(&asked, page(38, 40, 40));
    assert_eq!(seqs(&device, screen), [38, 39, 40]);
}

#[test]
fn a_page_of_a_later_stay_leaves_nothing_of_the_earlier_one_unread() {
    let mut device = Device::knowing(&[]);
    device.connect();
    let mut told = item(conv(1));
    (told.head_seq, told.head_number) = (3, 3);
    device.event(synced(vec![told]));
    let unread = |device: &Device| {
        let entry = device.engine.conversation(conv(1)).expect("it is listed");
        entry.unread
    };
    assert_eq!(unread(&device), 3);
    let asked = asked_page(&mut device);
    let ServerMessage::HistoryPage(mut later) = page(5, 5, 5) else {
        panic!("a page");
    };
    later.messages.clear();
    later.visible_from = 5;
    device.answer(&asked, ServerMessage::HistoryPage(later));
    assert_eq!(unread(&device), 0);
}
