//! The simulation sees: each planted bug is caught, by a seed that passes without it.
//! `RUSTFLAGS="--cfg planted" cargo test -p causerie-sim --test planted -- --nocapture`

#![cfg(planted)]

use causerie_sim::{Plan, planted, run};

/// A bug is found within so many seeds.
const SEEDS: u64 = 200;

fn is_caught(bug: &'static str) {
    let plan = Plan::default();
    for seed in 0..SEEDS {
        planted::set(Some(bug));
        let result = run(seed, &plan);
        planted::set(None);
        if let Err(failure) = result {
            println!("{bug}: caught by seed {seed}: {}", failure.what);
            if let Err(failure) = run(seed, &plan) {
                panic!("seed {seed} fails without the bug: {failure}");
            }
            return;
        }
    }
    panic!("{bug} was not caught by {SEEDS} seeds");
}

#[test]
fn a_server_that_forgets_what_it_has_taken_is_caught() {
    is_caught("skip_dedupe");
}

#[test]
fn a_server_that_confirms_before_its_commit_is_caught() {
    is_caught("server_confirms_before_commit");
}

#[test]
fn a_client_that_tells_the_app_before_its_commit_is_caught() {
    is_caught("confirm_before_commit");
}

#[test]
fn a_client_that_applies_past_a_hole_is_caught() {
    is_caught("apply_past_hole");
}

#[test]
fn a_client_whose_position_is_moved_by_an_acknowledgement_is_caught() {
    is_caught("ack_moves_position");
}

#[test]
fn a_client_whose_later_writes_overtake_a_refused_one_is_caught() {
    is_caught("resend_overtakes");
}
