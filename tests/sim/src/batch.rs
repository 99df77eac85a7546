//! Many seeds, on all cores.

use std::{
    collections::BTreeMap,
    sync::{
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
    thread,
};

use crate::{Failure, Plan, Report, coverage::Coverage, run, shrink};

/// Which seeds, and how.
#[derive(Debug, Clone)]
pub struct Batch {
    /// What each may hold.
    pub plan: Plan,
    /// The first one.
    pub from: u64,
    /// How many.
    pub seeds: u64,
    /// On so many threads.
    pub threads: usize,
    /// Ends after so many failures.
    pub failures: usize,
}

impl Batch {
    /// The seeds from 0 on, on all cores, until the first failure.
    pub fn new(seeds: u64) -> Self {
        Self {
            plan: Plan::default(),
            from: 0,
            seeds,
            threads: cores(),
            failures: 1,
        }
    }
}

/// What became of the seeds so far.
#[derive(Default)]
pub struct Tally {
    /// Seeds that were run.
    pub seeds: u64,
    /// Messages that people sent.
    pub sent: u64,
    /// Events that were dispatched.
    pub steps: u64,
    /// Faults that struck.
    pub faults: u64,
    /// Looks at a timeline, a list or an outbox that the model took.
    pub checks: u64,
    /// Which fault met which state.
    pub coverage: Coverage,
    /// The first failures of each kind.
    pub failures: BTreeMap<String, Vec<Box<Failure>>>,
}

impl Tally {
    /// How many seeds failed.
    pub fn failed(&self) -> usize {
        self.failures.values().map(Vec::len).sum()
    }

    /// The failure of the lowest seed.
    pub fn first_failure(&self) -> Option<&Failure> {
        let all = self.failures.values().flatten();
        all.min_by_key(|failure| failure.seed).map(Box::as_ref)
    }

    fn add(&mut self, result: Result<Report, Box<Failure>>) {
        self.seeds += 1;
        match result {
            Ok(report) => {
                self.sent += report.sent as u64;
                self.steps += report.steps;
                self.checks += report.checks;
                self.faults += report.coverage.faults();
                self.coverage.add(&report.coverage);
            }
            Err(failure) => {
                let kind = shrink::kind(&failure.what);
                self.failures.entry(kind).or_default().push(failure);
            }
        }
    }
}

/// The cores of this machine.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Runs them. `goes_on` is shown the tally after each seed, and says whether to go on.
pub fn run_batch(batch: &Batch, goes_on: &mut dyn FnMut(&Tally) -> bool) -> Tally {
    let next = AtomicU64::new(batch.from);
    let end = batch.from.saturating_add(batch.seeds);
    let stop = AtomicBool::new(false);
    let (tell, told) = mpsc::sync_channel(64);
    let mut tally = Tally::default();
    thread::scope(|scope| {
        for _ in 0..batch.threads.max(1) {
            let tell = tell.clone();
            let (next, stop, plan) = (&next, &stop, &batch.plan);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end || tell.send(run(seed, plan)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(tell);
        for result in told {
            tally.add(result);
            if tally.failed() >= batch.failures.max(1) || !goes_on(&tally) {
                stop.store(true, Ordering::Relaxed);
            }
        }
    });
    tally
}
