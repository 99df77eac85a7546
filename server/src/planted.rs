//! Bugs on purpose, so that the simulation can prove that it sees them. Compiled in only with
//! `--cfg planted`, and even then off until `set` names one, for one thread: simulations that run
//! beside each other do not share it.
//!
//! | name | what goes wrong | the promise that it breaks | as it happens elsewhere |
//! |---|---|---|---|
//! | `skip_dedupe` | the store forgets that it has taken a write before | a write has one result (docs/protocol.md §4) | retries make doubles |
//! | `duplicate_makes_event` | a repeat gets the first answer, and its event is published once more | a repeat makes no second event (§4) | reactions counted twice after a reconnect |
//! | `answer_before_commit` | the answers go out though the transaction never became durable | no acknowledgement before the disk (§4) | "sent" messages lost with the server |
//! | `permission_cached` | a removal changes the row on disk, and not the one in the cache | membership is checked in the transaction that writes (§6) | the removed go on writing for a while |
//! | `read_past_removal` | a reader of the ring goes on behind its own `member_left` | no event reaches who has left (§6) | the removed go on listening |
//! | `token_after_page` | the token is taken, and the connection attached, after the page is read | sync tells all that changed since the token (§2, §4) | a chat that stays missing until signing in anew |
//! | `gap_in_ring` | what another node hints at joins the recent events, though some before it were never told | a hint wakes, and proves nothing (docs/adr/0009) | messages that one server of two never shows |
//! | `sweep_skips_gap` | a sweep begins at the newest transaction told of, past those that were not | what no hint told of is swept (docs/adr/0009) | a chat that stands still until the next message |
//! | `slow_reader_skips` | a reader that fell behind what is kept of the recent events goes on with the oldest that is | no event is passed over (§2) | a phone on a slow line shows half of a busy group |
//! | `stale_page` | a page of history is given out though later events were sent meanwhile | a page is never below what its connection was sent (§2) | an edit undone by scrolling up |

/// All of them.
#[cfg(planted)]
pub const BUGS: [&str; 10] = [
    "skip_dedupe",
    "duplicate_makes_event",
    "answer_before_commit",
    "permission_cached",
    "read_past_removal",
    "token_after_page",
    "gap_in_ring",
    "sweep_skips_gap",
    "slow_reader_skips",
    "stale_page",
];

#[cfg(planted)]
thread_local! {
    static PLANTED: std::cell::RefCell<Option<String>> = const { std::cell::RefCell::new(None) };
}

/// Whether this bug is switched on for this thread.
#[cfg(planted)]
pub fn is(name: &str) -> bool {
    PLANTED.with_borrow(|planted| planted.as_deref() == Some(name))
}

/// Whether this bug is switched on: never, in a build without planted bugs.
#[cfg(not(planted))]
#[inline]
pub const fn is(_name: &str) -> bool {
    false
}

/// Switches one bug on for this thread, or all of them off.
#[cfg(planted)]
pub fn set(name: Option<&str>) {
    PLANTED.with_borrow_mut(|planted| *planted = name.map(str::to_owned));
}
