//! Where a conversation's cached messages are without holes, and how fresh they are
//! (docs/protocol.md §2, "Ranges and holes").
//!
//! A range is fresh while every event after its `as_of` is applied as it comes. After a hole it is
//! stale: an event that names one of its messages must not be applied, since the row would then
//! look newer than changes that lie in the hole. Adjacent ranges become one when they are equally
//! fresh.

use causerie_protocol::Seq;

use crate::Range;

/// The ranges of one conversation: disjoint and rising; adjacent ones differ in `as_of`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Ranges(Vec<Range>);

impl From<Vec<Range>> for Ranges {
    fn from(ranges: Vec<Range>) -> Self {
        Self(ranges)
    }
}

impl Ranges {
    pub(crate) fn to_vec(&self) -> Vec<Range> {
        self.0.clone()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The event `seq` was applied right after `seq - 1`.
    pub(crate) fn advance(&mut self, seq: Seq) {
        for range in &mut self.0 {
            if range.as_of + 1 >= seq {
                range.as_of = range.as_of.max(seq);
            }
        }
        if !self.0.iter().rev().any(|r| r.lo <= seq && seq <= r.hi) {
            let before = self.0.iter().rposition(|r| r.hi < seq);
            match before {
                Some(at) if self.0[at].hi + 1 == seq && self.0[at].as_of >= seq => {
                    self.0[at].hi = seq;
                }
                before => self.0.insert(
                    before.map_or(0, |at| at + 1),
                    Range {
                        lo: seq,
                        hi: seq,
                        as_of: seq,
                    },
                ),
            }
        }
        self.join();
    }

    /// A page brought all messages of `lo..=hi` as of a seq.
    pub(crate) fn insert(&mut self, lo: Seq, hi: Seq, as_of: Seq) {
        if lo > hi {
            return;
        }
        let mut parts = Vec::with_capacity(self.0.len() + 2);
        let mut next = lo;
        for old in std::mem::take(&mut self.0) {
            if old.hi < lo || old.lo > hi {
                parts.push(old);
                continue;
            }
            if old.lo < lo {
                parts.push(Range { hi: lo - 1, ..old });
            }
            let (from, to) = (old.lo.max(lo), old.hi.min(hi));
            if next < from {
                parts.push(Range {
                    lo: next,
                    hi: from - 1,
                    as_of,
                });
            }
            parts.push(Range {
                lo: from,
                hi: to,
                as_of: old.as_of.max(as_of),
            });
            next = to + 1;
            if old.hi > hi {
                parts.push(Range { lo: hi + 1, ..old });
            }
        }
        if next <= hi {
            parts.push(Range {
                lo: next,
                hi,
                as_of,
            });
        }
        parts.sort_by_key(|r| r.lo);
        self.0 = parts;
        self.join();
    }

    /// A page brought what changed in `lo..=hi` since `since`, as of a seq.
    pub(crate) fn refresh(&mut self, lo: Seq, hi: Seq, since: Seq, as_of: Seq) {
        let parts: Vec<_> = self
            .0
            .iter()
            .filter(|r| r.as_of >= since && r.lo <= hi && lo <= r.hi)
            .map(|r| (r.lo.max(lo), r.hi.min(hi)))
            .collect();
        for (lo, hi) in parts {
            self.insert(lo, hi, as_of);
        }
    }

    /// What lies below a seq is gone.
    pub(crate) fn drop_below(&mut self, seq: Seq) {
        self.0.retain(|r| r.hi >= seq);
        if let Some(first) = self.0.first_mut() {
            first.lo = first.lo.max(seq);
        }
    }

    /// Whether the event `seq` may change the message at `target`.
    pub(crate) fn is_fresh(&self, target: Seq, seq: Seq) -> bool {
        self.0
            .iter()
            .rev()
            .any(|r| r.lo <= target && target <= r.hi && r.as_of + 1 >= seq)
    }

    /// Whether all that is cached knows the changes up to a seq.
    pub(crate) fn all_as_of(&self, seq: Seq) -> bool {
        self.0.iter().all(|r| r.as_of >= seq)
    }

    /// The newest range that does not know the changes up to a position.
    pub(crate) fn newest_stale(&self, position: Seq) -> Option<Range> {
        self.0.iter().rev().find(|r| r.as_of < position).copied()
    }

    /// The range at a seq, if it does not know the changes up to a position.
    pub(crate) fn stale_at(&self, seq: Seq, position: Seq) -> Option<Range> {
        let range = self.0.iter().find(|r| r.lo <= seq && seq <= r.hi)?;
        (range.as_of < position).then_some(*range)
    }

    /// The ranges, newest first.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &Range> {
        self.0.iter().rev()
    }

    /// The longest stretch without a hole that ends at the highest cached seq.
    pub(crate) fn newest_run(&self) -> Option<(Seq, Seq)> {
        self.0.last().and_then(|last| self.run_at(last.hi))
    }

