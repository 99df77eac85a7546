//! Percentiles of the newest samples.

use std::{collections::VecDeque, time::Duration};

const SAMPLES: usize = 1024;

#[derive(Debug, Default)]
pub(crate) struct Latency {
    samples: VecDeque<Duration>,
}

impl Latency {
    pub(crate) fn record(&mut self, sample: Duration) {
        if self.samples.len() == SAMPLES {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
    }

    /// The median and the 99th percentile.
    pub(crate) fn percentiles(&self) -> (Option<Duration>, Option<Duration>) {
        let mut sorted: Vec<Duration> = self.samples.iter().copied().collect();
        sorted.sort_unstable();
        let at = |percent: usize| {
            let index = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
            sorted.get(index).copied()
        };
        (at(50), at(99))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_newest_samples() {
        let mut latency = Latency::default();
        assert_eq!(latency.percentiles(), (None, None));
        for ms in 0..=SAMPLES as u64 + 100 {
            latency.record(Duration::from_millis(ms));
        }
        let (p50, p99) = latency.percentiles();
        assert_eq!(p50, Some(Duration::from_millis(101 + 511)));
        assert_eq!(p99, Some(Duration::from_millis(101 + 1013)));
    }
}
