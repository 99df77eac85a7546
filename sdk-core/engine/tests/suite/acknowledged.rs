//! What this user said, changed and read, while the page that covers it is yet to come
//! (docs/protocol.md §2 and §4).

use causerie_engine::{CommandKind, TimelineId};
use causerie_protocol::{
    Ack, ConversationEvent, EditMessage, ErrorCode, ErrorReply, HistoryPage, Request,
    ServerMessage, Target, TempId, WriteAck, WriteOp,
};

use crate::common::{
    alice, bob, conv,
    device::{Device, acknowledged, subscribed},
    frames::{asked_page, synced},
    item, message,
};

/// The newest page of alice and bob's conversation: these messages, of which `mine` are alice's.
fn newest_page(device: &mut Device, seqs: std::ops::RangeInclusive<u64>, mine: &[u64]) {
    let history = asked_page(device);
    let (lo, hi) = (*seqs.start(), *seqs.end());
    let sender = |seq| if mine.contains(&seq) { alice() } else { bob() };
    device.answer(
        &history,
        ServerMessage::HistoryPage(HistoryPage {
            conversation_id: conv(1),
            messages: seqs
                .map(|seq| message(conv(1), seq, &sender(seq), "said"))
                .collect(),
            lo,
            hi,
            as_of_seq: hi,
            visible_from: 1,
            more: lo > 1,
            users: Vec::new(),
        }),
    );
}

/// Alice's list knows one message. What she says comes after another one of bob's, which she has
/// not heard of; she reads all, and a page that was asked for before brings one more.
#[test]
fn what_was_read_up_to_an_own_message_is_not_counted_again_when_the_head_rises() {
    let mut device = Device::knowing(&[conv(1)]);
    device.connect();
    let mut told = item(conv(1));
    (told.head_seq, told.head_number, told.rev) = (1, 1, 2);
    device.event(synced(vec![told]));
    let asked = device.take_sent();
    let key = device.send(conv(1), "said");
    let write = device
        .take_sent()
        .into_iter()
        .find(|frame| matches!(frame.request, Request::Write(_)))
        .expect("a write");
    device.answer(&write, acknowledged(1, key, 3));
    let unread = |device: &Device| device.engine.conversation(conv(1)).map(|e| e.unread);
    assert_eq!(unread(&device), Some(0), "a send raises the cursor");
    device.command(CommandKind::MarkRead {
        conversation_id: conv(1),
        seq: None,
    });
    device.sent.extend(asked);
    newest_page(&mut device, 1..=4, &[3]);
    let entry = device.engine.conversation(conv(1)).expect("it is listed");
    assert_eq!((entry.item.head_seq, entry.item.read_seq), (4, 3));
    assert_eq!(entry.unread, 1);
}

#[test]
fn what_a_page_shows_that_one_said_on_another_device_is_read_up_to_there() {
    let mut device = Device::knowing(&[conv(1)]);
    device.connect();
    let mut told = item(conv(1));
    (told.head_seq, told.head_number, told.rev) = (1, 1, 2);
    device.event(synced(vec![told]));
    newest_page(&mut device, 1..=4, &[3]);
    let entry = device.engine.conversation(conv(1)).expect("it is listed");
    assert_eq!((entry.item.read_seq, entry.unread), (3, 1));
}

/// A message and its change were durable when the line was cut. Both go again; the message is
/// refused for now, and the answer to its change comes before it.
fn change_acknowledged_first(device: &mut Device) -> TempId {
    device.take_sent();
    let key = device.send(conv(1), "mine");
    let edit = EditMessage {
        target: Target::Temp {
            target_temp_id: key,
        },
        content: "changed".into(),
    };
    let change = device.write(conv(1), WriteOp::EditMessage(edit));
    let sent = device.take_sent();
    let refused = ErrorReply {
        temp_id: Some(key),
        ..ErrorReply::new(ErrorCode::Unavailable, "not now")
    };
    device.answer(&sent[0], ServerMessage::MessageError(refused));
    device.answer(
        &sent[1],
        ServerMessage::Ack(Ack::Write(Box::new(WriteAck {
            temp_id: change,
            conversation_id: conv(1),
            seq: Some(4),
            at: 9,
            duplicate: true,
            conversation: None,
            group: None,
        }))),
    );
    key
}

