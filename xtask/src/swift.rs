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
/// What is held to `swift/.swift-format`.
const FORM: &str = "swift format lint --strict --recursive Sources/Causerie Programs Tests \
    Package.swift";
/// Debian's Swift lacks a module that the compiler would import together with Foundation.
const FOR_DEBIAN: [&str; 4] = [
    "-Xswiftc",
    "-Xfrontend",
    "-Xswiftc",
    "-disable-cross-import-overlays",
];

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
    let scratch = place.target().join("swift");
    let device = found.words(&[scratch.join("debug").join(DEVICE)]);
    let device: Vec<_> = device.iter().map(OsString::as_os_str).collect();
    let swift = |name, words: &[&str], judge| {
        let mut line: Vec<&OsStr> = vec!["swift".as_ref()];
        line.extend(words.iter().map(OsStr::new));
        line.extend(["--scratch-path".as_ref(), scratch.as_os_str()]);
        if found != Where::Here {
            line.extend(FOR_DEBIAN.map(OsStr::new));
        }
        let mut step = place.step(name, &[], judge);
        step.command = found.words(&line);
        step.folder = place.root().join("swift");
        step
    };
    let form: Vec<_> = FORM.split_whitespace().collect();
    let mut formatted = place.step("form", &[], Judge::ExitCode);
    formatted.command = found.words(&form);
    formatted.folder = place.root().join("swift");
    let mut steps = vec![
        place.libraries(),
        place.bindings_check("what is generated", Language::Swift),
        formatted,
        swift("build", &["build", "--build-tests"], Judge::Preparation),
        swift("tests", &["test", "--skip-build"], Judge::SwiftTesting),
        place.scenarios("swift", Some(&device)),
    ];
    for step in &mut steps[2..] {
        step.environment.extend(found.environment());
        step.environment.extend(place.for_shells());
    }
    steps
}
