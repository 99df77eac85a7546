//! Open timelines: from the cache first, then from the server.

use causerie_protocol::{ConversationId, ErrorReply, Message, Seq, limits};

use super::Engine;
use crate::{
    CommandError, LoadId, LoadQuery, ReplyId, TimelineId, TimelineStart,
    request::{Fetch, FetchPurpose},
    timeline::{Direction, LoadPurpose, Timeline, View, Want, Window},
};

/// The highest seq there can be.
const TOP: Seq = limits::MAX_INTEGER - 1;
/// A hole that was closed with more messages than this shows the newest anew.
const THAW_LIMIT: u32 = 400;

impl Engine {
    pub(super) fn open_timeline(
        &mut self,
        reply: ReplyId,
        id: TimelineId,
        conversation_id: ConversationId,
        start: TimelineStart,
        page: u32,
    ) {
        let Some(conversation) = self.conversations.get(&conversation_id) else {
            return self
                .changes
                .refuse(reply, CommandError::UnknownConversation(conversation_id));
        };
        let first = conversation.item.visible_from;
        let window = Window {
            lo: first,
            hi: None,
            hole: None,
        };
        let view = View::new(conversation_id, self.me.clone(), first, window);
        let page = page.clamp(1, limits::MAX_PAGE);
        self.close(id);
        self.timelines
            .insert(id, Timeline::new(conversation_id, start, page, view, reply));
        self.shown_in.entry(conversation_id).or_default().push(id);
        self.subscriptions.open(conversation_id);
        match start {
            TimelineStart::Newest => self.want(id, Want::Newest),
            TimelineStart::At(seq) => self.want(id, Want::At(seq)),
        }
    }

    /// Brings a timeline to something, when all of this input is taken in.
    fn want(&mut self, id: TimelineId, want: Want) {
        if let Some(timeline) = self.timelines.get_mut(&id) {
            timeline.want = timeline.want.max(Some(want));
            self.restless.insert(id);
        }
    }

    /// Brings timelines to what is wanted.
    pub(super) fn poll_screens(&mut self) {
        for id in std::mem::take(&mut self.restless) {
            let want = self
                .timelines
                .get_mut(&id)
                .and_then(|timeline| timeline.want.take());
            match want {
                Some(Want::Newest) => self.anchor(id),
                Some(Want::At(seq)) => self.anchor_at(id, seq),
                Some(Want::Whole) => self.make_whole(id),
                None => {}
            }
        }
    }

