//! The simulation sees: each planted bug is caught, by a seed that passes without it. What each of
//! them does, and the promise that it breaks, stands in `causerie_server::planted` and
//! `causerie_engine::planted`, beside the code that has them.
//! `RUSTFLAGS="--cfg planted" cargo test --profile sim -p causerie-sim --test planted -- --nocapture`

#![cfg(planted)]

use std::collections::BTreeSet;

use causerie_sim::{Plan, planted, run};

/// A bug is found within so many seeds of the usual plan. If one is not found any more, what it takes
/// has become too rare in the simulation: that is to be made more frequent, and not this number.
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

macro_rules! caught {
    ($($test:ident: $bug:literal,)*) => {
        /// The bugs that a test stands for.
        const CAUGHT: &[&str] = &[$($bug),*];

        $(
            #[test]
            fn $test() {
                is_caught($bug);
            }
        )*
    };
}

caught! {
    a_server_that_forgets_what_it_has_taken_is_caught: "skip_dedupe",
    a_server_that_answers_a_repeat_with_another_event_is_caught: "duplicate_makes_event",
    a_server_that_answers_before_its_commit_is_caught: "answer_before_commit",
    a_server_that_remembers_a_right_across_a_removal_is_caught: "permission_cached",
    a_server_whose_reader_goes_on_behind_its_own_leaving_is_caught: "read_past_removal",
    a_server_that_takes_the_token_after_the_page_is_caught: "token_after_page",
    a_node_that_joins_a_hint_to_what_it_knows_is_caught: "gap_in_ring",
    a_node_that_sweeps_past_what_it_was_not_told_is_caught: "sweep_skips_gap",
    a_server_that_lets_a_slow_reader_skip_is_caught: "slow_reader_skips",
    a_server_that_gives_out_a_page_from_before_an_event_is_caught: "stale_page",

    a_client_whose_position_is_moved_by_an_acknowledgement_is_caught: "ack_moves_position",
    a_client_whose_later_writes_overtake_a_refused_one_is_caught: "resend_overtakes",
    a_client_that_applies_past_a_hole_is_caught: "apply_past_hole",
    a_client_that_tells_the_app_before_its_commit_is_caught: "confirm_before_commit",
    a_client_that_commits_the_position_apart_from_the_rows_is_caught: "cursor_apart_from_rows",
    a_client_that_folds_an_edit_into_what_was_committed_is_caught: "edit_folded",
    a_client_that_only_forgets_what_it_gave_up_on_the_wire_is_caught: "cancel_forgets_flight",
    a_client_that_fails_what_was_refused_for_now_is_caught: "fails_when_refused_for_now",
    a_client_that_leaves_on_the_wire_what_a_cut_took_is_caught: "flight_outlives_line",
    a_client_that_applies_what_a_row_contains_already_is_caught: "contained_patch_applied",
}

#[test]
fn every_planted_bug_has_its_test() {
    let planted: BTreeSet<&str> = causerie_server::planted::BUGS
        .into_iter()
        .chain(causerie_engine::planted::BUGS)
        .collect();
    let caught: BTreeSet<&str> = CAUGHT.iter().copied().collect();
    assert_eq!(caught, planted);
}
