//! The suite `kotlin`: its own tests and those of the example by Maven, and the scenarios by devices
//! of the JVM.

use std::ffi::{OsStr, OsString};

use crate::bindings::Language;
use crate::place::{Place, Step};
use crate::setup::{Cache, Need};
use crate::verdict::Judge;

/// The library, and the example's logic on it.
const PROJECT: &str = "examples/android/pom.xml";
/// What Maven builds for the judge of the scenarios.
const DEVICE: &str = "conformance-device.jar";
/// Many of them are started, none runs for long.
const DEVICE_JVM: [&str; 5] = [
    "java",
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-Xshare:auto",
    "-jar",
];

/// Its steps, or the one that says what is missing.
pub fn steps(place: &Place) -> Vec<Step> {
    if !has_tools(place) {
        let missing = "no JDK 17 or no Maven: cargo xtask setup kotlin";
        return vec![place.step("tests", &[], Judge::Missing(missing))];
    }
    let built = place.target().join("kotlin");
    let mut tests = place.step(
        "tests",
        // Maven compiles into what an older build left, and its classes stay beside the new ones.
        &["mvn", "-B", "-ntp", "-f", PROJECT, "clean", "verify"],
        Judge::Surefire,
    );
    let example = place.target().join("kotlin-example");
    for (property, folder) in [
        ("-Dcauserie.build.dir=", &built),
        ("-Dcauserie.example.build.dir=", &example),
    ] {
        let mut word = OsString::from(property);
        word.push(folder);
        tests.command.push(word);
    }
    tests.environment.extend(place.for_shells());
    let device = built.join(DEVICE);
    let mut words: Vec<_> = DEVICE_JVM.map(OsStr::new).into();
    words.push(device.as_os_str());
    let mut scenarios = place.scenarios("kotlin", Some(&words));
    scenarios.environment.extend(place.for_shells());
    vec![
        place.libraries(),
        place.bindings_check("what is generated", Language::Kotlin),
        tests,
        scenarios,
    ]
}

fn has_tools(place: &Place) -> bool {
    Cache::find().is_ok_and(|cache| {
        ["javac", "mvn"].into_iter().all(|tool| {
            Need::of(tool).is_some_and(|need| need.on_path(&cache, place.root()).is_some())
        })
    })
}
