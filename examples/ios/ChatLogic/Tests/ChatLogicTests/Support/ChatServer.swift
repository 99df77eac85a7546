import Foundation

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// `causerie serve --dev`, the real one, on a port of the loopback that it keeps when it is started
/// again. It ends with this process, however that ends.
@MainActor
final class ChatServer {
    /// What did not happen.
    struct Problem: Error { let what: String }

    let url: String
    private let folder: Folder
    private var running: Running

    private struct Running {
        let process = Process()
        /// While this is open, the server goes on.
        let lifeline = Pipe()
    }

    /// Starts the program that `CAUSERIE_BIN` names.
    init() throws {
        let folder = Folder()
        (running, url) = try Self.start(listen: "127.0.0.1:0", folder)
        self.folder = folder
    }

    /// As when the machine fails: nobody is told.
    func kill() {
        #if canImport(Darwin)
            Darwin.kill(running.process.processIdentifier, SIGKILL)
        #else
            Glibc.kill(running.process.processIdentifier, SIGKILL)
        #endif
        running.process.waitUntilExit()
    }

    /// Starts it again, with the same data at the same address.
    func restart() throws {
        let address = url.dropFirst("ws://".count).prefix { $0 != "/" }
        (running, _) = try Self.start(listen: String(address), folder)
    }

    private static func start(listen: String, _ folder: Folder) throws -> (Running, url: String) {
        guard let program = ProcessInfo.processInfo.environment["CAUSERIE_BIN"] else {
            throw Problem(what: "name the program `causerie` in CAUSERIE_BIN")
        }
        let (running, output) = (Running(), Pipe())
        running.process.executableURL = URL(filePath: program)
        running.process.arguments = [
            "serve", "--dev", "--listen", listen, "--end-with-stdin",
            "--data", folder.path("server").path(percentEncoded: false),
        ]
        running.process.standardInput = running.lifeline
        running.process.standardOutput = output
        running.process.standardError = FileHandle.nullDevice
        try running.process.run()
        // listening on ws://127.0.0.1:43475/ws
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let url = line.split(whereSeparator: \.isWhitespace).last, url.hasPrefix("ws://")
        else { throw Problem(what: "the server said \(line)") }
        return (running, String(url))
    }
}

/// A folder that goes with its last reference.
final class Folder: Sendable {
    private let url: URL

    init() {
        url = FileManager.default.temporaryDirectory
            .appending(component: "chat-\(UUID().uuidString)", directoryHint: .isDirectory)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> URL { url.appending(component: name) }
}
