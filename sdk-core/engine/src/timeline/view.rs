//! What one screen shows of a conversation: a window over confirmed messages, by seq; this user's
//! messages on their way, last, in local order; failed ones where they failed. The view is told what
//! changed, by key, and gives out the differences.
//!
//! A place is a pair: confirmed messages stand at (seq, 0), failed ones behind their anchor at
//! (anchor, order), those on their way at (∞, order). No clock has a say. An item that is confirmed
//! keeps its key, so it changes in place; it moves only if the server put something between.

use std::collections::{BTreeMap, BTreeSet};

use causerie_protocol::{
    ConversationId, Message, MessageId, SendMessage, Seq, Target, TempId, UserId, WriteOp,
};
use uuid::Uuid;

use crate::{
    Change, ItemKey, OutboxRow, OutboxState, Patch, SendState, TimelineDiff, TimelineItem,
    outbox::{Lane, Outbox, target_of},
};

type Place = (Seq, u64);

/// Which part of the conversation is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    /// From this seq on.
    pub(crate) lo: Seq,
    /// Up to this seq; absent while it follows the newest.
    pub(crate) hi: Option<Seq>,
    /// Confirmed messages from this seq on are not shown yet: there is a hole before them.
    pub(crate) hole: Option<Seq>,
}

#[derive(Debug)]
pub(crate) struct View {
    conversation_id: ConversationId,
    me: UserId,
    window: Window,
    /// The first seq that this user may see.
    start: Seq,
    rows: BTreeMap<Seq, Message>,
    ids: BTreeMap<MessageId, Seq>,
    temps: BTreeMap<TempId, Seq>,
    order: BTreeMap<Place, ItemKey>,
    shown: BTreeMap<ItemKey, (Place, TimelineItem)>,
    dirty: BTreeSet<ItemKey>,
    reset: bool,
    /// The window is another one; what is shown may still be in it.
    rebuilt: bool,
}

impl View {
    pub(crate) fn new(
        conversation_id: ConversationId,
        me: UserId,
        start: Seq,
        window: Window,
    ) -> Self {
        Self {
            conversation_id,
            me,
            window,
            start,
            rows: BTreeMap::new(),
            ids: BTreeMap::new(),
            temps: BTreeMap::new(),
            order: BTreeMap::new(),
            shown: BTreeMap::new(),
            dirty: BTreeSet::new(),
            reset: true,
            rebuilt: false,
        }
    }

    pub(crate) fn window(&self) -> Window {
        self.window
    }

    /// Whether it shows no confirmed message.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether there may be something before the window.
    pub(crate) fn has_older(&self) -> bool {
        self.window.lo > self.start
    }

    /// How many messages there are up to a seq, if a message there or before it is shown.
    pub(crate) fn number_at(&self, seq: Seq) -> Option<u64> {
        self.rows
            .range(..=seq)
            .next_back()
            .map(|(_, message)| message.number)
    }

    /// Up to which event the message that a write changes is shown, if it is.
    pub(crate) fn state_of(&self, target: Target) -> Option<Seq> {
        let seq = match target {
            Target::Temp { target_temp_id } => self.temps.get(&target_temp_id),
            Target::Message { message_id } => self.ids.get(&message_id),
        };
        Some(self.rows.get(seq?)?.state_seq)
    }

    fn key_of(&self, message: &Message) -> ItemKey {
        match message.temp_id {
            Some(temp_id) if message.sender_id == self.me => ItemKey(temp_id.uuid()),
            Some(_) | None => ItemKey(message.message_id.uuid()),
        }
    }

    /// Everything anew.
    pub(crate) fn rebuild(&mut self, messages: Vec<Message>, start: Seq, window: Window) {
        self.rows.clear();
        self.ids.clear();
        self.temps.clear();
        self.window = window;
        self.start = start;
        for message in messages {
            self.insert(message);
        }
        self.rebuilt = true;
    }

    /// The listener missed something: it gets everything anew.
    pub(crate) fn reset(&mut self) {
        self.reset = true;
    }

    /// A hole lies before this seq.
    pub(crate) fn freeze(&mut self, hole: Seq) {
        if self.window.hi.is_none() && self.window.hole.is_none() {
            self.window.hole = Some(hole);
        }
    }

