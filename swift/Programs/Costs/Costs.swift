import Causerie
import Foundation

/// What one of something takes.
struct Cost: Codable {
    let what: String
    let microseconds: Double
}

/// The measurements. Each is repeated in rounds of which the median counts, so that what else the
/// machine does is left out.
enum Costs {
    private static let rounds = 21
    /// How many messages wait each time a sequence is asked.
    private static let batch = 64

    /// All of them, with a client of its own.
    static func measured() async throws -> [Cost] {
        let folder = FileManager.default.temporaryDirectory
            .appending(
                component: "causerie-costs-\(UUID().uuidString)", directoryHint: .isDirectory)
        defer { try? FileManager.default.removeItem(at: folder) }
        let client = try await Causerie.open(
            directory: folder, server: "ws://127.0.0.1:1", user: "alice"
        ) { "no token" }
        let conversation = try await client.openDirect(with: "bob")
        let costs = [
            await call(conversation),
            try await ready(conversation),
            try await completed(conversation),
            try await event(conversation),
            try await send(conversation),
        ]
        await client.close()
        return costs
    }

    private static func call(_ conversation: Conversation) async -> Cost {
        await cost("a call", of: 10_000) {
            for _ in 1...10_000 { _ = conversation.draft }
        }
    }

    private static func ready(_ conversation: Conversation) async throws -> Cost {
        let timeline = try await conversation.timeline()
        var updates = timeline.updates.makeAsyncIterator()
        timeline.close()
        while await updates.next() != nil {}
        let ended = updates
        return await cost("a future that is ready at once", of: 2_000) {
            var updates = ended
            for _ in 1...2_000 { _ = await updates.next() }
        }
    }

    private static func completed(_ conversation: Conversation) async throws -> Cost {
        try await cost("a future that another thread completes", of: 2_000) {
            for _ in 1...2_000 { try await conversation.setTyping(false) }
        }
    }

    private static func event(_ conversation: Conversation) async throws -> Cost {
        let timeline = try await conversation.timeline()
        var updates = timeline.updates.makeAsyncIterator()
        _ = await updates.next()
        var taken: [Double] = []
        for _ in 0...rounds {
            for n in 1...batch {
                try await conversation.send("\(n): a line of about the length that people write.")
            }
            let start = ContinuousClock.now
            let diffs = await updates.next()?.diffs ?? []
            taken.append(microseconds(since: start) / Double(batch))
            precondition(diffs.count == batch, "\(diffs.count) came at once")
        }
        return Cost(
            what: "an event of a timeline, \(batch) at once", microseconds: median(of: taken))
    }

    private static func send(_ conversation: Conversation) async throws -> Cost {
        try await cost("a message sent, with its commit", of: 100) {
            for n in 1...100 {
                try await conversation.send("\(n): a line of about the length that people write.")
            }
        }
    }

    private static func cost(
        _ what: String, of count: Int, _ round: () async throws -> Void
    ) async rethrows -> Cost {
        var taken: [Double] = []
        for _ in 0...rounds {
            let start = ContinuousClock.now
            try await round()
            taken.append(microseconds(since: start) / Double(count))
        }
        return Cost(what: what, microseconds: median(of: taken))
    }

    /// The first round is for warming up.
    private static func median(of taken: [Double]) -> Double {
        taken.dropFirst().sorted()[rounds / 2]
    }

    private static func microseconds(since start: ContinuousClock.Instant) -> Double {
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        return Double(seconds) * 1e6 + Double(attoseconds) / 1e12
    }
}
