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
}

impl Requests {
    /// Gives the next id to a request.
    pub(crate) fn begin(&mut self, purpose: Purpose, now: Duration) -> u64 {
        self.last_id += 1;
        self.waiting.insert(self.last_id, (now, purpose));
        self.last_id
    }

    /// The request that an answer is for, and when it was sent. It waits no longer.
    pub(crate) fn finish(&mut self, id: u64) -> Option<(Duration, Purpose)> {
        self.waiting.remove(&id)
    }

    /// When the oldest was sent. Ids rise with time.
    pub(crate) fn oldest(&self) -> Option<Duration> {
        self.waiting.values().next().map(|(sent, _)| *sent)
    }

    /// The connection is gone, and with it all ids.
    pub(crate) fn clear(&mut self) -> Vec<Purpose> {
        self.last_id = 0;
        std::mem::take(&mut self.waiting)
            .into_values()
            .map(|(_, purpose)| purpose)
            .collect()
    }
}
