//! Swift, wherever it is: `cargo xtask swift`, and the suite `swift` with its own tests and the
//! scenarios by its devices.

use std::ffi::OsString;
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
    by_swift.extend(LIBRARY.documentation(place, &found));
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

/// What makes documentation: beside Swift on `PATH`, behind Xcode's tools, or where Debian puts it.
fn docc(found: &Where) -> &'static [&'static str] {
    match found {
        Where::Here if cfg!(target_os = "macos") => &["xcrun", "docc"],
        Where::Here => &["docc"],
        Where::Tree { .. } => &["/usr/libexec/swift/bin/docc"],
    }
}

impl Package {
    fn step(
        &self,
        place: &Place,
        found: &Where,
        name: &'static str,
        words: &[OsString],
        judge: Judge,
    ) -> Step {
        let mut step = place.step(name, &[], judge);
        step.command = found.words(words);
        step.folder = place.root().join(self.folder);
        step
    }

    /// The words of a command of SwiftPM's, in the scratch folder.
    fn in_scratch(&self, place: &Place, found: &Where, words: &[&str]) -> Vec<OsString> {
        let mut words: Vec<_> = words.iter().map(OsString::from).collect();
        words.push("--scratch-path".into());
        words.push(place.target().join(self.scratch).into());
        if *found != Where::Here {
            words.extend(FOR_DEBIAN.map(OsString::from));
        }
        words
    }

    /// What is public is written down with its comments, and DocC makes pages of it: no link may
    /// lead nowhere.
    fn documentation(&self, place: &Place, found: &Where) -> [Step; 2] {
        let mut symbols = self.in_scratch(place, found, &["swift", "package"]);
        symbols.extend(["dump-symbol-graph", "--minimum-access-level", "public"].map(From::from));
        let scratch = place.target().join(self.scratch);
        let mut pages: Vec<_> = docc(found).iter().map(OsString::from).collect();
        pages.extend(["convert", "Sources/Causerie/Causerie.docc"].map(From::from));
        pages.extend(["--warnings-as-errors", "--additional-symbol-graph-dir"].map(From::from));
        // `debug` is a link into the folder that is named after the platform.
        pages.push(scratch.join("debug/../symbolgraph").into());
        pages.push("--output-dir".into());
        pages.push(scratch.join("documentation").into());
        [
            self.step(place, found, "what is public", &symbols, Judge::Preparation),
            self.step(place, found, "documentation", &pages, Judge::ExitCode),
        ]
    }

    fn steps(&self, place: &Place, found: &Where) -> [Step; 3] {
        let mut lint = ["swift", "format", "lint", "--strict", "--recursive"].to_vec();
        lint.extend(["--configuration", ".swift-format"]);
        lint.extend(self.sources);
        let lint: Vec<_> = lint.into_iter().map(OsString::from).collect();
        let build = self.in_scratch(place, found, &["swift", "build", "--build-tests"]);
        let test = self.in_scratch(place, found, &["swift", "test", "--skip-build"]);
        let [form, building, testing] = self.steps;
        [
            self.step(place, found, form, &lint, Judge::ExitCode),
            self.step(place, found, building, &build, Judge::Preparation),
            self.step(place, found, testing, &test, Judge::SwiftTesting),
        ]
    }
}
