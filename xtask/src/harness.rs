//! What test harnesses print: Rust's, Surefire's (Kotlin, by Maven) and Swift Testing's.

/// Whose output it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harness {
    /// `test result: ok. 3 passed; 0 failed; 1 ignored; …`, once for each binary.
    Libtest,
    /// `Tests run: 3, Failures: 0, Errors: 0, Skipped: 1`, once for each module.
    Surefire,
    /// `Test run with 3 tests in 1 suite passed after 0.1 seconds`, and a line for each test.
    SwiftTesting,
}

/// Counts over all that one step ran.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Tests that passed.
    pub passed: usize,
    /// Tests that failed.
    pub failed: usize,
    /// Tests marked as not to be run.
    pub ignored: usize,
}

/// Reads one step's output, line by line.
#[derive(Debug, Clone)]
pub struct Reader {
    harness: Harness,
    counts: Counts,
    failed_tests: Vec<String>,
}

impl Reader {
    /// Has read nothing yet.
    pub fn new(harness: Harness) -> Self {
        Self {
            harness,
            counts: Counts::default(),
            failed_tests: Vec::new(),
        }
    }

    /// What was counted so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The names of the tests that failed.
    pub fn into_failed_tests(self) -> Vec<String> {
        self.failed_tests
    }

    /// Takes in one line of output; lines that are no result are passed over.
    pub fn handle_line(&mut self, line: &str) {
        let plain = without_colour(line);
        match self.harness {
            Harness::Libtest => self.libtest(plain.trim_start()),
            Harness::Surefire => self.surefire(&plain),
            Harness::SwiftTesting => self.swift_testing(&plain),
        }
    }

    fn libtest(&mut self, line: &str) {
        let test = line.strip_prefix("test ");
        if let Some(name) = test.and_then(|rest| rest.strip_suffix(" ... FAILED")) {
            self.failed_tests.push(name.to_owned());
        }
        let Some(rest) = line.strip_prefix("test result: ") else {
            return;
        };
        // "ok. 5 passed; 0 failed; …": what stands before the first `. ` is the verdict.
        let Some((_, counts)) = rest.split_once(". ") else {
            return;
        };
        for part in counts.split(';') {
            let mut words = part.split_whitespace();
            let (Some(number), Some(what)) = (words.next(), words.next()) else {
                continue;
            };
            let Ok(number) = number.parse::<usize>() else {
                continue;
            };
            match what {
                "passed" => self.counts.passed += number,
                "failed" => self.counts.failed += number,
                "ignored" => self.counts.ignored += number,
                _ => {}
            }
        }
    }

    fn surefire(&mut self, line: &str) {
        let Some((_, line)) = line.split_once("] ").filter(|_| line.starts_with('[')) else {
            return;
        };
        if let Some((test, how)) = line.split_once(" -- Time elapsed: ") {
            if how.contains(" <<< ") {
                self.failed_tests.push(test.to_owned());
            }
            return;
        }
        // A class's own line says how long it took; the module's does not.
        let counts = line.strip_prefix("Tests run: ");
        let Some(counts) = counts.filter(|rest| !rest.contains("Time elapsed")) else {
            return;
        };
        let numbers: Option<Vec<usize>> = counts
            .split(", ")
            .map(|part| part.rsplit(' ').next()?.parse().ok())
            .collect();
        if let Some([run, failures, errors, skipped]) = numbers.as_deref() {
            let failed = failures + errors;
            self.counts.passed += run.saturating_sub(failed + skipped);
            self.counts.failed += failed;
            self.counts.ignored += skipped;
        }
    }

    fn swift_testing(&mut self, line: &str) {
        if let Some(rest) = line.strip_prefix("✘ Test ")
            && let Some((name, _)) = rest.split_once(" failed after ")
            && !rest.starts_with("run with ")
        {
            self.counts.failed += 1;
            self.failed_tests.push(name.trim_matches('"').to_owned());
        } else if line.starts_with("➜ Test ") && line.contains(" skipped") {
            self.counts.ignored += 1;
        } else if let Some((_, rest)) = line.split_once(" Test run with ") {
            let number = rest.split(' ').next().and_then(|n| n.parse::<usize>().ok());
            let others = self.counts.failed + self.counts.ignored;
            self.counts.passed = number.unwrap_or_default().saturating_sub(others);
        }
    }
}

