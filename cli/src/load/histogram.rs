//! How long things took, all of them: a histogram whose buckets are at most 1.6 % wide, so that
//! millions of times cost 16 KiB.

use std::time::Duration;

/// Buckets of one octave.
const PER_OCTAVE: u64 = 64;
/// From 64 µs on, each doubling is an octave; this many reach 37 hours.
const OCTAVES: u64 = 31;

/// Counts times by microseconds.
#[derive(Debug, Clone)]
pub struct Histogram {
    counts: Vec<u64>,
    count: u64,
    most: Duration,
}

impl Default for Histogram {
    fn default() -> Self {
        let buckets = usize::try_from(PER_OCTAVE * (OCTAVES + 1)).unwrap_or_default();
        Self {
            counts: vec![0; buckets],
            count: 0,
            most: Duration::ZERO,
        }
    }
}

impl Histogram {
    /// Takes in one.
    pub fn add(&mut self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let last = self.counts.len() - 1;
        self.counts[bucket(micros).min(last)] += 1;
        self.count += 1;
        self.most = self.most.max(time);
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The longest, to the nanosecond.
    pub fn most(&self) -> Duration {
        self.most
    }

    /// The time that this share of all did not exceed (nearest rank), rounded up to its bucket's
    /// end; zero if there are none. `per_mille` is 500 for the median.
    pub fn percentile(&self, per_mille: u64) -> Duration {
        let rank = (self.count * per_mille).div_ceil(1000).max(1);
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += count;
            // What is beyond the last bucket's end is in it too.
            if seen >= rank && bucket + 1 < self.counts.len() {
                return Duration::from_micros(end(bucket as u64)).min(self.most);
            }
        }
        self.most
    }
}

/// Where so many microseconds are counted: one bucket each below 128, then 64 for each doubling.
fn bucket(micros: u64) -> usize {
    let octave = (micros / PER_OCTAVE).checked_ilog2().unwrap_or(0);
    let bucket = PER_OCTAVE * u64::from(octave) + (micros >> octave);
    usize::try_from(bucket).unwrap_or(usize::MAX)
}

/// The most microseconds that are counted there.
fn end(bucket: u64) -> u64 {
    let octave = (bucket / PER_OCTAVE).saturating_sub(1);
    ((bucket - PER_OCTAVE * octave + 1) << octave) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_short_times_are_exact_and_of_long_ones_within_two_hundredths() {
        let mut short = Histogram::default();
        assert_eq!(short.percentile(500), Duration::ZERO);
        (1..=100).for_each(|n| short.add(Duration::from_micros(n)));
        assert_eq!(short.percentile(500), Duration::from_micros(50));
        assert_eq!(short.percentile(990), Duration::from_micros(99));

        let mut long = Histogram::default();
        (1..=10_000).for_each(|n| long.add(Duration::from_micros(n * 37)));
        for per_mille in [1, 100, 500, 950, 990, 999, 1000] {
            let exact = Duration::from_micros(10 * per_mille * 37);
            let said = long.percentile(per_mille);
            assert!(said >= exact && said <= exact * 102 / 100, "{per_mille}");
        }
        assert_eq!(long.count(), 10_000);
        assert_eq!(long.most(), Duration::from_micros(370_000));
    }

    #[test]
    fn every_time_is_counted_in_the_bucket_that_ends_at_or_behind_it() {
        for micros in (0..40).flat_map(|bits| [(1_u64 << bits) - 1, 1 << bits, (1 << bits) + 1]) {
            let at = bucket(micros);
            assert!(end(at as u64) >= micros, "{micros}");
            assert!(at == 0 || end(at as u64 - 1) < micros, "{micros}");
        }
        let mut one = Histogram::default();
        one.add(Duration::from_secs(1_000_000));
        assert_eq!(one.percentile(500), Duration::from_secs(1_000_000));
    }
}
