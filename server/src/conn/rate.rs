//! How often a connection may ask (docs/protocol.md §4 and §8).

use std::time::Duration;

/// A token bucket. The server's default allows a client that comes back to empty its outbox.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateConfig {
    /// Requests a second in the long run. Default 100.
    pub per_second: f64,
    /// Requests at once after silence. Default 400.
    pub burst: f64,
    /// Refused requests, beyond what time made good again, after which the connection is closed
    /// with 4005. Default 1,000.
    pub flood: f64,
}

impl Default for RateConfig {
    fn default() -> Self {
        Self {
            per_second: 100.0,
            burst: 400.0,
            flood: 1000.0,
        }
    }
}

/// What the bucket says to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Pass,
    /// `rate_limited`; come back after this long.
    Refuse {
        retry_after: Duration,
    },
    /// Close with 4005.
    Flood,
}

#[derive(Debug)]
pub(crate) struct Bucket {
    config: RateConfig,
    /// Below zero: refused requests.
    level: f64,
    at: Duration,
}

impl Bucket {
    pub(crate) fn new(config: RateConfig, now: Duration) -> Self {
        Self {
            config,
            level: config.burst,
            at: now,
        }
    }

    pub(crate) fn ask(&mut self, now: Duration) -> Verdict {
        let passed = now.saturating_sub(self.at).as_secs_f64();
        self.at = now;
        self.level = (self.level + passed * self.config.per_second).min(self.config.burst) - 1.0;
        if self.level >= 0.0 {
            return Verdict::Pass;
        }
        if self.level < -self.config.flood {
            self.level = -self.config.flood;
            return Verdict::Flood;
        }
        let missing = -self.level / self.config.per_second.max(f64::MIN_POSITIVE);
        Verdict::Refuse {
            retry_after: Duration::try_from_secs_f64(missing).unwrap_or(Duration::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_then_requests_are_refused_until_time_makes_room() {
        let mut bucket = bucket();
        for _ in 0..10 {
            assert_eq!(bucket.ask(Duration::ZERO), Verdict::Pass);
        }
        let Verdict::Refuse { retry_after } = bucket.ask(Duration::ZERO) else {
            panic!("not refused");
        };
        assert_eq!(retry_after, Duration::from_millis(200));
        assert_eq!(bucket.ask(Duration::from_millis(600)), Verdict::Pass);
    }

    #[test]
    fn who_goes_on_in_spite_of_refusals_floods() {
        let mut bucket = bucket();
        let refused = (0..100)
            .map(|_| bucket.ask(Duration::ZERO))
            .take_while(|verdict| *verdict != Verdict::Flood)
            .count();
        assert_eq!(refused, 10 + 20);
    }

    fn bucket() -> Bucket {
        let config = RateConfig {
            per_second: 5.0,
            burst: 10.0,
            flood: 20.0,
        };
        Bucket::new(config, Duration::ZERO)
    }
}
