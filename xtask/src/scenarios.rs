//! What the judge of `tests/conformance` prints: `scenarios: 52 of 52 run by kotlin (…)`.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

/// How many scenarios the devices of one language have run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenarios {
    /// What the judge calls the language.
    pub by: String,
    /// How many ran.
    pub run: usize,
    /// How many there are.
    pub of: usize,
}

impl Scenarios {
    /// From the last line of this kind, if there is one.
    pub fn read(lines: &[String]) -> Option<Self> {
        lines.iter().rev().find_map(|line| {
            let rest = line.strip_prefix("scenarios: ")?;
            let (run, rest) = rest.split_once(" of ")?;
            let (of, rest) = rest.split_once(" run by ")?;
            let (by, _) = rest.split_once(" (")?;
            Some(Self {
                by: by.to_owned(),
                run: run.parse().ok()?,
                of: of.parse().ok()?,
            })
        })
    }

    /// For the summary: the language and how many ran; of how many, if these were not all.
    pub fn short(&self) -> String {
        let Self { by, run, of } = self;
        if run == of {
            format!("{by} {run}")
        } else {
            format!("{by} {run} of {of}")
        }
    }
}

/// Runs one scenario in place of all.
const ONE: &str = "CAUSERIE_SCENARIO";

/// Why nothing is tested: in CI one scenario would stand for all of them.
pub fn refusal(in_ci: bool, one: Option<&OsStr>) -> Option<String> {
    let one = one.filter(|_| in_ci)?.to_string_lossy();
    Some(format!(
        "{ONE}={one} runs one scenario only, and with CI=true every one has to run: unset it, or CI"
    ))
}

/// The same, by the environment.
pub fn refused(in_ci: bool) -> Option<String> {
    refusal(in_ci, std::env::var_os(ONE).as_deref())
}

/// How many scenarios have to run: as many as there are files, or the one that is asked for.
pub fn due(root: &Path) -> usize {
    if std::env::var_os(ONE).is_some() {
        return 1;
    }
    let files = fs::read_dir(root.join("tests/conformance/scenarios"));
    let files = files.into_iter().flatten().flatten();
    files
        .filter(|file| file.path().extension().is_some_and(|kind| kind == "yaml"))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_of_the_judge_counts() {
        let lines = [
            "scenarios: 1 of 3 run by rust (1 core-only)",
            "scenarios: 3 of 3 run by kotlin (2 core-only, 1 needs-kill)",
            "left out: none",
        ];
        let read = Scenarios::read(&lines.map(str::to_owned)).expect("a count");
        assert_eq!(read.short(), "kotlin 3");
        let fewer = Scenarios { run: 2, ..read };
        assert_eq!(fewer.short(), "kotlin 2 of 3");
        for other in ["scenarios: 52 run", "scenarios: many of 3 run by me ()"] {
            assert_eq!(Scenarios::read(&[other.to_owned()]), None);
        }
    }

    #[test]
    fn one_scenario_never_stands_for_all_of_them_in_ci() {
        let one = Some(OsStr::new("removal"));
        let told = refusal(true, one).expect("a refusal");
        assert!(told.starts_with("CAUSERIE_SCENARIO=removal "), "{told}");
        assert_eq!(refusal(true, None), None);
        assert_eq!(refusal(false, one), None);
    }

    #[test]
    fn the_scenarios_of_this_project_are_found() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        assert!(due(&root) > 50);
    }
}
