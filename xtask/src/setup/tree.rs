//! A tree of Debian sid in the cache, which has what Debian's stable releases lack: Swift.
//!
//! It is made under another name and renamed at the end, so it is complete or not there at all.
//! Programs in it see the same checkout under the same path: [`crate::inside`].

use std::ffi::OsString;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::machine::{Cache, Machine, said};
use super::plan::run;

/// What it is, for whoever is about to get it.
pub const WHAT: &str = "Swift from Debian sid, in a tree of its own (3 GB; a minute or two)";

/// What is installed in it. sid moves: which versions came is said at the end.
const PACKAGES: [&str; 2] = ["swiftlang", "libc6-dev"];
/// What a mirror is found by, in this order.
const FIELDS: &str = "$(REPO_URI)|$(ORIGIN)|$(LABEL)|$(COMPONENT)";

/// Which Swift the tree has, if there is a tree.
pub fn found(cache: &Cache) -> Option<String> {
    let tree = cache.tree();
    let version = installed(&tree, |name| name == "swiftlang")?.1;
    Some(format!("Swift {version}, in {}", tree.display()))
}

/// Whether what makes a tree is installed.
pub fn has_debootstrap() -> bool {
    said(Command::new("debootstrap").arg("--version")).is_some()
}

/// Makes the tree, unless another process just did.
pub fn make(machine: &Machine) -> Result<(), String> {
    let about = |path: &Path, problem: std::io::Error| format!("{}: {problem}", path.display());
    let folder = machine.cache.folder();
    std::fs::create_dir_all(folder).map_err(|problem| about(folder, problem))?;
    let lock = folder.join("sid.lock");
    File::create(&lock)
        .and_then(|file| file.lock().map(|()| file))
        .map_err(|problem| about(&lock, problem))
        .and_then(|_held| make_alone(machine))
}

fn make_alone(machine: &Machine) -> Result<(), String> {
    if found(&machine.cache).is_some() {
        return Ok(());
    }
    let mirror = match mirror() {
        Some(mirror) => mirror,
        None => {
            run(machine, &machine.as_root(&["apt-get", "update", "-q"]))?;
            mirror().ok_or("apt's sources name no mirror of Debian's archive over HTTP")?
        }
    };
    for tree in [unfinished(&machine.cache), machine.cache.tree()] {
        remove(&tree)?;
    }
    let done = fill(machine, &mirror);
    if done.is_err() {
        remove(&unfinished(&machine.cache))?;
    }
    done
}

fn fill(machine: &Machine, mirror: &str) -> Result<(), String> {
    let tree = unfinished(&machine.cache);
    for words in commands(machine, Some(mirror)) {
        run(machine, &words)?;
    }
    std::fs::rename(&tree, machine.cache.tree())
        .map_err(|problem| format!("{}: {problem}", tree.display()))?;
    for package in PACKAGES {
        if let Some((name, version)) = installed(&machine.cache.tree(), |name| name == package) {
            println!("{name} {version}");
        }
    }
    Ok(())
}

/// The commands that fill it. A word stands in place of a mirror that is not known yet.
pub fn commands(machine: &Machine, mirror: Option<&str>) -> Vec<Vec<OsString>> {
    let tree = unfinished(&machine.cache).into_os_string();
    let mirror = mirror.unwrap_or("MIRROR");
    // In mounts of their own: what debootstrap mounts goes with it, however it ends.
    let begin = ["unshare", "-m"].map(OsString::from);
    let mut bootstrap = begin.to_vec();
    if let Some(proxy) = proxy() {
        bootstrap.extend(["env".into(), format!("http_proxy={proxy}").into()]);
    }
    let mut inside = bootstrap.clone();
    bootstrap.extend(["debootstrap", "--variant=minbase", "sid"].map(OsString::from));
    bootstrap.extend([tree.clone(), mirror.into()]);
    inside.extend(["chroot".into(), tree]);
    // The C++ library must be that of the compiler which came along, whatever its number.
    let script = format!(
        "set -e; export DEBIAN_FRONTEND=noninteractive; \
         install() {{ apt-get install -q -y --no-install-recommends -o Dpkg::Options::=--force-unsafe-io \"$@\"; }}; \
         install {}; install \"libstdc++-$(gcc -dumpversion)-dev\"; apt-get clean",
        PACKAGES.join(" ")
    );
    inside.extend(["sh".into(), "-c".into(), script.into()]);
    vec![bootstrap, inside]
}

