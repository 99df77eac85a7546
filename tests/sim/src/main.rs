//! `cargo xtask sim`: long runs of the simulation, and one seed again.

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use causerie_sim::{
    Plan,
    batch::{Batch, Tally, cores, run_batch},
    replay, story,
};
use clap::Parser;
use serde_json::json;

const EXAMPLES: &str = "\
Examples:
  cargo xtask sim                                   5,000 seeds on all cores
  cargo xtask sim --seeds 200000 --minutes 45       as many as fit into 45 minutes
  cargo xtask sim --seed 1234                       one seed, with what happened
  cargo xtask sim --seed 1234 --keep acts=3,17 faults=2
                                                    what a shrunk failure is repeated with

Exit codes: 0 every promise held, 1 one broke, too little happened in a seed, or some fault never met
some state, 2 the command line was wrong or no seed was run.";

/// Engines and server under one seed and virtual time, again and again.
#[derive(Debug, Parser)]
#[command(name = "causerie-sim", bin_name = "cargo xtask sim", after_help = EXAMPLES)]
struct Args {
    /// How many seeds to run.
    #[arg(long, default_value_t = 5000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Runs this seed only, and prints what happened.
    #[arg(long)]
    seed: Option<u64>,
    /// Of that seed, only these acts, faults and devices: `acts=3,17 faults=2 devices=0,2`.
    #[arg(long, num_args = 1.., requires = "seed")]
    keep: Vec<String>,
    /// How often somebody does something in a run.
    #[arg(long, default_value_t = Plan::default().acts)]
    acts: u32,
    /// How often something goes wrong in a run.
    #[arg(long, default_value_t = Plan::default().faults)]
    faults: u32,
    /// Threads; all cores unless given.
    #[arg(long)]
    threads: Option<usize>,
    /// Ends after so many minutes, whatever is left.
    #[arg(long)]
    minutes: Option<f64>,
    /// Ends only after so many failures; each kind is shrunk once.
    #[arg(long, default_value_t = 1)]
    failures: usize,
    /// Prints the outcome as one JSON object.
    #[arg(long)]
    json: bool,
}

/// How long a failure is shrunk for.
const SHRINKING: Duration = Duration::from_secs(60);

/// How often a line says how far the run is.
const PROGRESS: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let args = Args::parse();
    let plan = Plan::new(args.acts, args.faults);
    match args.seed {
        Some(seed) => one(seed, plan, &args),
        None => many(plan, &args),
    }
}

fn one(seed: u64, mut plan: Plan, args: &Args) -> ExitCode {
    plan.keep = match story::read_keep(&args.keep) {
        Ok(keep) => keep,
        Err(problem) => {
            eprintln!("cargo xtask sim: --keep: {problem}");
            return ExitCode::from(2);
        }
    };
    let (outcome, trace) = match replay(seed, &plan) {
        Ok(mut report) => {
            let trace = std::mem::take(&mut report.trace);
            (Ok(report), trace)
        }
        Err(failure) => (Err(failure.what.clone()), failure.trace),
    };
    if args.json {
        let failure = outcome.as_ref().err();
        let line =
            json!({"seed": seed, "passed": failure.is_none(), "failure": failure, "trace": trace});
        println!("{line}");
    } else {
        for line in trace {
            println!("{line}");
        }
        match &outcome {
            Ok(report) => println!(
                "seed {seed} holds: {} acts, {} faults, {} messages, {} steps, {:.0} s of virtual time",
                report.acts,
                report.coverage.faults(),
                report.sent,
                report.steps,
                report.virtual_time.as_secs_f64()
            ),
            Err(what) => println!("seed {seed}: {what}"),
        }
    }
    exit(outcome.is_ok())
}

fn many(plan: Plan, args: &Args) -> ExitCode {
    let batch = Batch {
        plan,
        from: args.from,
        seeds: args.seeds,
        threads: args.threads.unwrap_or_else(cores),
        failures: args.failures,
    };
    let begun = now();
    let limit = args
        .minutes
        .map(|minutes| Duration::from_secs_f64(minutes.max(0.0) * 60.0));
    let mut told = begun;
    let mut tally = run_batch(&batch, &mut |tally| {
        let present = now();
        if present - told >= PROGRESS {
            told = present;
            eprintln!("{}", progress(tally, &batch, present - begun));
        }
        limit.is_none_or(|limit| present - begun < limit)
    });
    let took = now() - begun;
    if tally.seeds == 0 {
        eprintln!("cargo xtask sim: no seed was run, so nothing is proven");
        return ExitCode::from(2);
    }
    let mut stories = Vec::new();
    let failed = tally.failed();
    for (_, failures) in std::mem::take(&mut tally.failures) {
        let seeds: Vec<_> = failures.iter().map(|failure| failure.seed).collect();
        let Some(failure) = failures.into_iter().min_by_key(|failure| failure.seed) else {
            continue;
        };
        let end = now() + SHRINKING;
        let story = story::tell(&batch.plan, failure, &mut || now() < end);
        stories.push((seeds, story));
    }
    let missing = tally.lacking(&batch.plan);
    if args.json {
        print_json(&tally, took, &stories, &missing);
    } else {
        for (seeds, story) in &stories {
            println!("{story}\nof this kind: seeds {seeds:?}\n");
        }
        println!(
            "{}\n{}\n{}",
            summary(&tally, &batch, took),
            tally.density(),
            tally.coverage
        );
        for line in &missing {
            println!("not enough: {line}");
        }
    }
    exit(failed == 0 && missing.is_empty())
}

fn progress(tally: &Tally, batch: &Batch, took: Duration) -> String {
    let rate = tally.seeds as f64 / took.as_secs_f64().max(0.001);
    let left = batch.seeds.saturating_sub(tally.seeds) as f64 / rate.max(0.001);
    format!(
        "{} of {} seeds, {rate:.0}/s, {left:.0} s left; {} faults, {} failed",
        tally.seeds,
        batch.seeds,
        tally.faults,
        tally.failed()
    )
}

fn summary(tally: &Tally, batch: &Batch, took: Duration) -> String {
    let seconds = took.as_secs_f64();
    format!(
        "{} seeds from {} in {seconds:.1} s ({:.1} ms of a core each): {} messages, {} steps, {} faults, {} looks",
        tally.seeds,
        batch.from,
        seconds * 1000.0 * batch.threads as f64 / (tally.seeds.max(1)) as f64,
        tally.sent,
        tally.steps,
        tally.faults,
        tally.checks
    )
}

fn print_json(tally: &Tally, took: Duration, stories: &[(Vec<u64>, String)], missing: &[String]) {
    let failures: Vec<_> = stories
        .iter()
        .map(|(seeds, story)| json!({"seeds": seeds, "story": story}))
        .collect();
    let line = json!({
        "seeds": tally.seeds,
        "seconds": took.as_secs_f64(),
        "messages": tally.sent,
        "steps": tally.steps,
        "acts": tally.acts,
        "fewest_acts": tally.fewest_acts,
        "faults": tally.faults,
        "fewest_faults": tally.fewest_faults,
        "looks": tally.checks,
        "passed": stories.is_empty() && missing.is_empty(),
        "failures": failures,
        "not_enough": missing,
        "coverage": tally.coverage.to_string(),
    });
    println!("{line}");
}

fn exit(good: bool) -> ExitCode {
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the runner times the seeds; nothing in a world sees this clock"
)]
fn now() -> Instant {
    Instant::now()
}
