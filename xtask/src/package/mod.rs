//! `cargo xtask package`: the library for the platforms of phones, as their builds want it.
//!
//! What is done is a list of commands, made before any of them runs. `--dry-run` prints them, in
//! order and as one could type them, and needs none of the tools; a test holds them to
//! `xtask/golden`.

mod android;
mod apple;
mod elf;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use crate::place::Place;
use crate::setup::typed;

/// What can be packaged for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Platform {
    Android,
    Ios,
}

/// What the commands find besides what we inherited.
type Environment = BTreeMap<&'static str, &'static str>;

/// What was ordered.
#[derive(Debug, PartialEq, Eq)]
pub struct Order {
    platform: Platform,
    dry_run: bool,
}

/// One deed, in the workspace's folder.
#[derive(Debug)]
enum Task {
    /// For all the commands behind it.
    Set {
        variable: &'static str,
        value: &'static str,
    },
    /// A command.
    Run { words: Vec<String> },
    /// A file with this text.
    Write { path: PathBuf, text: &'static str },
    /// A library may not weigh more than its platform's budget.
    Weigh {
        platform: &'static str,
        library: PathBuf,
    },
    /// A library's segments must begin where pages of this size do.
    Align { library: PathBuf, page: u64 },
}

impl Order {
    /// Reads the words behind `package`.
    pub fn parse(words: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut platform, mut dry_run) = (None, false);
        for word in words {
            let named = match word.as_str() {
                "--dry-run" => {
                    dry_run = true;
                    continue;
                }
                "android" => Platform::Android,
                "ios" => Platform::Ios,
                _ => {
                    return Err(format!(
                        "`package` does not know `{word}`; there are: android, ios, --dry-run"
                    ));
                }
            };
            if platform.replace(named).is_some() {
                return Err("`package` makes one platform at a time".into());
            }
        }
        let platform = platform.ok_or("`package` needs a platform: android or ios")?;
        Ok(Self { platform, dry_run })
    }

    /// Does it, or says what would be done.
    pub fn run(&self, place: &Place) -> ExitCode {
        let tasks = self.tasks(place);
        if self.dry_run {
            print!("{}", text(&tasks));
            return ExitCode::SUCCESS;
        }
        let missing = match self.platform {
            Platform::Android => android::missing(),
            Platform::Ios => apple::missing(),
        };
        if !missing.is_empty() {
            eprintln!("xtask: this cannot be packaged here; it needs:");
            for what in missing {
                eprintln!("  {what}");
            }
            eprintln!(
                "What it would do: cargo xtask package {} --dry-run",
                self.name()
            );
            return ExitCode::from(2);
        }
        let mut environment = Environment::new();
        let mut fits = true;
        for (n, task) in tasks.iter().enumerate() {
            println!("[{}/{}] {}", n + 1, tasks.len(), task.line());
            match task.carry_out(place, &mut environment) {
                Ok(true) => {}
                Ok(false) => fits = false,
                Err(problem) => {
                    eprintln!("xtask: {problem}");
                    return ExitCode::FAILURE;
                }
            }
        }
        ExitCode::from(u8::from(!fits))
    }

    fn name(&self) -> &'static str {
        match self.platform {
            Platform::Android => "android",
            Platform::Ios => "ios",
        }
    }

    fn tasks(&self, place: &Place) -> Vec<Task> {
        match self.platform {
            Platform::Android => android::tasks(place),
            Platform::Ios => apple::tasks(place),
        }
    }
}

impl Task {
    /// As one could type it; what we do ourselves, in words.
    fn line(&self) -> String {
        match self {
            Self::Set { variable, value } => {
                format!("export {variable}={}", typed(&[value.into()]))
            }
            Self::Run { words } => {
                let words: Vec<_> = words.iter().map(Into::into).collect();
                typed(&words)
            }
            Self::Write { path, text } => {
                let path = path.to_string_lossy();
                format!(
                    "cat > {} <<'END'\n{text}END",
                    typed(&[path.as_ref().into()])
                )
            }
            Self::Weigh { platform, library } => {
                format!(
                    "# {platform}: the size of {} against its budget",
                    library.display()
                )
            }
            Self::Align { library, page } => {
                format!(
                    "# the segments of {} at multiples of {page}",
                    library.display()
                )
            }
        }
    }