    /// Forgets a timeline. Says whether there was one.
    pub(super) fn close(&mut self, id: TimelineId) -> bool {
        let Some(timeline) = self.timelines.remove(&id) else {
            return false;
        };
        let conversation_id = timeline.conversation_id;
        let waiting = timeline.waiting.into_iter().map(|(_, reply)| reply);
        for reply in waiting.chain(timeline.opening) {
            self.changes.refuse(reply, CommandError::UnknownTimeline);
        }
        if let Some(ids) = self.shown_in.get_mut(&conversation_id) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.shown_in.remove(&conversation_id);
            }
        }
        self.subscriptions.close(conversation_id, self.now.mono);
        true
    }

    pub(super) fn load(&mut self, id: TimelineId, purpose: LoadPurpose, query: LoadQuery) {
        self.next_load += 1;
        let load = LoadId(self.next_load);
        self.loads.insert(load, (id, purpose));
        self.changes.loads.push((load, query));
    }

    /// Shows the newest stretch without a hole.
    fn anchor(&mut self, id: TimelineId) {
        let Some(timeline) = self.timelines.get(&id) else {
            return;
        };
        let Some(conversation) = self.conversations.get(&timeline.conversation_id) else {
            return;
        };
        let first = conversation.item.visible_from;
        // Without any range: what this user's own acknowledgements brought.
        let run_lo = conversation
            .ranges
            .newest_run()
            .map_or(first, |(lo, _)| lo)
            .max(first);
        let query = LoadQuery {
            conversation_id: timeline.conversation_id,
            lo: run_lo,
            hi: TOP,
            limit: timeline.page,
            newest: true,
        };
        let purpose = LoadPurpose::Anchor {
            run_lo,
            window_hi: None,
        };
        self.load(id, purpose, query);
    }

    /// What was to be opened at a place that only the server knows opens with the newest.
    pub(super) fn anchor_unanchored(&mut self) {
        let ids: Vec<_> = self
            .timelines
            .iter()
            .filter(|(_, timeline)| !timeline.anchored)
            .map(|(id, _)| *id)
            .collect();
        for id in ids {
            self.want(id, Want::Newest);
        }
    }

    /// Shows what surrounds a seq: from the cache if it is there, else from the server if that is
    /// reached, else the newest.
    fn anchor_at(&mut self, id: TimelineId, seq: Seq) {
        let Some(timeline) = self.timelines.get(&id) else {
            return;
        };
        let conversation_id = timeline.conversation_id;
        let page = timeline.page;
        let Some(conversation) = self.conversations.get(&conversation_id) else {
            return;
        };
        let above = seq.saturating_add(u64::from(page) / 2);
        if let Some((run_lo, run_hi)) = conversation.ranges.run_at(seq) {
            if run_hi <= above {
                return self.anchor(id);
            }
            let query = LoadQuery {
                conversation_id,
                lo: run_lo,
                hi: above,
                limit: page,
                newest: true,
            };
            let purpose = LoadPurpose::Anchor {
                run_lo,
                window_hi: Some(above),
            };
            return self.load(id, purpose, query);
        }
        if !self.connection.is_live() || seq >= conversation.item.head_seq {
            return self.anchor(id);
        }
        self.fetches.want(Fetch {
            conversation_id,
            purpose: FetchPurpose::Around {
                timeline: id,
                before: above + 1,
            },
            limit: page,
        });
    }

    /// The page around a seq is cached now.
    pub(super) fn handle_around(&mut self, id: TimelineId) {
        let Some(timeline) = self.timelines.get(&id) else {
            return;
        };
        let cached = |seq| {
            self.conversations
                .get(&timeline.conversation_id)
                .is_some_and(|conversation| conversation.ranges.run_at(seq).is_some())
        };
        match timeline.start {
            TimelineStart::At(seq) if cached(seq) => self.want(id, Want::At(seq)),
            TimelineStart::At(_) | TimelineStart::Newest => self.want(id, Want::Newest),
        }
    }

    pub(super) fn handle_loaded(&mut self, load: LoadId, messages: Vec<Message>) {
        let Some((id, purpose)) = self.loads.remove(&load) else {
            return;
        };
        let Some(timeline) = self.timelines.get_mut(&id) else {
            return;
        };
        let conversation_id = timeline.conversation_id;
        let Some(conversation) = self.conversations.get(&conversation_id) else {
            // Dropped by another database's epoch: only what this user wrote is shown.
            timeline.anchored = true;
            return;
        };
        let full = |limit: u32| messages.len() >= limit as usize;
        let first = messages.first().map(|message| message.seq);
        let last = messages.last().map(|message| message.seq);
        match purpose {
            LoadPurpose::Anchor { run_lo, window_hi } => {
                let lo = first.filter(|_| full(timeline.page)).unwrap_or(run_lo);
                let hole = (window_hi.is_none() && !conversation.is_attached()).then(|| {
                    conversation
                        .ranges
                        .newest_run()
                        .map_or(run_lo, |(_, hi)| hi + 1)
                });
                let window = Window {
                    lo,
                    hi: window_hi,
                    hole,
                };
                let start = conversation.item.visible_from;
                timeline.view.rebuild(messages, start, window);
                timeline.anchored = true;
                self.want(id, Want::Whole);
            }
            LoadPurpose::Thaw => {
                if full(THAW_LIMIT) {
                    self.want(id, Want::Newest);
                } else {
                    timeline.view.thaw(messages);
                    if timeline.view.is_empty() {
                        self.want(id, Want::Whole);
                    }
                }
            }
            LoadPurpose::Older { below, .. } if below + 1 != timeline.view.window().lo => {
                self.load_step(id, Direction::Older);
            }
            LoadPurpose::Newer { above, .. } if timeline.view.window().hi != Some(above) => {
                self.load_step(id, Direction::Newer);
            }
            LoadPurpose::Older { run_lo, .. } => {
                let lo = first.filter(|_| full(timeline.page)).unwrap_or(run_lo);
                let came = !messages.is_empty();
                timeline.view.extend_down(messages, lo, &self.outbox);
                self.go_on_loading(id, Direction::Older, came);
            }
            LoadPurpose::Newer { run_hi, .. } => {
                let hi = last.filter(|_| full(timeline.page)).unwrap_or(run_hi);
                let came = !messages.is_empty();
                let follows = conversation.is_attached() && hi >= conversation.last();
                timeline
                    .view
                    .extend_up(messages, (!follows).then_some(hi), &self.outbox);
                self.go_on_loading(id, Direction::Newer, came);
            }
        }
    }

    // Holes.

    /// A hole lies before what comes next.
    pub(super) fn freeze_views(&mut self, id: ConversationId, hole: Seq) {
        for timeline in self.shown_in.get(&id).into_iter().flatten() {
            if let Some(timeline) = self.timelines.get_mut(timeline) {
                timeline.view.freeze(hole);
            }
        }
    }

    /// A hole lies before what comes next, at this seq. A view of what a page brought beyond the
    /// hole has it elsewhere, or not at all.
    pub(super) fn freeze_views_before(&mut self, id: ConversationId, hole: Seq, next: Seq) {
        let Some(conversation) = self.conversations.get(&id) else {
            return;
        };
        for timeline in self.shown_in.get(&id).into_iter().flatten() {
            let Some(timeline) = self.timelines.get_mut(timeline) else {
                continue;
            };
            let shown = conversation.ranges.run_at(timeline.view.window().lo);
            let hole = shown.map_or(hole, |(_, hi)| hole.max(hi + 1));
            if hole < next {
                timeline.view.freeze(hole);
            }
        }
    }

    /// Pages that came before a subscription say nothing of a hole that it tells of.
    pub(super) fn forget_pages(&mut self, id: ConversationId) {
        for timeline in self.shown_in.get(&id).into_iter().flatten() {
            if let Some(timeline) = self.timelines.get_mut(timeline) {
                timeline.page_came = false;
            }
        }
    }

    /// Timelines with a hole before the newest messages may be whole now, or may ask for them.
    pub(super) fn close_hole(&mut self, conversation_id: ConversationId) {
        let ids = self
            .shown_in
            .get(&conversation_id)
            .cloned()
            .unwrap_or_default();
        for id in ids {
            self.want(id, Want::Whole);
        }
    }

    /// If there is a hole before the newest messages: shows them if the cache reaches them, else
    /// asks for them.
    fn make_whole(&mut self, id: TimelineId) {
        let Some(timeline) = self.timelines.get_mut(&id) else {
            return;
        };
        let conversation_id = timeline.conversation_id;
        let window = timeline.view.window();
        // A stretch of events that are no messages shows nothing, and there are messages before it.
        let is_bare = window.hi.is_none() && timeline.view.is_empty() && timeline.view.has_older();
        let hole = match window.hole {
            Some(hole) if timeline.anchored => Some(hole),
            None if timeline.anchored && is_bare => None,
            Some(_) | None => return,
        };
        let Some(conversation) = self.conversations.get(&conversation_id) else {
            return;
        };
        if let Some(hole) = hole
            && conversation.is_attached()
        {
            timeline.awaits_newest = false;
            let last = conversation.last();
            let contiguous = conversation
                .ranges
                .run_at(window.lo)
                .is_some_and(|(_, hi)| hi >= last);
            if !contiguous {
                // What came since may be all there is of it: a screen that was just opened.
                let page_came = std::mem::take(&mut timeline.page_came);
                let stretch = conversation.ranges.newest_run();
                let is_short = stretch.is_some_and(|(lo, hi)| {
                    lo > conversation.item.visible_from && hi - lo + 1 < u64::from(timeline.page)
                });
                if is_short && !page_came {
                    self.ask_newest(id);
                }
                return self.anchor(id);
            }
            let query = LoadQuery {
                conversation_id,
                lo: hole,
                hi: TOP,
                limit: THAW_LIMIT,
                newest: true,
            };
            return self.load(id, LoadPurpose::Thaw, query);
        }
        if hole.is_some() && std::mem::take(&mut timeline.page_came) {
            // The newest page lies beyond the position. What is missing before it is on its way as
            // events, and asking again would bring the same page.
            let shown = conversation.ranges.run_at(window.lo);
            if conversation.ranges.newest_run() != shown {
                self.anchor(id);
            }
            return;
        }
        self.ask_newest(id);
    }

    /// Asks for the newest page, if the server can be reached.
    fn ask_newest(&mut self, id: TimelineId) {
        let Some(timeline) = self.timelines.get_mut(&id) else {
            return;
        };
        let conversation_id = timeline.conversation_id;
        let reachable = self.connection.is_live()
            && self.subscriptions.is_on(conversation_id)
            && self
                .conversations
                .get(&conversation_id)
                .is_some_and(|conversation| conversation.position.is_some());
        if reachable {
            timeline.awaits_newest = true;
            let limit = timeline.page;
            self.fetches.want(Fetch {
                conversation_id,
                purpose: FetchPurpose::Newest,
                limit,
            });
        }
    }

    /// The newest page came.
    pub(super) fn handle_newest(&mut self, conversation_id: ConversationId) {
        for id in self.shown_in.get(&conversation_id).into_iter().flatten() {
            if let Some(timeline) = self.timelines.get_mut(id) {
                let window = timeline.view.window();
                let is_whole = window.hole.is_none() && window.hi.is_none();
                let was_short = timeline.awaits_newest && (timeline.view.is_empty() || is_whole);
                timeline.awaits_newest = false;
                timeline.page_came = true;
                if was_short {
                    timeline.want = timeline.want.max(Some(Want::Newest));
                    self.restless.insert(*id);
                }
            }
        }
        self.close_hole(conversation_id);
    }

    /// A page will not come.
    pub(super) fn give_up_fetch(&mut self, fetch: Fetch, error: Option<&ErrorReply>) {
        let refused = error.map(|error| CommandError::Refused {
            code: error.code.clone(),
            message: error.message.clone(),
        });
        match fetch.purpose {
            FetchPurpose::Older { timeline, .. } | FetchPurpose::Newer { timeline, .. } => {
                self.end_loading(timeline, refused.or_else(|| Some(self.unreached())));
            }
            FetchPurpose::Around { timeline, .. } => self.want(timeline, Want::Newest),
            FetchPurpose::Newest => {
                for id in self
                    .shown_in
                    .get(&fetch.conversation_id)
                    .into_iter()
                    .flatten()
                {
                    if let Some(timeline) = self.timelines.get_mut(id) {
                        timeline.awaits_newest = false;
                    }
                }
            }
            FetchPurpose::Prefetch | FetchPurpose::Refresh { .. } => {}
        }
    }
}
