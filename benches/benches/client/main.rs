//! `cargo bench -p causerie-benches --bench client`: the client core in release, on a disk.
//!
//! ```text
//! cargo bench -p causerie-benches --bench client -- [--json] [--folder DIR] [CASE…]
//! ```
//!
//! - `echo`: the public `send` until a subscriber has the diff, its commit included, with a million
//!   messages cached and 500 events a second coming in.
//! - `open`: a new process opens 100,000 cached messages and reads the newest 50.
//! - `backlog`: 100,000 messages through engine and store, and through the whole client with its
//!   socket.
//! - `list`: from a frame of the server's to the difference of a conversation list of 1,000.
//! - `idle`: the memory of a process that is connected and does nothing, with a million messages
//!   cached in 1,000 conversations.
//! - `store`: commits of one outbox row among a million messages, and of batches of messages.
//!
//! All of them if none is named. Nothing is asserted: figures are for `docs/benchmarks.md`, with
//! the machine that they were measured on.

mod backlog;
mod cache;
mod echo;
mod idle;
mod list;
mod open;
mod peer;
mod store;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use causerie_benches::{
    machine::Machine,
    options::{Asked, Options, Words},
};
use serde_json::{Map, Value, json};

/// What can go wrong in a benchmark: it is told, and that is all.
type Failed = Box<dyn std::error::Error>;

/// What was measured.
struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    goal: &'static str,
}

impl Figure {
    fn new(name: impl Into<String>, value: f64, unit: &'static str, goal: &'static str) -> Self {
        Self {
            name: name.into(),
            value,
            unit,
            goal,
        }
    }

    fn millis(name: impl Into<String>, time: Duration, goal: &'static str) -> Self {
        Self::new(name, time.as_secs_f64() * 1_000.0, "ms", goal)
    }
}

/// Samples, for percentiles.
#[derive(Default)]
struct Samples(Vec<Duration>);

impl Samples {
    fn add(&mut self, sample: Duration) {
        self.0.push(sample);
    }

    fn percentile(&mut self, percent: usize) -> Duration {
        self.0.sort_unstable();
        let index = (self.0.len() * percent).div_ceil(100).saturating_sub(1);
        self.0.get(index).copied().unwrap_or_default()
    }
}

/// The time, as a benchmark reads it.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn clock() -> std::time::Instant {
    std::time::Instant::now()
}

const CASES: [&str; 6] = ["echo", "open", "backlog", "list", "idle", "store"];

const HELP: &str = "\
The client core in release, on a disk. Nothing is asserted: figures are for people.

Usage: cargo bench -p causerie-benches --bench client -- [--json] [--folder DIR] [CASE…]

  echo      send until a subscriber has the diff, with a million messages cached
  open      a new process opens 100,000 cached messages and reads the newest 50
  backlog   100,000 messages through engine and store, and through the whole client
  list      from a frame of the server's to the difference of a list of 1,000
  idle      the memory of a process that is connected and does nothing
  store     commits of one outbox row among a million messages, and of batches

All of them if none is named.

  --json          print the figures as one line of JSON, too
  --folder DIR    where the data lie for the time [default: the system's folder for
                  temporary files]

Examples:
  cargo bench -p causerie-benches --bench client
  cargo bench -p causerie-benches --bench client -- --folder /var/tmp echo store
";

fn main() -> ExitCode {
    let began = clock();
    let folder = |name| std::env::var_os(name).map(PathBuf::from);
    let child = folder(open::CHILD).map(|folder| open::child(&folder, began));
    let child = child.or_else(|| folder(idle::CHILD).map(|folder| idle::child(&folder)));
    if let Some(child) = child {
        return match child {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("client bench: {error}");
                ExitCode::FAILURE
            }
        };
    }
    let words = Words {
        cases: &CASES,
        seconds: false,
    };
    let mut options = match words.parse(std::env::args().skip(1)) {
        Ok(Asked::Run(options)) => options,
        Ok(Asked::Help) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprintln!("client bench: {problem}");
            return ExitCode::from(2);
        }
    };
    if options.cases.is_empty() {
        options.cases = CASES.map(String::from).into();
    }
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("client bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Failed> {
    let machine = Machine::ask(&options.folder)?;
    println!("{machine}\n");
    let mut all = Map::new();
    for case in &options.cases {
        let folder = tempfile::tempdir_in(&options.folder)?;
        let figures = match case.as_str() {
            "echo" => echo::measure(folder.path())?,
            "open" => open::measure(folder.path())?,
            "backlog" => backlog::measure(folder.path())?,
            "list" => list::measure(folder.path())?,
            "idle" => idle::measure(folder.path())?,
            _ => store::measure(folder.path())?,
        };
        println!("{case}");
        for figure in &figures {
            println!(
                "  {:<58}{:>12.3} {:<6}{}",
                figure.name, figure.value, figure.unit, figure.goal
            );
        }
        println!();
        let values = figures.iter().map(|f| (f.name.clone(), json!(f.value)));
        all.insert(case.clone(), Value::Object(values.collect()));
    }
    if options.json {
        println!("{}", json!({"machine": machine.to_string(), "cases": all}));
    }
    Ok(())
}
