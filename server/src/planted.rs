//! Bugs that are planted so that the simulation can prove that it sees them.
//!
//! A build without `cfg(planted)` has none of them: [`is`] is then always false and folds away.
//! With it, one bug at a time is switched on by `set`, per thread, so that simulations that run
//! beside each other do not share one.
//!
//! - `read_past_removal`: a reader of the ring goes on behind its own `member_left`.
//! - `skip_dedupe`: the store forgets that it has taken a write before.

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
