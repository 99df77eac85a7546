//! From a step's exit code and output to passed, failed or "could not run".

use serde_json::Value;

use crate::harness::{Counts, Harness};
use crate::scenarios::Scenarios;

/// How a step is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judge {
    /// The exit code decides; counts as one.
    ExitCode,
    /// Counts only when it fails, and then what follows in its suite does not run.
    Preparation,
    /// The test harness counts; a run without a single test has failed.
    Libtest,
    /// The same, of Maven's Surefire.
    Surefire,
    /// The same, of Swift Testing.
    SwiftTesting,
    /// The judge of `tests/conformance`: the test harness counts, and so many scenarios must have
    /// run, by the devices of this language.
    Scenarios {
        /// What the judge calls the language.
        by: &'static str,
        /// How many.
        due: usize,
    },
    /// `cargo deny`: may be missing, or unable to fetch the advisory database.
    Deny,
    /// The demo: its last JSON line must say that no promise broke.
    Demo,
    /// A script that counts as the test harness does, by a program that may be missing.
    Script {
        /// The program.
        needs: &'static str,
    },
    /// Nothing: what it takes is not here, for this reason, and nobody is at fault.
    NotHere(&'static str),
    /// Nothing: its tools are missing, and this says how they come.
    Missing(&'static str),
}

impl Judge {
    /// Whose output the step's is; Rust's, where nothing is counted.
    pub fn harness(self) -> Harness {
        match self {
            Self::Surefire => Harness::Surefire,
            Self::SwiftTesting => Harness::SwiftTesting,
            Self::ExitCode
            | Self::Preparation
            | Self::Libtest
            | Self::Scenarios { .. }
            | Self::Deny
            | Self::Demo
            | Self::Script { .. }
            | Self::NotHere(_)
            | Self::Missing(_) => Harness::Libtest,
        }
    }
}

/// What became of a step.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    pub passed: usize,
    pub failed: usize,
    pub ignored: usize,
    /// How many scenarios ran, if it ran any.
    pub scenarios: Option<Scenarios>,
    /// Why the step could not run, if it could not.
    pub not_run: Option<NotRun>,
    /// Why a step failed whose exit code was 0.
    pub complaint: Option<String>,
}

/// Why something could not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotRun {
    /// For the person who reads the summary.
    pub reason: String,
    /// It lacks a network resource that no setting of this machine provides: named, but
    /// no failure even in CI.
    pub excused: bool,
}

/// What the runner says when a step's program cannot be started; its name follows.
pub const CANNOT_START: &str = "cannot start ";

/// The number of messages below which a demo has shown too little.
const DEMO_AT_LEAST: u64 = 200;
const DEMO_KEYS: [&str; 7] = [
    "sent",
    "shown",
    "acknowledged",
    "delivered",
    "lost",
    "doubled",
    "out_of_order",
];
const DEMO_ZERO: [&str; 3] = ["lost", "doubled", "out_of_order"];

/// Judges a finished step by its exit code, the counted results and its last lines.
pub fn judge(judge: Judge, success: bool, counts: Counts, last_lines: &[String]) -> Verdict {
    let says = |needle: &str| last_lines.iter().any(|line| line.contains(needle));
    match judge {
        Judge::ExitCode => one(success),
        Judge::Preparation if success => Verdict::default(),
        Judge::Preparation => one(false),
        // Also where a filter matches nothing any more, which the harness calls ok.
        Judge::Libtest | Judge::Surefire | Judge::SwiftTesting | Judge::Script { .. }
            if counts.passed + counts.failed == 0 && success =>
        {
            complain("no test ran".into())
        }
        Judge::Scenarios { by, due } => {
            let scenarios = Scenarios::read(last_lines).filter(|scenarios| scenarios.by == by);
            let run = scenarios.as_ref().map_or(0, |scenarios| scenarios.run);
            let complaint =
                (run != due || due == 0).then(|| format!("{run} of {due} scenarios ran by {by}"));
            let wrong = !success || complaint.is_some();
            Verdict {
                failed: counts.failed.max(usize::from(wrong)),
                complaint,
                scenarios,
                ..counted(counts)
            }
        }
        Judge::Script { needs } if !success && says(&format!("{CANNOT_START}{needs}: ")) => {
            not_run(
                &format!("{needs} is not installed, or cannot be started: cargo xtask setup"),
                false,
            )
        }
        Judge::NotHere(reason) => not_run(reason, true),
        Judge::Missing(reason) => not_run(reason, false),
        // What does not compile, or dies of a signal, fails without a count.
        Judge::Libtest | Judge::Surefire | Judge::SwiftTesting | Judge::Script { .. } => Verdict {
            failed: counts.failed.max(usize::from(!success)),
            ..counted(counts)
        },
        Judge::Deny if !success && says("no such command: `deny`") => {
            not_run("cargo-deny is not installed: cargo xtask setup rust", false)
        }
        Judge::Deny if !success && says("failed to fetch advisory database") => not_run(
            "the advisory database (github.com/RustSec/advisory-db) could not be fetched",
            true,
        ),
        Judge::Deny => one(success),
        Judge::Demo if !success => one(false),
        Judge::Demo => match demo_problem(last_lines) {
            None => one(true),
            Some(problem) => complain(problem),
        },
    }
}

