//! What Maven fetches: into its own repository, where every project of this user shares it.
//!
//! Which it was is kept in the cache, so that Maven need not be asked every time.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::machine::Machine;

/// Fetches what a project and its plugins need, and builds nothing.
const GOAL: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:go-offline";

/// Whether it was fetched for the project as it is now.
pub fn found(machine: &Machine, project: &str) -> Option<String> {
    let now = std::fs::read(machine.root.join(project)).ok()?;
    let then = std::fs::read(mark(machine, project)).ok()?;
    let repository = repository().filter(|folder| folder.is_dir())?;
    let folder = repository.display();
    (now == then).then(|| format!("what {project} names, in {folder}"))
}

/// The command that fetches it.
pub fn command(project: &str) -> Vec<OsString> {
    ["mvn", "-B", "-ntp", "-q", "-f", project, GOAL]
        .map(OsString::from)
        .into()
}

/// Remembers that it was fetched.
pub fn remember(machine: &Machine, project: &str) -> Result<(), String> {
    let mark = mark(machine, project);
    std::fs::create_dir_all(mark.parent().unwrap_or(Path::new("/")))
        .and_then(|()| std::fs::copy(machine.root.join(project), &mark))
        .map(|_| ())
        .map_err(|problem| format!("{}: {problem}", mark.display()))
}

/// A copy of the project's description.
fn mark(machine: &Machine, project: &str) -> PathBuf {
    machine.cache.folder().join("maven").join(project)
}

/// Maven's own, as it is by default.
pub fn repository() -> Option<PathBuf> {
    std::env::var_os("HOME").map(|home| Path::new(&home).join(".m2/repository"))
}
