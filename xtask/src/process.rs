//! Ending a process together with what it started, each by its own id.
//!
//! Children stay in our process group, so ctrl-c at a terminal reaches them without us.
//! Only a stalled step is ended from here.

use std::collections::HashMap;
use std::process::{Command, Stdio};

/// Ends `root` and its descendants, the youngest first. What cannot be ended is left.
pub fn end_tree(root: u32) {
    for pid in tree(root, &parents()).into_iter().rev() {
        let _ = Command::new("kill")
            .args(["-KILL", &pid.to_string()])
            .stderr(Stdio::null())
            .status();
    }
}

/// `root` and its descendants, parents before children.
fn tree(root: u32, parents: &HashMap<u32, u32>) -> Vec<u32> {
    let mut found = vec![root];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        let mut children: Vec<_> = parents
            .iter()
            .filter(|&(child, p)| *p == parent && !found.contains(child))
            .map(|(child, _)| *child)
            .collect();
        children.sort_unstable();
        found.extend(children);
        next += 1;
    }
    found
}

/// The parent of every process, by `ps`, or by `/proc` where `ps` is not installed.
fn parents() -> HashMap<u32, u32> {
    let listed = Command::new("ps").args(["-A", "-o", "pid=,ppid="]).output();
    if let Ok(output) = listed
        && output.status.success()
    {
        return String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter_map(|line| {
                let mut numbers = line.split_whitespace().map(str::parse);
                Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
            })
            .collect();
    }
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return HashMap::new();
    };
    entries
        .flatten()
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            Some((pid, parent_in_stat(&stat)?))
        })
        .collect()
}

/// The parent's id in a `/proc/PID/stat` line, whose second field may hold anything.
fn parent_in_stat(stat: &str) -> Option<u32> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    behind_name.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_holds_grandchildren_and_no_stranger() {
        let parents = HashMap::from([(2, 1), (10, 2), (11, 2), (20, 10), (30, 1)]);
        assert_eq!(tree(2, &parents), [2, 10, 11, 20]);
    }

    #[test]
    fn a_name_with_brackets_does_not_hide_the_parent() {
        assert_eq!(parent_in_stat("77 (a) b (c)) S 42 77 1 0"), Some(42));
        assert_eq!(parent_in_stat(""), None);
    }
}
