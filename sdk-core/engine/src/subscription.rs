//! Which conversations are subscribed: those that a screen shows, and for a while those that one
//! showed (docs/protocol.md §1, "Rooms").

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use causerie_protocol::{ConversationId, Seq};

use crate::{
    EngineConfig,
    backoff::{Backoff, Jitter},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    /// The server sends nothing.
    Off,
    /// It was asked to.
    Asked,
    /// It does.
    On,
}

#[derive(Debug)]
struct Subscription {
    /// Timelines that show it.
    open: u32,
    /// Since when none does.
    idle_since: Duration,
    link: Link,
    /// Where the present request began.
    since: Option<Seq>,
    /// The server said no; only a change of the conversation makes it worth asking again.
    refused: bool,
    backoff: Backoff,
    /// The position at which the last hole was found.
    hole_at: Option<Seq>,
    /// Between requests that leave a hole where it was.
    hole_backoff: Backoff,
}

#[derive(Debug)]
pub(crate) struct Subscriptions {
    all: BTreeMap<ConversationId, Subscription>,
    /// To be asked for, if the conversation allows it.
    pending: BTreeSet<ConversationId>,
    /// To be asked for again, at a time.
    retries: BTreeSet<(Duration, ConversationId)>,
    /// Idle ones, oldest first.
    idle: BTreeSet<(Duration, ConversationId)>,
    release: Duration,
    own_limit: usize,
    limit: usize,
    backoff: Backoff,
}

impl Subscriptions {
    pub(crate) fn new(config: &EngineConfig) -> Self {
        Self {
            all: BTreeMap::new(),
            pending: BTreeSet::new(),
            retries: BTreeSet::new(),
            idle: BTreeSet::new(),
            release: config.subscription_release,
            own_limit: config.max_subscriptions.max(1),
            limit: config.max_subscriptions.max(1),
            backoff: Backoff::new(config.backoff_base, config.backoff_cap),
        }
    }

    /// The server's limit.
    pub(crate) fn set_server_limit(&mut self, limit: u64) {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        self.limit = self.own_limit.min(limit.max(1));
    }

    /// A timeline shows it.
    pub(crate) fn open(&mut self, conversation_id: ConversationId) {
        let subscription = self
            .all
            .entry(conversation_id)
            .or_insert_with(|| Subscription {
                open: 0,
                idle_since: Duration::ZERO,
                link: Link::Off,
                since: None,
                refused: false,
                backoff: self.backoff.clone(),
                hole_at: None,
                hole_backoff: self.backoff.clone(),
            });
        subscription.open += 1;
        if subscription.open == 1 {
            self.idle
                .remove(&(subscription.idle_since, conversation_id));
        }
        if subscription.link == Link::Off {
            self.pending.insert(conversation_id);
        }
    }

    /// A timeline shows it no longer.
    pub(crate) fn close(&mut self, conversation_id: ConversationId, now: Duration) {
        if let Some(subscription) = self.all.get_mut(&conversation_id) {
            subscription.open = subscription.open.saturating_sub(1);
            if subscription.open == 0 {
                subscription.idle_since = now;
                self.idle.insert((now, conversation_id));
                // It may make room for one that found none.
                let starved = |(_, s): &(_, &Subscription)| s.open > 0 && s.link == Link::Off;
                self.pending
                    .extend(self.all.iter().filter(starved).map(|(id, _)| *id));
            }
        }
    }

    /// Something about the conversation changed: it may be allowed now.
    pub(crate) fn nudge(&mut self, conversation_id: ConversationId) {
        if let Some(subscription) = self.all.get_mut(&conversation_id)
            && subscription.link == Link::Off
        {
            subscription.refused = false;
            self.pending.insert(conversation_id);
        }
    }

    pub(crate) fn is_on(&self, conversation_id: ConversationId) -> bool {
        self.link(conversation_id) == Link::On
    }

    pub(crate) fn is_asked(&self, conversation_id: ConversationId) -> bool {
        self.link(conversation_id) == Link::Asked
    }

