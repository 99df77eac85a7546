//! Where the workspace and its build lie, and the steps that run there.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::bindings;
use crate::scenarios;
use crate::verdict::Judge;

/// The features that the tests with real processes need in the server: the control port,
/// which a release does not have.
pub const SERVER_FEATURES: &str = "control";

/// All of it in one build, so that each suite finds it built by the one before it.
pub const LIBRARIES: &str = "build --locked -p causerie-cli -p causerie-ffi -p causerie-node \
    -p causerie-flutter --features causerie-cli/control,causerie-ffi/trial,causerie-ffi/bindgen,causerie-node/trial";

/// One command and how its end is judged.
#[derive(Debug)]
pub struct Step {
    /// What it is, for the reader of the output.
    pub name: &'static str,
    /// The program and its arguments, run in the workspace's root.
    pub command: Vec<OsString>,
    /// Set on top of the inherited environment.
    pub environment: Vec<(&'static str, OsString)>,
    /// The folder it runs in.
    pub folder: PathBuf,
    /// How its output and exit code become counts.
    pub judge: Judge,
}

/// Where the workspace and its build lie.
#[derive(Debug)]
pub struct Place {
    root: PathBuf,
    target: PathBuf,
}

impl Place {
    /// Asks cargo where the workspace and its target folder are.
    pub fn find() -> Result<Self, String> {
        let output = Command::new(cargo())
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .output()
            .map_err(|problem| format!("cannot start cargo: {problem}"))?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
        }
        let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)
            .map_err(|problem| format!("cannot read the output of cargo metadata: {problem}"))?;
        let path = |key: &str| {
            metadata[key]
                .as_str()
                .map(PathBuf::from)
                .ok_or_else(|| format!("cargo metadata names no {key}"))
        };
        Ok(Self {
            root: path("workspace_root")?,
            target: path("target_directory")?,
        })
    }

    /// A place for tests.
    #[cfg(test)]
    pub fn at(root: &str, target: &str) -> Self {
        Self {
            root: root.into(),
            target: target.into(),
        }
    }

    /// The workspace's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where builds go.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// A program of the debug build.
    pub fn built(&self, name: &str) -> PathBuf {
        let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        self.target.join("debug").join(name)
    }

    /// A library of the debug build, by the name of its crate.
    pub fn built_library(&self, name: &str) -> PathBuf {
        use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
        let name = format!("{DLL_PREFIX}{name}{DLL_SUFFIX}");
        self.target.join("debug").join(name)
    }

    /// Builds the server that the judge of the scenarios starts.
    pub fn server_with_control(&self) -> Step {
        self.cargo(
            "build the binary",
            &format!("build --locked -p causerie-cli --features {SERVER_FEATURES}"),
            Judge::Preparation,
        )
    }

    /// Every scenario, by the devices of a language: processes of this program with these
    /// arguments, or the judge's own. Fails if fewer run than there are.
    pub fn scenarios(&self, by: &'static str, device: Option<&[&OsStr]>) -> Step {
        let due = scenarios::due(&self.root);
        let line = "test --locked --no-fail-fast -p causerie-conformance";
        let mut step = match device {
            None => self.cargo("scenarios", line, Judge::Scenarios { by, due }),
            Some(_) => self.cargo(
                "scenarios, each device a process",
                &format!("{line} --test scenarios"),
                Judge::Scenarios { by, due },
            ),
        };
        step.environment.extend([
            ("CAUSERIE_BIN", self.target.join("debug/causerie").into()),
            ("CAUSERIE_DEVICE_NAME", by.into()),
        ]);
        if let Some(words) = device {
            let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
            let words = serde_json::json!(words).to_string();
            step.environment.push(("CAUSERIE_DEVICE", words.into()));
        }
        step
    }

    /// A program with these words.
    pub fn step(&self, name: &'static str, words: &[&str], judge: Judge) -> Step {
        Step {
            name,
            command: words.iter().map(OsString::from).collect(),
            environment: Vec::new(),
            folder: self.root.clone(),
            judge,
        }
    }

    /// Builds what other languages load, uniffi's generator, and a server.
    pub fn libraries(&self) -> Step {
        self.cargo("build the libraries", LIBRARIES, Judge::Preparation)
    }

    /// Whether what is committed is what is generated now out of [`Self::libraries`].
    pub fn bindings_check(&self, name: &'static str, language: bindings::Language) -> Step {
        let mut step = self.script(name, "", Judge::ExitCode, "causerie_ffi");
        let this = std::env::current_exe().unwrap_or_else(|_| "xtask".into());
        step.command = vec![this.into()];
        let words = ["bindings", language.name(), "--check"];
        step.command.extend(words.map(OsString::from));
        step
    }

    /// What the tests of the idiomatic shells find in the environment.
    pub fn for_shells(&self) -> [(&'static str, OsString); 2] {
        [
            ("CAUSERIE_LIBRARY_DIR", self.target.join("debug").into()),
            ("CAUSERIE_BIN", self.built("causerie").into()),
        ]
    }

    pub fn cargo(&self, name: &'static str, line: &str, judge: Judge) -> Step {
        let mut step = self.step(name, &[], judge);
        step.command = vec![cargo()];
        step.command
            .extend(line.split_whitespace().map(OsString::from));
        step
    }

    /// A script in another language, which loads one of our libraries and starts a server.
    pub fn script(
        &self,
        name: &'static str,
        line: &'static str,
        judge: Judge,
        library: &'static str,
    ) -> Step {
        Step {
            name,
            command: line.split_whitespace().map(OsString::from).collect(),
            environment: vec![
                ("CAUSERIE_BIN", self.built("causerie").into()),
                ("CAUSERIE_BINDGEN", self.built("causerie-bindgen").into()),
                ("CAUSERIE_LIB", self.built_library(library).into()),
                // They panic on purpose, and say so in a line.
                ("RUST_BACKTRACE", "0".into()),
            ],
            folder: self.root.clone(),
            judge,
        }
    }
}

/// The cargo that started us, so that `cargo +version xtask` means what it says.
pub fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}
