//! `cargo xtask setup`: says what the suites lack on this machine, and then installs it.
//!
//! What is there comes first: a tool on `PATH` is taken as it is. What is missing comes from apt,
//! rustup, cargo, pip, Maven or npm; Swift, which Debian's stable releases do not have, from a tree of
//! Debian sid in the cache folder ([`tree`]). Nothing is asked, and nothing else is changed.

mod machine;
mod maven;
mod need;
mod npm;
mod plan;
mod tree;

use std::process::ExitCode;

pub use machine::{Cache, may_mount, said};
pub use need::{Language, Need};
pub use npm::modules;

use machine::Machine;
use plan::Plan;
pub use plan::typed;

use crate::place::Place;
use crate::suite;

/// What was ordered.
#[derive(Debug, PartialEq, Eq)]
pub struct Order {
    languages: Vec<Language>,
    dry_run: bool,
    json: bool,
}

impl Order {
    /// Reads the words behind `setup`: languages, and suites as `test` has them. Without a name,
    /// all that the suites need.
    pub fn parse(words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut words = words.peekable();
        let mut order = Self {
            languages: Vec::new(),
            dry_run: false,
            json: false,
        };
        let mut suites = Vec::new();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--suite" => suites.extend(suite::names_behind_flag(&mut words)?),
                "--dry-run" => order.dry_run = true,
                // Its output is the plan and nothing else, so nothing is done.
                "--json" => (order.json, order.dry_run) = (true, true),
                name => order.languages.push(Language::named(name)?),
            }
        }
        if order.languages.is_empty() || !suites.is_empty() {
            let chosen = suite::named(&suites)?;
            order
                .languages
                .extend(chosen.iter().flat_map(|suite| suite.needs));
        }
        order.languages.sort_unstable();
        order.languages.dedup();
        Ok(order)
    }

    /// Says what is there and what will be done, and does it.
    pub fn run(&self, place: &Place) -> ExitCode {
        let machine = match Machine::look(place) {
            Ok(machine) => machine,
            Err(problem) => {
                eprintln!("xtask: {problem}");
                return ExitCode::from(2);
            }
        };
        let plan = Plan::make(&machine, &self.languages, |need| need.found(&machine));
        if self.json {
            println!("{}", plan.json(&machine));
        } else {
            print!("{}", plan.text(&machine));
        }
        if self.dry_run || plan.is_empty() {
            return plan.verdict();
        }
        match plan.carry_out(&machine) {
            Ok(()) => plan.verdict(),
            Err(problem) => {
                eprintln!("xtask: {problem}");
                ExitCode::FAILURE
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Order, String> {
        Order::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn without_a_name_it_is_all_that_the_suites_need() {
        let order = parse("").unwrap();
        for suite in suite::ALL {
            for language in suite.needs {
                assert!(order.languages.contains(language), "{}", suite.name);
            }
        }
        assert!(!order.dry_run);
    }

    #[test]
    fn the_words_of_a_test_set_up_what_it_needs() {
        let order = parse("--suite unit bindings").unwrap();
        let needed = [Language::Rust, Language::Python];
        assert_eq!(order.languages, needed);
        assert_eq!(parse("--suite format").unwrap().languages, [Language::Rust]);
        assert!(parse("--suite formt").is_err());
    }

    #[test]
    fn names_are_taken_once_and_a_wrong_one_is_refused() {
        let order = parse("swift rust swift --dry-run").unwrap();
        assert_eq!(order.languages, [Language::Rust, Language::Swift]);
        assert!(order.dry_run && !order.json);
        assert!(parse("--json").unwrap().dry_run);
        let problem = parse("cobol").unwrap_err();
        assert!(
            problem.contains("cobol") && problem.contains("kotlin"),
            "{problem}"
        );
        assert!(parse("--force").is_err());
    }
}
