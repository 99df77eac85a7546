//! How long to wait before the next attempt (docs/protocol.md §9): a random time in
//! [0, min(cap, base · 2^n)], never below what the server asked for. The randomness is "full
//! jitter", which spreads a herd of clients best.

use std::time::Duration;

use causerie_protocol::limits::MAX_RETRY_AFTER_MS;

/// The time that a server asked to wait, or the longest one that is waited because of that.
pub(crate) fn asked_wait(retry_after_ms: Option<u64>) -> Option<Duration> {
    retry_after_ms.map(|ms| Duration::from_millis(ms.min(MAX_RETRY_AFTER_MS)))
}

/// Numbers from a seed (SplitMix64): not for secrets.
#[derive(Debug, Clone)]
pub(crate) struct Jitter(u64);

impl Jitter {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A time in [0, most], by the microsecond.
    fn below(&mut self, most: Duration) -> Duration {
        let most = u64::try_from(most.as_micros()).unwrap_or(u64::MAX - 1);
        Duration::from_micros(self.next() % (most + 1))
    }
}

/// The schedule of one thing that is tried again.
#[derive(Debug, Clone)]
pub(crate) struct Backoff {
    base: Duration,
    cap: Duration,
    failures: u32,
}

impl Backoff {
    pub(crate) fn new(base: Duration, cap: Duration) -> Self {
        Self {
            base,
            cap,
            failures: 0,
        }
    }

    /// The delay before the next attempt, and one more failure counted.
    pub(crate) fn next_delay(
        &mut self,
        jitter: &mut Jitter,
        retry_after: Option<Duration>,
    ) -> Duration {
        let doubled = 1u32
            .checked_shl(self.failures)
            .and_then(|factor| self.base.checked_mul(factor))
            .unwrap_or(self.cap);
        self.failures = self.failures.saturating_add(1);
        jitter
            .below(doubled.min(self.cap))
            .max(retry_after.unwrap_or_default())
    }

    /// Failures since the last success.
    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    /// It worked.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backoff() -> Backoff {
        Backoff::new(Duration::from_millis(500), Duration::from_secs(30))
    }

    #[test]
    fn delays_stay_below_a_bound_that_doubles_up_to_the_cap() {
        for seed in 0..200 {
            let mut jitter = Jitter::new(seed);
            let mut backoff = backoff();
            for n in 0..50u32 {
                let bound = Duration::from_millis(500)
                    .checked_mul(1u32.checked_shl(n).unwrap_or(u32::MAX))
                    .unwrap_or(Duration::MAX)
                    .min(Duration::from_secs(30));
                assert!(
                    backoff.next_delay(&mut jitter, None) <= bound,
                    "attempt {n}"
                );
            }
        }
    }

    #[test]
    fn delays_use_the_whole_interval() {
        let mut jitter = Jitter::new(7);
        let delays: Vec<_> = (0..1000)
            .map(|_| backoff().next_delay(&mut jitter, None))
            .collect();
        assert!(delays.iter().any(|d| *d < Duration::from_millis(25)));
        assert!(delays.iter().any(|d| *d > Duration::from_millis(475)));
    }

    #[test]
    fn the_server_can_ask_for_a_longer_delay() {
        let mut jitter = Jitter::new(7);
        let asked = Duration::from_secs(90);
        assert_eq!(backoff().next_delay(&mut jitter, Some(asked)), asked);
    }

    #[test]
    fn no_server_can_ask_for_more_than_an_hour() {
        let hour = Duration::from_secs(3600);
        assert_eq!(asked_wait(None), None);
        assert_eq!(asked_wait(Some(3_600_000)), Some(hour));
        assert_eq!(asked_wait(Some(3_600_001)), Some(hour));
        assert_eq!(asked_wait(Some(u64::MAX)), Some(hour));
    }

    #[test]
    fn a_success_starts_again_from_the_base() {
        let mut jitter = Jitter::new(3);
        let mut backoff = backoff();
        for _ in 0..20 {
            backoff.next_delay(&mut jitter, None);
        }
        backoff.reset();
        assert!(backoff.next_delay(&mut jitter, None) <= Duration::from_millis(500));
    }
}
