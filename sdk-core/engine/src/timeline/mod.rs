//! Open timelines: what each shows ([`View`]), what it is loading, and who waits for that.

mod view;

#[cfg(test)]
mod tests;

use causerie_protocol::{ConversationId, Seq};

pub(crate) use view::{View, Window, acknowledged_message};

use crate::{ReplyId, TimelineBatch, TimelineStart, TimelineState, outbox::Outbox};

/// What a running load of the cache is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoadPurpose {
    /// Everything anew. `run_lo` is where the stretch without a hole begins.
    Anchor { run_lo: Seq, window_hi: Option<Seq> },
    /// The hole is closed: what lies behind it.
    Thaw,
    /// What lies below the window: from `below` down to `run_lo`.
    Older { run_lo: Seq, below: Seq },
    /// What lies above the window: behind `above`, up to `run_hi`.
    Newer { run_hi: Seq, above: Seq },
}

/// What a timeline is to be brought to once all of an input is taken in: only then is it certain
/// where holes are. The later ones contain the earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Want {
    /// The hole before the newest messages closed.
    Whole,
    /// What surrounds a seq.
    At(Seq),
    /// The newest messages, anew.
    Newest,
}

/// What a timeline is loading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Older,
    Newer,
}

#[derive(Debug)]
pub(crate) struct Timeline {
    pub(crate) conversation_id: ConversationId,
    pub(crate) start: TimelineStart,
    pub(crate) page: u32,
    pub(crate) view: View,
    /// The command that opened it, until it is answered with the first state.
    pub(crate) opening: Option<ReplyId>,
    /// There is a first state.
    pub(crate) anchored: bool,
    pub(crate) want: Option<Want>,
    /// The newest page is asked for.
    pub(crate) awaits_newest: bool,
    /// It came, and nothing was made of it yet.
    pub(crate) page_came: bool,
    /// What runs, and the commands that wait for it.
    pub(crate) loading: Option<Direction>,
    pub(crate) waiting: Vec<(Direction, ReplyId)>,
    told: TimelineState,
}

impl Timeline {
    pub(crate) fn new(
        conversation_id: ConversationId,
        start: TimelineStart,
        page: u32,
        view: View,
        opening: ReplyId,
    ) -> Self {
        Self {
            conversation_id,
            start,
            page,
            view,
            opening: Some(opening),
            anchored: false,
            want: None,
            awaits_newest: false,
            page_came: false,
            loading: None,
            waiting: Vec::new(),
            told: TimelineState::default(),
        }
    }

    fn state(&self) -> TimelineState {
        TimelineState {
            has_older: self.view.has_older(),
            has_newer: self.view.window().hi.is_some(),
            loading: self.awaits_newest || self.loading.is_some(),
        }
    }

    /// What changed since this was last asked, if anything did.
    pub(crate) fn poll_batch(&mut self, outbox: &Outbox) -> Option<TimelineBatch> {
        let state = self.state();
        let diffs = self.view.poll_diffs(outbox);
        if diffs.is_empty() && state == self.told {
            return None;
        }
        self.told = state;
        Some(TimelineBatch { diffs, state })
    }
}
