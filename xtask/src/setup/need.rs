//! What each language's suites need, in one table.

use std::path::Path;
use std::process::Command;

use super::machine::{self, Cache, Machine, said};
use super::maven;
use super::npm;
use super::tree;

/// The version of cargo-deny that is built where there is none.
const CARGO_DENY: &str = "0.20.2";

/// The version of schemathesis, which finds more with each one.
const SCHEMATHESIS: &str = "4.32.5";

/// A language whose tools can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    Rust,
    Python,
    Node,
    Kotlin,
    Swift,
}

impl Language {
    const ALL: [Self; 5] = [
        Self::Rust,
        Self::Python,
        Self::Node,
        Self::Kotlin,
        Self::Swift,
    ];

    /// The language of that name.
    pub fn named(name: &str) -> Result<Self, String> {
        let found = Self::ALL
            .into_iter()
            .find(|language| language.name() == name);
        found.ok_or_else(|| {
            let known = Self::ALL.map(Self::name).join(", ");
            format!("`setup` does not know `{name}`; there are: {known}")
        })
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Python => "python",
            Self::Node => "node",
            Self::Kotlin => "kotlin",
            Self::Swift => "swift",
        }
    }
}

/// Where a missing tool comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Debian's packages.
    Apt(&'static [&'static str]),
    /// A component of the present Rust toolchain.
    Component(&'static str),
    /// A crate, of this version, built into the cache.
    Crate {
        name: &'static str,
        version: &'static str,
    },
    /// A program of Python's, of this version, in an environment of its own in the cache.
    Pip {
        name: &'static str,
        version: &'static str,
    },
    /// What Maven fetches for a project before it builds it.
    Maven {
        /// Its description, in the workspace.
        project: &'static str,
    },
    /// What npm fetches for a project, into the cache.
    Npm {
        /// Its folder, in the workspace.
        project: &'static str,
    },
    /// The tree of Debian sid in the cache.
    Tree,
}

/// One tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    pub language: Language,
    /// Its name, as one calls it.
    pub tool: &'static str,
    /// The words that make it say its version; none, if it is no program.
    probe: &'static [&'static str],
    /// The version below which it is as good as missing.
    at_least: (u32, u32),
    pub source: Source,
    /// How it comes where setup does not go.
    pub by_hand: &'static str,
}

