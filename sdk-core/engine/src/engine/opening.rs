//! A connection opens, subscribes, and is lost (docs/protocol.md §2, §3 and §4, "Subscribing").

use std::time::Duration;

use causerie_protocol::{
    AuthCode, Authenticate, Authenticated, ConversationId, CursorAck, ErrorReply, MembershipState,
    Request, Room, Seq, ServerFrame, Subscribe, Subscribed, Sync, SyncToken, Unsubscribe, limits,
};

use super::Engine;
use crate::{
    Emission, OutboxState, Range, StoreOp,
    backoff::asked_wait,
    item, planted,
    request::{Fetch, FetchPurpose, Opening, Purpose},
    sync::AfterPage,
};

/// Room in the first frame for all but token, sync token and subscriptions.
const AUTHENTICATE_BASE: usize = 2 * 1024;
/// A subscription in the first frame takes at most so many bytes.
const SUBSCRIPTION_BYTES: usize = 192;

impl Engine {
    pub(super) fn authenticate(&mut self, token: String) {
        let sync_token = match (&self.sync.cursor, &self.sync.token) {
            (Some(_), _) => SyncToken::Absent,
            (None, Some(token)) => SyncToken::Since(token.clone()),
            (None, None) => SyncToken::First,
        };
        let used = AUTHENTICATE_BASE
            + token.len()
            + self.sync.token.as_ref().map_or(0, String::len)
            + self.epoch.as_ref().map_or(0, String::len);
        let room = limits::MAX_UNAUTHENTICATED_BYTES.saturating_sub(used) / SUBSCRIPTION_BYTES;
        let mut subscriptions = Vec::new();
        for conversation_id in self.subscriptions.take_pending(self.now.mono) {
            if subscriptions.len() >= room {
                self.subscriptions.nudge(conversation_id);
            } else if let Some(subscribe) = self.begin_subscription(conversation_id) {
                self.requests.begin_opening(
                    Opening::Subscription(conversation_id),
                    Purpose::Subscribe(conversation_id),
                    self.now.mono,
                );
                subscriptions.push(subscribe);
            }
        }
        let authenticate = Authenticate {
            token: Some(token),
            client_id: self.client_id,
            protocol: limits::VERSION,
            sdk: Some(self.config.sdk.clone()),
            epoch: self.epoch.clone(),
            sync_token,
            compression: self.config.compression.clone(),
            subscriptions,
        };
        self.request(Purpose::Authenticate, Request::Authenticate(authenticate));
    }

    pub(super) fn handle_authenticated(&mut self, told: &Authenticated) {
        if !self.is_me(&told.user_id) {
            self.connection.handle_auth_error(
                &AuthCode::TokenInvalid,
                "the token is another user's",
                true,
                self.now.mono,
            );
            return;
        }
        let silence = Duration::from_millis(told.heartbeat_ms.saturating_add(told.pong_timeout_ms));
        self.connection
            .handle_authenticated(silence.max(Duration::from_secs(1)), self.now.mono);
        self.subscriptions
            .set_server_limit(told.limits.max_subscriptions);
        let asked_by_cursor = self.sync.cursor.is_some();
        if self.epoch.as_ref() != Some(&told.epoch) {
            if self.epoch.is_some() {
                self.drop_confirmed();
            }
            self.epoch = Some(told.epoch.clone());
            self.changes
                .ops
                .push(StoreOp::PutEpoch(Some(told.epoch.clone())));
        }
        match (asked_by_cursor, self.sync.cursor.is_some()) {
            (true, true) => {
                self.sync.resume();
                self.ask_sync_page();
            }
            (true, false) => self.ask_sync(),
            (false, _) => {
                self.sync.begin();
                let sync = Purpose::Sync { cursor: false };
                self.requests
                    .begin_opening(Opening::Sync, sync, self.now.mono);
            }
        }
        self.outbox.handle_live();
    }