fn counted(counts: Counts) -> Verdict {
    Verdict {
        passed: counts.passed,
        failed: counts.failed,
        ignored: counts.ignored,
        ..Verdict::default()
    }
}

fn one(success: bool) -> Verdict {
    Verdict {
        passed: usize::from(success),
        failed: usize::from(!success),
        ..Verdict::default()
    }
}

fn complain(complaint: String) -> Verdict {
    Verdict {
        failed: 1,
        complaint: Some(complaint),
        ..Verdict::default()
    }
}

fn not_run(reason: &str, excused: bool) -> Verdict {
    Verdict {
        not_run: Some(NotRun {
            reason: reason.to_owned(),
            excused,
        }),
        ..Verdict::default()
    }
}

/// What is wrong with the demo's result, if anything is.
fn demo_problem(last_lines: &[String]) -> Option<String> {
    let result = last_lines.iter().rev().find_map(|line| {
        serde_json::from_str::<Value>(line)
            .ok()
            .filter(Value::is_object)
    });
    let Some(result) = result else {
        return Some("the demo's output does not end with a line of JSON".into());
    };
    for key in DEMO_KEYS {
        if result[key].as_u64().is_none() {
            return Some(format!("the demo's result has no count `{key}`"));
        }
    }
    for key in DEMO_ZERO {
        if result[key] != 0 {
            return Some(format!("the demo says {key}: {}", result[key]));
        }
    }
    if result["sent"].as_u64() < Some(DEMO_AT_LEAST) {
        return Some(format!("the demo sent only {} messages", result["sent"]));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::Reader;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    fn counts(text: &str) -> Counts {
        let mut reader = Reader::new(Harness::Libtest);
        text.lines().for_each(|line| reader.handle_line(line));
        reader.counts()
    }

    #[test]
    fn failed_tests_are_failures_whatever_the_exit_code() {
        let bad = counts("test result: FAILED. 4 passed; 2 failed; 0 ignored");
        for success in [false, true] {
            let verdict = judge(Judge::Libtest, success, bad, &[]);
            assert_eq!((verdict.passed, verdict.failed), (4, 2));
        }
    }

    #[test]
    fn a_run_that_dies_before_its_result_has_failed() {
        let good = counts("test result: ok. 4 passed; 0 failed; 0 ignored");
        assert_eq!(judge(Judge::Libtest, false, good, &[]).failed, 1);
        assert_eq!(
            judge(Judge::Libtest, false, Counts::default(), &[]).failed,
            1
        );
    }

    #[test]
    fn a_run_without_any_test_is_no_success() {
        let filtered =
            counts("test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 9 filtered out");
        for counts in [Counts::default(), filtered] {
            let verdict = judge(Judge::Libtest, true, counts, &[]);
            assert_eq!(verdict.failed, 1);
            assert!(verdict.complaint.is_some());
        }
    }

    #[test]
    fn a_missing_tool_is_no_excuse_but_an_unreachable_database_is() {
        let missing = judge(
            Judge::Deny,
            false,
            Counts::default(),
            &lines("error: no such command: `deny`"),
        );
        assert!(!missing.not_run.expect("could not run").excused);
        let offline = judge(
            Judge::Deny,
            false,
            Counts::default(),
            &lines("2026-11-20 [ERROR] failed to fetch advisory database https://… with cli"),
        );
        assert!(offline.not_run.expect("could not run").excused);
        let vulnerable = judge(
            Judge::Deny,
            false,
            Counts::default(),
            &lines("advisories FAILED"),
        );
        assert_eq!((vulnerable.failed, vulnerable.not_run), (1, None));
    }

    #[test]
    fn a_script_counts_like_the_harness_and_a_missing_program_is_named() {
        let script = Judge::Script { needs: "node" };
        let good = counts("test result: ok. 9 passed; 0 failed; 0 ignored");
        assert_eq!(judge(script, true, good, &[]).passed, 9);
        assert_eq!(judge(script, true, Counts::default(), &[]).failed, 1);
        assert_eq!(judge(script, false, good, &[]).failed, 1);
        let missing = lines("cannot start node: No such file or directory (os error 2)");
        let verdict = judge(script, false, Counts::default(), &missing);
        let not_run = verdict.not_run.expect("could not run");
        assert!(!not_run.excused && not_run.reason.starts_with("node "));
        // A script that says so of another program has failed.
        let other = lines("cannot start nodemon: No such file or directory");
        assert_eq!(judge(script, false, Counts::default(), &other).failed, 1);
    }

    #[test]
    fn a_language_that_runs_fewer_scenarios_than_there_are_has_failed() {
        let all = Judge::Scenarios {
            by: "kotlin",
            due: 3,
        };
        let good = counts("test result: ok. 5 passed; 0 failed; 0 ignored");
        let verdict = |line: &str| judge(all, true, good, &lines(line));
        let three = verdict("scenarios: 3 of 3 run by kotlin (3 core-only)");
        assert_eq!((three.passed, three.failed), (5, 0));
        assert_eq!(three.scenarios.expect("a count").short(), "kotlin 3");
        for fewer in [
            "scenarios: 2 of 3 run by kotlin (2 core-only)",
            "scenarios: 2 of 2 run by kotlin (2 core-only)",
            "scenarios: 3 of 3 run by rust (3 core-only)",
            "no count at all",
        ] {
            let verdict = verdict(fewer);
            assert_eq!((verdict.passed, verdict.failed), (5, 1), "{fewer}");
            assert!(verdict.complaint.is_some());
        }
        let broken = lines("scenarios: 3 of 3 run by kotlin (3 core-only)");
        assert_eq!(judge(all, false, good, &broken).failed, 1);
        let none = Judge::Scenarios {
            by: "kotlin",
            due: 0,
        };
        let nothing = lines("scenarios: 0 of 0 run by kotlin ()");
        assert_eq!(
            judge(none, true, good, &nothing).failed,
            1,
            "no scenario is due"
        );
    }

    #[test]
    fn what_is_not_here_is_named_and_excused() {
        let verdict = judge(Judge::NotHere("no Dart"), true, Counts::default(), &[]);
        let not_run = verdict.not_run.expect("was not run");
        assert!(not_run.excused && not_run.reason == "no Dart");
        assert_eq!((verdict.passed, verdict.failed), (0, 0));
        let verdict = judge(Judge::Missing("no Swift"), true, Counts::default(), &[]);
        assert!(!verdict.not_run.expect("was not run").excused);
    }

    const GOOD: &str = r#"{"sent":240,"shown":240,"acknowledged":240,"delivered":720,"lost":0,"doubled":0,"out_of_order":0,"reconnects":6}"#;

    fn demo(text: &str) -> Verdict {
        judge(Judge::Demo, true, Counts::default(), &lines(text))
    }

    #[test]
    fn a_demo_that_kept_its_promises_passes() {
        let verdict = demo(&format!("sent 240\n{GOOD}\nthe server has stopped"));
        assert_eq!((verdict.passed, verdict.failed), (1, 0));
    }

    #[test]
    fn a_demo_that_lost_doubled_or_hid_something_fails() {
        for (from, to) in [
            (r#""lost":0"#, r#""lost":1"#),
            (r#""doubled":0"#, r#""doubled":2"#),
            (r#""out_of_order":0"#, r#""out_of_order":1"#),
            (r#""lost":0,"#, ""),
            (r#""sent":240"#, r#""sent":12"#),
            (r#""shown":240"#, r#""shown":null"#),
        ] {
            let verdict = demo(&GOOD.replace(from, to));
            assert_eq!((verdict.passed, verdict.failed), (0, 1), "{to}");
            assert!(verdict.complaint.is_some());
        }
        assert_eq!(demo("no json at all").failed, 1);
        assert_eq!(
            judge(Judge::Demo, false, Counts::default(), &lines(GOOD)).failed,
            1
        );
    }
}
