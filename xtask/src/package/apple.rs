//! Apple: one XCFramework with the library for devices, simulators and the Mac, which the Swift
//! package takes where no `CAUSERIE_LIBRARY_DIR` names another.

use std::path::Path;
use std::process::Command;

use super::{Task, missing_targets};
use crate::library::{PACKAGE, SQLITE, SQLITE_VARIABLE};
use crate::place::Place;
use crate::setup::said;

/// What Xcode tells apart, with the targets whose libraries become one.
const SLICES: [(&str, &str, &[&str]); 3] = [
    ("ios", IOS, &["aarch64-apple-ios"]),
    (
        "ios-simulator",
        IOS,
        &["aarch64-apple-ios-sim", "x86_64-apple-ios"],
    ),
    (
        "macos",
        MACOS,
        &["aarch64-apple-darwin", "x86_64-apple-darwin"],
    ),
];
/// The oldest systems that run it, as in `swift/Package.swift`. Never both for one compiler.
const IOS: &str = "IPHONEOS_DEPLOYMENT_TARGET=17.0";
const MACOS: &str = "MACOSX_DEPLOYMENT_TARGET=14.0";

const FRAMEWORK: &str = "swift/CauserieFFI.xcframework";
const HEADERS: [&str; 2] = [
    "swift/Sources/CauserieFFI/causerie_border.h",
    "swift/Sources/CauserieFFI/causerie_ffi.h",
];
const STATIC: &str = "libcauserie_ffi.a";
const DYNAMIC: &str = "libcauserie_ffi.dylib";
/// Where headers and map lie in the framework's own folder. Xcode copies the headers of every static
/// framework of an app into one folder, where two maps of the same name would be one too many; the
/// compiler looks into a folder that is called as the module.
const MODULE: &str = "headers/CauserieFFI";
/// It is a static library: what it needs of the system must be linked by who links it.
const MODULE_MAP: &str = "\
module CauserieFFI {
    header \"causerie_border.h\"
    header \"causerie_ffi.h\"
    link framework \"CoreFoundation\"
    link framework \"Security\"
    export *
}
";

/// Everything, in order.
pub fn tasks(place: &Place) -> Vec<Task> {
    let built = place.target().join("package");
    let stage = built.join("apple");
    let stage = |name: &str| stage.join(name).display().to_string();
    let mut tasks = vec![Task::Set {
        variable: SQLITE_VARIABLE,
        value: SQLITE,
    }];
    for (_, oldest, targets) in SLICES {
        for target in targets {
            tasks.push(build(&built, target, oldest, "staticlib"));
        }
    }
    // An app takes from a static library what it calls. How much that is, a dynamic one shows.
    let device = SLICES[0].2[0];
    tasks.push(build(&built, device, IOS, "cdylib"));
    tasks.push(Task::Weigh {
        platform: "arm64 iOS",
        library: built.join(device).join("mobile").join(DYNAMIC),
    });

    tasks.push(run(["rm", "-rf", FRAMEWORK, &stage("")]));
    let mut folders = vec!["mkdir".to_owned(), "-p".into(), stage(MODULE)];
    folders.extend(SLICES.map(|(slice, ..)| stage(slice)));
    tasks.push(run(folders));
    let mut copy = vec!["cp".to_owned()];
    copy.extend(HEADERS.map(str::to_owned));
    copy.push(stage(MODULE));
    tasks.push(run(copy));
    tasks.push(Task::Write {
        path: stage(&format!("{MODULE}/module.modulemap")).into(),
        text: MODULE_MAP,
    });
    let mut framework = vec!["xcodebuild".to_owned(), "-create-xcframework".into()];
    for (slice, _, targets) in SLICES {
        let together = stage(&format!("{slice}/{STATIC}"));
        let mut lipo = vec!["lipo".to_owned(), "-create".into()];
        lipo.extend(targets.iter().map(|target| {
            let library = built.join(target).join("mobile").join(STATIC);
            library.display().to_string()
        }));
        lipo.extend(["-output".into(), together.clone()]);
        tasks.push(run(lipo));
        framework.extend(["-library".into(), together]);
        framework.extend(["-headers".into(), stage("headers")]);
    }
    framework.extend(["-output".into(), FRAMEWORK.into()]);
    tasks.push(run(framework));
    tasks
}

fn run(words: impl IntoIterator<Item = impl Into<String>>) -> Task {
    Task::Run {
        words: words.into_iter().map(Into::into).collect(),
    }
}

fn build(built: &Path, target: &str, oldest: &str, kind: &str) -> Task {
    let mut words: Vec<String> = ["env", oldest, "cargo", "rustc", "--locked"]
        .map(String::from)
        .into();
    words.extend(["--profile", "mobile"].map(String::from));
    words.extend(["--package", PACKAGE, "--lib", "--crate-type", kind].map(String::from));
    words.extend(["--target", target, "--target-dir"].map(String::from));
    words.push(built.display().to_string());
    Task::Run { words }
}

/// What is not here, and how it comes.
pub fn missing() -> Vec<String> {
    if !cfg!(target_os = "macos") {
        return vec!["a Mac with Xcode, for xcodebuild and lipo".into()];
    }
    let mut missing = Vec::new();
    if said(Command::new("xcodebuild").arg("-version")).is_none() {
        missing.push("Xcode, from the App Store, opened once".into());
    }
    let targets = SLICES.iter().flat_map(|(.., targets)| targets.iter());
    missing.extend(missing_targets(targets.copied()));
    missing
}