    /// What the server told belongs to another database. What this user wrote stays.
    fn drop_confirmed(&mut self) {
        self.changes.ops.push(StoreOp::DropConfirmed);
        self.sync.handle_epoch();
        self.orphans.clear();
        self.departures.clear();
        self.receipts.clear();
        self.fetches.clear();
        let overlays: Vec<_> = self
            .outbox
            .rows()
            .filter(|row| matches!(row.state, OutboxState::Acked { .. }))
            .map(|row| row.key)
            .collect();
        for key in overlays {
            self.outbox.remove(key);
            self.changes.ops.push(StoreOp::DropOutbox(key));
        }
        for (id, mut conversation) in std::mem::take(&mut self.conversations) {
            self.changes.listed.insert(id);
            if let Some(draft) = conversation.draft.clone() {
                self.drafts.insert(id, draft);
            }
            if self.outbox.is_creating(id) {
                conversation.forget_confirmed();
                self.conversations.insert(id, conversation);
                self.changes.stored.insert(id);
            }
        }
        for timeline in self.timelines.values_mut() {
            timeline.view.drop_confirmed(1);
        }
        // Whoever shows how far others have read asks again.
        for id in self.shown_in.keys() {
            self.changes.cursors.entry(*id).or_default();
        }
    }

    // Subscriptions.

    /// The request for a conversation's events from its position on, if it may be read.
    fn begin_subscription(&mut self, conversation_id: ConversationId) -> Option<Subscribe> {
        let conversation = self.conversations.get(&conversation_id)?;
        if !conversation.is_readable() {
            return None;
        }
        let position = conversation.position;
        self.subscriptions
            .handle_asked(conversation_id, position.map(|p| p.seq));
        Some(Subscribe {
            room: Room::Conversation(conversation_id),
            since: position.map(|p| p.seq),
            since_id: position.and_then(|p| p.event_id),
        })
    }

    pub(super) fn poll_subscriptions(&mut self) {
        for conversation_id in self.subscriptions.take_pending(self.now.mono) {
            if !self
                .conversations
                .get(&conversation_id)
                .is_some_and(|conversation| conversation.is_readable())
            {
                continue;
            }
            match self.subscriptions.make_room() {
                Some(Some(oldest)) => self.unsubscribe(oldest),
                Some(None) => {}
                None => continue,
            }
            self.subscribe(conversation_id);
        }
    }

    fn subscribe(&mut self, conversation_id: ConversationId) {
        if let Some(subscribe) = self.begin_subscription(conversation_id) {
            self.request(
                Purpose::Subscribe(conversation_id),
                Request::Subscribe(subscribe),
            );
        }
    }

    pub(super) fn unsubscribe(&mut self, conversation_id: ConversationId) {
        if self.connection.is_live() {
            self.request(
                Purpose::Unsubscribe,
                Request::Unsubscribe(Unsubscribe {
                    room: Room::Conversation(conversation_id),
                }),
            );
        }
    }

    /// Events are missing: asks again from the position on.
    pub(super) fn handle_gap(&mut self, conversation_id: ConversationId) {
        let (last, now) = (self.last(conversation_id), self.now.mono);
        if self
            .subscriptions
            .handle_hole(conversation_id, last, &mut self.jitter, now)
        {
            self.subscribe(conversation_id);
        }
    }

