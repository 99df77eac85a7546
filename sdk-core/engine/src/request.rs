//! Requests on the wire: what each was for, and since when it waits.

use std::{collections::BTreeMap, time::Duration};

use causerie_protocol::{ConversationId, Seq, TempId};

use crate::{ReplyId, TimelineId};

/// What a request was for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Purpose {
    Authenticate,
    RefreshToken,
    Subscribe(ConversationId),
    Unsubscribe,
    Write {
        conversation_id: ConversationId,
        key: TempId,
    },
    MarkRead {
        conversation_id: ConversationId,
        seq: Seq,
    },
    Sync {
        /// It asked for the next page, not for what changed since a token.
        cursor: bool,
    },
    History(Fetch),
    Members(ReplyId),
    Users(ReplyId),
    Ping,
}

/// What a page of history is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fetch {
    pub(crate) conversation_id: ConversationId,
    pub(crate) purpose: FetchPurpose,
    pub(crate) limit: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FetchPurpose {
    /// The newest messages, after a hole or before there is anything.
    Newest,
    /// The newest messages of a conversation that nothing shows.
    Prefetch,
    /// What changed in `lo..=hi` since a seq.
    Refresh { lo: Seq, hi: Seq, since: Seq },
    /// What lies below `before`, and above `after`.
    Older {
        timeline: TimelineId,
        before: Seq,
        after: Option<Seq>,
    },
    /// What lies above `after`, and below `before`.
    Newer {
        timeline: TimelineId,
        after: Seq,
        before: Option<Seq>,
    },
    /// What surrounds a seq.
    Around { timeline: TimelineId, before: Seq },
}

/// The requests that wait for an answer on this connection.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    last_id: u64,
    waiting: BTreeMap<u64, (Duration, Purpose)>,
    /// What the first frame asked for, which is answered without an id.
    opening: BTreeMap<Opening, u64>,
    /// When an answer came last, to whatever.
    answered_at: Duration,
}

/// What the first frame asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Opening {
    Sync,
    Subscription(ConversationId),
}

/// A slow line that answers one request after the other is patient; but not for longer than so many
/// deadlines.
const PATIENCE: u32 = 4;

impl Requests {
    /// Gives the next id to a request.
    pub(crate) fn begin(&mut self, purpose: Purpose, now: Duration) -> u64 {
        self.last_id += 1;
        self.waiting.insert(self.last_id, (now, purpose));
        self.last_id
    }

    /// The first frame asks for something that is answered without an id.
    pub(crate) fn begin_opening(&mut self, opening: Opening, purpose: Purpose, now: Duration) {
        let id = self.begin(purpose, now);
        self.opening.insert(opening, id);
    }

    /// What the first frame asked for was answered, if this is it.
    pub(crate) fn finish_opening(&mut self, opening: Opening, now: Duration) {
        if let Some(id) = self.opening.remove(&opening) {
            self.finish(id, now);
        }
    }

    /// Whether the first frame asked for this, and nothing answered it yet.
    pub(crate) fn is_opening(&self, opening: Opening) -> bool {
        self.opening.contains_key(&opening)
    }

    /// The request that an answer is for, and when it was sent. It waits no longer.
    pub(crate) fn finish(&mut self, id: u64, now: Duration) -> Option<(Duration, Purpose)> {
        let waited = self.waiting.remove(&id)?;
        self.answered_at = now;
        Some(waited)
    }

    /// When the connection counts as broken, if the oldest request is not answered before. Ids rise
    /// with time.
    pub(crate) fn deadline(&self, timeout: Duration) -> Option<Duration> {
        let (sent, _) = self.waiting.values().next()?;
        let patient = *sent + timeout * PATIENCE;
        Some(patient.min((*sent).max(self.answered_at) + timeout))
    }

    /// The last id that was given.
    pub(crate) fn last(&self) -> u64 {
        self.last_id
    }

    /// The requests after this one were never sent: their ids are free again.
    pub(crate) fn take_after(&mut self, last: u64) -> Vec<Purpose> {
        self.last_id = last;
        self.waiting
            .split_off(&(last + 1))
            .into_values()
            .map(|(_, purpose)| purpose)
            .collect()
    }

    /// The connection is gone, and with it all ids.
    pub(crate) fn clear(&mut self) -> Vec<Purpose> {
        self.last_id = 0;
        self.opening.clear();
        std::mem::take(&mut self.waiting)
            .into_values()
            .map(|(_, purpose)| purpose)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_request_without_an_answer_ends_the_connection_after_the_deadline() {
        let mut requests = Requests::default();
        assert_eq!(requests.deadline(at(30)), None);
        requests.begin(Purpose::Ping, at(100));
        requests.begin(Purpose::Ping, at(110));
        assert_eq!(requests.deadline(at(30)), Some(at(130)));
    }

    #[test]
    fn a_slow_line_that_answers_one_after_the_other_is_waited_for_but_not_for_ever() {
        let mut requests = Requests::default();
        let stuck = requests.begin(Purpose::Ping, at(100));
        for n in 0..10 {
            let id = requests.begin(Purpose::Ping, at(100 + n));
            requests.finish(id, at(110 + n * 10));
        }
        assert_eq!(requests.deadline(at(30)), Some(at(220)));
        requests.finish(stuck, at(210));
        assert_eq!(requests.deadline(at(30)), None);
    }

    #[test]
    fn what_the_first_frame_asked_for_is_waited_for_as_well() {
        let mut requests = Requests::default();
        requests.begin_opening(Opening::Sync, Purpose::Sync { cursor: false }, at(1));
        assert_eq!(requests.deadline(at(30)), Some(at(31)));
        requests.finish_opening(Opening::Sync, at(2));
        assert_eq!(requests.deadline(at(30)), None);
    }
}