/// Everything, in the order in which it is installed.
pub const ALL: &[Need] = &[
    Need {
        language: Language::Rust,
        tool: "cc",
        probe: &["cc", "--version"],
        at_least: (0, 0),
        source: Source::Apt(&["gcc", "libc6-dev"]),
        by_hand: "a C compiler, for the bundled SQLite",
    },
    Need {
        language: Language::Rust,
        tool: "git",
        probe: &["git", "--version"],
        at_least: (0, 0),
        source: Source::Apt(&["git", "ca-certificates"]),
        by_hand: "git, with which cargo-deny fetches the advisories",
    },
    Need {
        language: Language::Rust,
        tool: "cargo fmt",
        probe: &["cargo", "fmt", "--version"],
        at_least: (0, 0),
        source: Source::Component("rustfmt"),
        by_hand: "rustup, and with it: rustup component add rustfmt",
    },
    Need {
        language: Language::Rust,
        tool: "cargo clippy",
        probe: &["cargo", "clippy", "--version"],
        at_least: (0, 0),
        source: Source::Component("clippy"),
        by_hand: "rustup, and with it: rustup component add clippy",
    },
    Need {
        language: Language::Rust,
        tool: "cargo deny",
        probe: &["cargo", "deny", "--version"],
        at_least: (0, 0),
        source: Source::Crate {
            name: "cargo-deny",
            version: CARGO_DENY,
        },
        by_hand: "cargo install --locked cargo-deny",
    },
    Need {
        language: Language::Python,
        tool: "python3",
        probe: &["python3", "--version"],
        at_least: (3, 9),
        source: Source::Apt(&["python3"]),
        by_hand: "Python 3.9 or newer",
    },
    Need {
        language: Language::Python,
        tool: "venv",
        probe: &["python3", "-m", "ensurepip", "--version"],
        at_least: (0, 0),
        source: Source::Apt(&["python3-venv"]),
        by_hand: "Python with venv and ensurepip, which Debian has apart",
    },
    Need {
        language: Language::Python,
        tool: "schemathesis",
        probe: &["schemathesis", "--version"],
        at_least: (4, 32),
        source: Source::Pip {
            name: "schemathesis",
            version: SCHEMATHESIS,
        },
        by_hand: "pipx install schemathesis",
    },
    Need {
        language: Language::Node,
        tool: "node",
        probe: &["node", "--version"],
        at_least: (20, 0),
        // 20 in Debian 13; the 18 of Debian 12 does not do.
        source: Source::Apt(&["nodejs"]),
        by_hand: "Node 20 or newer (https://nodejs.org); Debian 12 has 18",
    },
    Need {
        language: Language::Node,
        tool: "npm",
        probe: &["npm", "--version"],
        at_least: (9, 0),
        source: Source::Apt(&["npm"]),
        by_hand: "npm 9 or newer, which comes with Node",
    },
    Need {
        language: Language::Node,
        tool: "Node's packages",
        probe: &[],
        at_least: (0, 0),
        source: Source::Npm {
            project: "bindings/node",
        },
        by_hand: "npm ci in bindings/node",
    },
    Need {
        language: Language::Node,
        tool: "the Electron example's packages",
        probe: &[],
        at_least: (0, 0),
        source: Source::Npm {
            project: "examples/electron",
        },
        by_hand: "npm ci in examples/electron",
    },
    Need {
        language: Language::Node,
        tool: "chromium",
        probe: &["chromium", "--version"],
        at_least: (0, 0),
        source: Source::Apt(&["chromium", "fonts-noto-core", "fonts-noto-color-emoji"]),
        by_hand: "Chromium as /usr/bin/chromium, or what CHROMIUM names",
    },
    Need {
        language: Language::Kotlin,
        tool: "javac",
        probe: &["javac", "-version"],
        at_least: (17, 0),
        // 17 in Debian 12, newer ones after it.
        source: Source::Apt(&["default-jdk-headless"]),
        by_hand: "a JDK, 17 or newer",
    },
    Need {
        language: Language::Kotlin,
        tool: "mvn",
        probe: &["mvn", "--version"],
        at_least: (3, 8),
        source: Source::Apt(&["maven"]),
        by_hand: "Maven 3.8 or newer",
    },
    Need {
        language: Language::Kotlin,
        tool: "Kotlin",
        probe: &[],
        at_least: (0, 0),
        source: Source::Maven {
            project: "kotlin/pom.xml",
        },
        by_hand: "Maven fetches it when it first builds kotlin/",
    },
    Need {
        language: Language::Kotlin,
        tool: "Kotlin's example",
        probe: &[],
        at_least: (0, 0),
        source: Source::Maven {
            project: "examples/android/pom.xml",
        },
        by_hand: "Maven fetches it when it first builds examples/android/",
    },
    Need {
        language: Language::Swift,
        tool: "swift",
        probe: &["swift", "--version"],
        at_least: (6, 0),
        source: Source::Tree,
        by_hand: "Swift 6 or newer (https://swift.org/install)",
    },
];

impl Need {
    /// The tool of that name, which must stand in the table.
    pub fn of(tool: &str) -> Option<&'static Self> {
        ALL.iter().find(|need| need.tool == tool)
    }

    /// What is there already, in its own words.
    pub fn found(&self, machine: &Machine) -> Option<String> {
        self.on_path(&machine.cache, &machine.root)
            .or_else(|| match self.source {
                Source::Tree if !machine.mounts => None,
                Source::Tree => tree::found(&machine.cache),
                Source::Maven { project } => maven::found(machine, project),
                Source::Npm { project } => npm::found(machine, project),
                Source::Apt(_)
                | Source::Component(_)
                | Source::Crate { .. }
                | Source::Pip { .. } => None,
            })
    }

    /// What is on `PATH`, if it is new enough.
    pub fn on_path(&self, cache: &Cache, root: &Path) -> Option<String> {
        let (program, words) = self.probe.split_first()?;
        let mut probe = Command::new(program);
        probe
            .args(words)
            .env("PATH", cache.path())
            .current_dir(root);
        said(&mut probe).filter(|line| self.suffices(line))
    }

    fn suffices(&self, line: &str) -> bool {
        self.at_least == (0, 0) || machine::version(line) >= Some(self.at_least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_tool_is_as_good_as_none() {
        let swift = Need::of("swift").expect("is there");
        assert!(swift.suffices("Swift version 6.2.3 (swift-6.2.3-RELEASE)"));
        assert!(!swift.suffices("Swift version 5.10 (swift-5.10-RELEASE)"));
        assert!(!swift.suffices("swift: an entirely different program"));
        let git = Need::of("git").expect("is there");
        assert!(git.suffices("git, whatever"));
    }

    #[test]
    fn every_language_needs_something() {
        for language in Language::ALL {
            assert!(ALL.iter().any(|need| need.language == language));
            assert_eq!(Language::named(language.name()), Ok(language));
        }
    }
}
