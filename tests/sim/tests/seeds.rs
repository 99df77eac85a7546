//! Seeds that must all end well, through what `cargo xtask sim` runs. `CAUSERIE_SIM_SEEDS=5000`
//! runs more of them.

#![cfg(not(planted))]

use causerie_sim::{
    Plan,
    batch::{Batch, run_batch},
    run, story,
};

/// Runs in a bare `cargo test`; the suite asks for more, in an optimised build.
const SEEDS: u64 = 200;
/// How often a failing world is run to shrink it.
const SHRINKING: u32 = 1500;

fn tell(plan: &Plan, failure: Box<causerie_sim::Failure>) -> String {
    let mut left = SHRINKING;
    story::tell(plan, failure, &mut || {
        left = left.saturating_sub(1);
        left > 0
    })
}

#[test]
fn every_promise_holds_whatever_is_cut_killed_or_stalled() {
    let seeds = std::env::var("CAUSERIE_SIM_SEEDS").ok();
    let seeds = seeds
        .and_then(|number| number.parse().ok())
        .unwrap_or(SEEDS);
    let batch = Batch::new(seeds);
    let mut tally = run_batch(&batch, &mut |tally| {
        if tally.seeds % 500 == 0 {
            println!("{} of {seeds} seeds", tally.seeds);
        }
        true
    });
    let mut failures = std::mem::take(&mut tally.failures).into_values().flatten();
    if let Some(failure) = failures.next() {
        panic!("{}", tell(&batch.plan, failure));
    }
    println!(
        "{} seeds, {} messages, {} steps, {} faults, {} looks\n{}\n{}",
        tally.seeds,
        tally.sent,
        tally.steps,
        tally.faults,
        tally.checks,
        tally.density(),
        tally.coverage
    );
    let lacking = tally.lacking(&batch.plan);
    assert!(lacking.is_empty(), "not enough: {lacking:#?}");
}

#[test]
fn without_faults_every_promise_holds_too() {
    let plan = Plan::new(60, 0);
    for seed in 0..20 {
        if let Err(failure) = run(seed, &plan) {
            panic!("{}", tell(&plan, failure));
        }
    }
}

#[test]
fn a_seed_decides_everything() {
    let plan = Plan::new(80, 5);
    for seed in 0..5 {
        let (one, other) = (run(seed, &plan), causerie_sim::replay(seed, &plan));
        let (Ok(one), Ok(other)) = (one, other) else {
            panic!("seed {seed} fails");
        };
        assert_eq!(
            (one.steps, one.sent, one.virtual_time),
            (other.steps, other.sent, other.virtual_time),
            "seed {seed} ran differently the second time"
        );
    }
}
