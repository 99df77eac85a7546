//! Durable events (docs/protocol.md §2, "In a conversation", and §5): the next one is applied, an
//! older one confirms at most, a later one means a hole.

use causerie_protocol::{
    Content, ConversationId, Item, MemberEvent, Message, MessageId, Seq, ServerFrame,
    ServerMessage, TempId, WriteOp, limits,
};
use serde::Deserialize;

use super::Engine;
use crate::{
    Change, Patch, SendState, StoreOp, conversation::Conversation, item, patch::erase_if_deleted,
    planted,
};

/// What a durable event of a newer server still has.
#[derive(Deserialize)]
struct UnknownEvent {
    conversation_id: ConversationId,
    seq: Seq,
    #[serde(default)]
    event_id: Option<MessageId>,
}

/// The position of a durable event, also of one whose type this version does not know: such a one
/// is passed over, but it is no hole.
pub(super) fn position_of(message: &ServerMessage) -> Option<(ConversationId, Seq)> {
    match message {
        ServerMessage::Unknown(frame) => serde_json::from_str(frame.payload.get())
            .ok()
            .map(|event: UnknownEvent| (event.conversation_id, event.seq)),
        known => known.position(),
    }
}

fn event_id_of(message: &ServerMessage) -> Option<MessageId> {
    match message {
        ServerMessage::Unknown(frame) => {
            serde_json::from_str::<UnknownEvent>(frame.payload.get())
                .ok()?
                .event_id
        }
        known => known.event_id(),
    }
}

impl Engine {
    /// A durable event came, live or in a backlog.
    pub(super) fn handle_event(&mut self, frame: ServerFrame) {
        let Some((id, seq)) = position_of(&frame.message) else {
            return;
        };
        let Some(conversation) = self.conversations.get(&id) else {
            return;
        };
        let next = conversation.position.map(|position| position.seq + 1);
        match next {
            Some(next) if seq == next => self.apply(id, seq, frame),
            Some(next) if seq > next && planted::is("apply_past_hole") => {
                if let Some(conversation) = self.conversations.get_mut(&id) {
                    (next..seq).for_each(|missed| conversation.ranges.advance(missed));
                }
                self.apply(id, seq, frame);
            }
            Some(next) if seq > next => {
                self.confirm_only(&frame.message);
                self.handle_gap(id);
            }
            Some(_) => self.confirm_only(&frame.message),
            None => {
                // Of a subscription that came before the item did, and is being ended: its events
                // are told once, and what they change of the item is in no page.
                self.confirm_only(&frame.message);
                self.apply_to_item(id, seq, &frame.message);
            }
        }
    }

    /// An event that is not applied still names what this user wrote.
    fn confirm_only(&mut self, message: &ServerMessage) {
        if let ServerMessage::NewMessage(event) = message
            && self.is_pending(&event.message)
        {
            self.arrive(event.message.clone());
        }
    }

    /// Whether this is a message of this user's that is not confirmed yet.
    fn is_pending(&self, message: &Message) -> bool {
        self.is_me(&message.sender_id)
            && message.temp_id.is_some_and(|key| {
                self.outbox
                    .get(key)
                    .is_some_and(|row| row.conversation_id == message.conversation_id)
            })
    }