    fn link(&self, conversation_id: ConversationId) -> Link {
        self.all
            .get(&conversation_id)
            .map_or(Link::Off, |subscription| subscription.link)
    }

    /// Those the server sends events of.
    pub(crate) fn count(&self) -> usize {
        self.all
            .values()
            .filter(|subscription| subscription.link == Link::On)
            .count()
    }

    /// Those that may be asked for now, if the conversations allow it.
    pub(crate) fn take_pending(&mut self, now: Duration) -> Vec<ConversationId> {
        while let Some((at, conversation_id)) = self.retries.first().copied() {
            if at > now {
                break;
            }
            self.retries.pop_first();
            self.pending.insert(conversation_id);
        }
        std::mem::take(&mut self.pending)
            .into_iter()
            .filter(|id| {
                self.all
                    .get(id)
                    .is_some_and(|s| s.link == Link::Off && !s.refused)
            })
            .collect()
    }

    /// Makes room for one more. Gives the conversation that has to be unsubscribed, if one has to;
    /// none at all if everything is on screen.
    pub(crate) fn make_room(&mut self) -> Option<Option<ConversationId>> {
        let used = self.all.values().filter(|s| s.link != Link::Off).count();
        if used < self.limit {
            return Some(None);
        }
        let (_, oldest) = self.idle.pop_first()?;
        let had = self.all.remove(&oldest)?;
        if had.link == Link::Off {
            return self.make_room();
        }
        Some(Some(oldest))
    }

    /// It was asked for.
    pub(crate) fn handle_asked(&mut self, conversation_id: ConversationId, since: Option<Seq>) {
        if let Some(subscription) = self.all.get_mut(&conversation_id) {
            subscription.link = Link::Asked;
            subscription.since = since;
        }
    }

    /// The server sends its events from now on. Gives where the request began.
    pub(crate) fn handle_subscribed(&mut self, conversation_id: ConversationId) -> Option<Seq> {
        let subscription = self.all.get_mut(&conversation_id)?;
        subscription.link = Link::On;
        subscription.backoff.reset();
        subscription.since.take()
    }

    /// Events are missing behind a position. Says whether to ask for them now: where the last
    /// request left the hole as it was, that is for later.
    pub(crate) fn handle_hole(
        &mut self,
        conversation_id: ConversationId,
        last: Seq,
        jitter: &mut Jitter,
        now: Duration,
    ) -> bool {
        let Some(subscription) = self.all.get_mut(&conversation_id) else {
            return false;
        };
        if subscription.link != Link::On {
            return false;
        }
        if subscription.hole_at.replace(last) != Some(last) {
            subscription.hole_backoff.reset();
            return true;
        }
        subscription.link = Link::Off;
        let delay = subscription.hole_backoff.next_delay(jitter, None);
        self.retries.insert((now + delay, conversation_id));
        false
    }

    /// The server refused, or ended it.
    pub(crate) fn handle_ended(
        &mut self,
        conversation_id: ConversationId,
        retry: Option<(&mut Jitter, Option<Duration>, Duration)>,
    ) {
        let Some(subscription) = self.all.get_mut(&conversation_id) else {
            return;
        };
        subscription.link = Link::Off;
        match retry {
            Some((jitter, retry_after, now)) => {
                let delay = subscription.backoff.next_delay(jitter, retry_after);
                self.retries.insert((now + delay, conversation_id));
            }
            None => subscription.refused = true,
        }
    }

    /// The connection is gone.
    pub(crate) fn handle_lost(&mut self) {
        self.retries.clear();
        for (id, subscription) in &mut self.all {
            subscription.link = Link::Off;
            subscription.refused = false;
            self.pending.insert(*id);
        }
    }

    /// Those that nothing has shown for long enough. They are forgotten; those given out are to be
    /// unsubscribed.
    pub(crate) fn release(&mut self, now: Duration) -> Vec<ConversationId> {
        let mut released = Vec::new();
        while let Some((since, conversation_id)) = self.idle.first().copied() {
            if since + self.release > now {
                break;
            }
            self.idle.pop_first();
            if let Some(subscription) = self.all.remove(&conversation_id)
                && subscription.link != Link::Off
            {
                released.push(conversation_id);
            }
        }
        released
    }

