//! Android: a library for each ABI, where the AAR's build looks for them.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Task, missing_targets};
use crate::library::{PACKAGE, SQLITE, SQLITE_VARIABLE};
use crate::place::Place;
use crate::setup::said;

/// Android's names of what it runs on, and Rust's.
const ABIS: [(&str, &str); 4] = [
    ("arm64-v8a", "aarch64-linux-android"),
    ("armeabi-v7a", "armv7-linux-androideabi"),
    ("x86_64", "x86_64-linux-android"),
    ("x86", "i686-linux-android"),
];
/// The oldest Android that loads it, 7.0.
const API: &str = "24";
/// Where the Gradle build of `kotlin/android` finds them.
const HOME: &str = "kotlin/android/src/main/jniLibs";
/// Since Android 15 a device may have pages of this size, and the store takes no other libraries.
const PAGE: u64 = 16 * 1024;
/// Packed as Android 6 and later read it; the newer form takes Android 11.
const LINKER: [&str; 2] = [
    "link-arg=-Wl,-z,max-page-size=16384",
    "link-arg=-Wl,--pack-dyn-relocs=android",
];

/// Everything, in order.
pub fn tasks(place: &Place) -> Vec<Task> {
    let mut tasks = vec![Task::Set {
        variable: SQLITE_VARIABLE,
        value: SQLITE,
    }];
    tasks.extend(ABIS.iter().map(|(abi, _)| build(place, abi)));
    for (abi, _) in ABIS {
        let library = library(abi);
        tasks.push(Task::Align {
            library: library.clone(),
            page: PAGE,
        });
        tasks.push(Task::Weigh {
            platform: abi,
            library,
        });
    }
    tasks
}

fn library(abi: &str) -> PathBuf {
    Path::new(HOME).join(abi).join("libcauserie_ffi.so")
}

fn build(place: &Place, abi: &str) -> Task {
    let mut words: Vec<String> = ["cargo", "ndk", "--target", abi, "--platform", API]
        .map(String::from)
        .into();
    words.extend(["--output-dir", HOME].map(String::from));
    words.extend(["rustc", "--locked", "--profile", "mobile", "--package"].map(String::from));
    words.extend([PACKAGE, "--lib", "--crate-type", "cdylib"].map(String::from));
    words.push("--target-dir".into());
    words.push(place.target().join("package").display().to_string());
    words.push("--".into());
    for argument in LINKER {
        words.extend(["-C".into(), argument.into()]);
    }
    Task::Run { words }
}

/// What is not here, and how it comes.
pub fn missing() -> Vec<String> {
    let mut missing = Vec::new();
    if said(Command::new("cargo").args(["ndk", "--version"])).is_none() {
        missing.push("cargo-ndk: cargo install --locked cargo-ndk".into());
    }
    if !has_ndk() {
        missing.push(
            "Android's NDK, r27 or newer, by Android Studio; ANDROID_NDK_HOME names its folder"
                .into(),
        );
    }
    missing.extend(missing_targets(ABIS.iter().map(|(_, target)| *target)));
    missing
}

/// Where cargo-ndk looks for it.
fn has_ndk() -> bool {
    let folder = |name| std::env::var_os(name).map(PathBuf::from);
    let direct = ["ANDROID_NDK_HOME", "ANDROID_NDK_ROOT", "NDK_HOME"];
    let by_sdk = ["ANDROID_HOME", "ANDROID_SDK_ROOT"];
    let usual = ["Android/Sdk/ndk", "Library/Android/sdk/ndk"];
    direct
        .into_iter()
        .filter_map(folder)
        .any(|ndk| ndk.is_dir())
        || by_sdk
            .into_iter()
            .filter_map(folder)
            .any(|sdk| sdk.join("ndk").is_dir())
        || folder("HOME").is_some_and(|home| usual.iter().any(|ndk| home.join(ndk).is_dir()))
}
