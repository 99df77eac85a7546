//! How often, and how many at once, a user may ask over HTTP.
//!
//! A socket's limit is the connection's. Requests have none, so the user has the limit: the same
//! bucket, with the same numbers.

use std::{collections::HashMap, time::Duration};

use causerie_protocol::UserId;
use parking_lot::Mutex;

use crate::{
    auth::Identity,
    conn::{Bucket, RateConfig, Verdict},
};

/// Requests of one user under way at once.
const MAX_INSIDE: u32 = 32;
/// What the one beyond waits.
const CROWDED: Duration = Duration::from_secs(1);
/// Doors that are kept before those are looked for that nobody needs any more.
const TIDY_AT: usize = 1024;

struct Door {
    bucket: Option<Bucket>,
    inside: u32,
    /// The name and picture that the store was last told.
    told: Option<(Option<String>, Option<String>)>,
    last: Duration,
}

/// All users who asked lately.
#[derive(Default)]
pub(crate) struct Doors {
    doors: Mutex<HashMap<UserId, Door>>,
}

/// What the door says.
pub(super) struct Entry {
    /// How long to wait, if this comes too often. Repeats are answered even so.
    pub(super) refused: Option<Duration>,
    /// Whether the store knows the name and picture of the token.
    pub(super) is_told: bool,
}

impl Doors {
    /// A request comes; [`leave`](Self::leave) must follow.
    pub(super) fn enter(
        &self,
        identity: &Identity,
        rate: Option<RateConfig>,
        now: Duration,
    ) -> Entry {
        let mut doors = self.doors.lock();
        if doors.len() >= TIDY_AT && !doors.contains_key(&identity.user_id) {
            tidy(&mut doors, rate, now);
        }
        let door = doors
            .entry(identity.user_id.clone())
            .or_insert_with(|| Door {
                bucket: rate.map(|rate| Bucket::new(rate, now)),
                inside: 0,
                told: None,
                last: now,
            });
        door.inside += 1;
        door.last = now;
        let verdict = door.bucket.as_mut().map(|bucket| bucket.ask(now));
        let refused = match (verdict, rate) {
            (Some(Verdict::Refuse { retry_after }), _) => Some(retry_after),
            (Some(Verdict::Flood), Some(rate)) => Some(whole(rate)),
            (Some(Verdict::Pass), _) if door.inside > MAX_INSIDE => Some(CROWDED),
            (Some(Verdict::Pass | Verdict::Flood) | None, _) => None,
        };
        let name = (identity.name.clone(), identity.avatar.clone());
        let is_told = door.told.as_ref() == Some(&name);
        if refused.is_none() {
            door.told = Some(name);
        }
        Entry { refused, is_told }
    }

    /// It has its answer, or nobody waits for it any more.
    pub(super) fn leave(&self, user_id: &UserId) {
        if let Some(door) = self.doors.lock().get_mut(user_id) {
            door.inside = door.inside.saturating_sub(1);
        }
    }
}

/// Forgets those whose bucket is full again.
fn tidy(doors: &mut HashMap<UserId, Door>, rate: Option<RateConfig>, now: Duration) {
    let full_after = rate.map_or(Duration::ZERO, whole);
    doors.retain(|_, door| door.inside > 0 || now.saturating_sub(door.last) < full_after);
}

/// How long an empty bucket, or one that is far below empty, takes to be full.
fn whole(rate: RateConfig) -> Duration {
    let seconds = (rate.burst + rate.flood) / rate.per_second.max(f64::MIN_POSITIVE);
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(user: &str) -> Identity {
        Identity {
            user_id: UserId::new(user).unwrap(),
            expires_at: 0,
            name: Some("Alice".into()),
            avatar: None,
            admin: false,
        }
    }

    const RATE: RateConfig = RateConfig {
        per_second: 1.0,
        burst: 2.0,
        flood: 2.0,
    };

    #[test]
    fn each_user_has_a_bucket_and_flooding_makes_it_no_emptier_than_it_can_be() {
        let doors = Doors::default();
        let ask = |user, at| {
            let entry = doors.enter(&identity(user), Some(RATE), Duration::from_secs(at));
            doors.leave(&identity(user).user_id);
            entry.refused
        };
        assert_eq!((ask("alice", 0), ask("alice", 0)), (None, None));
        for _ in 0..100 {
            assert!(ask("alice", 0).is_some());
        }
        assert_eq!(ask("bob", 0), None);
        assert_eq!(ask("alice", 4), None);
    }

    #[test]
    fn too_many_at_once_are_refused_unless_there_are_no_limits() {
        let alice = identity("alice");
        let rate = RateConfig {
            burst: 1000.0,
            ..RATE
        };
        for (rate, refused) in [(Some(rate), Some(CROWDED)), (None, None)] {
            let doors = Doors::default();
            for _ in 0..MAX_INSIDE {
                assert_eq!(doors.enter(&alice, rate, Duration::ZERO).refused, None);
            }
            let beyond = doors.enter(&alice, rate, Duration::ZERO);
            assert_eq!(beyond.refused, refused);
            assert!(beyond.is_told);
        }
    }

    #[test]
    fn those_who_have_not_asked_for_long_are_forgotten() {
        let doors = Doors::default();
        for n in 0..TIDY_AT {
            let user = identity(&n.to_string());
            doors.enter(&user, Some(RATE), Duration::ZERO);
            doors.leave(&user.user_id);
        }
        doors.enter(&identity("alice"), Some(RATE), Duration::from_secs(60));
        assert_eq!(doors.doors.lock().len(), 1);
    }
}
