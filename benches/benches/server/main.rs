//! `cargo bench -p causerie-benches --bench server`: what `causerie load --spawn --pin all` tells,
//! against the goals. The server is the release binary on one core, with fsync on; light clients
//! are on the other, and every receiver checks what it gets.
//!
//! ```text
//! cargo build --release -p causerie-cli
//! cargo bench -p causerie-benches --bench server -- [--json] [--seconds N] [--folder DIR] [CASE…]
//! ```
//!
//! Cases: `bare`, `connect`, `paced`, `fast`, `conversations`, `one`, `storm`; all of them if none is
//! named. `bare` is no server: it is what the kernel alone costs.
//! The binary is `target/release/causerie`, or the one named by `CAUSERIE_BIN`. The data lie under
//! `--folder`, or the system's folder for temporary files: what disk that is decides what an fsync
//! costs. A fault at a receiver and a goal that is missed both end in exit code 1.

mod bare;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use causerie_benches::{
    machine::Machine,
    options::{Asked, Options, Words},
};
use causerie_cli::load::{
    LoadError,
    part::Bounds,
    report::{Figure, Report},
    set::Set,
    stage::{Cores, Stage},
};
use serde_json::json;

/// What is asked of a figure.
enum Goal {
    AtMost(f64),
    AtLeast(f64),
}

use Goal::{AtLeast, AtMost};

/// A case of `causerie load all`, in its order, with its goals by the figures' keys.
struct Case {
    name: &'static str,
    goals: &'static [(&'static str, Goal)],
}

/// What is no scenario.
const BARE: &str = "bare";

const CASES: [Case; 6] = [
    Case {
        name: "connect",
        goals: &[("rss_kib_per_connection", AtMost(9.0))],
    },
    Case {
        name: "paced",
        goals: &[
            ("delivery_p95_ms", AtMost(15.0)),
            ("server_cpu_us_per_delivery", AtMost(6.0)),
        ],
    },
    Case {
        name: "fast",
        goals: &[("deliveries_per_s", AtLeast(600_000.0))],
    },
    Case {
        name: "conversations",
        goals: &[
            ("acks_per_s", AtLeast(20_000.0)),
            ("ack_p99_ms", AtMost(50.0)),
        ],
    },
    Case {
        name: "one",
        goals: &[
            ("acks_per_s", AtLeast(20_000.0)),
            ("ack_p99_ms", AtMost(50.0)),
        ],
    },
    Case {
        name: "storm",
        goals: &[("storm_ms", AtMost(400.0))],
    },
];

const HELP: &str = "\
What `causerie load --spawn --pin all` tells, against the goals. Exit code 1 if a goal is missed
or a receiver got anything wrong.

Usage: cargo bench -p causerie-benches --bench server -- [--json] [--seconds N] [--folder DIR]
       [CASE…]

  bare            no server: what the kernel alone costs
  connect         4,000 connections and their memory
  paced           a conversation of 1,000 members at 100 messages a second
  fast            the same as fast as it goes
  conversations   64 senders into 64 conversations
  one             64 senders into one conversation
  storm           2,000 connections come back at once

All of them if none is named.

  --json          print the figures as one line of JSON, too
  --seconds N     how long senders send in each case [default: 10]
  --folder DIR    where the data lie for the time; the disk decides what an fsync costs
                  [default: the system's folder for temporary files]

The server is target/release/causerie, or the program named by CAUSERIE_BIN.

Examples:
  cargo build --release -p causerie-cli && cargo bench -p causerie-benches --bench server
  cargo bench -p causerie-benches --bench server -- --seconds 30 paced fast
";

fn main() -> ExitCode {
    let names: Vec<&str> = std::iter::once(BARE)
        .chain(CASES.iter().map(|case| case.name))
        .collect();
    let words = Words {
        cases: &names,
        seconds: true,
    };
    let options = match words.parse(std::env::args().skip(1)) {
        Ok(Asked::Run(options)) => options,
        Ok(Asked::Help) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprintln!("server bench: {problem}");
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("server bench: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(options: &Options) -> Result<bool, LoadError> {
    let machine = Machine::ask(&options.folder)?;
    // Before any thread is made, so that all of them stay on the load's core.
    let cores = Cores::take()?;
    println!("{machine}\n{cores}\n");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let bounds = Bounds {
        length: options.seconds,
        messages: u64::MAX,
    };
    let mut all = Vec::new();
    let mut reached = true;
    let is_wanted =
        |case: &str| options.cases.is_empty() || options.cases.iter().any(|name| name == case);
    if is_wanted(BARE) {
        let local = tokio::task::LocalSet::new();
        let report = local.block_on(&runtime, bare::measure(cores, options.seconds))?;
        println!("{}", report.table());
        all.push(report.to_json());
    }
    for (case, set) in CASES.iter().zip(Set::all(bounds)) {
        if !is_wanted(case.name) {
            continue;
        }
        let program = program().ok_or_else(no_program)?;
        let local = tokio::task::LocalSet::new();
        let report = local.block_on(&runtime, async {
            let stage = Stage::spawn(&program, &options.folder, Some(cores)).await?;
            set.measure(&stage).await
        })?;
        print!("{}", report.table());
        reached &= report.is_clean();
        for (key, goal) in case.goals {
            let figure = report.figures.iter().find(|figure| figure.key == *key);
            let is_reached = figure.is_some_and(|figure| goal.is_reached(figure.value));
            reached &= is_reached;
            println!("  {}", verdict(key, goal, figure, is_reached));
        }
        println!();
        all.push(Report::to_json(&report));
    }
    if options.json {
        println!(
            "{}",
            json!({"machine": machine.to_string(), "scenarios": all})
        );
    }
    Ok(reached)
}

impl Goal {
    fn is_reached(&self, value: f64) -> bool {
        match self {
            AtMost(most) => value <= *most,
            AtLeast(least) => value >= *least,
        }
    }
}

fn verdict(key: &str, goal: &Goal, figure: Option<&Figure>, is_reached: bool) -> String {
    let (sign, goal) = match goal {
        AtMost(goal) => ("≤", goal),
        AtLeast(goal) => ("≥", goal),
    };
    let (name, unit) = figure.map_or((key, ""), |figure| (figure.name.as_str(), figure.unit));
    let word = if is_reached { "reached" } else { "MISSED" };
    format!("goal: {name} {sign} {goal} {unit}: {word}")
}

/// The release binary beside this benchmark, or the one that the environment names.
fn program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CAUSERIE_BIN") {
        return Some(named.into());
    }
    let this = std::env::current_exe().ok()?;
    // target/release/deps/server-…
    let beside = this.parent().and_then(Path::parent)?.join("causerie");
    beside.exists().then_some(beside)
}

fn no_program() -> LoadError {
    std::io::Error::other("there is no server yet: cargo build --release -p causerie-cli").into()
}
