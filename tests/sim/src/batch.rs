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

/// In a seed of the usual plan at least so many acts take effect.
const ACTS: u64 = 200;
/// And at least so many faults strike.
const FAULTS: u64 = 5;
/// Seeds from which on every fault must have met every state.
const COVERED: u64 = 1000;

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
    /// Seeds in which every promise held.
    pub held: u64,
    /// Acts that had an effect.
    pub acts: u64,
    /// The fewest of one seed.
    pub fewest_acts: Option<u64>,
    /// Faults that struck.
    pub faults: u64,
    /// The fewest of one seed.
    pub fewest_faults: Option<u64>,
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

    /// What happened in a seed, at least and on average.
    pub fn density(&self) -> String {
        let held = self.held.max(1) as f64;
        format!(
            "what took effect in a seed: at least {} acts, {:.1} on average; at least {} faults, {:.1} on average",
            self.fewest_acts.unwrap_or_default(),
            self.acts as f64 / held,
            self.fewest_faults.unwrap_or_default(),
            self.faults as f64 / held
        )
    }

    /// What the seeds lack to prove anything: in each, so much must have happened, and over many of
    /// them, every fault must have met every state.
    pub fn lacking(&self, plan: &Plan) -> Vec<String> {
        let usual = Plan::default();
        let mut lacking = Vec::new();
        if let Some(acts) = self.fewest_acts
            && plan.acts >= usual.acts
            && acts < ACTS
        {
            lacking.push(format!("a seed in which only {acts} acts took effect"));
        }
        if let Some(faults) = self.fewest_faults
            && plan.faults >= usual.faults
            && faults < FAULTS
        {
            lacking.push(format!("a seed in which only {faults} faults struck"));
        }
        if self.seeds >= COVERED && plan.faults > 0 {
            lacking.extend(self.coverage.missing());
        }
        lacking
    }

    fn add(&mut self, result: Result<Report, Box<Failure>>) {
        self.seeds += 1;
        match result {
            Ok(report) => {
                self.sent += report.sent as u64;
                self.steps += report.steps;
                self.checks += report.checks;
                self.held += 1;
                let faults = report.coverage.faults();
                self.acts += report.acts;
                self.fewest_acts = fewer(self.fewest_acts, report.acts);
                self.faults += faults;
                self.fewest_faults = fewer(self.fewest_faults, faults);
                self.coverage.add(&report.coverage);
            }
            Err(failure) => {
                let kind = shrink::kind(&failure.what);
                self.failures.entry(kind).or_default().push(failure);
            }
        }
    }
}

/// The smaller of the two.
fn fewer(known: Option<u64>, other: u64) -> Option<u64> {
    Some(known.map_or(other, |known| known.min(other)))
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
