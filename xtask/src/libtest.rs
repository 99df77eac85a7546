//! What Rust's test harness prints: `test result: ok. 3 passed; 0 failed; 1 ignored; …`.

/// Counts over all the test binaries of one run.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Tests that passed.
    pub passed: usize,
    /// Tests that failed.
    pub failed: usize,
    /// Tests marked `#[ignore]`, which did not run.
    pub ignored: usize,
}

impl Counts {
    /// Takes in one line of output; lines that are no result are passed over.
    pub fn handle_line(&mut self, line: &str) {
        let plain = without_colour(line);
        let Some(rest) = plain.trim_start().strip_prefix("test result: ") else {
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
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
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

    fn count(text: &str) -> Counts {
        let mut counts = Counts::default();
        text.lines().for_each(|line| counts.handle_line(line));
        counts
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
}
