//! `cargo xtask`: the project's chores, with nothing but cargo and this crate.
//!
//! - [`suite`] is the one table of what `cargo xtask test` runs.
//! - [`place`] knows where things lie, and makes its steps.
//! - [`runner`] runs a step, shows its output as it comes and notices a stall.
//! - [`harness`] reads the counts out of what test harnesses print.
//! - [`verdict`] judges the steps that are no libtest run: `cargo deny`, the demo.
//! - [`scenarios`] reads how many of them a language has run.
//! - [`report`] is the table at the end, and the exit code.
//! - [`fuzz`] fuzzes, where the tools for it are at hand.
//! - [`setup`] installs what is missing, and [`inside`] runs what is only in a tree of its own.
//! - [`node`], [`kotlin`] and [`swift`] have the suites of these languages.
//! - [`bindings`] generates what Kotlin and Swift call, and notices drift.
//! - [`library`] builds what an app ships, and weighs it by its [`budget`]; [`package`] does so for
//!   phones.
//! - [`planted`] lets this binary stand in for `rustc`, to build with `cfg(planted)`.

mod args;
mod bindings;
mod budget;
mod fuzz;
mod harness;
mod inside;
mod kotlin;
mod library;
mod node;
mod package;
mod place;
mod planted;
mod process;
#[cfg(test)]
mod proof;
mod report;
mod runner;
mod scenarios;
mod setup;
mod suite;
mod swift;
mod verdict;

use std::process::ExitCode;
use std::time::Duration;

use args::Command;

fn main() -> ExitCode {
    if let Some(code) = planted::stand_in_for_rustc() {
        return code;
    }
    match args::parse(std::env::args().skip(1)) {
        Ok(Command::Help(name)) => {
            print!("{}", args::help(name));
            ExitCode::SUCCESS
        }
        Ok(Command::List) => {
            for suite in suite::ALL {
                println!("{:8}  {}", suite.name, suite.about);
            }
            ExitCode::SUCCESS
        }
        Ok(Command::Test(chosen)) => at_place(|place| test(place, &chosen)),
        Ok(Command::Sim(words)) => sim(&words),
        Ok(Command::Swift(words)) => at_place(|place| swift::run(place, &words)),
        Ok(Command::Size) => at_place(library::measure),
        Ok(Command::Fuzz(order)) => at_place(|place| order.run(place)),
        Ok(Command::Setup(order)) => at_place(|place| order.run(place)),
        Ok(Command::Package(order)) => at_place(|place| order.run(place)),
        Ok(Command::Bindings(order)) => at_place(|place| order.run(place)),
        Err(problem) => {
            eprintln!("xtask: {problem}\nTry `cargo xtask --help`.");
            ExitCode::from(2)
        }
    }
}

/// Builds the simulation and hands over to it: its exit code is ours.
fn sim(words: &[String]) -> ExitCode {
    let mut command = std::process::Command::new(place::cargo());
    command
        .args([
            "run",
            "--quiet",
            "--locked",
            "--profile",
            suite::SIM_PROFILE,
        ])
        .args(["-p", "causerie-sim", "--"])
        .args(words);
    let code = match command.status() {
        Ok(status) => status.code().and_then(|code| u8::try_from(code).ok()),
        Err(problem) => {
            eprintln!("xtask: cannot start cargo: {problem}");
            return ExitCode::from(2);
        }
    };
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}

/// What needs to know where the workspace is.
fn at_place(chore: impl FnOnce(&place::Place) -> ExitCode) -> ExitCode {
    match place::Place::find() {
        Ok(place) => chore(&place),
        Err(problem) => {
            eprintln!("xtask: {problem}");
            ExitCode::from(2)
        }
    }
}

fn test(place: &place::Place, chosen: &[&'static suite::Suite]) -> ExitCode {
    let patience = runner::Patience {
        heartbeat: Duration::from_secs(30),
        stalled: Duration::from_secs(15 * 60),
    };
    let in_ci = std::env::var("CI").is_ok_and(|v| v == "true" || v == "1");
    if let Some(problem) = scenarios::refused(in_ci) {
        eprintln!("xtask: {problem}");
        return ExitCode::from(2);
    }
    let mut report = report::Report::new(in_ci);
    for (n, suite) in chosen.iter().enumerate() {
        println!(
            "\n=== [{}/{}] {}: {}",
            n + 1,
            chosen.len(),
            suite.name,
            suite.about
        );
        report.add(runner::run_suite(
            suite.name,
            &(suite.steps)(place),
            patience,
        ));
    }
    let left_out: Vec<_> = suite::ALL
        .iter()
        .filter(|s| !chosen.iter().any(|c| c.name == s.name))
        .map(|s| s.name)
        .collect();
    report.print(&left_out);
    if report.failed() == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
