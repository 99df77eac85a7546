//! What a screen shows while events, pages and acknowledgements overtake each other
//! (docs/protocol.md §2).

use causerie_protocol::{
    Ack, Content, ConversationActivity, ConversationUpdated, EditMessage, HistoryPage, MessageKind,
    MessageSent, NewMessage, Preview, Request, ServerFrame, ServerMessage, Target, WriteAck,
    WriteOp,
};

use crate::common::{
    alice, bob, conv,
    device::{Device, acknowledged, subscribed},
    event_id,
    frames::{activity, asked_page, page, seqs, synced},
    item, message,
};

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
    device.answer(sent[0], acknowledged(1, key, 1));
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
    let shown = |device: &Device| seqs(device, screen);
    assert_eq!(shown(&device), [1, 2, 3]);
    // A page is asked for ahead, and comes when the conversation is open again and its backlog is
    // still on its way.
    device.restart();
    device.connect();
    let mut told = item(conv(1));
    (told.head_seq, told.head_number, told.rev) = (8, 8, 2);
    device.event(synced(vec![told]));
    let history = asked_page(&mut device);
    let screen = device.open(conv(1), 30);
    let shown = |device: &Device| seqs(device, screen);
    assert_eq!(shown(&device), [1, 2, 3]);
    device.answer(&history, page(6, 8, 8));
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
    device.answer(write, acknowledged(1, key, 2));
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
    let history = asked_page(&mut device);
    device.answer(
        &history,
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
    let history = asked_page(&mut device);
    device.answer(&history, page(1, 6, 6));
    seqs(&device, screen)
}

#[test]
fn a_message_that_comes_before_the_first_page_does_not_keep_the_page_off_the_screen() {
    assert_eq!(opened_while_somebody_speaks(false), [1, 2, 3, 4, 5, 6]);
    assert_eq!(opened_while_somebody_speaks(true), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn a_page_that_was_read_before_an_edit_takes_nothing_back_from_the_list() {
    let mut device = Device::knowing(&[]);
    device.connect();
    let told = |head_seq, text: &str| {
        let mut told = item(conv(1));
        (told.head_seq, told.head_number) = (head_seq, 1);
        told.last_message = Some(Preview {
            message_id: event_id(1),
            seq: 1,
            sender_id: bob(),
            kind: MessageKind::Text,
            content: Content::Text(text.into()),
            created_at: 0,
            deleted_at: None,
        });
        told
    };
    device.event(synced(vec![told(1, "before")]));
    let history = asked_page(&mut device);
    let edited = activity(&told(2, "after"));
    device.event(ServerMessage::ConversationActivity(Box::new(edited)));
    device.answer(&history, page(1, 1, 1));
    let listed = device.store.conversations[&conv(1)].item.clone();
    let preview = listed.last_message.map(|last| last.content);
    assert_eq!(preview, Some(Content::Text("after".into())));
}
