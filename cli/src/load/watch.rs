//! One receiver's check of one conversation.

use std::{fmt, ops::RangeInclusive};

use super::light::{is_type, number};

/// Most holes that are remembered, to tell a late event from a doubled one.
const MAX_HOLES: usize = 64;

/// What was wrong with one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// These never came, or not before this one.
    Lost {
        /// The first that is missing.
        from: u64,
        /// The one that came in its place.
        got: u64,
    },
    /// It came before.
    Doubled(u64),
    /// It came behind a later one.
    OutOfOrder {
        /// The one that came late.
        seq: u64,
        /// The one that it should have come before.
        after: u64,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost { from, got } if *from + 1 == *got => write!(f, "{from} was lost"),
            Self::Lost { from, got } => write!(f, "{from} to {} were lost", got - 1),
            Self::Doubled(seq) => write!(f, "{seq} came twice"),
            Self::OutOfOrder { seq, after } => {
                write!(f, "{seq} came out of order, behind {after}")
            }
        }
    }
}

/// Follows numbers that must rise one by one, as the seqs of the durable events that one receiver
/// is sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watch {
    last: u64,
    holes: Vec<RangeInclusive<u64>>,
    /// Events received, each counted once.
    pub received: u64,
    /// Events that have not come though later ones have: holes.
    pub lost: u64,
    /// Events that came again.
    pub doubled: u64,
    /// Events that came after a later one.
    pub out_of_order: u64,
    /// The last thing that was wrong.
    pub fault: Option<Fault>,
}

impl Watch {
    /// A receiver that has everything up to this seq.
    pub fn after(last: u64) -> Self {
        Self {
            last,
            ..Self::default()
        }
    }

    /// The last seq received.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// Takes in the seq of an event.
    pub fn handle(&mut self, seq: u64) {
        if seq == self.last + 1 {
            self.received += 1;
            self.last = seq;
        } else if seq > self.last {
            let from = self.last + 1;
            self.fault = Some(Fault::Lost { from, got: seq });
            self.lost += seq - from;
            if self.holes.len() < MAX_HOLES {
                self.holes.push(from..=seq - 1);
            }
            self.received += 1;
            self.last = seq;
        } else if self.take_from_hole(seq) {
            let after = self.last;
            self.fault = Some(Fault::OutOfOrder { seq, after });
            self.out_of_order += 1;
            self.lost -= 1;
            self.received += 1;
        } else {
            self.fault = Some(Fault::Doubled(seq));
            self.doubled += 1;
        }
    }

    fn take_from_hole(&mut self, seq: u64) -> bool {
        let Some(at) = self.holes.iter().position(|hole| hole.contains(&seq)) else {
            return false;
        };
        let (from, to) = self.holes.swap_remove(at).into_inner();
        let rest = [
            (seq > from).then(|| from..=seq - 1),
            (seq < to).then(|| seq + 1..=to),
        ];
        self.holes.extend(rest.into_iter().flatten());
        true
    }

    /// Takes in a line, if it is a message; gives its seq.
    pub fn handle_line(&mut self, line: &[u8]) -> Option<u64> {
        if !is_type(line, "new_message") {
            return None;
        }
        let seq = number(line, "seq")?;
        self.handle(seq);
        Some(seq)
    }

    /// Whether nothing was wrong so far.
    pub fn is_clean(&self) -> bool {
        self.lost == 0 && self.doubled == 0 && self.out_of_order == 0
    }

    /// Adds another receiver's counts to these.
    pub fn add(&mut self, other: &Self) {
        self.received += other.received;
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.out_of_order += other.out_of_order;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(seqs: &[u64]) -> Watch {
        let mut watch = Watch::after(10);
        seqs.iter().for_each(|seq| watch.handle(*seq));
        watch
    }

    fn counts(seqs: &[u64]) -> [u64; 4] {
        let watch = watched(seqs);
        [
            watch.received,
            watch.lost,
            watch.doubled,
            watch.out_of_order,
        ]
    }

    #[test]
    fn a_hole_a_repeat_and_a_late_one_are_told_apart() {
        assert!(watched(&[11, 12, 13]).is_clean());
        assert_eq!(counts(&[11, 12, 13]), [3, 0, 0, 0]);
        assert_eq!(counts(&[11, 13]), [2, 1, 0, 0]);
        assert_eq!(counts(&[14]), [1, 3, 0, 0]);
        assert_eq!(counts(&[11, 11]), [1, 0, 1, 0]);
        assert_eq!(counts(&[11, 13, 12]), [3, 0, 0, 1]);
        assert_eq!(counts(&[11, 13, 12, 12, 11]), [3, 0, 2, 1]);
        assert_eq!(counts(&[15, 12, 13, 11, 14]), [5, 0, 0, 4]);
        assert!(!watched(&[11, 13, 12]).is_clean());
    }

    #[test]
    fn what_was_wrong_is_named() {
        let named = |seqs: &[u64]| watched(seqs).fault.map(|fault| fault.to_string());
        assert_eq!(named(&[11, 12]), None);
        assert_eq!(named(&[12]).unwrap(), "11 was lost");
        assert_eq!(named(&[15]).unwrap(), "11 to 14 were lost");
        assert_eq!(named(&[11, 11]).unwrap(), "11 came twice");
        assert_eq!(named(&[12, 11]).unwrap(), "11 came out of order, behind 12");
    }
}