    pub(super) fn handle_subscribed(&mut self, subscribed: Subscribed) {
        let Room::Conversation(id) = subscribed.room else {
            return;
        };
        self.subscriptions.handle_subscribed(id);
        self.learn_users(subscribed.users);
        let Some(conversation) = self.conversations.get_mut(&id) else {
            // Its item is yet to come, and with it another attempt. Until then this connection is
            // one that is not subscribed, so that the server tells what happens to the item.
            self.subscriptions.handle_ended(id, None);
            self.unsubscribe(id);
            return;
        };
        let had_position = conversation.position.is_some();
        if subscribed.reset {
            self.reset_room(id);
        }
        self.raise_start(id, subscribed.visible_from);
        let last = self.last(id);
        let missing = subscribed.from_seq > last + 1 && !planted::is("apply_past_hole");
        if missing || !had_position {
            // Below `visible_from` is the end, not a hole.
            let hole = last.max(subscribed.visible_from.saturating_sub(1)) + 1;
            if !had_position {
                self.freeze_views(id, hole);
            } else if subscribed.from_seq > hole {
                self.freeze_views_before(id, hole, subscribed.from_seq);
            }
            if let Some(conversation) = self.conversations.get_mut(&id) {
                conversation.set_position(subscribed.from_seq.saturating_sub(1).max(last), None);
            }
        }
        for frame in subscribed.events {
            self.handle_backlog(id, frame);
        }
        if let Some(conversation) = self.conversations.get_mut(&id) {
            if conversation.last() < subscribed.head_seq {
                conversation.set_position(subscribed.head_seq, None);
            }
            let item = &mut conversation.item;
            // Its events may have come up to this seq without the messages before them.
            if subscribed.head_seq >= item.head_seq {
                item.head_seq = subscribed.head_seq;
                item.head_number = subscribed.head_number;
            }
            item::merge_cursor(
                item,
                &CursorAck {
                    conversation_id: id,
                    read_seq: subscribed.read_seq,
                    read_number: subscribed.read_number,
                    mentions_unread: subscribed.mentions_unread,
                    rev: subscribed.rev,
                },
            );
        }
        self.learn_cursors(id, subscribed.read_cursors);
        self.settle_read_mark(id, subscribed.read_seq);
        self.changes.conversation(id);
        self.forget_pages(id);
        self.close_hole(id);
        self.fetch_unseen(id);
        self.refresh_stale(id);
        self.drop_covered(id);
    }

    /// A hole in a conversation that no screen shows: the list's preview wants the newest even so.
    fn fetch_unseen(&mut self, id: ConversationId) {
        let attached = self
            .conversations
            .get(&id)
            .is_none_or(|conversation| conversation.is_attached());
        if !attached && !self.shown_in.contains_key(&id) {
            self.fetches.want(Fetch {
                conversation_id: id,
                purpose: FetchPurpose::Prefetch,
                limit: self.config.prefetch_messages.max(1),
            });
        }
    }

    /// One event of a backlog.
    fn handle_backlog(&mut self, id: ConversationId, frame: ServerFrame) {
        if super::event::position_of(&frame.message)
            .is_some_and(|(conversation, _)| conversation == id)
        {
            self.handle_event(frame);
        }
    }

    fn last(&self, id: ConversationId) -> Seq {
        self.conversations
            .get(&id)
            .map_or(0, |conversation| conversation.last())
    }

    /// The past is another one than thought: the room's confirmed rows go.
    fn reset_room(&mut self, id: ConversationId) {
        let Some(conversation) = self.conversations.get_mut(&id) else {
            return;
        };
        conversation.position = None;
        conversation.ranges.clear();
        self.changes.ops.push(StoreOp::DropMessages {
            conversation_id: id,
            below: None,
        });
        let start = conversation.item.visible_from;
        for timeline in self.shown_in.get(&id).into_iter().flatten() {
            if let Some(timeline) = self.timelines.get_mut(timeline) {
                timeline.view.drop_confirmed(start);
            }
        }
        for key in self.outbox.covered(id, Seq::MAX) {
            self.drop_overlay(key);
        }
    }

    /// This user sees from `start` on: what lies below goes.
    pub(super) fn raise_start(&mut self, id: ConversationId, start: Seq) {
        let Some(conversation) = self.conversations.get_mut(&id) else {
            return;
        };
        if start <= conversation.item.visible_from {
            return;
        }
        item::raise_start(&mut conversation.item, start);
        self.drop_below(id, start);
    }

    /// The rows below a seq go.
    pub(super) fn drop_below(&mut self, id: ConversationId, start: Seq) {
        let Some(conversation) = self.conversations.get_mut(&id) else {
            return;
        };
        conversation.ranges.drop_below(start);
        self.changes.ops.push(StoreOp::DropMessages {
            conversation_id: id,
            below: Some(start),
        });
        for timeline in self.shown_in.get(&id).into_iter().flatten() {
            if let Some(timeline) = self.timelines.get_mut(timeline) {
                timeline.view.drop_below(start, &self.outbox);
            }
        }
        self.drop_overlays_below(id, start);
        self.changes.conversation(id);
    }

    /// Asks for what changed in a range that a hole made stale.
    pub(super) fn refresh_stale(&mut self, id: ConversationId) {
        if !self.connection.is_live() || !self.subscriptions.is_on(id) {
            return;
        }
        if let Some(range) = self.first_stale(id) {
            self.fetches.want(Fetch {
                conversation_id: id,
                purpose: FetchPurpose::Refresh {
                    lo: range.lo,
                    hi: range.hi,
                    since: range.as_of,
                },
                limit: limits::MAX_PAGE,
            });
        }
    }