    fn apply(&mut self, id: ConversationId, seq: Seq, frame: ServerFrame) {
        let event_id = event_id_of(&frame.message);
        self.counters.touch().events_received += 1;
        match &frame.message {
            ServerMessage::NewMessage(event) => self.apply_message(id, &event.message),
            ServerMessage::MessageEdited(event) => self.apply_patch(Patch {
                conversation_id: id,
                target_seq: event.target_seq,
                seq,
                change: Change::Edited {
                    content: event.content.clone(),
                    at: event.edited_at,
                },
            }),
            ServerMessage::MessageDeleted(event) => {
                let at = frame.meta.as_ref().and_then(|meta| meta.timestamp);
                self.apply_patch(Patch {
                    conversation_id: id,
                    target_seq: event.target_seq,
                    seq,
                    change: Change::Deleted {
                        at: at.unwrap_or(self.now.wall),
                    },
                });
            }
            ServerMessage::ReactionAdded(event) => self.apply_patch(Patch {
                conversation_id: id,
                target_seq: event.target_seq,
                seq,
                change: Change::ReactionAdded {
                    user_id: event.user_id.clone(),
                    emoji: event.emoji.clone(),
                    me: self.is_me(&event.user_id),
                },
            }),
            ServerMessage::ReactionRemoved(event) => self.apply_patch(Patch {
                conversation_id: id,
                target_seq: event.target_seq,
                seq,
                change: Change::ReactionRemoved {
                    user_id: event.user_id.clone(),
                    emoji: event.emoji.clone(),
                    me: self.is_me(&event.user_id),
                },
            }),
            ServerMessage::MemberJoined(_)
            | ServerMessage::MemberLeft(_)
            | ServerMessage::MemberUpdated(_)
            | ServerMessage::ConversationUpdated(_) => {
                self.apply_to_item(id, seq, &frame.message);
            }
            // What is not shown still takes its place.
            _ => {}
        }
        if let Some(conversation) = self.conversations.get_mut(&id) {
            let was_attached = conversation.is_attached();
            conversation.set_position(seq, event_id);
            conversation.ranges.advance(seq);
            conversation.item.head_seq = conversation.item.head_seq.max(seq);
            let newest = conversation.ranges.newest_run();
            let lies_beyond = newest.is_some_and(|(_, hi)| hi > seq);
            if lies_beyond && !was_attached && conversation.is_attached() {
                // A page lay beyond the position, and this was all that was missing before it.
                self.close_hole(id);
            }
        }
        self.changes.stored.insert(id);
        self.trim(id);
        self.drop_covered(id);
        self.announce(frame);
    }

    /// The conversation's item, if the event at this seq, which changes it, is news to it.
    fn item_before(&mut self, id: ConversationId, seq: Seq) -> Option<&mut Item> {
        self.conversations
            .get_mut(&id)
            .and_then(|conversation| conversation.item_before(seq))
    }

    fn apply_message(&mut self, id: ConversationId, message: &Message) {
        let mine = self.is_me(&message.sender_id);
        if !mine {
            self.counters.touch().messages_received += 1;
        }
        if let Some(conversation) = self.conversations.get_mut(&id) {
            item::note_message(&mut conversation.item, message, &self.me);
            if !mine && conversation.item.members_count <= limits::SMALL_CONVERSATION {
                self.receipts
                    .handle_delivered(id, message.seq, self.now.mono);
            }
        }
        if !mine {
            self.typing.handle_other(
                id,
                message.sender_id.clone(),
                false,
                std::time::Duration::ZERO,
                self.now.mono,
            );
        }
        self.changes.listed.insert(id);
        self.arrive(message.clone());
    }

    /// Changes a cached message, if the cache is fresh there. Elsewhere a later page tells the
    /// message's state; a patch would make it look newer than it is.
    fn apply_patch(&mut self, patch: Patch) {
        let id = patch.conversation_id;
        let Some(conversation) = self.conversations.get_mut(&id) else {
            return;
        };
        if let Some(last) = &mut conversation.item.last_message
            && last.seq == patch.target_seq
            && patch.seq > conversation.item.head_seq
        {
            match &patch.change {
                Change::Edited { content, .. } => {
                    last.content = content.preview().map_or(Content::Empty, Content::Text);
                    self.changes.listed.insert(id);
                }
                Change::Deleted { at } => {
                    last.content = Content::Empty;
                    last.deleted_at = Some(*at);
                    self.changes.listed.insert(id);
                }
                Change::ReactionAdded { .. } | Change::ReactionRemoved { .. } => {}
            }
        }
        if !conversation.ranges.is_fresh(patch.target_seq, patch.seq) {
            return;
        }
        for timeline in self.shown_in.get(&id).into_iter().flatten() {
            if let Some(timeline) = self.timelines.get_mut(timeline) {
                timeline.view.patch(&patch);
            }
        }
        self.changes.ops.push(StoreOp::PatchMessage(patch));
    }

    /// What an event changes of the conversation itself, not of its messages.
    fn apply_to_item(&mut self, id: ConversationId, seq: Seq, message: &ServerMessage) {
        match message {
            ServerMessage::MemberJoined(event) => self.apply_member(event, 1),
            ServerMessage::MemberLeft(event) => self.apply_member(event, -1),
            ServerMessage::MemberUpdated(event) => self.apply_member(event, 0),
            ServerMessage::ConversationUpdated(event) => {
                if let Some(item) = self.item_before(id, seq) {
                    if event.title.is_some() {
                        item.title.clone_from(&event.title);
                    }
                    if event.avatar.is_some() {
                        item.avatar.clone_from(&event.avatar);
                    }
                    self.changes.conversation(id);
                }
            }
            _ => {}
        }
    }

