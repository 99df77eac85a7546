// swift-tools-version: 6.0

import PackageDescription

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
            swiftSettings: strict
        ),
    ],
    swiftLanguageModes: [.v6]
)
