//! What npm fetches for a project: into the cache, outside the clone, by the project's own lock.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::machine::{Cache, Machine};

/// What decides over what is fetched.
const NAMES: [&str; 3] = ["package.json", "package-lock.json", ".npmrc"];

/// Whether it was fetched for the project as it is now.
pub fn found(machine: &Machine, project: &str) -> Option<String> {
    let folder = folder(&machine.cache, project);
    let same = |name: &str| {
        let now = fs::read(machine.root.join(project).join(name)).ok();
        now.is_some() && now == fs::read(folder.join("fetched").join(name)).ok()
    };
    let whole = folder.join("node_modules").is_dir() && NAMES.into_iter().all(same);
    whole.then(|| format!("what {project} names, in {}", folder.display()))
}

/// The command that fetches it.
pub fn command(cache: &Cache, project: &str) -> Vec<OsString> {
    let mut words: Vec<OsString> = ["npm", "ci", "--no-audit", "--no-fund", "--prefix"]
        .map(OsString::from)
        .into();
    words.push(folder(cache, project).into());
    words
}

/// Puts there what npm reads.
pub fn prepare(machine: &Machine, project: &str) -> Result<(), String> {
    copy(machine, project, &folder(&machine.cache, project))
}

/// Remembers that it was fetched.
pub fn remember(machine: &Machine, project: &str) -> Result<(), String> {
    copy(
        machine,
        project,
        &folder(&machine.cache, project).join("fetched"),
    )
}

/// The project's `node_modules`.
pub fn modules(cache: &Cache, project: &str) -> PathBuf {
    folder(cache, project).join("node_modules")
}

fn folder(cache: &Cache, project: &str) -> PathBuf {
    cache.folder().join("npm").join(project)
}

fn copy(machine: &Machine, project: &str, folder: &Path) -> Result<(), String> {
    let told = |problem: std::io::Error| format!("{}: {problem}", folder.display());
    fs::create_dir_all(folder).map_err(told)?;
    for name in NAMES {
        fs::copy(machine.root.join(project).join(name), folder.join(name)).map_err(told)?;
    }
    Ok(())
}