    /// Whether it succeeded, or, of a check, whether the library passes.
    fn carry_out(&self, place: &Place, environment: &mut Environment) -> Result<bool, String> {
        match self {
            Self::Set { variable, value } => {
                environment.insert(variable, value);
                Ok(true)
            }
            Self::Run { words } => {
                let status = Command::new(&words[0])
                    .args(&words[1..])
                    .envs(environment.iter())
                    .current_dir(place.root())
                    .status()
                    .map_err(|problem| format!("cannot start {}: {problem}", words[0]))?;
                if status.success() {
                    Ok(true)
                } else {
                    Err(format!("{status}: {}", self.line()))
                }
            }
            Self::Write { path, text } => std::fs::write(place.root().join(path), text)
                .map(|()| true)
                .map_err(|problem| format!("{}: {problem}", path.display())),
            Self::Weigh { platform, library } => {
                crate::library::weigh(platform, &place.root().join(library))
            }
            Self::Align { library, page } => {
                let path = place.root().join(library);
                let bytes = std::fs::read(&path)
                    .map_err(|problem| format!("{}: {problem}", path.display()))?;
                let alignment = elf::alignment(&bytes)
                    .ok_or_else(|| format!("{} is no library of Android's", path.display()))?;
                println!("aligned to {alignment} bytes, {page} are wanted");
                Ok(alignment >= *page)
            }
        }
    }
}

fn text(tasks: &[Task]) -> String {
    tasks.iter().map(|task| task.line() + "\n").collect()
}

/// The lines of `rustup target list --installed` that are not there.
fn missing_targets<'a>(wanted: impl Iterator<Item = &'a str>) -> Vec<String> {
    let listed = Command::new("rustup")
        .args(["target", "list", "--installed"])
        .output();
    let Ok(listed) = listed else {
        // Without rustup, who installed Rust knows what it builds for.
        return Vec::new();
    };
    let installed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let missing: Vec<_> = wanted
        .filter(|target| installed.lines().all(|line| line != *target))
        .collect();
    if missing.is_empty() {
        return Vec::new();
    }
    vec![format!(
        "Rust's standard library for them: rustup target add {}",
        missing.join(" ")
    )]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Order, String> {
        Order::parse(line.split_whitespace().map(str::to_owned))
    }

    /// The commands for a checkout in this folder, against the file in `xtask/golden`.
    fn held_to(platform: &str) {
        let place = Place::at("/checkout", "/checkout/target");
        let said = text(&parse(platform).unwrap().tasks(&place));
        let golden = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("golden")
            .join(format!("package-{platform}.txt"));
        if std::env::var_os("CAUSERIE_UPDATE").is_some() {
            std::fs::write(&golden, &said).unwrap();
        }
        let expected = std::fs::read_to_string(&golden).unwrap();
        assert_eq!(
            said,
            expected,
            "CAUSERIE_UPDATE=1 writes {}",
            golden.display()
        );
    }

    #[test]
    fn android_is_packaged_by_these_commands() {
        held_to("android");
    }

    #[test]
    fn ios_is_packaged_by_these_commands() {
        held_to("ios");
    }

    #[test]
    fn one_platform_is_named_and_no_other_word() {
        assert!(parse("ios --dry-run").unwrap().dry_run);
        assert!(!parse("android").unwrap().dry_run);
        for line in ["", "--dry-run", "android ios", "symbian", "ios --fast"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn every_library_that_is_made_has_a_budget() {
        let place = Place::at("/checkout", "/checkout/target");
        for platform in ["android", "ios"] {
            let tasks = parse(platform).unwrap().tasks(&place);
            let weighed = tasks.iter().filter_map(|task| match task {
                Task::Weigh { platform, .. } => Some(*platform),
                Task::Set { .. } | Task::Run { .. } | Task::Write { .. } | Task::Align { .. } => {
                    None
                }
            });
            let weighed: Vec<_> = weighed.collect();
            assert!(!weighed.is_empty());
            for platform in weighed {
                assert!(crate::budget::of(platform).is_some(), "{platform}");
            }
        }
    }
}
