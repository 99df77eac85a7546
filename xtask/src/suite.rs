//! The one table of what `cargo xtask test` runs. To change how a suite runs, change it here.

use std::ffi::OsString;

use crate::kotlin;
use crate::node;
use crate::place::{Place, SERVER_FEATURES, Step};
use crate::planted;
use crate::setup::Language;
use crate::swift;
use crate::verdict::Judge;

/// A named group of steps.
#[derive(Debug)]
pub struct Suite {
    /// The name for `--suite` and for the table at the end.
    pub name: &'static str,
    /// What it checks, in a few words.
    pub about: &'static str,
    /// The languages whose tools it calls.
    pub needs: &'static [Language],
    /// What it runs, one after the other.
    pub steps: fn(&Place) -> Vec<Step>,
}

/// The profile that the simulation is built in: fast, and with every check of a debug build.
pub const SIM_PROFILE: &str = "sim";

/// The seeds of a normal test.
const SIM_SEEDS: &str = "5000";

/// Packages whose tests are suites of their own.
const OWN_SUITES: [&str; 4] = [
    "causerie-sim",
    "causerie-e2e",
    "causerie-fuzz",
    "causerie-conformance",
];

/// Every suite, cheap ones first.
pub const ALL: &[Suite] = &[
    Suite {
        name: "format",
        about: "rustfmt has nothing to change",
        needs: &[Language::Rust],
        steps: |place| vec![place.cargo("rustfmt", "fmt --all --check", Judge::ExitCode)],
    },
    Suite {
        name: "deny",
        about: "licences, bans, sources and advisories of the dependencies",
        needs: &[Language::Rust],
        steps: |place| {
            vec![
                place.cargo(
                    "bans, licences, sources",
                    "deny --locked check --hide-inclusion-graph bans licenses sources",
                    Judge::Deny,
                ),
                place.cargo(
                    "advisories",
                    "deny --locked check --hide-inclusion-graph advisories",
                    Judge::Deny,
                ),
            ]
        },
    },
    Suite {
        name: "clippy",
        about: "no warning in any target",
        needs: &[Language::Rust],
        steps: |place| {
            vec![place.cargo(
                "clippy",
                "clippy --locked --workspace --all-targets -- -D warnings",
                Judge::ExitCode,
            )]
        },
    },
    Suite {
        name: "docs",
        about: "the documentation builds without a warning",
        needs: &[Language::Rust],
        steps: |place| {
            let mut step = place.cargo(
                "rustdoc",
                "doc --locked --no-deps --workspace",
                Judge::ExitCode,
            );
            step.environment
                .push(("RUSTDOCFLAGS", "-D warnings".into()));
            vec![step]
        },
    },
    Suite {
        name: "unit",
        about: "unit, property and doc tests of every crate",
        needs: &[Language::Rust],
        steps: |place| {
            let mut line = "test --locked --no-fail-fast --workspace".to_owned();
            for package in OWN_SUITES {
                line += " --exclude ";
                line += package;
            }
            vec![place.cargo("cargo test", &line, Judge::Libtest)]
        },
    },
    Suite {
        name: "fuzz",
        about: "the fuzzers' corpus, and seeded mutations of it",
        needs: &[Language::Rust],
        steps: |place| {
            vec![place.cargo(
                "cargo test",
                "test --locked --no-fail-fast -p causerie-fuzz -- --show-output",
                Judge::Libtest,
            )]
        },
    },
    Suite {
        name: "sim",
        about: "engines and server under one seed and virtual time",
        needs: &[Language::Rust],
        steps: |place| {
            let mut step = place.cargo(
                "cargo test",
                &format!(
                    "test --locked --no-fail-fast --profile {SIM_PROFILE} -p causerie-sim -- --nocapture"
                ),
                Judge::Libtest,
            );
            step.environment
                .push(("CAUSERIE_SIM_SEEDS", SIM_SEEDS.into()));
            vec![step]
        },
    },
    Suite {
        name: "planted",
        about: "the simulation, and the engine's own lives, catch bugs that are planted for them",
        needs: &[Language::Rust],
        steps: |place| {
            let simulation = place.cargo(
                "simulation",
                &format!(
                    "test --locked --no-fail-fast --profile {SIM_PROFILE} -p causerie-sim -- --show-output"
                ),
                Judge::Libtest,
            );
            let engine = place.cargo(
                "engine",
                "test --locked --no-fail-fast -p causerie-engine --test suite planted",
                Judge::Libtest,
            );
            let mut steps = vec![simulation, engine];
            for step in &mut steps {
                step.environment.extend(planted::environment());
            }
            steps
        },
    },
    Suite {
        name: "e2e",
        about: "real processes, sockets, cuts and kills",
        needs: &[Language::Rust],
        steps: |place| {
            let build = place.cargo(
                "build the binary",
                &format!("build --locked -p causerie-cli --features {SERVER_FEATURES}"),
                Judge::Preparation,
            );
            let shim = place.cargo(
                "build the bad disk",
                "build --locked -p causerie-shim",
                Judge::Preparation,
            );
            let mut test = place.cargo(
                "cargo test",
                "test --locked --no-fail-fast -p causerie-e2e -- --show-output",
                Judge::Libtest,
            );
            test.environment.extend([
                ("CAUSERIE_BIN", place.built("causerie").into()),
                ("CAUSERIE_SHIM", place.built_library("causerie_shim").into()),
                // Most of them wait for processes, not for a processor.
                ("RUST_TEST_THREADS", "6".into()),
            ]);
            let control = place.cargo(
                "the control port",
                &format!(
                    "test --locked --no-fail-fast -p causerie-server --features {SERVER_FEATURES} --test sockets control"
                ),
                Judge::Libtest,
            );
            vec![build, shim, test, control]
        },
    },
    Suite {
        name: "conformance",
        about: "scenarios that every language's SDK must live through, by Rust devices",
        needs: &[Language::Rust],
        steps: |place| {
            // The same again as another language has them: its own device program stands for one.
            let program = place.target().join("debug/conformance-device");
            vec![
                place.server_with_control(),
                place.scenarios("rust", None),
                place.scenarios("rust-process", Some(&[program.as_os_str()])),
            ]
        },
    },
    Suite {
        name: "rest",
        about: "schemathesis asks the real server everything that its description says",
        needs: &[Language::Rust, Language::Python],
        steps: |place| {
            let mut ask = place.step(
                "schemathesis",
                &["python3", "tests/rest/run.py"],
                Judge::Script {
                    needs: "schemathesis",
                },
            );
            ask.environment
                .push(("CAUSERIE_BIN", place.built("causerie").into()));
            vec![place.server_with_control(), ask]
        },
    },
    Suite {
        name: "bindings",
        about: "Python and Dart use their bindings against a real server",
        needs: &[Language::Rust, Language::Python],
        steps: |place| {
            let python = place.script(
                "Python, by uniffi",
                "python3 bindings/uniffi/smoke.py",
                Judge::Script { needs: "python3" },
                "causerie_ffi",
            );
            let dart = match std::env::var_os("CAUSERIE_DART_PACKAGES") {
                Some(packages) => {
                    let mut step = place.script(
                        "Dart, by flutter_rust_bridge",
                        "dart",
                        Judge::Script { needs: "dart" },
                        "causerie_flutter",
                    );
                    let mut flag = OsString::from("--packages=");
                    flag.push(packages);
                    step.command
                        .extend([flag, "bindings/flutter/smoke.dart".into()]);
                    step
                }
                None => place.script(
                    "Dart, by flutter_rust_bridge",
                    "dart",
                    Judge::NotHere(
                        "no Dart: CAUSERIE_DART_PACKAGES names no package configuration with flutter_rust_bridge (bindings/flutter/README.md)",
                    ),
                    "causerie_flutter",
                ),
            };
            vec![place.libraries(), python, dart]
        },
    },
    Suite {
        name: "node",
        about: "the Node package: its own tests, every scenario through its public API, and the Electron example in a browser",
        needs: &[Language::Rust, Language::Node],
        steps: node::steps,
    },
    Suite {
        name: "kotlin",
        about: "the Kotlin SDK: its own tests, and every scenario through its public API",
        needs: &[Language::Rust, Language::Kotlin],
        steps: kotlin::steps,
    },
    Suite {
        name: "swift",
        about: "the Swift SDK: its own tests, and every scenario through its public API",
        needs: &[Language::Rust, Language::Swift],
        steps: swift::steps,
    },
    Suite {
        name: "demo",
        about: "the demo of a release build loses, doubles and reorders nothing",
        needs: &[Language::Rust],
        steps: |place| {
            vec![place.cargo(
                "demo --json",
                "run --locked --release -- demo --json",
                Judge::Demo,
            )]
        },
    },
];

