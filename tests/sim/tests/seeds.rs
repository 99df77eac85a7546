//! Seeds that must all end well. `CAUSERIE_SIM_SEEDS=5000` runs more of them,
//! `CAUSERIE_SIM_SEED=17` runs one and prints its trace if it fails.

#![cfg(not(planted))]

use causerie_sim::{Plan, coverage::Coverage, run};

/// Runs in a normal test.
const SEEDS: u64 = 400;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn every_promise_holds_whatever_is_cut_killed_or_stalled() {
    let plan = Plan::default();
    let seeds = match number("CAUSERIE_SIM_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("CAUSERIE_SIM_SEEDS").unwrap_or(SEEDS),
    };
    let whole = seeds.end - seeds.start;
    let (mut sent, mut steps) = (0, 0);
    let mut coverage = Coverage::default();
    for seed in seeds {
        match run(seed, &plan) {
            Ok(report) => {
                sent += report.sent;
                steps += report.steps;
                coverage.add(&report.coverage);
            }
            Err(failure) => panic!(
                "{failure}\nonce more: CAUSERIE_SIM_SEED={seed} cargo test -p causerie-sim --test seeds"
            ),
        }
    }
    println!("{whole} seeds, {sent} messages, {steps} steps\n{coverage}");
    if whole >= SEEDS {
        assert_eq!(coverage.missing(), [], "some fault never met some state");
    }
}

#[test]
fn without_faults_every_promise_holds_too() {
    for seed in 0..20 {
        if let Err(failure) = run(seed, &Plan::new(60, 0)) {
            panic!("{failure}");
        }
    }
}

#[test]
fn a_seed_decides_everything() {
    let plan = Plan::new(80, 5);
    for seed in 0..5 {
        let (one, other) = (run(seed, &plan), run(seed, &plan));
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
