//! `docs/proof.md` names tests, scenarios and planted bugs: each of them must be there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What the page says.
const PAGE: &str = include_str!("../../docs/proof.md");

/// Folders that hold no source of ours.
const PASSED_OVER: [&str; 3] = ["target", "node_modules", ".git"];

/// The names in the page: what stands in backticks and can be nothing but a name in the source.
fn named() -> BTreeSet<&'static str> {
    PAGE.split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| word.contains('_'))
        .filter(|word| {
            word.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        })
        .collect()
}

/// What the source defines: functions of Rust, and files and invariants of scenarios.
fn defined(folder: &Path, found: &mut BTreeSet<String>) {
    let entries = std::fs::read_dir(folder).expect("a folder of the workspace");
    for entry in entries {
        let path: PathBuf = entry.expect("an entry of a folder").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if !PASSED_OVER.contains(&name.as_ref()) {
                defined(&path, found);
            }
            continue;
        }
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("rs") => {
                let text = std::fs::read_to_string(&path).expect("a source file");
                let functions = text.split("fn ").skip(1);
                found.extend(functions.map(|rest| identifier(rest).to_owned()));
                if name == "planted.rs" {
                    found.extend(text.split('"').skip(1).step_by(2).map(str::to_owned));
                }
            }
            Some("yaml") => {
                let text = std::fs::read_to_string(&path).expect("a scenario");
                found.extend(
                    text.split("- ")
                        .skip(1)
                        .map(|rest| identifier(rest).to_owned()),
                );
                found.extend(
                    path.file_stem()
                        .map(|stem| stem.to_string_lossy().into_owned()),
                );
            }
            _ => {}
        }
    }
}

fn identifier(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    &text[..end.unwrap_or(text.len())]
}

#[test]
fn what_the_page_of_proofs_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = BTreeSet::new();
    defined(&root, &mut found);
    let named = named();
    assert!(named.len() > 60, "the page names only {}", named.len());
    let missing: Vec<_> = named
        .iter()
        .filter(|name| !found.contains(**name))
        .collect();
    assert!(
        missing.is_empty(),
        "docs/proof.md names what is not there: {missing:?}"
    );
}

#[test]
fn every_planted_bug_stands_on_the_page_of_proofs() {
    let named = named();
    for source in [
        include_str!("../../server/src/planted.rs"),
        include_str!("../../sdk-core/engine/src/planted.rs"),
    ] {
        let rows = source
            .lines()
            .filter_map(|line| line.strip_prefix("//! | `"));
        for bug in rows.filter_map(|row| row.split('`').next()) {
            assert!(
                named.contains(bug),
                "docs/proof.md does not say what {bug} proves"
            );
        }
    }
}
