//! The suite `node`: the package is built and tried, devices of it play the scenarios, and the
//! Electron example's page is used in a browser.

use std::ffi::OsStr;

use crate::place::{LIBRARIES, Place, Step};
use crate::setup::{Cache, Need, modules};
use crate::verdict::Judge;

/// The package.
const PROJECT: &str = "bindings/node";
/// The app whose page is tried in a browser.
const EXAMPLE: &str = "examples/electron";

/// Its steps, or the one that says what is missing. Nothing is written into the clone: the package is
/// copied into the target folder, and its modules lie in the cache.
pub fn steps(place: &Place) -> Vec<Step> {
    let cache = Cache::find().ok();
    let has = |tool: &str| {
        let cache = cache.as_ref()?;
        Need::of(tool)?.on_path(cache, place.root())
    };
    let modules = cache.as_ref().map(|cache| modules(cache, PROJECT));
    let (Some(_), Some(modules)) = (has("node"), modules.filter(|folder| folder.is_dir())) else {
        let missing =
            "no Node 20 or newer, or its packages are not fetched: cargo xtask setup node";
        return vec![place.step("tests", &[], Judge::Missing(missing))];
    };
    let built = place.target().join("node");
    let script = |name, words: &[&str], judge| {
        let mut step = place.step(name, words, judge);
        step.environment.extend([
            ("CAUSERIE_BIN", place.built("causerie").into()),
            ("CAUSERIE_LIB", place.built_library("causerie_node").into()),
        ]);
        step
    };
    let node = Judge::Script { needs: "node" };
    let mut tests = script(
        "tests",
        &["node", "bindings/node/scripts/test.mjs", "--at"],
        node,
    );
    tests.command.push(built.clone().into());
    tests.command.push("--modules".into());
    tests.command.push(modules.into());
    // It has the libraries built anew, in the one way that the steps after it have them.
    let mut types = script(
        "what is generated",
        &["node", "bindings/node/scripts/types.mjs", "--check", "--"],
        Judge::ExitCode,
    );
    types
        .command
        .extend(LIBRARIES.split_whitespace().map(Into::into));
    let device = built.join("build/device/main.js");
    let mut scenarios = place.scenarios("node", Some(&[OsStr::new("node"), device.as_os_str()]));
    scenarios
        .environment
        .push(("CAUSERIE_LIB", place.built_library("causerie_node").into()));
    let browser = match cache.as_ref().map(|cache| self::modules(cache, EXAMPLE)) {
        Some(modules) if modules.is_dir() && has("chromium").is_some() => {
            let mut browser = script(
                "in a browser",
                &["node", "examples/electron/scripts/test.mjs", "--at"],
                node,
            );
            browser.command.extend([
                place.target().join("electron").into(),
                "--modules".into(),
                modules.into(),
                "--causerie".into(),
                built.into(),
            ]);
            browser
        }
        _ => {
            let missing =
                "no Chromium, or the example's packages are not fetched: cargo xtask setup node";
            place.step("in a browser", &[], Judge::Missing(missing))
        }
    };
    vec![types, place.libraries(), tests, scenarios, browser]
}