    /// The hole is closed; these messages were missing.
    pub(crate) fn thaw(&mut self, messages: Vec<Message>) {
        self.window.hole = None;
        for message in messages {
            self.put(message);
        }
    }

    /// Messages before the window, which begins at `lo` now.
    pub(crate) fn extend_down(&mut self, messages: Vec<Message>, lo: Seq, outbox: &Outbox) {
        let edge = self.window.lo;
        self.window.lo = edge.min(lo.max(self.start));
        let (below, within) = messages
            .into_iter()
            .partition::<Vec<_>, _>(|m| m.seq < edge);
        // They border on the first row that is shown, also where the hole lies before that one.
        for message in below {
            if message.seq >= self.window.lo {
                self.insert(message);
            }
        }
        for message in within {
            self.put(message);
        }
        self.touch_lane(outbox);
    }

    /// Messages after the window, which ends at `hi` now.
    pub(crate) fn extend_up(&mut self, messages: Vec<Message>, hi: Option<Seq>, outbox: &Outbox) {
        self.window.hi = hi;
        for message in messages {
            self.put(message);
        }
        self.touch_lane(outbox);
    }

    /// The window's edges decide which unconfirmed messages are shown.
    fn touch_lane(&mut self, outbox: &Outbox) {
        for row in outbox
            .lane(self.conversation_id)
            .into_iter()
            .flat_map(Lane::rows)
        {
            self.touch_row(row);
        }
    }

    /// Messages below this seq may not be seen any more.
    pub(crate) fn drop_below(&mut self, start: Seq, outbox: &Outbox) {
        self.start = self.start.max(start);
        self.window.lo = self.window.lo.max(start);
        let kept = self.rows.split_off(&start);
        for message in std::mem::replace(&mut self.rows, kept).into_values() {
            self.forget(&message);
        }
        self.touch_lane(outbox);
    }

    /// All confirmed messages go: they belong to another database, or another past.
    pub(crate) fn drop_confirmed(&mut self, start: Seq) {
        self.rebuild(
            Vec::new(),
            start,
            Window {
                lo: start,
                hi: None,
                hole: Some(start),
            },
        );
    }

    fn forget(&mut self, message: &Message) {
        self.dirty.insert(self.key_of(message));
        self.ids.remove(&message.message_id);
        if let Some(temp_id) = message.temp_id {
            self.temps.remove(&temp_id);
        }
    }

    /// A confirmed message came, or a later state of one.
    pub(crate) fn put(&mut self, message: Message) {
        let seq = message.seq;
        if seq < self.window.lo || self.window.hi.is_some_and(|hi| seq > hi) {
            return;
        }
        let mine_shown = message
            .temp_id
            .is_some_and(|temp_id| self.shown.contains_key(&ItemKey(temp_id.uuid())));
        if self.window.hole.is_some_and(|hole| seq >= hole) && !mine_shown {
            return;
        }
        self.insert(message);
    }

    fn insert(&mut self, message: Message) {
        if self
            .rows
            .get(&message.seq)
            .is_some_and(|known| known.state_seq >= message.state_seq)
        {
            return;
        }
        self.ids.insert(message.message_id, message.seq);
        if let Some(temp_id) = message.temp_id
            && message.sender_id == self.me
        {
            self.temps.insert(temp_id, message.seq);
        }
        self.dirty.insert(self.key_of(&message));
        self.rows.insert(message.seq, message);
    }

    /// An event changed a message.
    pub(crate) fn patch(&mut self, patch: &Patch) {
        if let Some(message) = self.rows.get_mut(&patch.target_seq)
            && patch.apply(message)
        {
            let key = match message.temp_id {
                Some(temp_id) if message.sender_id == self.me => ItemKey(temp_id.uuid()),
                Some(_) | None => ItemKey(message.message_id.uuid()),
            };
            self.dirty.insert(key);
        }
    }

    /// A write on its way changed, came or went.
    pub(crate) fn touch_row(&mut self, row: &OutboxRow) {
        if let WriteOp::SendMessage(_) = row.op {
            self.dirty.insert(ItemKey(row.key.uuid()));
        }
        match target_of(&row.op) {
            Some(Target::Temp { target_temp_id }) => {
                self.dirty.insert(ItemKey(target_temp_id.uuid()));
            }
            Some(Target::Message { message_id }) => {
                if let Some(message) = self.ids.get(&message_id).and_then(|seq| self.rows.get(seq))
                {
                    self.dirty.insert(self.key_of(message));
                }
            }
            None => {}
        }
    }

