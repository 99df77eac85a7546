//! Running what is only in the tree of Debian sid, as if it were here.
//!
//! `enter-tree.sh` mounts the checkout, the cache, the build and the temporary folder into the
//! tree and becomes the program, so that a step, or a device of the conformance tests, is one
//! process that can be ended like any other.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::place::Place;
use crate::setup::{Cache, may_mount};

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

/// Why we cannot work in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// There is none.
    NotMade,
    /// We may not make its mounts: that takes root, and a container that lets root do so.
    NoMounts,
}

impl Where {
    /// In the tree of the cache.
    pub fn in_tree(place: &Place) -> Result<Self, Closed> {
        let Some(cache) = Cache::find().ok().filter(Cache::has_tree) else {
            return Err(Closed::NotMade);
        };
        if !may_mount() {
            return Err(Closed::NoMounts);
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
    pub fn words(&self, program: &[impl AsRef<OsStr>]) -> Vec<OsString> {
        let before = match self {
            Self::Here => None,
            Self::Tree { script, .. } => Some(script.clone().into_os_string()),
        };
        before
            .into_iter()
            .chain(program.iter().map(|word| word.as_ref().to_owned()))
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
            joined.push("\n");
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

    #[cfg(unix)]
    #[test]
    fn the_script_that_enters_is_a_program_and_a_shell_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("enter-tree.sh");
        let mode = std::fs::metadata(&script).unwrap().permissions().mode();
        assert_eq!(mode & 0o111, 0o111);
        let mut shell = std::process::Command::new("sh");
        let read = shell.arg("-n").arg(&script).status().unwrap();
        assert!(read.success());
    }

    /// The script with commands that only say what they were asked.
    #[cfg(unix)]
    #[test]
    fn a_folder_is_mounted_by_its_name_whatever_characters_are_in_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = std::env::temp_dir().join(format!("causerie-enter-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for command in ["mkdir", "mount", "chroot"] {
            let path = folder.join(command);
            std::fs::write(&path, "#!/bin/sh\nprintf '%s|' \"${0##*/}\" \"$@\"\necho\n").unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        // What `*` would become, if the shell took it for more than a letter.
        for name in ["x1", "x2"] {
            std::fs::create_dir(folder.join(name)).unwrap();
        }
        let odd = ["x*", "c:d", "e f", "$HOME"].map(|name| folder.join(name).display().to_string());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("enter-tree.sh");
        let output = std::process::Command::new("/bin/sh")
            .arg(script)
            .arg("swift")
            .env("PATH", &folder)
            .env("CAUSERIE_INSIDE", "1")
            .env("CAUSERIE_TREE", "/tree")
            .env("CAUSERIE_MOUNTS", odd.join("\n"))
            .output()
            .unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(output.status.success(), "{output:?}");
        let said = String::from_utf8(output.stdout).unwrap();
        let mounted: Vec<_> = said
            .lines()
            .filter_map(|line| line.strip_prefix("mount|--rbind|")?.split('|').next())
            .collect();
        let wanted: Vec<_> = odd
            .iter()
            .map(String::as_str)
            .chain(["/dev", "/proc"])
            .collect();
        assert_eq!(mounted, wanted);
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