    /// The longest stretch without a hole around a seq.
    pub(crate) fn run_at(&self, seq: Seq) -> Option<(Seq, Seq)> {
        let at = self.0.iter().rposition(|r| r.lo <= seq && seq <= r.hi)?;
        let (mut lo, mut hi) = (self.0[at].lo, self.0[at].hi);
        for range in self.0[..at].iter().rev() {
            if range.hi + 1 < lo {
                break;
            }
            lo = range.lo;
        }
        for range in &self.0[at + 1..] {
            if range.lo > hi + 1 {
                break;
            }
            hi = range.hi;
        }
        Some((lo, hi))
    }

    /// The last cached seq below one.
    pub(crate) fn last_below(&self, seq: Seq) -> Option<Seq> {
        self.0
            .iter()
            .rev()
            .find(|r| r.lo < seq)
            .map(|r| r.hi.min(seq - 1))
    }

    /// The first cached seq above one.
    pub(crate) fn first_above(&self, seq: Seq) -> Option<Seq> {
        self.0
            .iter()
            .find(|r| r.hi > seq)
            .map(|r| r.lo.max(seq + 1))
    }

    fn join(&mut self) {
        if self.0.len() < 2 {
            return;
        }
        self.0.dedup_by(|next, kept| {
            let joins = kept.hi + 1 == next.lo && kept.as_of == next.as_of;
            if joins {
                kept.hi = next.hi;
            }
            joins
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(of: &[(Seq, Seq, Seq)]) -> Ranges {
        Ranges(
            of.iter()
                .map(|&(lo, hi, as_of)| Range { lo, hi, as_of })
                .collect(),
        )
    }

    #[test]
    fn events_in_order_make_one_growing_range() {
        let mut seen = Ranges::default();
        for seq in 1..=100 {
            seen.advance(seq);
        }
        assert_eq!(seen, ranges(&[(1, 100, 100)]));
    }

    #[test]
    fn after_a_hole_a_new_range_begins_and_the_old_one_stays_stale() {
        let mut seen = ranges(&[(1, 10, 10)]);
        for seq in 50..=52 {
            seen.advance(seq);
        }
        assert_eq!(seen, ranges(&[(1, 10, 10), (50, 52, 52)]));
        assert!(!seen.is_fresh(5, 53));
        assert!(seen.is_fresh(51, 53));
        assert_eq!(seen.newest_stale(52).map(|r| r.hi), Some(10));
    }

    #[test]
    fn a_page_that_closes_the_hole_stands_beside_what_is_less_fresh() {
        let mut seen = ranges(&[(1, 10, 10), (50, 52, 52)]);
        seen.insert(11, 49, 52);
        assert_eq!(seen, ranges(&[(1, 10, 10), (11, 52, 52)]));
        assert_eq!(seen.newest_run(), Some((1, 52)));
        seen.refresh(1, 10, 10, 52);
        assert_eq!(seen, ranges(&[(1, 52, 52)]));
    }

    #[test]
    fn a_page_over_several_ranges_keeps_what_is_fresher() {
        let mut seen = ranges(&[(5, 10, 60), (20, 30, 40)]);
        seen.insert(1, 25, 50);
        assert_eq!(
            seen,
            ranges(&[(1, 4, 50), (5, 10, 60), (11, 25, 50), (26, 30, 40)])
        );
        assert_eq!(seen.run_at(7), Some((1, 30)));
    }

    #[test]
    fn a_page_ahead_of_the_position_becomes_as_fresh_as_the_rest_when_events_catch_up() {
        let mut seen = ranges(&[(1, 10, 10)]);
        seen.insert(11, 15, 15);
        for seq in 11..=15 {
            seen.advance(seq);
        }
        assert_eq!(seen, ranges(&[(1, 15, 15)]));
        seen.advance(16);
        assert_eq!(seen, ranges(&[(1, 16, 16)]));
    }

    #[test]
    fn a_page_of_changes_proves_nothing_about_what_is_older_than_its_beginning() {
        let mut seen = ranges(&[(1, 10, 20), (11, 30, 40)]);
        seen.refresh(1, 30, 40, 50);
        assert_eq!(seen, ranges(&[(1, 10, 20), (11, 30, 50)]));
    }

    #[test]
    fn a_page_of_changes_proves_nothing_about_what_was_not_cached() {
        let mut seen = ranges(&[(5, 10, 10)]);
        seen.refresh(1, 20, 10, 50);
        assert_eq!(seen, ranges(&[(5, 10, 50)]));
    }

    #[test]
    fn what_lies_below_a_later_joining_is_gone() {
        let mut seen = ranges(&[(1, 10, 10), (20, 30, 30)]);
        seen.drop_below(25);
        assert_eq!(seen, ranges(&[(25, 30, 30)]));
        assert_eq!(seen.last_below(28), Some(27));
        assert_eq!(seen.first_above(3), Some(25));
    }
}
