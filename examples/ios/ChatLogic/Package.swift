// swift-tools-version: 6.0

import PackageDescription

// As in the SDK's own manifest: where this names a folder with `libcauserie_ffi`, that library is
// linked and loaded; otherwise, on a Mac, the XCFramework in `swift`.
let linked: [LinkerSetting] =
    Context.environment["CAUSERIE_LIBRARY_DIR"].map { folder in
        [.unsafeFlags(["-L\(folder)", "-Xlinker", "-rpath", "-Xlinker", folder])]
    } ?? []

let strict: [SwiftSetting] = [.enableUpcomingFeature("ExistentialAny")]

let package = Package(
    name: "ChatLogic",
    platforms: [.iOS(.v17), .macOS(.v14)],
    products: [.library(name: "ChatLogic", targets: ["ChatLogic"])],
    dependencies: [.package(path: "../../../swift")],
    targets: [
        .target(
            name: "ChatLogic",
            dependencies: [.product(name: "Causerie", package: "swift")],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ChatLogicTests",
            dependencies: ["ChatLogic"],
            swiftSettings: strict,
            linkerSettings: linked
        ),
    ],
    swiftLanguageModes: [.v6]
)
