import Foundation
import Testing

struct ReadmeTests {
    private static let package = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    @Test func `what the README shows is what is compiled`() throws {
        let readme = try String(
            contentsOf: Self.package.appending(path: "../README.md").standardized, encoding: .utf8)
        let program = try String(
            contentsOf: Self.package.appending(path: "Programs/Readme/main.swift"), encoding: .utf8)
        let blocks = readme.components(separatedBy: "```swift\n").dropFirst()
            .compactMap { $0.components(separatedBy: "```").first }
        #expect(blocks == [program])
        #expect(program.split(separator: "\n").count <= 20)
    }
}
