//! The only place of the client that reads clocks and makes ids from nothing.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use causerie_engine::Now;
use uuid::Uuid;

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

/// A UUIDv7.
#[expect(clippy::disallowed_methods, reason = "ids are made here and passed on")]
pub(crate) fn fresh_id() -> Uuid {
    Uuid::now_v7()
}

/// Randomness for the engine's jitter.
pub(crate) fn seed() -> u64 {
    fresh_id().as_u64_pair().1
}
