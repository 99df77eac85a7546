import Foundation
import Testing

@testable import causerie_device

/// What the device of the conformance scenarios reads and writes, against the lines that all of them
/// are tested with.
struct DeviceTests {
    private static func lines(_ file: String) throws -> [String] {
        let url = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../tests/conformance/protocol/\(file)").standardized
        return try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    @Test func `it reads every field of every line that it may be told`() throws {
        for line in try Self.lines("told.jsonl") {
            let order = try Order(line)
            let told = try #require(
                JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let known = Mirror(reflecting: order).children.filter { "\($0.value)" != "nil" }
            #expect(known.count == told.count, "\(line)")
        }
    }

    @Test func `what it says has the fields of the lines that it may say`() throws {
        let item = Shown.Item(
            tempId: "t", messageId: "m", seq: 4, from: "bob", text: "hello", send: "queued",
            edited: true, deleted: false, changing: false,
            reactions: [Shown.Reaction(emoji: "👍", by: ["alice"], count: 1, me: true)],
            replyTo: "r", mentions: ["alice"])
        let room = Shown.Room(
            id: "i", title: "t", unread: 1, mentions: 0, draft: "d", membership: "joined",
            last: "l", pending: "p", typing: ["bob"], readBy: ["Bob_Builder": 3],
            timeline: Shown.Messages(items: [item], same: true, older: false, resets: 0, moves: 1))
        let write = Shown.Write(
            key: "k", what: "edit", room: "r", targetKey: "k", targetId: "i", failed: "forbidden")
        var shown = Shown()
        shown.rooms = [room]
        shown.outbox = [write]
        let said = try Self.object(Output.line(shown))
        #expect(
            Set(said.keys) == [
                "says", "connection", "rooms", "outbox", "tokens_asked", "ever", "broken",
            ])
        let rooms = try #require(said["rooms"] as? [[String: Any]])
        #expect(
            Set(rooms[0].keys) == [
                "id", "title", "unread", "mentions", "draft", "membership", "last", "pending",
                "typing", "read_by", "timeline",
            ])
        #expect(rooms[0]["read_by"] as? [String: Int] == ["Bob_Builder": 3])
        let timeline = try #require(rooms[0]["timeline"] as? [String: Any])
        #expect(Set(timeline.keys) == ["items", "same", "older", "resets", "moves"])
        let items = try #require(timeline["items"] as? [[String: Any]])
        #expect(
            Set(items[0].keys) == [
                "temp_id", "message_id", "seq", "from", "text", "send", "edited", "deleted",
                "changing", "reactions", "reply_to", "mentions",
            ])
        let writes = try #require(said["outbox"] as? [[String: Any]])
        #expect(
            Set(writes[0].keys) == ["key", "what", "room", "target_key", "target_id", "failed"])
        let done = try Self.object(Output.line(Done(room: "r", keys: [], resets: 1, moves: 0)))
        #expect(Set(done.keys) == ["says", "room", "keys", "resets", "moves"])
    }

    private static func object(_ line: Data) throws -> [String: Any] {
        #expect(line.last == UInt8(ascii: "\n"))
        return try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
    }
}
