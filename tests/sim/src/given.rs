//! What a device was given, by the rules of docs/protocol.md §2: from then on it may not show less.

use causerie_protocol::{
    ConversationId, HistoryPage, Item, Room as Joined, Seq, ServerFrame, ServerMessage, Subscribed,
};

use crate::{
    ledger::Ledger,
    model::Model,
    person::{Known, Person},
};

impl Model {
    /// Frames arrive at a device, which takes them in.
    pub fn give(
        &mut self,
        device: usize,
        listed: impl Iterator<Item = ConversationId>,
        frames: &[ServerFrame],
    ) {
        let person = &mut self.people[device];
        person.listed = listed.collect();
        person.before = Some(person.rooms.clone());
        for frame in frames {
            let (ledger, person) = self.pair(device);
            person.take(ledger, &frame.message);
        }
    }
}

impl Person {
    fn take(&mut self, ledger: &Ledger, message: &ServerMessage) {
        match message {
            ServerMessage::Authenticated(opened) => self.meet(&opened.epoch),
            ServerMessage::Subscribed(subscribed) => self.take_subscribed(subscribed),
            ServerMessage::HistoryPage(page) => self.take_page(ledger, page),
            ServerMessage::SyncPage(page) => {
                for item in &page.conversations {
                    self.take_item(item);
                }
            }
            ServerMessage::ConversationCreated(event) | ServerMessage::MembershipUpdated(event) => {
                self.take_item(&event.conversation);
            }
            ServerMessage::ConversationActivity(activity) => {
                if !self.listed.contains(&activity.conversation_id) {
                    return;
                }
                let known = self.room(activity.conversation_id);
                known.head = known.head.max(activity.head_seq);
                known.preview = known.preview.max(activity.head_seq);
                if let Some(item) = &activity.conversation {
                    self.take_item(item);
                }
            }
            ServerMessage::MemberLeft(event) if event.user_id == self.user => {
                self.leave(event.conversation_id);
            }
            ServerMessage::ConnectionEvent(event) => {
                if let Some(Joined::Conversation(id)) = &event.room {
                    self.leave(*id);
                }
            }
            other => {
                if let Some((id, seq)) = other.position() {
                    let is_message = matches!(other, ServerMessage::NewMessage(_));
                    self.take_event(id, seq, is_message);
                }
            }
        }
    }

    fn room(&mut self, id: ConversationId) -> &mut Known {
        self.dirty.insert(id);
        self.rooms.entry(id).or_default()
    }

    /// It is no longer subscribed, and may not be a member.
    fn leave(&mut self, id: ConversationId) {
        let known = self.room(id);
        known.position = None;
        known.head = 0;
        known.preview = 0;
    }

    fn see_from(&mut self, id: ConversationId, visible_from: Seq) {
        let known = self.room(id);
        if visible_from > known.visible_from {
            *known = Known {
                visible_from,
                position: known.position,
                ..Known::default()
            };
        }
    }

    fn take_item(&mut self, item: &Item) {
        let id = item.conversation_id;
        self.listed.insert(id);
        self.see_from(id, item.visible_from);
        let known = self.room(id);
        if item.membership == causerie_protocol::MembershipState::Joined {
            known.head = known.head.max(item.head_seq);
            known.preview = known.preview.max(item.head_seq);
        } else {
            known.head = 0;
            known.preview = 0;
            known.position = None;
        }
    }

    fn take_subscribed(&mut self, subscribed: &Subscribed) {
        let Joined::Conversation(id) = subscribed.room else {
            return;
        };
        // Of what it does not know, it asks again when it does.
        if !self.listed.contains(&id) {
            return;
        }
        self.see_from(id, subscribed.visible_from);
        if subscribed.reset {
            let known = self.room(id);
            *known = Known {
                visible_from: known.visible_from,
                ..Known::default()
            };
        }
        let known = self.room(id);
        known.attached = subscribed.from_seq <= subscribed.visible_from
            || (subscribed.complete && known.attached);
        known.position = Some(subscribed.head_seq);
        known.head = known.head.max(subscribed.head_seq);
    }

    fn take_event(&mut self, id: ConversationId, seq: Seq, is_message: bool) {
        let known = self.room(id);
        if known.position.is_some_and(|position| position + 1 == seq) {
            known.position = Some(seq);
            if is_message {
                known.head = known.head.max(seq);
                known.preview = known.preview.max(seq);
            }
        }
    }

    /// A page with all messages of a stretch that reaches the position closes the hole before it.
    fn take_page(&mut self, ledger: &Ledger, page: &HistoryPage) {
        let id = page.conversation_id;
        let Some(room) = ledger.room(id).filter(|_| self.listed.contains(&id)) else {
            return;
        };
        self.see_from(id, page.visible_from);
        let proven = room.number_at(page.hi) - room.number_at(page.lo.saturating_sub(1));
        let known = self.room(id);
        let reaches = known.position.is_some_and(|position| page.hi >= position);
        if reaches && page.messages.len() as u64 == proven {
            known.attached = true;
        }
    }
}
