//! What a scripted server says, and the page that a device asked it for.

use causerie_engine::TimelineId;
use causerie_protocol::{
    ClientFrame, ConversationActivity, HistoryPage, Item, Request, ServerMessage, SyncPage,
};

use super::{bob, conv, device::Device, message};

/// The request for a page of history, from among what was sent.
pub fn asked_page(device: &mut Device) -> ClientFrame {
    let asked = device.take_sent();
    let page = asked
        .into_iter()
        .find(|frame| matches!(frame.request, Request::History(_)));
    page.expect("it asks for a page")
}

/// A page of bob's messages in the first conversation.
pub fn page(lo: u64, hi: u64, as_of_seq: u64) -> ServerMessage {
    ServerMessage::HistoryPage(HistoryPage {
        conversation_id: conv(1),
        messages: (lo..=hi)
            .map(|seq| message(conv(1), seq, &bob(), "theirs"))
            .collect(),
        lo,
        hi,
        as_of_seq,
        visible_from: 1,
        more: lo > 1,
        users: Vec::new(),
    })
}

/// The one page of a sync.
pub fn synced(conversations: Vec<Item>) -> ServerMessage {
    ServerMessage::SyncPage(SyncPage {
        conversations,
        token: Some("t1".into()),
        ..SyncPage::default()
    })
}

/// An item's head, cursor and last message.
pub fn activity(item: &Item) -> ConversationActivity {
    ConversationActivity {
        conversation_id: item.conversation_id,
        head_seq: item.head_seq,
        head_number: item.head_number,
        read_seq: item.read_seq,
        read_number: item.read_number,
        mentions_unread: item.mentions_unread,
        rev: item.rev,
        last_message: item.last_message.clone(),
        conversation: None,
    }
}

/// The seqs of what a screen shows.
pub fn seqs(device: &Device, screen: TimelineId) -> Vec<u64> {
    let items = &device.screen(screen).items;
    items.iter().map(|item| item.message.seq).collect()
}
