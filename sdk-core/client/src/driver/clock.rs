//! The only place of the client that reads clocks and makes ids from nothing.

use std::{
    sync::Mutex,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use causerie_engine::Now;
use uuid::{ContextV7, Timestamp, Uuid};

/// The time of an input. The monotonic part counts sleep, so that a device that slept for an hour
/// knows it.
pub(crate) fn now() -> Now {
    Now {
        mono: monotonic(),
        wall: wall(),
    }
}

#[expect(clippy::disallowed_methods, reason = "the driver's clock")]
fn wall() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Linux and Android have a clock of their own for it; Apple's monotonic clock counts sleep.
#[cfg(unix)]
pub(crate) fn monotonic() -> Duration {
    use rustix::time::{ClockId, clock_gettime};

    #[cfg(any(target_os = "linux", target_os = "android"))]
    const CLOCK: ClockId = ClockId::Boottime;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const CLOCK: ClockId = ClockId::Monotonic;
    let time = clock_gettime(CLOCK);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or(0),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

#[cfg(not(unix))]
#[expect(clippy::disallowed_methods, reason = "the driver's clock")]
pub(crate) fn monotonic() -> Duration {
    use std::{sync::OnceLock, time::Instant};

    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

/// A UUIDv7, greater than those before it.
#[expect(clippy::disallowed_methods, reason = "ids are made here and passed on")]
pub(crate) fn fresh_id() -> Uuid {
    id_at(SystemTime::now())
}

/// `Uuid::now_v7`, except that it takes any time: what is before 1970 counts as its first moment, as
/// in [`now`], and a clock that is wrong costs nobody a message.
fn id_at(time: SystemTime) -> Uuid {
    static CONTEXT: Mutex<ContextV7> = Mutex::new(ContextV7::new());
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    Uuid::new_v7(Timestamp::from_unix(
        &CONTEXT,
        since.as_secs(),
        since.subsec_nanos(),
    ))
}

/// Randomness for the engine's jitter.
pub(crate) fn seed() -> u64 {
    fresh_id().as_u64_pair().1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_before_1970_gives_ids_that_are_as_good_as_any() {
        let longest = UNIX_EPOCH.checked_sub(Duration::from_secs(1 << 40));
        for time in [
            UNIX_EPOCH - Duration::from_nanos(1),
            longest.unwrap_or(UNIX_EPOCH),
            UNIX_EPOCH,
        ] {
            let ids: Vec<_> = (0..10_000).map(|_| id_at(time)).collect();
            assert!(ids.iter().all(|id| id.get_version_num() == 7));
            assert!(ids.is_sorted_by(|one, next| one < next), "they rise");
        }
    }

    #[test]
    fn ids_rise_with_time_however_the_clock_is_set_back() {
        let early = id_at(UNIX_EPOCH + Duration::from_secs(1_000));
        let late = id_at(UNIX_EPOCH + Duration::from_secs(2_000_000_000));
        let set_back = id_at(UNIX_EPOCH + Duration::from_secs(1_000));
        assert!(early < late);
        assert_ne!(set_back, early);
    }
}
