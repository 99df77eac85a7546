import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// `causerie serve --dev`, the real one, in a process of its own on a free port of the loopback. It
/// ends with this process, however that ends.
public final class Server: Sendable {
    /// Where clients connect.
    public let url: String
    private let http: URL
    private let process = Process()
    /// While this is open, the server goes on.
    private let lifeline = Pipe()

    /// Starts the program that `CAUSERIE_BIN` names, with its data in this folder.
    ///
    /// - Throws: ``NotStarted``, or why the program cannot be run.
    public init(in folder: URL) throws {
        guard let program = ProcessInfo.processInfo.environment["CAUSERIE_BIN"] else {
            throw NotStarted("name the program `causerie` in CAUSERIE_BIN")
        }
        let output = Pipe()
        process.executableURL = URL(filePath: program)
        process.arguments = [
            "serve", "--dev", "--listen", "127.0.0.1:0", "--end-with-stdin",
            "--data", folder.path(percentEncoded: false),
        ]
        process.standardInput = lifeline
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        // listening on ws://127.0.0.1:43475/ws
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let url = line.split(whereSeparator: \.isWhitespace).last.map(String.init),
            let http = URL(string: url.replacing("ws://", with: "http://", maxReplacements: 1))
        else { throw NotStarted("the server said \(line)") }
        self.url = url
        self.http = http.deletingLastPathComponent()
    }

    /// A token as an app's backend would make it.
    public func token(for user: String) async throws -> String {
        struct Answer: Decodable { let token: String }
        var request = URLRequest(url: http.appending(path: "dev/token"))
        request.httpMethod = "POST"
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        request.httpBody = try JSONEncoder().encode(["user_id": user])
        // In a task that nobody cancels: while it receives, that may never end on Linux
        // (swift-corelibs-foundation issue 5412).
        let asking = Task { [request] in try await URLSession.shared.data(for: request) }
        let (body, _) = try await asking.value
        return try JSONDecoder().decode(Answer.self, from: body).token
    }

    /// Ends it.
    public func end() {
        process.terminate()
        process.waitUntilExit()
    }
}

/// The server does not run.
public struct NotStarted: Error, CustomStringConvertible {
    /// Why.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
