//! The table at the end and the exit code.

use std::time::Duration;

use crate::scenarios::Scenarios;
use crate::verdict::{NotRun, Verdict};

/// What became of a suite.
#[derive(Debug, Default)]
pub struct Outcome {
    pub suite: &'static str,
    pub steps: Vec<StepOutcome>,
}

/// What became of one of its steps.
#[derive(Debug, Default)]
pub struct StepOutcome {
    pub step: &'static str,
    pub verdict: Verdict,
    pub took: Duration,
    /// Tests that the harness called FAILED.
    pub failed_tests: Vec<String>,
    /// The end of what the step printed.
    pub last_lines: Vec<String>,
}

/// Everything that ran.
#[derive(Debug)]
pub struct Report {
    in_ci: bool,
    outcomes: Vec<Outcome>,
}

impl Report {
    /// An empty report. In CI, what could not run counts as failed.
    pub fn new(in_ci: bool) -> Self {
        Self {
            in_ci,
            outcomes: Vec::new(),
        }
    }

    /// Adds a finished suite.
    pub fn add(&mut self, outcome: Outcome) {
        self.outcomes.push(outcome);
    }

    /// How many tests and steps passed.
    pub fn passed(&self) -> usize {
        self.steps().map(|(_, step)| step.verdict.passed).sum()
    }

    /// How many failed; in CI also those that could not run, unless excused.
    pub fn failed(&self) -> usize {
        self.steps().map(|(_, step)| self.failures(step)).sum()
    }

    /// Prints what failed once more, the table, what did not run, and the last line.
    pub fn print(&self, left_out: &[&str]) {
        for (suite, step) in self.steps() {
            if self.failures(step) > 0 {
                println!("\n=== failed: {suite}, {}; its last lines:", step.step);
                for line in &step.last_lines {
                    println!("  {line}");
                }
                if let Some(complaint) = &step.verdict.complaint {
                    println!("  {complaint}");
                }
                for test in &step.failed_tests {
                    println!("  failed test: {test}");
                }
            }
        }
        println!("\n{}", self.table());
        if let Some(scenarios) = self.scenarios() {
            println!("{scenarios}\n");
        }
        let not_run = self.not_run(left_out);
        if !not_run.is_empty() {
            println!("Did not run:\n{not_run}");
        }
        println!("{}", self.last_line());
    }

    fn steps(&self) -> impl Iterator<Item = (&'static str, &StepOutcome)> {
        self.outcomes
            .iter()
            .flat_map(|outcome| outcome.steps.iter().map(|step| (outcome.suite, step)))
    }

    fn failures(&self, step: &StepOutcome) -> usize {
        let could_not_run = match &step.verdict.not_run {
            Some(NotRun { excused, .. }) => self.in_ci && !excused,
            None => false,
        };
        step.verdict.failed + usize::from(could_not_run)
    }

    fn table(&self) -> String {
        let mut table = format!(
            "{:11}  {:>6}  {:>6}  {:>7}\n",
            "suite", "passed", "failed", "seconds"
        );
        let mut whole = Duration::ZERO;
        for outcome in &self.outcomes {
            let took: Duration = outcome.steps.iter().map(|s| s.took).sum();
            let passed: usize = outcome.steps.iter().map(|s| s.verdict.passed).sum();
            let failed: usize = outcome.steps.iter().map(|s| self.failures(s)).sum();
            whole += took;
            table += &row(outcome.suite, passed, failed, took);
        }
        table + &row("all", self.passed(), self.failed(), whole)
    }

    /// How many scenarios each language has run, if any has.
    fn scenarios(&self) -> Option<String> {
        let counts: Vec<_> = self
            .steps()
            .filter_map(|(_, step)| step.verdict.scenarios.as_ref())
            .map(Scenarios::short)
            .collect();
        (!counts.is_empty()).then(|| format!("scenarios: {}", counts.join(", ")))
    }

    fn not_run(&self, left_out: &[&str]) -> String {
        let mut text = String::new();
        for (suite, step) in self.steps() {
            if let Some(NotRun { reason, .. }) = &step.verdict.not_run {
                text += &format!("  {suite}, {}: {reason}\n", step.step);
            }
            if step.verdict.ignored > 0 {
                text += &format!(
                    "  {suite}: {} tests marked #[ignore]\n",
                    step.verdict.ignored
                );
            }
        }
        if !left_out.is_empty() {
            text += &format!("  {}: not asked for\n", left_out.join(", "));
        }
        text
    }

    fn last_line(&self) -> String {
        format!("{} passed, {} failed", self.passed(), self.failed())
    }
}

fn row(name: &str, passed: usize, failed: usize, took: Duration) -> String {
    format!(
        "{name:11}  {passed:>6}  {failed:>6}  {:>7.1}\n",
        took.as_secs_f64()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suite(suite: &'static str, verdict: Verdict) -> Outcome {
        Outcome {
            suite,
            steps: vec![StepOutcome {
                step: "cargo test",
                verdict,
                took: Duration::from_millis(1500),
                ..StepOutcome::default()
            }],
        }
    }

    fn unable(excused: bool) -> Verdict {
        Verdict {
            not_run: Some(NotRun {
                reason: "there is no database".into(),
                excused,
            }),
            ..Verdict::default()
        }
    }

    #[test]
    fn one_failing_suite_makes_the_whole_fail() {
        let mut report = Report::new(false);
        report.add(suite(
            "unit",
            Verdict {
                passed: 7,
                ..Verdict::default()
            },
        ));
        assert_eq!(report.failed(), 0);
        report.add(suite(
            "sim",
            Verdict {
                passed: 3,
                failed: 2,
                ..Verdict::default()
            },
        ));
        assert_eq!(report.last_line(), "10 passed, 2 failed");
        assert!(
            report
                .table()
                .contains("sim               3       2      1.5"),
            "{}",
            report.table()
        );
    }

    #[test]
    fn what_could_not_run_is_named_and_fails_only_in_ci_without_an_excuse() {
        for (in_ci, excused, failed) in [
            (false, false, 0),
            (false, true, 0),
            (true, true, 0),
            (true, false, 1),
        ] {
            let mut report = Report::new(in_ci);
            report.add(suite("deny", unable(excused)));
            assert_eq!(report.failed(), failed, "ci {in_ci}, excused {excused}");
            assert!(report.not_run(&[]).contains("there is no database"));
        }
    }

    #[test]
    fn the_scenarios_of_each_language_stand_side_by_side() {
        let mut report = Report::new(true);
        assert_eq!(report.scenarios(), None);
        for (by, run) in [("rust", 3), ("kotlin", 3), ("swift", 2)] {
            let scenarios = Some(Scenarios {
                by: by.into(),
                run,
                of: 3,
            });
            report.add(suite(
                by,
                Verdict {
                    scenarios,
                    ..Verdict::default()
                },
            ));
        }
        let said = report.scenarios().expect("counts");
        assert_eq!(said, "scenarios: rust 3, kotlin 3, swift 2 of 3");
    }

    #[test]
    fn ignored_and_unwanted_tests_are_named() {
        let mut report = Report::new(true);
        report.add(suite(
            "unit",
            Verdict {
                passed: 1,
                ignored: 4,
                ..Verdict::default()
            },
        ));
        let text = report.not_run(&["sim", "demo"]);
        assert!(text.contains("4 tests marked"), "{text}");
        assert!(text.contains("sim, demo: not asked for"), "{text}");
    }
}
