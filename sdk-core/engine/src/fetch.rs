//! Pages of history that are wanted: what a screen waits for first, what only keeps the cache fresh
//! last, few at a time, so that they delay nobody's message.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use causerie_protocol::{ConversationId, History};

use crate::{
    EngineConfig,
    backoff::{Backoff, Jitter},
    request::{Fetch, FetchPurpose},
};

/// Pages asked for in vain are given up after so many times in a row, until the next connection.
const MAX_TRIES: u32 = 5;

#[derive(Debug)]
pub(crate) struct Fetches {
    waiting: BTreeSet<(u8, u64, Fetch)>,
    running: BTreeSet<Fetch>,
    tries: BTreeMap<Fetch, u32>,
    next: u64,
    window: usize,
    paused_until: Option<Duration>,
    backoff: Backoff,
}

impl Fetches {
    pub(crate) fn new(config: &EngineConfig) -> Self {
        Self {
            waiting: BTreeSet::new(),
            running: BTreeSet::new(),
            tries: BTreeMap::new(),
            next: 0,
            window: config.history_window.max(1),
            paused_until: None,
            backoff: Backoff::new(config.backoff_base, config.backoff_cap),
        }
    }

    /// Asks for a page, unless it is already on its way.
    pub(crate) fn want(&mut self, fetch: Fetch) {
        if self.running.contains(&fetch) || self.waiting.iter().any(|(_, _, f)| *f == fetch) {
            return;
        }
        let priority = match fetch.purpose {
            FetchPurpose::Newest
            | FetchPurpose::Older { .. }
            | FetchPurpose::Newer { .. }
            | FetchPurpose::Around { .. } => 0,
            FetchPurpose::Refresh { .. } => 1,
            FetchPurpose::Prefetch => 2,
        };
        self.next += 1;
        self.waiting.insert((priority, self.next, fetch));
    }

    /// Asks again for a page that came too early or was refused for now. Says whether it does:
    /// after some tries it gives up. What refreshes the cache, and the newest page that a screen
    /// waits for, never do while they are refused for now, since nobody else would ask for them.
    pub(crate) fn again(
        &mut self,
        fetch: Fetch,
        pause: Option<(&mut Jitter, Option<Duration>)>,
        now: Duration,
    ) -> bool {
        let tries = self.tries.entry(fetch).or_default();
        *tries += 1;
        let by_itself = matches!(
            fetch.purpose,
            FetchPurpose::Refresh { .. } | FetchPurpose::Newest
        );
        if *tries > MAX_TRIES && !(by_itself && pause.is_some()) {
            return false;
        }
        if let Some((jitter, retry_after)) = pause {
            self.paused_until = Some(now + self.backoff.next_delay(jitter, retry_after));
        }
        self.want(fetch);
        true
    }

    /// The next page to ask for.
    pub(crate) fn poll(&mut self, now: Duration) -> Option<Fetch> {
        if self.running.len() >= self.window {
            return None;
        }
        if self.paused_until.is_some_and(|until| until > now) {
            return None;
        }
        self.paused_until = None;
        let (_, _, fetch) = self.waiting.pop_first()?;
        self.running.insert(fetch);
        Some(fetch)
    }

    /// A page came, or was refused.
    pub(crate) fn finish(&mut self, fetch: Fetch, came: bool) {
        self.running.remove(&fetch);
        if came {
            self.backoff.reset();
        }
    }

    /// A page was of use: its next refusal is the first one again.
    pub(crate) fn forget_tries(&mut self, fetch: Fetch) {
        self.tries.remove(&fetch);
    }

    /// The connection is gone; whoever wants pages asks again when there is another one.
    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
        self.running.clear();
        self.tries.clear();
        self.paused_until = None;
    }

    /// A conversation's pages are of no use any more.
    pub(crate) fn drop_conversation(&mut self, conversation_id: ConversationId) {
        self.waiting
            .retain(|(_, _, fetch)| fetch.conversation_id != conversation_id);
    }

    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        if self.waiting.is_empty() {
            return None;
        }
        self.paused_until
    }
}

impl Fetch {
    /// The request for this page.
    pub(crate) fn request(&self) -> History {
        let mut history = History {
            conversation_id: self.conversation_id,
            before: None,
            after: None,
            limit: Some(self.limit.clamp(1, causerie_protocol::limits::MAX_PAGE)),
            changed_since: None,
        };
        match self.purpose {
            FetchPurpose::Newest | FetchPurpose::Prefetch => {}
            FetchPurpose::Refresh { lo, hi, since } => {
                history.after = Some(lo.saturating_sub(1));
                history.before = Some(hi + 1);
                history.changed_since = Some(since);
            }
            FetchPurpose::Older { before, after, .. } => {
                history.before = Some(before);
                history.after = after;
            }
            FetchPurpose::Newer { after, .. } => history.after = Some(after),
            FetchPurpose::Around { before, .. } => history.before = Some(before),
        }
        history
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::EngineConfig;

    #[test]
    fn a_refresh_that_is_refused_for_now_is_asked_for_until_it_comes() {
        let mut fetches = Fetches::new(&EngineConfig::default());
        let mut jitter = Jitter::new(1);
        let refresh = Fetch {
            conversation_id: ConversationId::from_uuid(Uuid::nil()),
            purpose: FetchPurpose::Refresh {
                lo: 1,
                hi: 9,
                since: 4,
            },
            limit: 10,
        };
        for round in 0..50 {
            let now = Duration::from_secs(60 * round);
            assert!(fetches.again(refresh, Some((&mut jitter, None)), now));
            let later = now + Duration::from_secs(59);
            assert_eq!(fetches.poll(later), Some(refresh), "round {round}");
            fetches.finish(refresh, false);
        }
        assert!(!fetches.again(refresh, None, Duration::ZERO));
    }
}