    /// The range whose changes up to the position are wanted first: one on screen, then the newest.
    pub(super) fn first_stale(&self, id: ConversationId) -> Option<Range> {
        let conversation = self.conversations.get(&id)?;
        let (ranges, last) = (&conversation.ranges, conversation.last());
        let shown = self.shown_in.get(&id).into_iter().flatten();
        shown
            .filter_map(|id| self.timelines.get(id))
            .find_map(|timeline| ranges.stale_at(timeline.view.window().lo, last))
            .or_else(|| ranges.newest_stale(last))
    }

    /// The server refused a subscription, or ended it.
    pub(super) fn handle_subscribe_error(&mut self, id: ConversationId, error: &ErrorReply) {
        let retry_after = asked_wait(error.retry_after_ms);
        let retry = error
            .retryable
            .then_some((&mut self.jitter, retry_after, self.now.mono));
        self.subscriptions.handle_ended(id, retry);
        if !error.retryable {
            self.changes
                .fault(error.code.as_str(), error.message.clone(), false);
        }
    }

    /// This user is no longer a member, as of a seq; unless that was before they were let in again.
    pub(super) fn handle_left(&mut self, id: ConversationId, seq: Option<Seq>) {
        self.subscriptions.handle_ended(id, None);
        let Some(conversation) = self.conversations.get_mut(&id) else {
            if let Some(seq) = seq {
                self.note_departure(id, seq);
            }
            return;
        };
        if seq.is_some_and(|seq| seq < conversation.item.visible_from) {
            self.subscriptions.nudge(id);
            return;
        }
        conversation.left_at = seq.max(conversation.left_at);
        conversation.item.membership = MembershipState::Left;
        self.changes.conversation(id);
    }

    /// What hung on the connection is gone.
    pub(super) fn handle_lost(&mut self) {
        let why = self.unreached();
        for purpose in self.requests.clear() {
            if let Purpose::Members(reply) | Purpose::Users(reply) = purpose {
                self.changes.refuse(reply, why.clone());
            }
        }
        self.sync.handle_lost();
        self.outbox.handle_lost();
        self.subscriptions.handle_lost();
        self.fetches.clear();
        self.typing.handle_lost();
        for (id, conversation) in &mut self.conversations {
            if let Some(mark) = &mut conversation.read_mark {
                mark.asked = false;
                self.receipts.want_mark(*id);
            }
        }
        for timeline in self.timelines.values_mut() {
            timeline.awaits_newest = false;
            timeline.page_came = false;
            timeline.loading = None;
            for (_, reply) in std::mem::take(&mut timeline.waiting) {
                self.changes.refuse(reply, why.clone());
            }
        }
        self.anchor_unanchored();
    }

    // Sync.

    pub(super) fn ask_sync(&mut self) {
        self.sync.begin();
        self.request(
            Purpose::Sync { cursor: false },
            Request::Sync(Sync {
                token: self.sync.token.clone(),
                cursor: None,
                limit: Some(self.config.sync_page),
            }),
        );
    }

    /// What a sync asks for after a page that brought nothing new.
    pub(super) fn poll_sync(&mut self) {
        match self.sync.take_due(self.now.mono) {
            Some(AfterPage::NextPage) => self.ask_sync_page(),
            Some(AfterPage::Again) => self.ask_sync(),
            Some(AfterPage::Done) | None => {}
        }
    }

    pub(super) fn ask_sync_page(&mut self) {
        self.request(
            Purpose::Sync { cursor: true },
            Request::Sync(Sync {
                token: None,
                cursor: self.sync.cursor.clone(),
                limit: Some(self.config.sync_page),
            }),
        );
    }

    /// For those who listen.
    pub(super) fn announce(&mut self, frame: ServerFrame) {
        if self.config.emit_events {
            self.changes.events.push(frame);
        }
    }

    pub(super) fn emit_outbox(&mut self, emission: Emission) {
        self.changes.outbox.push(emission);
    }
}
