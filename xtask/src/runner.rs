//! Runs steps, shows their output as it comes, and notices when none comes.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::{Counts, Reader, without_colour};
use crate::place::Step;
use crate::process;
use crate::report::{Outcome, StepOutcome};
use crate::setup::Cache;
use crate::verdict::{self, CANNOT_START, Judge, NotRun, Verdict};

/// How many of a step's last lines are kept to be shown again.
const LAST_LINES: usize = 80;
/// How often a silent step is looked at.
const LOOK: Duration = Duration::from_millis(250);
/// How long a finished step's output may stay open in processes that outlived it.
const LINGER: Duration = Duration::from_secs(3);

/// How long a step may be silent.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// After this much silence a line says so, and again each time.
    pub heartbeat: Duration,
    /// After this much silence the step is ended and has failed.
    pub stalled: Duration,
}

/// Runs the steps of a suite in order; a failed preparation ends it.
pub fn run_suite(suite: &'static str, steps: &[Step], patience: Patience) -> Outcome {
    let mut outcome = Outcome {
        suite,
        steps: Vec::new(),
    };
    let mut unprepared = None;
    for step in steps {
        if let Some(preparation) = unprepared {
            outcome.steps.push(StepOutcome {
                step: step.name,
                verdict: Verdict {
                    not_run: Some(NotRun {
                        reason: format!("\"{preparation}\" before it failed"),
                        // Already counted once, as the preparation's failure.
                        excused: true,
                    }),
                    ..Verdict::default()
                },
                ..StepOutcome::default()
            });
            continue;
        }
        if let Judge::NotHere(_) | Judge::Missing(_) = step.judge {
            outcome.steps.push(StepOutcome {
                step: step.name,
                verdict: verdict::judge(step.judge, true, Counts::default(), &[]),
                ..StepOutcome::default()
            });
            continue;
        }
        let done = run_step(step, patience);
        println!(
            "--- {suite}, {}: {} passed, {} failed in {:.1} s",
            step.name,
            done.verdict.passed,
            done.verdict.failed,
            done.took.as_secs_f64()
        );
        if step.judge == Judge::Preparation && done.verdict.failed > 0 {
            unprepared = Some(step.name);
        }
        outcome.steps.push(done);
    }
    outcome
}

fn run_step(step: &Step, patience: Patience) -> StepOutcome {
    let line: Vec<_> = step
        .command
        .iter()
        .map(|word| word.to_string_lossy())
        .collect();
    println!("$ {}", line.join(" "));
    let started = now();
    let mut seen = Seen::new(step.judge);
    let ended = match spawn(step) {
        Ok(mut child) => follow(&mut child, &mut seen, patience),
        Err(problem) => Err(format!("{CANNOT_START}{}: {problem}", line[0])),
    };
    let success = match ended {
        Ok(success) => success,
        Err(problem) => {
            println!("{problem}");
            seen.handle_line(&problem);
            false
        }
    };
    let last_lines: Vec<_> = seen.last_lines.into();
    StepOutcome {
        step: step.name,
        verdict: verdict::judge(step.judge, success, seen.tests.counts(), &last_lines),
        took: now() - started,
        failed_tests: seen.tests.into_failed_tests(),
        last_lines,
    }
}

