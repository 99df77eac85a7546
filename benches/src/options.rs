//! What stands on a benchmark's command line.

use std::{path::PathBuf, time::Duration};

/// What is asked of a benchmark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// To say how it is used.
    Help,
    /// To run.
    Run(Options),
}

/// How it is to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Print the figures as JSON, too.
    pub json: bool,
    /// Of each case, where that is to be chosen.
    pub seconds: Duration,
    /// Where data lie for the time.
    pub folder: PathBuf,
    /// Those named; none means all of them.
    pub cases: Vec<String>,
}

/// Which words a benchmark knows.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    /// Its cases.
    pub cases: &'a [&'a str],
    /// Whether `--seconds` is one of them.
    pub seconds: bool,
}

impl Words<'_> {
    /// Reads what follows the program's name.
    ///
    /// # Errors
    /// If a word is none of these.
    pub fn parse(self, mut words: impl Iterator<Item = String>) -> Result<Asked, String> {
        let mut options = Options {
            json: false,
            seconds: Duration::from_secs(10),
            folder: std::env::temp_dir(),
            cases: Vec::new(),
        };
        while let Some(word) = words.next() {
            match word.as_str() {
                "--help" | "-h" => return Ok(Asked::Help),
                // Cargo's own word to every benchmark.
                "--bench" => {}
                "--json" => options.json = true,
                "--seconds" if self.seconds => {
                    let seconds = words.next().and_then(|word| word.parse().ok());
                    let seconds = seconds.ok_or("--seconds wants a number")?;
                    options.seconds = Duration::from_secs(seconds);
                }
                "--folder" => {
                    options.folder = words.next().ok_or("--folder wants a folder")?.into();
                }
                case if self.cases.contains(&case) => options.cases.push(case.to_owned()),
                other => {
                    return Err(format!(
                        "{other} is none of {} (see --help)",
                        self.cases.join(", ")
                    ));
                }
            }
        }
        Ok(Asked::Run(options))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Asked, String> {
        let words = Words {
            cases: &["echo", "open"],
            seconds: line.contains("--seconds"),
        };
        words.parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn help_is_given_also_when_cargo_adds_its_own_word() {
        for line in ["--help", "--bench --help", "--help --bench", "echo -h"] {
            assert_eq!(parse(line), Ok(Asked::Help), "{line}");
        }
    }

    #[test]
    fn cases_and_flags_are_read_and_anything_else_is_refused() {
        let Ok(Asked::Run(options)) = parse("--json --seconds 3 --folder /x open --bench") else {
            panic!("not understood");
        };
        assert!(options.json);
        assert_eq!(options.seconds, Duration::from_secs(3));
        assert_eq!(options.folder, PathBuf::from("/x"));
        assert_eq!(options.cases, ["open"]);
        for line in ["shut", "--folder", "--seconds soon", "--fast"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
