//! Whether a failure is deserved: the app is told of one only after the server refused the write for
//! good, or spoke of a fault of its own too often (docs/protocol.md §8). Anything else goes again by
//! itself, however often it is refused for now.

use causerie_protocol::{ErrorCode, ErrorReply, TempId};

use crate::person::Person;

/// So many answers of `internal` in one life of the process are a failure.
const INTERNAL: u32 = 8;

/// How a write was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It must not come again.
    ForGood,
    /// The server has a fault.
    Internal,
    /// It may come again.
    ForNow,
}

impl Refused {
    /// How the server put it.
    pub fn of(error: &ErrorReply) -> Self {
        match error.code {
            _ if !error.retryable => Self::ForGood,
            ErrorCode::Internal => Self::Internal,
            _ => Self::ForNow,
        }
    }
}

/// What a write was answered since it last set out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Refusals {
    for_good: bool,
    internal: u32,
}

impl Refusals {
    /// Whether it has to fail.
    fn are_final(self) -> bool {
        self.for_good || self.internal >= INTERNAL
    }

    /// The process forgets how often the server had a fault, and not what was said for good.
    pub(crate) fn outlive_process(&mut self) {
        self.internal = 0;
    }

    /// It is on the wire again: what is said of it from now on counts.
    pub(crate) fn set_out(&mut self) {
        self.for_good = false;
    }
}

impl Person {
    /// The server refuses a write of this device, which runs.
    pub(crate) fn hear_refusal(&mut self, key: TempId, refused: Refused) {
        let Some(own) = self.writes.get_mut(&key) else {
            return;
        };
        match refused {
            Refused::ForGood => own.refusals.for_good = true,
            Refused::Internal => own.refusals.internal += 1,
            Refused::ForNow => {}
        }
    }

    /// Whether a write may be told to have failed: it was refused for good, or what was to make its
    /// conversation was.
    ///
    /// # Errors
    /// If not.
    pub(crate) fn check_failure(&self, key: TempId) -> Result<(), String> {
        let own = self.writes.get(&key);
        let deserved = own.is_some_and(|own| {
            let mut others = self.writes.values();
            own.refusals.are_final()
                || others.any(|other| {
                    other.creates
                        && other.conversation_id == own.conversation_id
                        && other.refusals.are_final()
                })
        });
        if deserved {
            Ok(())
        } else {
            Err(format!("{key} failed, and was never refused for good"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_refused_for_good_or_met_a_fault_too_often_has_to_fail() {
        let mut refusals = Refusals::default();
        assert!(!refusals.are_final());
        refusals.internal = INTERNAL;
        assert!(refusals.are_final());
        refusals.outlive_process();
        assert!(!refusals.are_final());
        refusals.for_good = true;
        assert!(refusals.are_final());
        refusals.set_out();
        assert!(!refusals.are_final());
    }
}