    /// What an item of this key is to look like, if it is to be shown.
    fn wanted(&self, key: ItemKey, outbox: &Outbox) -> Option<(Place, TimelineItem)> {
        let seq = self
            .temps
            .get(&TempId::from_uuid(key.0))
            .or_else(|| self.ids.get(&MessageId::from_uuid(key.0)));
        if let Some(message) = seq.and_then(|seq| self.rows.get(seq))
            && self.key_of(message) == key
        {
            return Some((
                (message.seq, 0),
                self.item(key, message.clone(), None, outbox),
            ));
        }
        let row = outbox.get(TempId::from_uuid(key.0))?;
        if row.conversation_id != self.conversation_id {
            return None;
        }
        let WriteOp::SendMessage(send) = &row.op else {
            return None;
        };
        let place = self.place(row)?;
        let state = match &row.state {
            OutboxState::Queued => SendState::Queued,
            OutboxState::Failed { code, message, .. } => SendState::Failed {
                code: code.clone(),
                message: message.clone(),
            },
            OutboxState::Acked { seq, .. } => SendState::Sent { seq: Some(*seq) },
        };
        let message = local_message(row, send, &self.me);
        Some((place, self.item(key, message, Some(state), outbox)))
    }

    /// Where an unconfirmed message is shown.
    fn place(&self, row: &OutboxRow) -> Option<Place> {
        match row.state {
            OutboxState::Queued | OutboxState::Acked { .. } => self
                .window
                .hi
                .is_none()
                .then_some((Seq::MAX, row.order.saturating_add(1))),
            OutboxState::Failed { after_seq, .. } => {
                let below = after_seq.saturating_add(1) < self.window.lo && self.has_older();
                let above = self.window.hi.is_some_and(|hi| after_seq > hi);
                (!below && !above).then_some((after_seq, row.order.saturating_add(1)))
            }
        }
    }

    /// A message with what this user changed of it, as far as the server's word does not cover that.
    fn item(
        &self,
        key: ItemKey,
        mut message: Message,
        send: Option<SendState>,
        outbox: &Outbox,
    ) -> TimelineItem {
        let mut pending_change = false;
        if let Some(lane) = outbox.lane(self.conversation_id) {
            let by_temp = message.temp_id.map_or(Uuid::nil(), TempId::uuid);
            let mut rows: Vec<_> = lane
                .targeting(by_temp)
                .chain(lane.targeting(message.message_id.uuid()))
                .collect();
            rows.sort_by_key(|row| row.order);
            for row in rows {
                pending_change |= self.lay_over(&mut message, row);
            }
        }
        TimelineItem {
            key,
            message,
            send,
            pending_change,
        }
    }

    /// Lays a write over a message. Says whether the server does not have it yet.
    fn lay_over(&self, message: &mut Message, row: &OutboxRow) -> bool {
        let at = match row.state {
            OutboxState::Queued => row.created_at,
            OutboxState::Acked { seq, at } if message.state_seq < seq => at,
            OutboxState::Acked { .. } | OutboxState::Failed { .. } => return false,
        };
        if message.deleted_at.is_some() {
            return false;
        }
        let reacted =
            |message: &Message, emoji| message.reactions.iter().any(|r| r.me && r.emoji == emoji);
        let change = match &row.op {
            WriteOp::EditMessage(edit) => Change::Edited {
                content: edit.content.clone(),
                at,
            },
            WriteOp::DeleteMessage(_) => Change::Deleted { at },
            WriteOp::AddReaction(react) if !reacted(message, react.emoji.as_str()) => {
                Change::ReactionAdded {
                    user_id: self.me.clone(),
                    emoji: react.emoji.clone(),
                    me: true,
                }
            }
            WriteOp::RemoveReaction(react) if reacted(message, react.emoji.as_str()) => {
                Change::ReactionRemoved {
                    user_id: self.me.clone(),
                    emoji: react.emoji.clone(),
                    me: true,
                }
            }
            _ => return false,
        };
        change.apply(message);
        row.state == OutboxState::Queued
    }

