// swift-tools-version: 6.0

import PackageDescription

// Where the Rust library comes from:
// - `CAUSERIE_LIBRARY_DIR` names a folder with `libcauserie_ffi`, as `cargo build -p causerie-ffi`
//   makes it. This is how Linux builds, and how a Mac builds what is being worked on.
// - Otherwise, on a Mac, from `CauserieFFI.xcframework` in this folder, which
//   `cargo xtask package ios` makes.
let folder = Context.environment["CAUSERIE_LIBRARY_DIR"]
#if os(macOS)
    let packaged = folder == nil
#else
    let packaged = false
#endif

let library: Target =
    packaged
    ? .binaryTarget(name: "CauserieFFI", path: "CauserieFFI.xcframework")
    : .systemLibrary(name: "CauserieFFI")

// The folder is named to the linker, and to the loader of what runs from this checkout; also of
// packages that depend on this one by its path.
let linked: [LinkerSetting] =
    folder.map { [.unsafeFlags(["-L\($0)", "-Xlinker", "-rpath", "-Xlinker", $0])] } ?? []

let strict: [SwiftSetting] = [.enableUpcomingFeature("ExistentialAny")]

/// A program over the public API: a test, or a measurement. No product of this package.
func program(
    _ name: String, at path: String, with more: [Target.Dependency] = []
) -> Target {
    .executableTarget(
        name: name, dependencies: ["Causerie"] + more, path: path, swiftSettings: strict)
}

let package = Package(
    name: "Causerie",
    platforms: [.iOS(.v17), .macOS(.v14)],
    products: [.library(name: "Causerie", targets: ["Causerie"])],
    targets: [
        library,
        .target(
            name: "CauserieGenerated",
            dependencies: ["CauserieFFI"],
            // As generated, async callbacks do not pass the checks of Swift 6.
            swiftSettings: [.swiftLanguageMode(.v5)]
        ),
        .target(
            name: "Causerie",
            dependencies: ["CauserieGenerated"],
            resources: [.process("PrivacyInfo.xcprivacy")],
            swiftSettings: strict,
            linkerSettings: linked
        ),
        program("causerie-device", at: "Programs/Device"),
        program("readme", at: "Programs/Readme"),
        program("costs", at: "Programs/Costs"),
        program("soak", at: "Programs/Soak", with: ["Server"]),
        .target(name: "Server", path: "Programs/Server", swiftSettings: strict),
        .testTarget(
            name: "CauserieTests",
            dependencies: ["Causerie", "causerie-device", "Server"],
            swiftSettings: strict
        ),
    ],
    swiftLanguageModes: [.v6]
)
