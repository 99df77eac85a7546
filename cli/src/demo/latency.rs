//! How long things took: medians and the slowest hundredth.

use std::time::Duration;

use serde_json::{Value, json};

/// Times of one kind.
#[derive(Debug, Clone, Default)]
pub struct Times(Vec<Duration>);

impl Times {
    /// Takes in one.
    pub fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// The time that this share of all did not exceed (nearest rank); `None` if there are none.
    pub fn percentile(&self, percent: usize) -> Option<Duration> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).copied()
    }
}

/// Times of one kind, apart by whether the network and the server were well when they began.
#[derive(Debug, Clone, Default)]
pub struct Latency {
    /// While everybody was connected.
    pub calm: Times,
    /// In chapters with faults, outages included.
    pub rough: Times,
}

impl Latency {
    /// Takes in one.
    pub fn add(&mut self, calm: bool, time: Duration) {
        if calm {
            self.calm.add(time);
        } else {
            self.rough.add(time);
        }
    }

    /// Calm median and 99th percentile, then rough ones.
    pub fn four(&self) -> [Option<Duration>; 4] {
        [
            self.calm.percentile(50),
            self.calm.percentile(99),
            self.rough.percentile(50),
            self.rough.percentile(99),
        ]
    }

    /// In microseconds.
    pub fn to_json(&self) -> Value {
        let micros = self
            .four()
            .map(|time| time.map(|time| u64::try_from(time.as_micros()).unwrap_or(u64::MAX)));
        json!({
            "connected": {"p50": micros[0], "p99": micros[1]},
            "through_faults": {"p50": micros[2], "p99": micros[3]},
        })
    }
}

/// A time as people read it: `0.42 ms`, `17 ms`, `1.8 s`.
pub fn human(time: Option<Duration>) -> String {
    let Some(time) = time else {
        return "–".to_owned();
    };
    let ms = time.as_secs_f64() * 1_000.0;
    match ms {
        ms if ms < 10.0 => format!("{ms:.2} ms"),
        ms if ms < 1_000.0 => format!("{ms:.0} ms"),
        ms => format!("{:.1} s", ms / 1_000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_occurred() {
        let mut times = Times::default();
        assert_eq!(times.percentile(50), None);
        for ms in (1..=200).rev() {
            times.add(Duration::from_millis(ms));
        }
        assert_eq!(times.percentile(50), Some(Duration::from_millis(100)));
        assert_eq!(times.percentile(99), Some(Duration::from_millis(198)));
        assert_eq!(times.percentile(100), Some(Duration::from_millis(200)));
        let mut one = Times::default();
        one.add(Duration::from_millis(7));
        assert_eq!(one.percentile(50), one.percentile(99));
    }

    #[test]
    fn times_are_written_for_people() {
        let human = |micros| super::human(Some(Duration::from_micros(micros)));
        assert_eq!(human(421), "0.42 ms");
        assert_eq!(human(17_400), "17 ms");
        assert_eq!(human(1_840_000), "1.8 s");
        assert_eq!(super::human(None), "–");
    }
}