/// The message goes again, and the answer says what became of it.
fn acknowledge_the_message(device: &mut Device, key: TempId) {
    device.advance(5_000);
    let again = device.take_sent();
    let write = again
        .iter()
        .find(|frame| matches!(frame.request, Request::Write(_)))
        .expect("it goes again");
    let ServerMessage::MessageSent(mut reply) = acknowledged(1, key, 2) else {
        panic!("an acknowledgement");
    };
    let mut folded = message(conv(1), 2, &alice(), "changed");
    (folded.temp_id, folded.edited_at, folded.state_seq) = (Some(key), Some(9), 4);
    (reply.duplicate, reply.message) = (true, Some(folded));
    device.answer(write, ServerMessage::MessageSent(reply));
}

fn last_shown(device: &Device, screen: TimelineId) -> Option<String> {
    let last = device.screen(screen).items.last()?;
    last.message.content.text().map(str::to_owned)
}

#[test]
fn a_change_that_is_acknowledged_before_its_message_is_stays_in_sight() {
    let mut device = Device::knowing(&[conv(1)]);
    device.connect();
    let screen = device.open(conv(1), 30);
    device.frames(vec![subscribed(1, 4)]);
    let asked = device.take_sent();
    let key = change_acknowledged_first(&mut device);
    assert_eq!(last_shown(&device, screen).as_deref(), Some("changed"));
    // The newest page does not reach down to it.
    device.sent.extend(asked);
    newest_page(&mut device, 3..=4, &[]);
    assert_eq!(last_shown(&device, screen).as_deref(), Some("changed"));
    // When it is there as the server has it, nothing needs to be laid over it any more.
    acknowledge_the_message(&mut device, key);
    assert!(device.store.outbox.is_empty(), "{:?}", device.store.outbox);
}

#[test]
fn a_change_stays_in_sight_with_its_message_when_its_seq_may_not_be_seen_any_more() {
    let mut device = Device::knowing(&[conv(1)]);
    device.connect();
    let screen = device.open(conv(1), 30);
    device.frames(vec![subscribed(1, 4)]);
    let key = change_acknowledged_first(&mut device);
    device.event(let_in(6));
    assert_eq!(last_shown(&device, screen).as_deref(), Some("changed"));
    acknowledge_the_message(&mut device, key);
    assert_eq!(last_shown(&device, screen), None, "it was said before");
    assert!(device.store.outbox.is_empty(), "{:?}", device.store.outbox);
}

/// Alice is let in again at this seq.
fn let_in(seq: u64) -> ServerMessage {
    let mut conversation = item(conv(1));
    (conversation.head_seq, conversation.head_number) = (seq, seq - 1);
    (conversation.rev, conversation.visible_from) = (9, seq);
    ServerMessage::ConversationCreated(Box::new(ConversationEvent { conversation }))
}

/// A message fails when alice was let in, and long after that she is let in again: what lay between
/// the failed one and what her screen shows may not be seen any more.
#[test]
fn a_failed_message_is_in_sight_again_when_nothing_lies_before_it() {
    let mut device = Device::knowing(&[conv(1)]);
    device.connect();
    let key = device.send(conv(1), "mine");
    let sent = device.take_sent();
    let refused = ErrorReply {
        temp_id: Some(key),
        ..ErrorReply::new(ErrorCode::Forbidden, "no")
    };
    device.answer(&sent[0], ServerMessage::MessageError(refused));
    let screen = device.open(conv(1), 2);
    device.frames(vec![subscribed(1, 9)]);
    newest_page(&mut device, 8..=9, &[]);
    let shown = |device: &Device| device.screen(screen).items.len();
    assert_eq!(shown(&device), 2, "it failed before what is shown");
    device.event(let_in(11));
    assert!(!device.screen(screen).state.has_older);
    assert_eq!(shown(&device), 1);
    assert_eq!(device.screen(screen).items[0].message.temp_id, Some(key));
}