/// The line without terminal escapes (`ESC [ … letter`).
pub fn without_colour(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            for c in chars.by_ref() {
                if c.is_ascii_alphabetic() {
                    break;
                }
            }
        } else {
            plain.push(c);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(harness: Harness, text: &str) -> Reader {
        let mut reader = Reader::new(harness);
        text.lines().for_each(|line| reader.handle_line(line));
        reader
    }

    fn count(text: &str) -> Counts {
        read(Harness::Libtest, text).counts()
    }

    #[test]
    fn the_results_of_several_binaries_are_added_up() {
        let counts = count(
            "running 2 tests\n\
             test a ... ok\n\
             test b ... ok\n\
             test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
             running 4 tests\n\
             test result: FAILED. 1 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1.00s\n",
        );
        assert_eq!(
            counts,
            Counts {
                passed: 3,
                failed: 2,
                ignored: 1
            }
        );
    }

    #[test]
    fn colour_does_not_hide_a_result() {
        let counts =
            count("test result: \u{1b}[31mFAILED\u{1b}(B\u{1b}[m. 0 passed; 7 failed; 0 ignored");
        assert_eq!(counts.failed, 7);
    }

    #[test]
    fn a_line_that_only_talks_about_results_counts_nothing() {
        assert_eq!(
            count("the words test result: ok. 9 passed; in a sentence"),
            Counts::default()
        );
        assert_eq!(count("test result: unfinished"), Counts::default());
    }

    #[test]
    fn a_maven_build_counts_by_its_last_line_and_names_what_failed() {
        let reader = read(
            Harness::Surefire,
            "\
[INFO] Running t.FirstTest
[ERROR] Tests run: 3, Failures: 1, Errors: 0, Skipped: 1, Time elapsed: 0.1 s <<< FAILURE! -- in t.FirstTest
[ERROR] t.FirstTest.one is two -- Time elapsed: 0.006 s <<< FAILURE!
[ERROR] Tests run: 2, Failures: 0, Errors: 1, Skipped: 0, Time elapsed: 0.006 s <<< FAILURE! -- in t.SecondTest
[ERROR] t.SecondTest.it throws -- Time elapsed: 0.001 s <<< ERROR!
[ERROR] Failures: 
[ERROR]   FirstTest.one is two:6 expected: <2> but was: <1>
[\u{1b}[1;31mERROR\u{1b}[m] Tests run: 5, Failures: 1, Errors: 1, Skipped: 1
",
        );
        let counts = Counts {
            passed: 2,
            failed: 2,
            ignored: 1,
        };
        assert_eq!(reader.counts(), counts);
        let failed = ["t.FirstTest.one is two", "t.SecondTest.it throws"];
        assert_eq!(reader.into_failed_tests(), failed);
    }

    #[test]
    fn a_run_of_swift_counts_by_its_tests_and_not_by_its_issues() {
        let reader = read(
            Harness::SwiftTesting,
            "\
\t Executed 0 tests, with 0 failures (0 unexpected) in 0.0 (0.0) seconds
◇ Test run started.
➜ Test off() skipped: \"no reason\"
✘ Test \"one is three\" recorded an issue at t.swift:3:39: Expectation failed: 2 == 3
✘ Test \"one is three\" failed after 0.001 seconds with 2 issues.
✔ Test \"one is two\" passed after 0.001 seconds.
✘ Suite S failed after 0.001 seconds with 2 issues.
✘ Test run with 3 tests in 1 suite failed after 0.001 seconds with 2 issues.
",
        );
        let counts = Counts {
            passed: 1,
            failed: 1,
            ignored: 1,
        };
        assert_eq!(reader.counts(), counts);
        assert_eq!(reader.into_failed_tests(), ["one is three"]);
        let good = "✔ Test run with 60 tests in 9 suites passed after 4.2 seconds.";
        assert_eq!(read(Harness::SwiftTesting, good).counts().passed, 60);
    }
}