fn unfinished(cache: &Cache) -> PathBuf {
    cache.folder().join("sid.new")
}

fn remove(tree: &Path) -> Result<(), String> {
    match std::fs::remove_dir_all(tree) {
        Err(problem) if problem.kind() != ErrorKind::NotFound => {
            Err(format!("{}: {problem}", tree.display()))
        }
        _ => Ok(()),
    }
}

/// Where this machine has its own Debian from, once `apt-get update` ran.
pub fn mirror() -> Option<String> {
    let output = Command::new("apt-get")
        .args(["indextargets", "--format", FIELDS, "Created-By: Packages"])
        .output()
        .ok()?;
    choose_mirror(&String::from_utf8_lossy(&output.stdout))
}

fn choose_mirror(targets: &str) -> Option<String> {
    targets.lines().find_map(|line| {
        let (uri, of) = line.split_once('|')?;
        // Not the security archive, which has no sid.
        let archive = of == "Debian|Debian|main";
        let fetched = ["http://", "https://", "file:"]
            .iter()
            .any(|way| uri.starts_with(way));
        (archive && fetched).then(|| uri.trim_end_matches('/').to_owned())
    })
}

/// What apt goes through, which debootstrap would not know.
fn proxy() -> Option<String> {
    let line = said(Command::new("apt-config").args(["shell", "proxy", "Acquire::http::Proxy"]))?;
    let value = line.strip_prefix("proxy=")?.trim_matches('\'');
    (!value.is_empty()).then(|| value.to_owned())
}

/// The first installed package of such a name, and its version.
fn installed(tree: &Path, named: impl Fn(&str) -> bool) -> Option<(String, String)> {
    let status = std::fs::read_to_string(tree.join("var/lib/dpkg/status")).ok()?;
    among(&status, named)
}

fn among(status: &str, named: impl Fn(&str) -> bool) -> Option<(String, String)> {
    status.split("\n\n").find_map(|package| {
        let field = |key: &str| package.lines().find_map(|line| line.strip_prefix(key));
        let name = field("Package: ").filter(|name| named(name))?;
        let complete = field("Status: ") == Some("install ok installed");
        complete.then(|| Some((name.to_owned(), field("Version: ")?.to_owned())))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mirror_is_that_of_the_archive_and_not_of_the_security_updates() {
        let targets = "\
http://a.example/debian-security/|Debian|Debian-Security|main
http://b.example/tools/|Somebody|Tools|main
cdrom://disc/|Debian|Debian|main
http://c.example/debian/|Debian|Debian|contrib
http://d.example/debian/|Debian|Debian|main
http://e.example/debian/|Debian|Debian|main
";
        assert_eq!(
            choose_mirror(targets).as_deref(),
            Some("http://d.example/debian")
        );
        assert_eq!(choose_mirror(""), None);
    }

    #[test]
    fn only_what_is_wholly_installed_counts() {
        let status = "Package: gcc\nStatus: install ok installed\nVersion: 16\n\n\
                      Package: swiftlang\nStatus: install ok unpacked\nVersion: 6.2\n";
        assert!(among(status, |name| name == "swiftlang").is_none());
        let status = status.replace("unpacked", "installed");
        let found = among(&status, |name| name == "swiftlang");
        assert_eq!(found, Some(("swiftlang".into(), "6.2".into())));
    }
}
