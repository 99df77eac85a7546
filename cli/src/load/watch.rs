//! One receiver's check of one conversation.

use super::light::{is_type, number};

/// Follows the seqs of the durable events that one receiver is sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watch {
    last: u64,
    /// Events received in order.
    pub received: u64,
    /// Events that never came: holes.
    pub lost: u64,
    /// Events that came again.
    pub doubled: u64,
    /// Events that came after a later one, for the first time or again.
    pub out_of_order: u64,
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
        if seq == self.last {
            self.doubled += 1;
        } else if seq < self.last {
            self.out_of_order += 1;
        } else {
            self.lost += seq - self.last - 1;
            self.received += 1;
            self.last = seq;
        }
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

    #[test]
    fn a_hole_a_repeat_and_a_late_one_are_told_apart() {
        assert!(watched(&[11, 12, 13]).is_clean());
        assert_eq!(watched(&[11, 13]).lost, 1);
        assert_eq!(watched(&[12]).lost, 1);
        assert_eq!(watched(&[11, 11]).doubled, 1);
        assert_eq!(watched(&[11, 13, 12]).out_of_order, 1);
        assert_eq!(watched(&[11, 12, 13]).received, 3);
    }
}
