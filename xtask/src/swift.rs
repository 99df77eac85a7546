//! Swift, wherever it is: `cargo xtask swift`, and the suite `swift` with its own tests and the
//! scenarios by its devices.

use std::ffi::{OsStr, OsString};
use std::process::{Command, ExitCode};

use crate::bindings::Language;
use crate::inside::{Closed, Where};
use crate::place::{Place, Step};
use crate::setup::{Cache, Need};
use crate::verdict::Judge;

/// The program that the judge of the scenarios starts.
const DEVICE: &str = "causerie-device";
/// The library.
const LIBRARY: Package = Package {
    folder: "swift",
    scratch: "swift",
    sources: &["Sources/Causerie", "Programs", "Tests", "Package.swift"],
    steps: ["form", "build", "tests"],
};
/// The logic of the example app, which has a package of its own over the library.
const EXAMPLE: Package = Package {
    folder: "examples/ios/ChatLogic",
    scratch: "swift-example",
    sources: &["Sources", "Tests", "Package.swift", "../App"],
    steps: [
        "form of the example",
        "build of the example",
        "tests of the example",
    ],
};
/// Debian's Swift lacks a module that the compiler would import together with Foundation.
const FOR_DEBIAN: [&str; 4] = [
    "-Xswiftc",
    "-Xfrontend",
    "-Xswiftc",
    "-disable-cross-import-overlays",
];

/// A package of SwiftPM's that the suite builds and tests.
struct Package {
    /// Where it lies in the workspace.
    folder: &'static str,
    /// Where it is built, in the target folder.
    scratch: &'static str,
    /// What is held to its `.swift-format`.
    sources: &'static [&'static str],
    /// What its steps are called.
    steps: [&'static str; 3],
}

/// `cargo xtask swift`: becomes Swift, wherever it is, in the present folder.
pub fn run(place: &Place, words: &[String]) -> ExitCode {
    let found = match find(place) {
        Ok(found) => found,
        Err(problem) => {
            eprintln!("xtask: {problem}");
            return ExitCode::from(2);
        }
    };
    let line = found.words(&["swift"]);
    let mut command = Command::new(&line[0]);
    command
        .args(&line[1..])
        .args(words)
        .envs(found.environment());
    if std::env::var_os("CAUSERIE_LIBRARY_DIR").is_none() {
        command.env("CAUSERIE_LIBRARY_DIR", place.target().join("debug"));
    }
    match become_it(&mut command) {
        Ok(code) => code,
        Err(problem) => {
            let program = line[0].to_string_lossy();
            eprintln!("xtask: cannot start {program}: {problem}");
            ExitCode::from(2)
        }
    }
}

/// On success this process is the program, and nothing comes back.
#[cfg(unix)]
fn become_it(command: &mut Command) -> std::io::Result<ExitCode> {
    Err(std::os::unix::process::CommandExt::exec(command))
}

#[cfg(not(unix))]
fn become_it(command: &mut Command) -> std::io::Result<ExitCode> {
    let status = command.status()?;
    Ok(ExitCode::from(u8::from(!status.success())))
}

/// On `PATH`, or in the tree, or what to do about it that it is nowhere.
fn find(place: &Place) -> Result<Where, &'static str> {
    let on_path = Cache::find().ok().is_some_and(|cache| {
        Need::of("swift").is_some_and(|need| need.on_path(&cache, place.root()).is_some())
    });
    if on_path {
        return Ok(Where::Here);
    }
    Where::in_tree(place).map_err(|closed| match closed {
        Closed::NotMade => "no Swift 6 on PATH: cargo xtask setup swift",
        Closed::NoMounts => {
            "Swift 6 is only in the tree of Debian sid, for which we must be root and may mount; \
             or put it on PATH"
        }
    })
}

/// The steps of the suite, or the one that says what is missing.
pub fn steps(place: &Place) -> Vec<Step> {
    let found = match find(place) {
        Ok(found) => found,
        Err(missing) => return vec![place.step("tests", &[], Judge::Missing(missing))],
    };
    let built = place.target().join(LIBRARY.scratch).join("debug");
    let device = found.words(&[built.join(DEVICE)]);
    let device: Vec<_> = device.iter().map(OsString::as_os_str).collect();
    let mut by_swift: Vec<_> = LIBRARY.steps(place, &found).into();
    by_swift.push(place.scenarios("swift", Some(&device)));
    by_swift.extend(EXAMPLE.steps(place, &found));
    for step in &mut by_swift {
        step.environment.extend(found.environment());
        step.environment.extend(place.for_shells());
    }
    let mut steps = vec![
        place.libraries(),
        place.bindings_check("what is generated", Language::Swift),
    ];
    steps.extend(by_swift);
    steps
}

impl Package {
    fn steps(&self, place: &Place, found: &Where) -> [Step; 3] {
        let step = |name, words: &[&OsStr], judge| {
            let mut step = place.step(name, &[], judge);
            step.command = found.words(words);
            step.folder = place.root().join(self.folder);
            step
        };
        let scratch = place.target().join(self.scratch);
        let in_scratch = |words: [&'static str; 3]| {
            let mut words: Vec<_> = words.map(OsStr::new).into();
            words.extend(["--scratch-path".as_ref(), scratch.as_os_str()]);
            if *found != Where::Here {
                words.extend(FOR_DEBIAN.map(OsStr::new));
            }
            words
        };
        let mut lint: Vec<_> = ["swift", "format", "lint", "--strict", "--recursive"].into();
        lint.extend(["--configuration", ".swift-format"]);
        lint.extend(self.sources);
        let lint: Vec<_> = lint.into_iter().map(OsStr::new).collect();
        let build = in_scratch(["swift", "build", "--build-tests"]);
        let test = in_scratch(["swift", "test", "--skip-build"]);
        let [form, building, testing] = self.steps;
        [
            step(form, &lint, Judge::ExitCode),
            step(building, &build, Judge::Preparation),
            step(testing, &test, Judge::SwiftTesting),
        ]
    }
}
