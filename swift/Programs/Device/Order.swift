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
