//! Pages of a sync and of history, items and activity (docs/protocol.md §2 and §4).

use causerie_protocol::{
    ConversationActivity, ConversationId, ErrorReply, HistoryPage, Item, MembershipState, Seq,
    SyncPage,
};

use super::Engine;
use crate::{
    Range, StoreOp,
    backoff::asked_wait,
    conversation::Conversation,
    item,
    patch::erase_if_deleted,
    request::{Fetch, FetchPurpose},
    sync::AfterPage,
};

/// What is told of so many unknown conversations is kept; a sync tells of the others.
const MAX_ORPHANS: usize = 1000;

impl Engine {
    pub(super) fn handle_sync_page(&mut self, page: SyncPage) {
        let brings_something =
            !page.conversations.is_empty() || !page.groups.is_empty() || !page.users.is_empty();
        self.learn_users(page.users);
        if let Some(me) = page.me {
            self.learn_users([me.user]);
        }
        for item in page.conversations {
            self.handle_item(item);
        }
        let had_cursor = self.sync.cursor.is_some();
        let after = self
            .sync
            .handle_page(page.cursor, page.token, brings_something);
        if had_cursor || self.sync.cursor.is_some() {
            self.changes
                .ops
                .push(StoreOp::PutSyncCursor(self.sync.cursor.clone()));
        }
        match after {
            AfterPage::NextPage => {}
            AfterPage::Again | AfterPage::Done => self
                .changes
                .ops
                .push(StoreOp::PutSyncToken(self.sync.token.clone())),
        }
        match after {
            AfterPage::Done => self.prefetch(),
            AfterPage::NextPage | AfterPage::Again => {
                self.sync.go_on(after, &mut self.jitter, self.now.mono);
                self.poll_sync();
            }
        }
    }

    /// A conversation as the server sees it for this user.
    pub(super) fn handle_item(&mut self, told: Item) {
        let id = told.conversation_id;
        let left = told.membership == MembershipState::Left;
        let read_seq = told.read_seq;
        match self.conversations.get_mut(&id) {
            Some(conversation) if conversation.has_passed(&told) => return,
            Some(conversation) => {
                let start = conversation.item.visible_from;
                if conversation.merge(told) {
                    self.changes.conversation(id);
                }
                let now = conversation.item.visible_from;
                if now > start {
                    self.drop_below(id, now);
                }
            }
            None => {
                let mut conversation = Conversation::new(told);
                conversation.left_at = self.departures.get(&id).copied();
                if conversation.has_passed(&conversation.item) {
                    return;
                }
                self.departures.remove(&id);
                conversation.draft = self.drafts.remove(&id);
                if let Some(activity) = self.orphans.remove(&id) {
                    item::merge_activity(&mut conversation.item, &activity);
                }
                let start = conversation.item.visible_from;
                self.conversations.insert(id, conversation);
                self.changes.conversation(id);
                for timeline in self.shown_in.get(&id).into_iter().flatten() {
                    if let Some(timeline) = self.timelines.get_mut(timeline) {
                        timeline.view.drop_confirmed(start);
                    }
                }
            }
        }
        self.settle_read_mark(id, read_seq);
        if !left {
            self.subscriptions.nudge(id);
        }
    }

    /// This user left a conversation that is not known here.
    pub(super) fn note_departure(&mut self, id: ConversationId, seq: Seq) {
        if self.departures.len() < MAX_ORPHANS || self.departures.contains_key(&id) {
            let known = self.departures.entry(id).or_default();
            *known = seq.max(*known);
        }
    }

    pub(super) fn handle_activity(&mut self, mut activity: ConversationActivity) {
        if let Some(item) = activity.conversation.take() {
            self.handle_item(item);
        }
        let id = activity.conversation_id;
        let Some(conversation) = self.conversations.get_mut(&id) else {
            if self.orphans.len() < MAX_ORPHANS || self.orphans.contains_key(&id) {
                self.orphans.insert(id, activity);
            }
            return;
        };
        if item::merge_activity(&mut conversation.item, &activity) {
            self.changes.conversation(id);
        }
        self.settle_read_mark(id, activity.read_seq);
    }

    /// The newest messages of the most recent conversations, so that the first tap works offline.
    fn prefetch(&mut self) {
        let mut recent: Vec<_> = self
            .conversations
            .iter()
            .filter(|(_, conversation)| conversation.is_readable())
            .map(|(id, conversation)| (conversation.item.updated_at, *id))
            .collect();
        recent.sort_unstable_by(|a, b| b.cmp(a));
        recent.truncate(self.config.prefetch_conversations);
        for (_, id) in recent {
            let Some(conversation) = self.conversations.get(&id) else {
                continue;
            };
            let cached = conversation
                .ranges
                .newest_run()
                .is_some_and(|(_, hi)| hi >= conversation.item.head_seq);
            let empty = conversation.item.head_seq < conversation.item.visible_from;
            let subscribed = self.subscriptions.is_on(id) || self.subscriptions.is_asked(id);
            if cached || empty || subscribed {
                continue;
            }
            self.fetches.want(Fetch {
                conversation_id: id,
                purpose: FetchPurpose::Prefetch,
                limit: self.config.prefetch_messages,
            });
        }
    }