    fn apply_member(&mut self, event: &MemberEvent, change: i64) {
        let id = event.conversation_id;
        let me = self.is_me(&event.user_id);
        if let Some(item) = self.item_before(id, event.seq) {
            item.members_count = item.members_count.saturating_add_signed(change);
            if me && change >= 0 {
                item.role = event.role.clone();
            }
            self.changes.conversation(id);
        }
        if me && change < 0 {
            self.handle_left(id, Some(event.seq));
        }
    }

    /// A message as the server has it, from wherever it came: it confirms this user's own, is
    /// stored, and is shown where a window reaches.
    pub(super) fn arrive(&mut self, mut message: Message) {
        let id = message.conversation_id;
        erase_if_deleted(&mut message);
        if let Some(key) = message.temp_id
            && self.is_pending(&message)
        {
            self.confirm(key, Some(message.seq));
        }
        // What belongs to no conversation known here, or to a past that may not be seen, is not kept.
        let kept = self
            .conversations
            .get(&id)
            .is_some_and(|conversation| message.seq >= conversation.item.visible_from);
        if !kept {
            return;
        }
        if self.is_me(&message.sender_id)
            && let Some(conversation) = self.conversations.get_mut(&id)
            && item::note_own(&mut conversation.item, &message)
        {
            self.changes.conversation(id);
        }
        for timeline in self.shown_in.get(&id).into_iter().flatten() {
            if let Some(timeline) = self.timelines.get_mut(timeline) {
                timeline.view.put(message.clone());
            }
        }
        self.changes
            .ops
            .push(StoreOp::PutMessage(Box::new(message)));
    }

    /// The server has a write of this user's; it leaves the outbox.
    pub(super) fn confirm(&mut self, key: TempId, seq: Option<Seq>) {
        let Some(row) = self.outbox.confirm(key) else {
            return;
        };
        self.changes.ops.push(StoreOp::DropOutbox(key));
        if let WriteOp::SendMessage(_) = row.op {
            self.counters.touch().messages_acknowledged += 1;
        }
        self.changes
            .outbox(key, Some(SendState::Sent { seq }), None);
        self.touch_views(&row);
    }

    /// Acknowledged changes that the cache shows by itself now are no overlays any more.
    pub(super) fn drop_covered(&mut self, id: ConversationId) {
        let Some(conversation) = self.conversations.get(&id) else {
            return;
        };
        let last = conversation.last();
        for key in self.outbox.covered(id, last) {
            let covered = self.outbox.get(key).is_some_and(|row| match row.state {
                crate::OutboxState::Acked { seq, .. } => self.is_covered(row, seq),
                crate::OutboxState::Queued | crate::OutboxState::Failed { .. } => false,
            });
            if covered {
                self.drop_overlay(key);
            }
        }
    }

    pub(super) fn drop_overlay(&mut self, key: TempId) {
        if let Some(row) = self.outbox.remove(key) {
            self.changes.ops.push(StoreOp::DropOutbox(key));
            self.touch_views(&row);
        }
    }

    /// Too many ranges: the oldest go.
    pub(super) fn trim(&mut self, id: ConversationId) {
        let below = self
            .conversations
            .get_mut(&id)
            .and_then(Conversation::trim_ranges);
        if let Some(below) = below {
            self.changes.ops.push(StoreOp::DropMessages {
                conversation_id: id,
                below: Some(below),
            });
            self.drop_overlays_below(id, below);
        }
    }

    /// What lies below a seq is gone, and with it what was laid over it.
    pub(super) fn drop_overlays_below(&mut self, id: ConversationId, seq: Seq) {
        for key in self.outbox.covered(id, seq.saturating_sub(1)) {
            // A message on its way is shown, wherever the server has put it.
            let row = self.outbox.get(key);
            if row.is_some_and(|row| !self.changes_pending(row)) {
                self.drop_overlay(key);
            }
        }
    }
}
