//! What this user said, changed and read, while the page that covers it is yet to come
//! (docs/protocol.md §2 and §4).

use causerie_engine::CommandKind;
use causerie_protocol::{HistoryPage, Request, ServerMessage, SyncPage};

use crate::common::{
    alice, bob, conv,
    device::{Device, acknowledged},
    item, message,
};

/// The newest page of alice and bob's conversation: these messages, of which `mine` are alice's.
fn newest_page(device: &mut Device, seqs: std::ops::RangeInclusive<u64>, mine: &[u64]) {
    let asked = device.take_sent();
    let history = asked
        .iter()
        .find(|frame| matches!(frame.request, Request::History(_)))
        .expect("a page is asked for");
    let (lo, hi) = (*seqs.start(), *seqs.end());
    let sender = |seq| if mine.contains(&seq) { alice() } else { bob() };
    device.answer(
        history,
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
    device.event(ServerMessage::SyncPage(SyncPage {
        conversations: vec![told],
        token: Some("t1".into()),
        ..SyncPage::default()
    }));
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
    device.event(ServerMessage::SyncPage(SyncPage {
        conversations: vec![told],
        token: Some("t1".into()),
        ..SyncPage::default()
    }));
    newest_page(&mut device, 1..=4, &[3]);
    let entry = device.engine.conversation(conv(1)).expect("it is listed");
    assert_eq!((entry.item.read_seq, entry.unread), (3, 1));
}
