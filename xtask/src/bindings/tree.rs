//! Files as they lie in a folder or are to lie there, and how the ones differ from the others.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// How many lines of each side a difference shows.
const SHOWN: usize = 5;

/// Files and their text, by their paths in the workspace.
pub(super) type Tree = BTreeMap<PathBuf, String>;

/// How a file differs from what is generated.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Drift<'a> {
    path: &'a Path,
    present: Option<&'a str>,
    generated: Option<&'a str>,
}

/// What differs, by path.
pub(super) fn compare<'a>(present: &'a Tree, generated: &'a Tree) -> Vec<Drift<'a>> {
    let mut drifts: Vec<_> = generated
        .iter()
        .map(|(path, text)| Drift {
            path,
            present: present.get(path).map(String::as_str),
            generated: Some(text),
        })
        .filter(|drift| drift.present != drift.generated)
        .collect();
    let strays = present
        .iter()
        .filter(|(path, _)| !generated.contains_key(*path));
    drifts.extend(strays.map(|(path, text)| Drift {
        path,
        present: Some(text),
        generated: None,
    }));
    drifts
}

impl std::fmt::Display for Drift<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path = self.path.display();
        match (self.present, self.generated) {
            (Some(present), Some(generated)) => {
                f.write_str(&difference(&path.to_string(), present, generated))
            }
            (Some(_), None) => writeln!(f, "{path}: is not generated (any more)"),
            (None, _) => writeln!(f, "{path}: is not there"),
        }
    }
}

/// The stretch in which two texts differ, cut short.
fn difference(path: &str, present: &str, generated: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (present.lines().collect(), generated.lines().collect());
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[head..], &new[head..]);
    let backwards = old.iter().rev().zip(new.iter().rev());
    let tail = backwards.take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[..old.len() - tail], &new[..new.len() - tail]);
    let mut text = format!("{path}: differs from line {} on\n", head + 1);
    for (sign, lines) in [('-', old), ('+', new)] {
        for line in lines.iter().take(SHOWN) {
            let _ = writeln!(text, "  {sign} {line}");
        }
        if lines.len() > SHOWN {
            let _ = writeln!(text, "  {sign} … and {} lines more", lines.len() - SHOWN);
        }
    }
    text
}

/// Every file below `root/folder`, if it is there, by its path from `root`.
pub(super) fn read_tree(root: &Path, folder: &Path, tree: &mut Tree) -> Result<(), String> {
    let entries = match std::fs::read_dir(root.join(folder)) {
        Ok(entries) => entries,
        Err(problem) if problem.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(problem) => return Err(about(&root.join(folder), &problem)),
    };
    for entry in entries {
        let entry = entry.map_err(|problem| about(&root.join(folder), &problem))?;
        let path = folder.join(entry.file_name());
        if entry.path().is_dir() {
            read_tree(root, &path, tree)?;
        } else {
            let bytes =
                std::fs::read(entry.path()).map_err(|problem| about(&entry.path(), &problem))?;
            tree.insert(path, String::from_utf8_lossy(&bytes).into_owned());
        }
    }
    Ok(())
}

/// Writes what differs and removes what is not generated.
pub(super) fn write_tree(root: &Path, present: &Tree, generated: &Tree) -> Result<(), String> {
    for Drift {
        path, generated, ..
    } in compare(present, generated)
    {
        let path = root.join(path);
        let done = match generated {
            Some(text) => path
                .parent()
                .map_or(Ok(()), std::fs::create_dir_all)
                .and_then(|()| std::fs::write(&path, text)),
            None => std::fs::remove_file(&path),
        };
        done.map_err(|problem| about(&path, &problem))?;
    }
    Ok(())
}

pub(super) fn about(path: &Path, problem: &std::io::Error) -> String {
    format!("{}: {problem}", path.display())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::bindings) fn tree(files: &[(&str, &str)]) -> Tree {
        files
            .iter()
            .map(|(path, text)| (path.into(), (*text).to_owned()))
            .collect()
    }

    #[test]
    fn a_changed_a_missing_and_a_stray_file_are_three_drifts() {
        let present = tree(&[("a", "1"), ("b", "1"), ("stray", "1")]);
        let generated = tree(&[("a", "1"), ("b", "2"), ("new", "1")]);
        let drifts = compare(&present, &generated);
        let shown: String = drifts.iter().map(ToString::to_string).collect();
        assert_eq!(
            shown,
            "b: differs from line 1 on\n  - 1\n  + 2\nnew: is not there\nstray: is not generated (any more)\n"
        );
        assert!(compare(&generated, &generated).is_empty());
    }

    #[test]
    fn a_difference_is_cut_short_and_begins_where_it_begins() {
        let old: String = (0..30).map(|n| format!("{n}\n")).collect();
        let new = old.replace("7\n", "seven\n");
        let shown = difference("f", &old, &new);
        assert!(
            shown.starts_with("f: differs from line 8 on\n  - 7\n"),
            "{shown}"
        );
        assert!(shown.contains("  - … and 16 lines more"), "{shown}");
    }

    #[test]
    fn what_is_written_is_what_is_compared_and_strays_go() {
        let root = std::env::temp_dir().join(format!("causerie-xtask-{}", std::process::id()));
        let generated = tree(&[("out/deep/a", "1\n"), ("out/b", "2\n")]);
        let stray = tree(&[("out/stray", "3\n")]);
        write_tree(&root, &Tree::new(), &stray).unwrap();
        write_tree(&root, &stray, &generated).unwrap();
        let mut present = Tree::new();
        read_tree(&root, Path::new("out"), &mut present).unwrap();
        std::fs::remove_dir_all(&root).unwrap();
        assert_eq!(present, generated);
    }
}