    pub(crate) fn poll_release(&self) -> Option<Duration> {
        self.idle.first().map(|(since, _)| *since + self.release)
    }

    pub(crate) fn poll_retry(&self) -> Option<Duration> {
        self.retries.first().map(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn id(n: u128) -> ConversationId {
        ConversationId::from_uuid(Uuid::from_u128(n))
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn of(limit: usize) -> Subscriptions {
        Subscriptions::new(&EngineConfig {
            max_subscriptions: limit,
            ..EngineConfig::default()
        })
    }

    fn on(subscriptions: &mut Subscriptions, n: u128) {
        subscriptions.open(id(n));
        subscriptions.handle_asked(id(n), None);
        subscriptions.handle_subscribed(id(n));
    }

    #[test]
    fn what_nothing_shows_is_released_after_half_an_hour() {
        let mut subscriptions = of(128);
        on(&mut subscriptions, 1);
        subscriptions.close(id(1), at(100));
        assert_eq!(subscriptions.poll_release(), Some(at(100 + 1800)));
        assert!(subscriptions.release(at(1899)).is_empty());
        assert_eq!(subscriptions.release(at(1900)), [id(1)]);
        assert_eq!(subscriptions.poll_release(), None);
    }

    #[test]
    fn what_is_shown_again_in_time_stays() {
        let mut subscriptions = of(128);
        on(&mut subscriptions, 1);
        subscriptions.close(id(1), at(100));
        subscriptions.open(id(1));
        assert!(subscriptions.release(at(9999)).is_empty());
        assert!(subscriptions.is_on(id(1)));
    }

    #[test]
    fn near_the_limit_the_longest_idle_one_makes_room() {
        let mut subscriptions = of(2);
        on(&mut subscriptions, 1);
        on(&mut subscriptions, 2);
        assert_eq!(subscriptions.make_room(), None, "both are on screen");
        subscriptions.close(id(2), at(5));
        subscriptions.close(id(1), at(6));
        assert_eq!(subscriptions.make_room(), Some(Some(id(2))));
        assert_eq!(subscriptions.make_room(), Some(None));
    }

    #[test]
    fn a_hole_that_the_last_request_left_is_asked_for_again_later_and_later() {
        let mut subscriptions = of(2);
        let mut jitter = Jitter::new(1);
        on(&mut subscriptions, 1);
        assert!(subscriptions.handle_hole(id(1), 7, &mut jitter, at(0)));
        let mut now = at(0);
        for _ in 0..20 {
            subscriptions.handle_asked(id(1), Some(7));
            subscriptions.handle_subscribed(id(1));
            assert!(!subscriptions.handle_hole(id(1), 7, &mut jitter, now));
            let again = subscriptions.handle_hole(id(1), 7, &mut jitter, now);
            assert!(!again, "it is asked for once");
            let due = subscriptions.poll_retry().expect("it is asked for again");
            assert!(due <= now + at(30));
            now = due;
            assert_eq!(subscriptions.take_pending(now), [id(1)]);
        }
        assert!(now > at(60), "twenty requests took {now:?}");
        subscriptions.handle_asked(id(1), Some(7));
        subscriptions.handle_subscribed(id(1));
        let elsewhere = subscriptions.handle_hole(id(1), 8, &mut jitter, now);
        assert!(elsewhere, "it is another hole");
    }

    #[test]
    fn a_refused_one_is_asked_for_again_only_after_a_change() {
        let mut subscriptions = of(2);
        subscriptions.open(id(1));
        assert_eq!(subscriptions.take_pending(at(0)), [id(1)]);
        subscriptions.handle_asked(id(1), None);
        subscriptions.handle_ended(id(1), None);
        assert!(subscriptions.take_pending(at(500)).is_empty());
        subscriptions.nudge(id(1));
        assert_eq!(subscriptions.take_pending(at(500)), [id(1)]);
    }
}
