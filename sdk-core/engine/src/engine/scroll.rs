//! Scrolling: what borders on a window comes from the cache, and what the cache lacks from the
//! server.

use causerie_protocol::{Message, Seq};

use super::Engine;
use crate::{
    CommandError, LoadQuery, ReplyId, TimelineId,
    request::{Fetch, FetchPurpose},
    timeline::{Direction, LoadPurpose},
};

impl Engine {
    pub(super) fn load_more(&mut self, reply: ReplyId, id: TimelineId, direction: Direction) {
        let Some(timeline) = self.timelines.get_mut(&id) else {
            return self.changes.refuse(reply, CommandError::UnknownTimeline);
        };
        let more = match direction {
            Direction::Older => timeline.view.has_older(),
            Direction::Newer => timeline.view.window().hi.is_some(),
        };
        if !more || !timeline.anchored {
            return self.changes.done(reply);
        }
        timeline.waiting.push((direction, reply));
        if timeline.loading.is_none() {
            timeline.loading = Some(direction);
            self.load_step(id, direction);
        }
    }

    /// Asks the cache for what borders on the window, and the server for what the cache lacks.
    pub(super) fn load_step(&mut self, id: TimelineId, direction: Direction) {
        let Some(timeline) = self.timelines.get(&id) else {
            return;
        };
        let conversation_id = timeline.conversation_id;
        let Some(conversation) = self.conversations.get(&conversation_id) else {
            return self.end_loading(id, None);
        };
        let ranges = &conversation.ranges;
        let (limit, window) = (timeline.page, timeline.view.window());
        let purpose = match direction {
            Direction::Older => {
                let below = window.lo.saturating_sub(1);
                if let Some((run_lo, _)) = ranges.run_at(below) {
                    let query = LoadQuery {
                        conversation_id,
                        lo: run_lo,
                        hi: below,
                        limit,
                        newest: true,
                    };
                    return self.load(id, LoadPurpose::Older { run_lo, below }, query);
                }
                FetchPurpose::Older {
                    timeline: id,
                    before: window.lo,
                    after: ranges.last_below(window.lo),
                }
            }
            Direction::Newer => {
                let Some(hi) = window.hi else {
                    return self.end_loading(id, None);
                };
                if let Some((_, run_hi)) = ranges.run_at(hi + 1) {
                    let query = LoadQuery {
                        conversation_id,
                        lo: hi + 1,
                        hi: run_hi,
                        limit,
                        newest: false,
                    };
                    return self.load(id, LoadPurpose::Newer { run_hi, above: hi }, query);
                }
                FetchPurpose::Newer {
                    timeline: id,
                    after: hi,
                    before: ranges.first_above(hi),
                }
            }
        };
        if !self.connection.is_live() {
            return self.end_loading(id, Some(self.unreached()));
        }
        self.fetches.want(Fetch {
            conversation_id,
            purpose,
            limit,
        });
    }

    pub(super) fn handle_older_page(
        &mut self,
        id: TimelineId,
        messages: Vec<Message>,
        lo: Seq,
        before: Seq,
        reaches: bool,
    ) {
        let Some(timeline) = self.timelines.get_mut(&id) else {
            return;
        };
        if before < timeline.view.window().lo {
            // The window went elsewhere since the page was asked for: what it brought is cached,
            // but does not border on what is shown.
            return self.load_step(id, Direction::Older);
        }
        let came = !messages.is_empty();
        let progress = lo < timeline.view.window().lo;
        if reaches && progress {
            timeline.view.extend_down(messages, lo, &self.outbox);
        }
        if progress {
            self.go_on_loading(id, Direction::Older, came);
        } else {
            self.end_loading(id, None);
        }
    }

    pub(super) fn handle_newer_page(
        &mut self,
        id: TimelineId,
        messages: Vec<Message>,
        hi: Seq,
        after: Seq,
    ) {
        let Some(timeline) = self.timelines.get_mut(&id) else {
            return;
        };
        let Some(conversation) = self.conversations.get(&timeline.conversation_id) else {
            return self.end_loading(id, None);
        };
        let Some(known) = timeline.view.window().hi else {
            return self.end_loading(id, None);
        };
        if after > known {
            // As for an older page: the window went elsewhere.
            return self.load_step(id, Direction::Newer);
        }
        let follows = conversation.is_attached() && hi >= conversation.last();
        let came = !messages.is_empty();
        timeline
            .view
            .extend_up(messages, (!follows).then_some(hi), &self.outbox);
        if hi > known {
            self.go_on_loading(id, Direction::Newer, came);
        } else {
            self.end_loading(id, None);
        }
    }

    /// Stretches without messages (changes of members, reactions) do not satisfy who wants more.
    pub(super) fn go_on_loading(&mut self, id: TimelineId, direction: Direction, came: bool) {
        let Some(timeline) = self.timelines.get(&id) else {
            return;
        };
        let more = match direction {
            Direction::Older => timeline.view.has_older(),
            Direction::Newer => timeline.view.window().hi.is_some(),
        };
        if came || !more {
            self.end_loading(id, None);
        } else {
            self.load_step(id, direction);
        }
    }

    /// Answers who waited for this direction, and goes on with the other one if someone waits.
    pub(super) fn end_loading(&mut self, id: TimelineId, error: Option<CommandError>) {
        let Some(timeline) = self.timelines.get_mut(&id) else {
            return;
        };
        let Some(ended) = timeline.loading.take() else {
            return;
        };
        let (done, others): (Vec<_>, Vec<_>) = std::mem::take(&mut timeline.waiting)
            .into_iter()
            .partition(|(direction, _)| *direction == ended);
        timeline.waiting = others;
        let next = timeline.waiting.first().map(|(direction, _)| *direction);
        timeline.loading = next;
        for (_, reply) in done {
            match &error {
                Some(error) => self.changes.refuse(reply, error.clone()),
                None => self.changes.done(reply),
            }
        }
        if let Some(direction) = next {
            self.load_step(id, direction);
        }
    }
}
