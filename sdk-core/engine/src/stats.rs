//! Counters.

use std::{collections::VecDeque, time::Duration};

use crate::Stats;

/// So many acknowledgements make "of late".
const LATE: usize = 512;
/// Listeners are told at most so often.
const INTERVAL: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) stats: Stats,
    acks: VecDeque<Duration>,
    told_at: Option<Duration>,
    changed: bool,
    gauges: (u64, u64, u64),
}

impl Counters {
    /// Something changed.
    pub(crate) fn touch(&mut self) -> &mut Stats {
        self.changed = true;
        &mut self.stats
    }

    /// A write was acknowledged so long after it was sent.
    pub(crate) fn handle_ack(&mut self, took: Duration) {
        self.changed = true;
        if self.acks.len() == LATE {
            self.acks.pop_front();
        }
        self.acks.push_back(took);
    }

    /// The counters, with the percentiles worked out.
    pub(crate) fn stats(&self) -> Stats {
        let mut sorted: Vec<_> = self.acks.iter().copied().collect();
        sorted.sort_unstable();
        let percentile = |hundredths: usize| {
            let rank = (sorted.len() * hundredths).div_ceil(100);
            sorted.get(rank.saturating_sub(1)).copied()
        };
        Stats {
            ack_p50: percentile(50),
            ack_p99: percentile(99),
            ..self.stats.clone()
        }
    }

    /// What is counted elsewhere: any change is news.
    pub(crate) fn note_gauges(&mut self, gauges: (u64, u64, u64)) {
        self.changed |= gauges != self.gauges;
        self.gauges = gauges;
    }

    /// When listeners are to be told.
    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        self.told_at
            .filter(|_| self.changed)
            .map(|at| at + INTERVAL)
    }

    /// Whether listeners are to be told now.
    pub(crate) fn is_due(&mut self, now: Duration) -> bool {
        let due = self.changed && self.told_at.is_none_or(|at| now >= at + INTERVAL);
        if due {
            self.changed = false;
            self.told_at = Some(now);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_last_acknowledgements() {
        let mut counters = Counters::default();
        assert_eq!(counters.stats().ack_p50, None);
        for ms in 1..=100 {
            counters.handle_ack(Duration::from_millis(ms));
        }
        let stats = counters.stats();
        assert_eq!(stats.ack_p50, Some(Duration::from_millis(50)));
        assert_eq!(stats.ack_p99, Some(Duration::from_millis(99)));
        for _ in 0..LATE {
            counters.handle_ack(Duration::from_millis(7));
        }
        assert_eq!(counters.stats().ack_p99, Some(Duration::from_millis(7)));
    }

    #[test]
    fn listeners_are_told_at_most_once_a_second() {
        let mut counters = Counters::default();
        counters.touch().events_received += 1;
        assert!(counters.is_due(Duration::from_secs(5)));
        counters.touch().events_received += 1;
        assert!(!counters.is_due(Duration::from_millis(5_999)));
        assert!(counters.is_due(Duration::from_secs(6)));
        assert!(!counters.is_due(Duration::from_secs(60)));
    }
}
