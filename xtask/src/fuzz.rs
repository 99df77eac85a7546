//! `cargo xtask fuzz`: fuzzing from the committed corpus on, where the tools for it are at hand.
//!
//! What it finds goes into `fuzz/corpus`, and from then on the ordinary tests look at it.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use crate::place::Place;

/// Every target, by the name of its function in `causerie_fuzz`.
pub const TARGETS: [&str; 3] = ["frames", "engine", "database"];
const MANIFEST: &str = "fuzz/targets";

/// What was ordered.
#[derive(Debug, PartialEq, Eq)]
pub struct Order {
    targets: Vec<&'static str>,
    minutes: u64,
}

impl Order {
    /// Reads the words behind `fuzz`.
    pub fn parse(words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut order = Self {
            targets: Vec::new(),
            minutes: 5,
        };
        let mut words = words;
        while let Some(word) = words.next() {
            if word == "--minutes" {
                // None would be for ever.
                let minutes = words.next().and_then(|number| number.parse().ok());
                let minutes = minutes.filter(|minutes| *minutes > 0);
                order.minutes = minutes.ok_or("`--minutes` needs a number above 0")?;
                continue;
            }
            let target = TARGETS.into_iter().find(|target| *target == word);
            let known = || {
                format!(
                    "`fuzz` does not know `{word}`; there are: {}",
                    TARGETS.join(", ")
                )
            };
            order.targets.push(target.ok_or_else(known)?);
        }
        if order.targets.is_empty() {
            order.targets = TARGETS.into();
        }
        Ok(order)
    }

    /// Runs the targets one after the other, each for so long.
    pub fn run(&self, place: &Place) -> ExitCode {
        let missing = missing();
        if !missing.is_empty() {
            eprintln!(
                "xtask: cannot fuzz here, for want of {}",
                missing.join(" and ")
            );
            eprintln!("The ordinary tests replay the corpus: cargo xtask test --suite fuzz");
            return ExitCode::from(2);
        }
        for target in &self.targets {
            println!("\n=== {target}, for {} minutes", self.minutes);
            match self.command(place, target) {
                Ok(mut command) => match command.status() {
                    Ok(status) if status.success() => {}
                    Ok(status) => {
                        eprintln!("xtask: {target} ended with {status}");
                        return ExitCode::FAILURE;
                    }
                    Err(problem) => {
                        eprintln!("xtask: cannot start cargo: {problem}");
                        return ExitCode::from(2);
                    }
                },
                Err(problem) => {
                    eprintln!("xtask: no folder for what is found: {problem}");
                    return ExitCode::from(2);
                }
            }
        }
        ExitCode::SUCCESS
    }

    fn command(&self, place: &Place, target: &str) -> std::io::Result<Command> {
        // New inputs go into the first folder. The committed ones are only read.
        let found = place.target().join("fuzz-corpus").join(target);
        std::fs::create_dir_all(&found)?;
        let seconds = self.minutes * 60;
        let mut command = Command::new("cargo");
        command
            .current_dir(place.root())
            .args(["+nightly", "fuzz", "run", "--fuzz-dir", MANIFEST])
            .arg("--target-dir")
            .arg(place.target().join("fuzz"))
            .arg(target)
            .arg(found)
            .arg(Path::new("fuzz/corpus").join(target))
            .args(["--", "-timeout=30", "-rss_limit_mb=4096"])
            .arg(format!("-max_total_time={seconds}"));
        Ok(command)
    }
}

/// What is needed and not there, and how it comes.
fn missing() -> Vec<&'static str> {
    let works = |words: &[&str]| {
        Command::new("cargo")
            .args(words.iter().map(OsString::from))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    let mut missing = Vec::new();
    if !works(&["+nightly", "--version"]) {
        missing.push("a nightly compiler (rustup toolchain install nightly --profile minimal)");
    }
    if !works(&["fuzz", "--version"]) {
        missing.push("cargo-fuzz (cargo install --locked cargo-fuzz)");
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Order, String> {
        Order::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn without_a_name_every_target_is_fuzzed() {
        let order = parse("--minutes 2").unwrap();
        assert_eq!((order.targets, order.minutes), (TARGETS.to_vec(), 2));
        assert_eq!(parse("engine").unwrap().targets, ["engine"]);
    }

    #[test]
    fn a_wrong_word_is_refused() {
        assert!(parse("engines").unwrap_err().contains("frames, engine"));
        assert!(parse("--minutes").is_err());
        assert!(parse("--minutes soon").is_err());
        assert!(parse("--minutes 0").is_err());
    }

    #[test]
    fn every_target_has_a_corpus_and_an_entry() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
        for target in TARGETS {
            assert!(folder.join("corpus").join(target).is_dir(), "{target}");
            let entry = folder.join(format!("targets/fuzz_targets/{target}.rs"));
            assert!(entry.is_file(), "{target}");
        }
    }
}
