import Causerie
import Foundation

/// What a device is told: a word, and the fields that the word needs.
struct Order: Decodable, Sendable {
    let `do`: String
    let url: String?
    let control: String?
    let user: String?
    let folder: String?
    let tokenMs: Int64?
    let room: String?
    let with: String?
    let title: String?
    let members: [String]?
    let allHistory: Bool?
    let page: Int?
    let text: String?
    let texts: [String]?
    let replyTo: String?
    let mentions: [String]?
    let key: String?
    let messageId: String?
    let emoji: String?
    let seq: Int64?
    let on: Bool?
    let users: [String]?
    let wipe: Bool?
    let discard: Bool?
    let mood: Backend.Mood?
    let listener: String?

    init(_ line: String) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        self = try decoder.decode(Self.self, from: Data(line.utf8))
    }

    /// What the word cannot do without.
    func need<Value>(_ field: Value?) throws -> Value {
        guard let field else { throw Refusal.scenario("\(self.do) lacks a field") }
        return field
    }

    /// The message that a change means.
    var target: MessageTarget {
        get throws {
            if let key { return .key(key) }
            return .id(try need(messageId))
        }
    }
}

/// Whose device it is, and where its server is.
struct Identity: Sendable {
    let url: String
    let control: URL
    let user: String
    let folder: URL
    let tokenMs: Int64

    init(_ order: Order) throws {
        url = try order.need(order.url)
        control = try order.need(URL(string: try order.need(order.control)))
        user = try order.need(order.user)
        folder = URL(filePath: try order.need(order.folder), directoryHint: .isDirectory)
        tokenMs = try order.need(order.tokenMs)
    }
}

/// What an action gave.
struct Done: Encodable {
    var says = "done"
    var room: String?
    var keys: [String]?
    var members: [String: String]?
    var resets: Int?
    var moves: Int?
}

/// An action did not work.
struct Refusal: Error, Encodable {
    var says = "failed"
    let code: String
    let message: String

    /// What was asked for cannot be.
    static func scenario(_ message: String) -> Self {
        Self(code: "scenario", message: message)
    }

    private init(code: String, message: String) {
        self.code = code
        self.message = message
    }

    init(_ error: any Error) {
        switch error {
        case let refusal as Refusal: self = refusal
        case let error as CauserieError:
            self.init(code: error.code.rawValue, message: error.message)
        default: self.init(code: "scenario", message: "\(error)")
        }
    }
}

/// The lines of the standard input. Reading blocks, so it has a thread of its own.
enum Input {
    static var lines: AsyncStream<String> {
        AsyncStream { lines in
            Thread.detachNewThread {
                while let line = readLine() { lines.yield(line) }
                lines.finish()
            }
        }
    }
}

/// The standard output: one line at a time, whoever says it.
actor Output {
    private struct Changed: Encodable {
        var says = "changed"
    }

    func say(_ value: some Encodable) {
        guard let line = try? Self.line(value) else { return }
        try? FileHandle.standardOutput.write(contentsOf: line)
    }

    /// A value as a line.
    static func line(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        var line = try encoder.encode(value)
        line.append(UInt8(ascii: "\n"))
        return line
    }

    /// It may show something else now.
    func changed() {
        say(Changed())
    }
}
