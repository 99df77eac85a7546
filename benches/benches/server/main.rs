//! `cargo bench -p causerie-benches --bench server`: the server as a release binary on one core,
//! with fsync on, and light clients on the other. Every receiver checks what it gets.
//!
//! ```text
//! cargo build --release -p causerie-cli
//! cargo bench -p causerie-benches --bench server -- [--json] [--seconds N] [--folder DIR] [CASE…]
//! ```
//!
//! Cases: `fanout`, `writes`, `idle`, `herd`; all of them if none is named. The binary is
//! `target/release/causerie`, or the one named by `CAUSERIE_BIN`. The data lie under `--folder`, or
//! the system's folder for temporary files: what disk that is decides what an fsync costs.

mod fanout;
mod herd;
mod idle;
mod stage;
mod writes;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use causerie_benches::machine::Machine;
use serde_json::{Map, Value, json};

use stage::{Stage, StageError};

/// What was measured, against what is asked for.
struct Figure {
    name: &'static str,
    value: f64,
    unit: &'static str,
    /// At most (`true`) or at least (`false`) this.
    goal: Option<(bool, f64)>,
}

impl Figure {
    fn new(name: &'static str, value: f64, unit: &'static str) -> Self {
        Self {
            name,
            value,
            unit,
            goal: None,
        }
    }

    fn at_most(mut self, goal: f64) -> Self {
        self.goal = Some((true, goal));
        self
    }

    fn at_least(mut self, goal: f64) -> Self {
        self.goal = Some((false, goal));
        self
    }

    fn is_reached(&self) -> bool {
        match self.goal {
            None => true,
            Some((true, most)) => self.value <= most,
            Some((false, least)) => self.value >= least,
        }
    }
}

struct Options {
    json: bool,
    seconds: Duration,
    folder: PathBuf,
    cases: Vec<String>,
}

const CASES: [&str; 4] = ["fanout", "writes", "idle", "herd"];

fn main() -> ExitCode {
    let options = match options() {
        Ok(options) => options,
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
            ExitCode::FAILURE
        }
    }
}

fn options() -> Result<Options, String> {
    let mut options = Options {
        json: false,
        seconds: Duration::from_secs(10),
        folder: std::env::temp_dir(),
        cases: Vec::new(),
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            // Cargo's own word to every benchmark.
            "--bench" => {}
            "--json" => options.json = true,
            "--seconds" => {
                let seconds = words.next().and_then(|word| word.parse().ok());
                let seconds = seconds.ok_or("--seconds wants a number")?;
                options.seconds = Duration::from_secs(seconds);
            }
            "--folder" => options.folder = words.next().ok_or("--folder wants a folder")?.into(),
            case if CASES.contains(&case) => options.cases.push(case.to_owned()),
            other => return Err(format!("{other} is none of {}", CASES.join(", "))),
        }
    }
    if options.cases.is_empty() {
        options.cases = CASES.map(String::from).into();
    }
    Ok(options)
}

fn run(options: &Options) -> Result<bool, StageError> {
    let machine = Machine::ask(&options.folder)?;
    // Before any thread is made, so that all of them stay on the load's core.
    let cores = stage::Cores::take()?;
    println!("{machine}\n{cores}\n");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut all = Map::new();
    let mut reached = true;
    for case in &options.cases {
        let stage = || Stage::new(&options.folder, cores);
        let local = tokio::task::LocalSet::new();
        let figures = local.block_on(&runtime, async {
            match case.as_str() {
                "fanout" => fanout::measure(stage()?, options.seconds).await,
                "writes" => writes::measure(stage()?, options.seconds).await,
                "idle" => idle::measure(stage()?).await,
                _ => herd::measure(stage()?).await,
            }
        })?;
        println!("{case}");
        for figure in &figures {
            reached &= figure.is_reached();
            println!("{}", line(figure));
        }
        println!();
        let values = figures.iter().map(|f| (f.name.to_owned(), json!(f.value)));
        all.insert(case.clone(), Value::Object(values.collect()));
    }
    if options.json {
        println!("{}", json!({"machine": machine.to_string(), "cases": all}));
    }
    Ok(reached)
}

fn line(figure: &Figure) -> String {
    let number = if figure.value.fract() == 0.0 {
        format!("{:.0}", figure.value)
    } else {
        format!("{:.2}", figure.value)
    };
    let goal = figure.goal.map_or(String::new(), |(at_most, goal)| {
        let sign = if at_most { "≤" } else { "≥" };
        let verdict = if figure.is_reached() {
            "reached"
        } else {
            "MISSED"
        };
        format!("   {sign} {goal} {}: {verdict}", figure.unit)
    });
    format!("  {:<44}{number:>12} {:<6}{goal}", figure.name, figure.unit)
}