/// The suites of these names in the order of the table, or all of them.
pub fn named(names: &[String]) -> Result<Vec<&'static Suite>, String> {
    let known = || ALL.iter().map(|suite| suite.name);
    if let Some(name) = names.iter().find(|name| known().all(|k| k != **name)) {
        let known: Vec<_> = known().collect();
        return Err(format!(
            "there is no suite `{name}`; there are: {}",
            known.join(", ")
        ));
    }
    let chosen = |suite: &&Suite| names.is_empty() || names.iter().any(|n| n == suite.name);
    Ok(ALL.iter().filter(chosen).collect())
}

/// What follows `--suite`: names, each a word or with commas between.
pub fn names_behind_flag(
    words: &mut std::iter::Peekable<impl Iterator<Item = String>>,
) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    while let Some(word) = words.next_if(|word| !word.starts_with('-')) {
        names.extend(word.split(',').map(str::to_owned));
    }
    if names.is_empty() {
        return Err("`--suite` needs at least one name".into());
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suites_that_run_alone_are_left_out_of_the_unit_tests() {
        let place = Place::at("/root", "/target");
        let line = |name: &str| {
            let suite = ALL.iter().find(|s| s.name == name).expect("a known suite");
            let steps = (suite.steps)(&place);
            let words: Vec<_> = steps
                .iter()
                .flat_map(|s| &s.command)
                .map(|word| word.to_string_lossy().into_owned())
                .collect();
            words.join(" ")
        };
        for package in OWN_SUITES {
            assert!(line("unit").contains(&format!("--exclude {package}")));
        }
        assert!(line("sim").contains("-p causerie-sim"));
        assert!(line("e2e").contains("-p causerie-e2e"));
        assert!(line("conformance").contains("-p causerie-conformance"));
    }

    #[test]
    fn every_dependency_has_its_reason_in_the_docs() {
        let manifest = include_str!("../../Cargo.toml");
        let reasons = include_str!("../../docs/dependencies.md");
        let (_, table) = manifest
            .split_once("[workspace.dependencies]\n")
            .expect("the table of dependencies");
        let names: Vec<_> = table
            .lines()
            .take_while(|line| !line.starts_with('['))
            .filter_map(|line| line.split_once(" = "))
            .filter(|(_, what)| !what.contains("path ="))
            .map(|(name, _)| name)
            .collect();
        assert!(names.contains(&"tokio"), "{names:?}");
        for name in names {
            assert!(
                reasons.contains(&format!("| `{name}` |")),
                "docs/dependencies.md does not say why {name} is needed"
            );
        }
    }

    #[test]
    fn suite_names_are_unique() {
        for (n, suite) in ALL.iter().enumerate() {
            assert!(ALL[n + 1..].iter().all(|other| other.name != suite.name));
        }
    }
}
