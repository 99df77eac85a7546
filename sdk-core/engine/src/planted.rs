//! Bugs on purpose, so that the tests and the simulation can prove that they see. Compiled in only
//! with `--cfg planted`, and even then off until `set` names one.
//!
//! | name | what goes wrong |
//! |---|---|
//! | `apply_past_hole` | an event beyond the next seq is applied as if nothing were missing |
//! | `confirm_before_commit` | the app is told before the store has committed |
//! | `ack_moves_position` | an acknowledgement moves the conversation's position |
//! | `resend_overtakes` | after a temporary refusal later writes are not rewound |

#[cfg(planted)]
mod selector {
    use std::cell::Cell;

    thread_local! {
        static PLANTED: Cell<&'static str> = const { Cell::new("") };
    }

    /// Plants the bug of this name in the engines of this thread; the empty name plants none.
    pub fn set(name: &'static str) {
        PLANTED.set(name);
    }

    /// Whether the bug of this name is planted.
    pub fn is(name: &str) -> bool {
        PLANTED.get() == name
    }
}

#[cfg(planted)]
pub use selector::{is, set};

/// Whether the bug of this name is planted: never, in a build without `--cfg planted`.
#[cfg(not(planted))]
#[inline]
pub const fn is(_name: &str) -> bool {
    false
}
