//! Bugs on purpose, so that the tests and the simulation can prove that they see. Compiled in only
//! with `--cfg planted`, and even then off until `set` names one.
//!
//! | name | what goes wrong | the promise that it breaks | as it happens elsewhere |
//! |---|---|---|---|
//! | `ack_moves_position` | an acknowledgement moves the conversation's position | only events and `subscribed` move it (docs/protocol.md §2) | what others said while one was sending is never shown |
//! | `resend_overtakes` | after a temporary refusal the later writes are not rewound | a device's writes take effect in the order sent (§4) | two quick messages swapped on a bad line |
//! | `apply_past_hole` | an event beyond the next seq is applied as if nothing were missing | no event is passed over (§2) | holes in the history after a tunnel |
//! | `confirm_before_commit` | the app is told before the store has committed | nothing is told that is not kept | a message shown, and gone after a crash |
//! | `cursor_apart_from_rows` | the position commits ahead of the rows that it speaks for | rows and position are one transaction (§2) | a crash swallows what had just come |
//! | `edit_folded` | an edit of a message on its way changes the message in the outbox | an edit takes effect behind its message (§4) | the server had the first text, and the edit is gone |
//! | `cancel_forgets_flight` | a message that was given up on the wire is only forgotten here | what is given up is deleted where it may have arrived (§4) | "unsent", and delivered |
//! | `fails_when_refused_for_now` | a write that the server could not take just then fails for good | a temporary refusal is no failure (§4) | "not sent", and a button to press, because the server restarted |
//! | `flight_outlives_line` | what was on the wire when the line went counts as on the wire from then on | a cut sends everything unacknowledged again (§4) | "sending" until the app is killed |
//! | `contained_patch_applied` | an event changes a row that is already as of a later seq | a row is replaced only by a higher `state_seq` (§2) | one reaction, counted twice |

#[cfg(planted)]
mod selector {
    use std::cell::Cell;

    /// All of them.
    pub const BUGS: [&str; 10] = [
        "ack_moves_position",
        "resend_overtakes",
        "apply_past_hole",
        "confirm_before_commit",
        "cursor_apart_from_rows",
        "edit_folded",
        "cancel_forgets_flight",
        "fails_when_refused_for_now",
        "flight_outlives_line",
        "contained_patch_applied",
    ];

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
pub use selector::{BUGS, is, set};

/// Whether the bug of this name is planted: never, in a build without `--cfg planted`.
#[cfg(not(planted))]
#[inline]
pub const fn is(_name: &str) -> bool {
    false
}