    pub(super) fn handle_history_page(&mut self, fetch: Fetch, mut page: HistoryPage) {
        self.fetches.finish(fetch, true);
        let id = page.conversation_id;
        let Some(conversation) = self.conversations.get(&id) else {
            return;
        };
        if id != fetch.conversation_id {
            return;
        }
        if page.as_of_seq < conversation.last() {
            // It tells of a past that this device has passed.
            if !self.fetches.again(fetch, None, self.now.mono) {
                self.give_up_fetch(fetch, None);
            }
            return;
        }
        self.fetches.forget_tries(fetch);
        self.learn_users(page.users);
        self.raise_start(id, page.visible_from);
        let start = self
            .conversations
            .get(&id)
            .map_or(page.visible_from, |known| known.item.visible_from);
        let lo = page.lo.max(start);
        let hi = page.hi.min(page.as_of_seq);
        let position = self.conversations.get(&id).and_then(|known| known.position);
        // Below `visible_from` is the end, not a hole: who came back may stand there still.
        let last = position.map(|position| position.seq.max(start.saturating_sub(1)));
        if let Some(last) = last.filter(|last| lo > last + 1) {
            // What lies between is yet to come, and what is shown goes up to there.
            self.freeze_views_before(id, last + 1, lo);
        }
        page.messages.iter_mut().for_each(erase_if_deleted);
        for message in &page.messages {
            self.arrive(message.clone());
        }
        if let Some(conversation) = self.conversations.get_mut(&id) {
            match fetch.purpose {
                FetchPurpose::Refresh { since, .. } => {
                    conversation.ranges.refresh(lo, hi, since, page.as_of_seq);
                }
                FetchPurpose::Newest
                | FetchPurpose::Prefetch
                | FetchPurpose::Older { .. }
                | FetchPurpose::Newer { .. }
                | FetchPurpose::Around { .. } => {
                    conversation.ranges.insert(lo, hi, page.as_of_seq);
                }
            }
            if let Some(newest) = page.messages.last()
                && item::note_row(&mut conversation.item, newest, page.as_of_seq)
            {
                item::note_head(&mut conversation.item, newest, hi, &self.me);
                self.changes.listed.insert(id);
            }
        }
        self.changes.stored.insert(id);
        // Rows as of a later seq contain what this user changed up to then.
        for message in &page.messages {
            self.drop_contained(message);
        }
        match fetch.purpose {
            FetchPurpose::Newest => self.handle_newest(id),
            // It may be what a screen that was opened since waits for.
            FetchPurpose::Prefetch => self.close_hole(id),
            FetchPurpose::Refresh { lo, hi, since } => {
                // Another page may have refreshed this range already; the next one is due anyhow.
                // Only a page that proves nothing must not be asked for again.
                let asked = Range {
                    lo,
                    hi,
                    as_of: since,
                };
                if self.first_stale(id) != Some(asked) {
                    self.refresh_stale(id);
                }
            }
            FetchPurpose::Older {
                timeline, before, ..
            } => {
                let reaches = hi + 1 >= before || page.messages.is_empty();
                self.handle_older_page(timeline, page.messages, lo, before, reaches);
            }
            FetchPurpose::Newer {
                timeline, after, ..
            } => {
                self.handle_newer_page(timeline, page.messages, hi, after);
            }
            FetchPurpose::Around { timeline, .. } => self.handle_around(timeline),
        }
        let attached = |conversation: &Conversation| conversation.is_attached();
        if self.conversations.get(&id).is_some_and(attached) {
            // What one screen asked for may be what another one's hole is closed with.
            self.close_hole(id);
        }
        self.trim(id);
        self.drop_covered(id);
    }

    /// A row as of its state_seq shows by itself the acknowledged changes up to there.
    pub(super) fn drop_contained(&mut self, message: &causerie_protocol::Message) {
        let id = message.conversation_id;
        for key in self.outbox.covered(id, message.state_seq) {
            let target = self
                .outbox
                .get(key)
                .and_then(|row| crate::outbox::target_of(&row.op));
            let contained = match target {
                Some(causerie_protocol::Target::Message { message_id }) => {
                    message_id == message.message_id
                }
                Some(causerie_protocol::Target::Temp { target_temp_id }) => {
                    message.temp_id == Some(target_temp_id)
                }
                None => false,
            };
            if contained {
                self.drop_overlay(key);
            }
        }
    }

    pub(super) fn handle_history_error(&mut self, fetch: Fetch, error: &ErrorReply) {
        self.fetches.finish(fetch, false);
        let retry_after = asked_wait(error.retry_after_ms);
        if error.retryable
            && self
                .fetches
                .again(fetch, Some((&mut self.jitter, retry_after)), self.now.mono)
        {
            return;
        }
        self.give_up_fetch(fetch, Some(error));
    }

    /// The row of a conversation that this device made is of no use any more.
    pub(super) fn drop_conversation(&mut self, id: ConversationId) {
        self.conversations.remove(&id);
        self.fetches.drop_conversation(id);
        self.changes.ops.push(StoreOp::DropConversation(id));
        self.changes.listed.insert(id);
    }
}
