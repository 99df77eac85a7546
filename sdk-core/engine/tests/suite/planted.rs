//! Bugs on purpose, to see that the random lives see them. Built with `--cfg planted`.

use causerie_engine::planted;
use proptest::{prelude::*, test_runner::TestRunner};

use crate::promises::{
    Step, a_life_of_reading, a_life_of_talking, a_life_of_writing, config, live,
};

/// Lives until something breaks. Gives what broke.
fn is_seen(bug: &'static str, lives: impl Strategy<Value = Vec<Step>>) -> Option<String> {
    planted::set(bug);
    let config = ProptestConfig {
        cases: 3000,
        max_shrink_iters: 500,
        ..config()
    };
    let result = TestRunner::new(config).run(&(lives, 0..1000u64), |(steps, seed)| {
        live(&steps, seed);
        Ok(())
    });
    planted::set("");
    result.err().map(|error| error.to_string())
}

#[test]
fn an_event_applied_past_a_hole_is_seen() {
    assert!(is_seen("apply_past_hole", a_life_of_reading()).is_some());
}

#[test]
fn a_confirmation_before_the_commit_is_seen() {
    assert!(is_seen("confirm_before_commit", a_life_of_talking()).is_some());
}

#[test]
fn an_acknowledgement_that_moves_the_position_is_seen() {
    assert!(is_seen("ack_moves_position", a_life_of_talking()).is_some());
}

#[test]
fn a_write_that_overtakes_a_refused_one_is_seen() {
    assert!(is_seen("resend_overtakes", a_life_of_writing()).is_some());
}

#[test]
fn without_a_bug_nothing_is_seen() {
    assert_eq!(is_seen("", a_life_of_talking()), None);
}
