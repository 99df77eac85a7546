//! What kind of machine this is, and what is on it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::harness::without_colour;
use crate::place::Place;

/// How far Debian's own tools go here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    Debian,
    /// Has apt and Debian's names of packages, but not Debian's archive.
    LikeDebian,
    Other,
}

/// Who we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    Root,
    /// Can become root by `sudo`.
    Sudo,
    Ordinary,
}

/// What setup must know.
#[derive(Debug, Clone)]
pub struct Machine {
    pub system: System,
    pub rights: Rights,
    /// Whether what runs here may have mounts of its own.
    pub mounts: bool,
    pub cache: Cache,
    /// The workspace's folder.
    pub root: PathBuf,
}

impl Machine {
    /// Looks around.
    pub fn look(place: &Place) -> Result<Self, String> {
        let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
        Ok(Self {
            system: system(&release),
            rights: rights(),
            mounts: may_mount(),
            cache: Cache::find()?,
            root: place.root().to_owned(),
        })
    }

    /// The words of a command that must be root's.
    pub fn as_root(&self, words: &[&str]) -> Vec<OsString> {
        let sudo = (self.rights == Rights::Sudo).then_some("sudo");
        sudo.iter().chain(words).map(OsString::from).collect()
    }
}

/// The folder for what is fetched and built, outside the checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache(PathBuf);

impl Cache {
    /// `CAUSERIE_CACHE`, or `causerie` in the user's own folder for such things.
    pub fn find() -> Result<Self, String> {
        let var = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        Self::choose(var("CAUSERIE_CACHE"), var("XDG_CACHE_HOME"), var("HOME"))
            .ok_or_else(|| "there is no HOME: CAUSERIE_CACHE must name a folder".into())
    }

    fn choose(
        ours: Option<OsString>,
        caches: Option<OsString>,
        home: Option<OsString>,
    ) -> Option<Self> {
        let whole = |path: OsString| std::path::absolute(PathBuf::from(path)).ok();
        ours.and_then(whole)
            .or_else(|| Some(whole(caches?)?.join("causerie")))
            .or_else(|| Some(whole(home?)?.join(".cache/causerie")))
            .map(Self)
    }

    /// A cache in this folder.
    #[cfg(test)]
    pub fn at(folder: &str) -> Self {
        Self(folder.into())
    }

    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// Where tools that cargo builds are installed; their programs lie in `bin`.
    pub fn tools(&self) -> PathBuf {
        self.0.join("tools")
    }

    /// Where the tree of Debian sid lies.
    pub fn tree(&self) -> PathBuf {
        self.0.join("sid")
    }

    /// Whether that tree is there, with Swift in it.
    pub fn has_tree(&self) -> bool {
        super::tree::found(self).is_some()
    }

    /// `PATH`, with our own tools first.
    pub fn path(&self) -> OsString {
        let before = std::env::var_os("PATH").unwrap_or_default();
        let mut path = self.tools().join("bin").into_os_string();
        path.push(":");
        path.push(before);
        path
    }
}

fn system(release: &str) -> System {
    let value = |key: &str| {
        let line = release.lines().find_map(|line| line.strip_prefix(key));
        line.unwrap_or_default().trim_matches('"').to_owned()
    };
    if value("ID=") == "debian" {
        System::Debian
    } else if value("ID_LIKE=").split(' ').any(|id| id == "debian") {
        System::LikeDebian
    } else {
        System::Other
    }
}

/// Whether what runs here may have mounts of its own: as root, outside of a container that
/// forbids it.
pub fn may_mount() -> bool {
    said(Command::new("unshare").args(["--mount", "true"])).is_some()
}

fn rights() -> Rights {
    let id = said(Command::new("id").arg("-u"));
    if id.is_some_and(|id| id == "0") {
        Rights::Root
    } else if said(Command::new("sudo").arg("-V")).is_some() {
        Rights::Sudo
    } else {
        Rights::Ordinary
    }
}

/// The first line that a program prints, if it is there and succeeds.
pub fn said(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    let text = if output.stdout.is_empty() {
        output.stderr
    } else {
        output.stdout
    };
    let text = String::from_utf8_lossy(&text);
    let line = text.lines().next().unwrap_or_default().trim();
    output.status.success().then(|| without_colour(line))
}

/// The first number with a dot in it, as major and minor: a version, in whatever words it stands.
pub fn version(text: &str) -> Option<(u32, u32)> {
    text.split(|c: char| !(c.is_ascii_digit() || c == '.'))
        .find_map(|word| {
            let mut numbers = word.split('.').map(str::parse);
            Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debian_and_its_children_are_told_apart() {
        assert_eq!(system("NAME=\"Debian\"\nID=debian\n"), System::Debian);
        assert_eq!(system("ID=ubuntu\nID_LIKE=debian\n"), System::LikeDebian);
        assert_eq!(
            system("ID=mint\nID_LIKE=\"ubuntu debian\"\n"),
            System::LikeDebian
        );
        assert_eq!(system("ID=fedora\n"), System::Other);
        assert_eq!(system(""), System::Other);
    }

    #[test]
    fn a_version_is_found_among_words() {
        assert_eq!(version("Apache Maven 3.8.7 (b89d)"), Some((3, 8)));
        assert_eq!(version("javac 17.0.15"), Some((17, 0)));
        assert_eq!(
            version("Swift version 6.2.3 (swift-6.2.3-RELEASE)"),
            Some((6, 2))
        );
        assert_eq!(version("v20.19.1"), Some((20, 19)));
        assert_eq!(version("none at all."), None);
    }

    #[test]
    fn the_cache_is_where_the_user_says_and_never_relative() {
        let choose = |ours: Option<&str>, caches: Option<&str>, home: Option<&str>| {
            Cache::choose(
                ours.map(Into::into),
                caches.map(Into::into),
                home.map(Into::into),
            )
            .map(|cache| cache.0)
        };
        assert_eq!(
            choose(Some("/c"), Some("/x"), Some("/h")),
            Some("/c".into())
        );
        assert_eq!(
            choose(None, Some("/x"), Some("/h")),
            Some("/x/causerie".into())
        );
        assert_eq!(
            choose(None, None, Some("/h")),
            Some("/h/.cache/causerie".into())
        );
        assert!(choose(Some("here"), None, None).is_some_and(|path| path.is_absolute()));
        assert_eq!(choose(None, None, None), None);
    }
}