    /// The differences since they were last asked for.
    pub(crate) fn poll_diffs(&mut self, outbox: &Outbox) -> Vec<TimelineDiff> {
        if std::mem::take(&mut self.rebuilt) && !self.reset {
            // A window that holds all that is shown grows in place; only another one replaces it.
            let holds_all = self
                .shown
                .keys()
                .all(|key| self.wanted(*key, outbox).is_some());
            if holds_all && !self.shown.is_empty() {
                let keys = self.keys(outbox);
                self.dirty.extend(keys);
            } else {
                self.reset = true;
            }
        }
        if std::mem::take(&mut self.reset) {
            self.dirty.clear();
            return vec![TimelineDiff::Reset(self.build(outbox))];
        }
        if self.dirty.is_empty() {
            return Vec::new();
        }
        let mut wanted = Vec::new();
        let mut diffs = Vec::new();
        for key in std::mem::take(&mut self.dirty) {
            match self.wanted(key, outbox) {
                Some((place, item)) => wanted.push((place, item)),
                None => {
                    if let Some((place, _)) = self.shown.remove(&key) {
                        self.order.remove(&place);
                        diffs.push(TimelineDiff::Remove(key));
                    }
                }
            }
        }
        // In rising order, so that nothing moves for the sake of one that is yet to follow it.
        wanted.sort_by_key(|(place, _)| *place);
        for (place, item) in wanted {
            self.show(place, item, &mut diffs);
        }
        diffs
    }

    fn show(&mut self, place: Place, item: TimelineItem, diffs: &mut Vec<TimelineDiff>) {
        let key = item.key;
        match self.shown.get(&key) {
            None => diffs.push(TimelineDiff::Insert {
                after: self.before(place),
                item: Box::new(item.clone()),
            }),
            Some((old, known)) => {
                let (old, changed) = (*old, *known != item);
                if old != place {
                    self.order.remove(&old);
                    let after = self.before(place);
                    if after != self.before(old) {
                        diffs.push(TimelineDiff::Move { key, after });
                    }
                }
                if changed {
                    diffs.push(TimelineDiff::Update(Box::new(item.clone())));
                }
            }
        }
        self.order.insert(place, key);
        self.shown.insert(key, (place, item));
    }

    fn before(&self, place: Place) -> Option<ItemKey> {
        self.order.range(..place).next_back().map(|(_, key)| *key)
    }

    /// The keys of all that may be shown.
    fn keys(&self, outbox: &Outbox) -> BTreeSet<ItemKey> {
        let mut keys: BTreeSet<ItemKey> = self.rows.values().map(|m| self.key_of(m)).collect();
        keys.extend(
            outbox
                .lane(self.conversation_id)
                .into_iter()
                .flat_map(Lane::rows)
                .map(|row| ItemKey(row.key.uuid())),
        );
        keys
    }

    /// All items, in order.
    fn build(&mut self, outbox: &Outbox) -> Vec<TimelineItem> {
        let keys = self.keys(outbox);
        self.order.clear();
        self.shown.clear();
        for key in keys {
            if let Some((place, item)) = self.wanted(key, outbox) {
                self.order.insert(place, key);
                self.shown.insert(key, (place, item));
            }
        }
        self.order
            .values()
            .filter_map(|key| self.shown.get(key).map(|(_, item)| item.clone()))
            .collect()
    }
}

/// A message that the server has not confirmed.
fn local_message(row: &OutboxRow, send: &SendMessage, me: &UserId) -> Message {
    Message {
        conversation_id: row.conversation_id,
        seq: 0,
        number: 0,
        message_id: MessageId::from_uuid(Uuid::nil()),
        temp_id: Some(row.key),
        sender_id: me.clone(),
        kind: send.kind.clone(),
        content: send.content.clone(),
        attachments: send.attachments.clone(),
        reply_to: send.reply_to,
        mentions: send.mentions.clone(),
        metadata: send.metadata.clone(),
        created_at: row.created_at,
        edited_at: None,
        deleted_at: None,
        state_seq: 0,
        reactions: Vec::new(),
    }
}

/// A message of this user's as the server acknowledged it.
pub(crate) fn acknowledged_message(
    row: &OutboxRow,
    send: &SendMessage,
    me: &UserId,
    sent: &causerie_protocol::MessageSent,
) -> Message {
    Message {
        seq: sent.seq,
        number: sent.number,
        message_id: sent.message_id,
        created_at: sent.created_at,
        state_seq: sent.seq,
        ..local_message(row, send, me)
    }
}
