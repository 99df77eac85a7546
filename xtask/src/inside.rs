//! Running what is only in the tree of Debian sid, as if it were here.
//!
//! `enter-tree.sh` mounts the checkout, the cache, the build and the temporary folder into the
//! tree and becomes the program, so that a step, or a device of the conformance tests, is one
//! process that can be ended like any other.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::setup::{Cache, Language, Need, command, is_root};
use crate::suite::Place;

/// `cargo xtask swift`: becomes Swift, wherever it is, in the present folder.
pub fn swift(place: &Place, words: &[String]) -> ExitCode {
    let found = match Where::swift(place) {
        Ok(found) => found,
        Err(problem) => {
            eprintln!("xtask: {problem}");
            return ExitCode::from(2);
        }
    };
    let line = found.words(&["swift"]);
    let mut command = Command::new(&line[0]);
    command
        .args(&line[1..])
        .args(words)
        .envs(found.environment());
    if std::env::var_os("CAUSERIE_LIBRARY_DIR").is_none() {
        command.env("CAUSERIE_LIBRARY_DIR", place.target().join("debug"));
    }
    match become_it(&mut command) {
        Ok(code) => code,
        Err(problem) => {
            let program = line[0].to_string_lossy();
            eprintln!("xtask: cannot start {program}: {problem}");
            ExitCode::from(2)
        }
    }
}

/// On success this process is the program, and nothing comes back.
#[cfg(unix)]
fn become_it(command: &mut Command) -> std::io::Result<ExitCode> {
    Err(std::os::unix::process::CommandExt::exec(command))
}

#[cfg(not(unix))]
fn become_it(command: &mut Command) -> std::io::Result<ExitCode> {
    let status = command.status()?;
    Ok(ExitCode::from(u8::from(!status.success())))
}

/// Where a language's programs are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Where {
    /// On `PATH`.
    Here,
    /// In the tree, which is entered by this script.
    Tree {
        script: PathBuf,
        environment: Vec<(&'static str, OsString)>,
    },
}

impl Where {
    /// Where Swift is, or what to do about it that it is nowhere.
    pub fn swift(place: &Place) -> Result<Self, String> {
        let cache = Cache::find()?;
        let swift = Need::of("swift").ok_or("swift stands in no table")?;
        if swift.on_path(&cache, place.root()).is_some() {
            return Ok(Self::Here);
        }
        if !cache.has_tree() {
            return Err(format!(
                "Swift 6 is not installed: {}",
                command(Language::Swift)
            ));
        }
        if !is_root() {
            return Err(
                "Swift is only in the tree of Debian sid, which takes root; or put Swift 6 on PATH"
                    .into(),
            );
        }
        Ok(Self::Tree {
            script: place.root().join("xtask/enter-tree.sh"),
            environment: vec![
                ("CAUSERIE_TREE", cache.tree().into()),
                ("CAUSERIE_MOUNTS", mounts(place, &cache)),
            ],
        })
    }

    /// The words that run this program.
    pub fn words(&self, program: &[&str]) -> Vec<OsString> {
        let before = match self {
            Self::Here => None,
            Self::Tree { script, .. } => Some(script.clone().into_os_string()),
        };
        before
            .into_iter()
            .chain(program.iter().map(OsString::from))
            .collect()
    }

    /// What must stand in the environment for [`Self::words`].
    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        match self {
            Self::Here => Vec::new(),
            Self::Tree { environment, .. } => environment.clone(),
        }
    }
}

fn mounts(place: &Place, cache: &Cache) -> OsString {
    let temporary = std::env::temp_dir();
    let folders = [place.root(), place.target(), cache.folder(), &temporary];
    let mut joined = OsString::new();
    for folder in outermost(&folders) {
        if !joined.is_empty() {
            joined.push(":");
        }
        joined.push(folder);
    }
    joined
}

/// Each folder that lies in no other of them, once.
fn outermost<'a>(folders: &[&'a Path]) -> BTreeSet<&'a Path> {
    let within = |folder: &Path, other: &Path| folder != other && folder.starts_with(other);
    folders
        .iter()
        .filter(|folder| !folders.iter().any(|other| within(folder, other)))
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_within_another_is_not_mounted_twice() {
        let folders = [
            "/w/causerie",
            "/w/causerie/target",
            "/tmp",
            "/tmp",
            "/w/cause",
        ];
        let kept = outermost(&folders.map(Path::new));
        let kept: Vec<_> = kept.into_iter().collect();
        assert_eq!(kept, ["/tmp", "/w/cause", "/w/causerie"].map(Path::new));
    }

    #[test]
    fn a_program_that_is_here_is_called_by_its_name() {
        let here = Where::Here;
        assert_eq!(here.words(&["swift", "build"]), ["swift", "build"]);
        assert!(here.environment().is_empty());
        let tree = Where::Tree {
            script: "/r/enter".into(),
            environment: vec![("CAUSERIE_TREE", "/t".into())],
        };
        assert_eq!(tree.words(&["swift"]), ["/r/enter", "swift"]);
    }
}