fn spawn(step: &Step) -> std::io::Result<Child> {
    let mut command = Command::new(&step.command[0]);
    command
        .args(&step.command[1..])
        .current_dir(&step.folder)
        .envs(Cache::find().map(|cache| ("PATH", cache.path())))
        .envs(step.environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // `cargo run` describes this package in the environment. Build scripts that watch
    // these variables would run again whenever cargo is called from here.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command.spawn()
}

/// What a step has printed so far.
#[derive(Debug)]
struct Seen {
    tests: Reader,
    last_lines: VecDeque<String>,
}

impl Seen {
    fn new(judge: Judge) -> Self {
        Self {
            tests: Reader::new(judge.harness()),
            last_lines: VecDeque::new(),
        }
    }

    fn handle_line(&mut self, line: &str) {
        self.tests.handle_line(line);
        if self.last_lines.len() == LAST_LINES {
            self.last_lines.pop_front();
        }
        self.last_lines.push_back(without_colour(line));
    }
}

/// Passes the child's output on until it ends: whether it succeeded, or what went wrong.
fn follow(child: &mut Child, seen: &mut Seen, patience: Patience) -> Result<bool, String> {
    let (lines, incoming) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        let lines = lines.clone();
        thread::spawn(move || read_lines(stdout, &lines));
    }
    if let Some(stderr) = child.stderr.take() {
        thread::spawn(move || read_lines(stderr, &lines));
    }
    let started = now();
    let mut last_line = started;
    let mut last_beat = started;
    let mut ended: Option<(bool, Instant)> = None;
    loop {
        match incoming.recv_timeout(LOOK) {
            Ok(line) => {
                println!("{line}");
                last_line = now();
                last_beat = last_line;
                seen.handle_line(&line);
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => {
                let status = child.wait().map_err(|problem| problem.to_string())?;
                return Ok(status.success());
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        let present = now();
        if let Some((success, at)) = ended {
            if present - at >= LINGER {
                println!("... its output is still held open by a process that outlived it");
                return Ok(success);
            }
            continue;
        }
        if let Some(status) = child.try_wait().map_err(|problem| problem.to_string())? {
            ended = Some((status.success(), present));
            continue;
        }
        let silent = present - last_line;
        if silent >= patience.stalled {
            process::end_tree(child.id());
            let _ = child.wait();
            return Err(format!(
                "stalled: no output for {} s; it was ended",
                silent.as_secs()
            ));
        }
        if present - last_beat >= patience.heartbeat {
            last_beat = present;
            println!(
                "... still running: {} s without output, {} s in all",
                silent.as_secs(),
                (present - started).as_secs()
            );
        }
    }
}

fn read_lines(from: impl Read, to: &mpsc::Sender<String>) {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while let Ok(1..) = from.read_until(b'\n', &mut line) {
        let text = String::from_utf8_lossy(&line);
        if to
            .send(text.trim_end_matches(['\r', '\n']).to_owned())
            .is_err()
        {
            return;
        }
        line.clear();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the runner is xtask's driver: it times the suites"
)]
fn now() -> Instant {
    Instant::now()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::report::Report;

    const PATIENCE: Patience = Patience {
        heartbeat: Duration::from_secs(1),
        stalled: Duration::from_secs(60),
    };

    fn script(text: &str, judge: Judge) -> Step {
        Step {
            name: "script",
            command: vec!["sh".into(), "-c".into(), text.into()],
            environment: vec![("GREETING", "bonjour".into())],
            folder: std::env::temp_dir(),
            judge,
        }
    }

    #[test]
    fn a_failing_suite_makes_the_report_fail_and_its_last_lines_are_kept() {
        let failing = script(
            "echo 'test a::b ... FAILED'; \
             echo 'test result: FAILED. 2 passed; 1 failed; 0 ignored'; \
             echo 'error: test failed' >&2; exit 101",
            Judge::Libtest,
        );
        let outcome = run_suite("unit", &[failing], PATIENCE);
        assert_eq!(outcome.steps[0].failed_tests, ["a::b"]);
        assert!(
            outcome.steps[0]
                .last_lines
                .iter()
                .any(|l| l.contains("error: test failed"))
        );
        let mut report = Report::new(false);
        report.add(outcome);
        assert_eq!((report.passed(), report.failed()), (2, 1));
    }

    #[test]
    fn a_step_gets_its_environment_and_its_exit_code_counts() {
        let good = script("test \"$GREETING\" = bonjour", Judge::ExitCode);
        let bad = script("test \"$GREETING\" = hello", Judge::ExitCode);
        let outcome = run_suite("format", &[good, bad], PATIENCE);
        assert_eq!(outcome.steps[0].verdict.passed, 1);
        assert_eq!(outcome.steps[1].verdict.failed, 1);
    }

    #[test]
    fn after_a_failed_preparation_the_suite_stops_and_fails_once() {
        let steps = [
            script("exit 1", Judge::Preparation),
            script("echo 'test result: ok. 5 passed; 0 failed'", Judge::Libtest),
        ];
        let mut report = Report::new(true);
        report.add(run_suite("e2e", &steps, PATIENCE));
        assert_eq!((report.passed(), report.failed()), (0, 1));
    }

    #[test]
    fn a_program_that_is_not_there_is_a_failure() {
        let mut step = script("", Judge::ExitCode);
        step.command[0] = "/nonexistent/program".into();
        let outcome = run_suite("format", &[step], PATIENCE);
        assert_eq!(outcome.steps[0].verdict.failed, 1);
        assert!(outcome.steps[0].last_lines[0].contains("cannot start"));
    }

    #[test]
    fn a_silent_step_is_ended_with_what_it_started() {
        let silent = script("echo begun; sleep 600 & wait", Judge::ExitCode);
        let impatient = Patience {
            heartbeat: Duration::from_millis(300),
            stalled: Duration::from_millis(800),
        };
        let outcome = run_suite("sim", &[silent], impatient);
        let step = &outcome.steps[0];
        assert_eq!(step.verdict.failed, 1);
        assert!(
            step.last_lines
                .last()
                .is_some_and(|l| l.contains("stalled"))
        );
        assert!(step.took < Duration::from_secs(60));
    }
}
