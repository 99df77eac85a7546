import Causerie
import Foundation
import Server

/// How much is done, in all.
struct Load {
    let sends: Int
    let sequences: Int
    let cancelled: Int
}

/// Two clients: one that sends to the real server, and one without a network, whose calls wait until
/// they are cancelled.
struct Soak {
    private static let rounds = 100

    private let load: Load
    private let sender: Client
    private let waiter: Client
    private let conversation: Conversation
    private let stuck: String

    init(_ load: Load, in folder: URL, server: Server) async throws {
        self.load = load
        sender = try await Causerie.open(
            directory: folder.appending(component: "sender"), server: server.url, user: "alice"
        ) {
            try await server.token(for: "alice")
        }
        try await sender.start()
        conversation = try await sender.openDirect(with: "bob")
        waiter = try await Causerie.open(
            directory: folder.appending(component: "waiter"), server: "ws://127.0.0.1:1",
            user: "carol"
        ) { "no token" }
        stuck = try await waiter.openDirect(with: "bob").send("never sent")
    }

    func close() async {
        await sender.close()
        await waiter.close()
    }

    /// Does it, in rounds that are alike, and looks after each.
    func run() async throws -> Verdict {
        try await fillCache()
        var held: [Held] = []
        for round in 1...Self.rounds {
            try await send(share(of: load.sends, in: round))
            try await observe(share(of: load.sequences, in: round))
            try await cancel(share(of: load.cancelled, in: round))
            held.append(try Held.now())
            if round % 10 == 0 {
                // Written past the buffer, so that one who waits sees it.
                let line = "\(round) % of \(load.sends) sends: \(held[round - 1])\n"
                try FileHandle.standardOutput.write(contentsOf: Data(line.utf8))
            }
        }
        return Verdict(held)
    }

    private func share(of all: Int, in round: Int) -> Int {
        all * round / Self.rounds - all * (round - 1) / Self.rounds
    }

    /// SQLite keeps up to 8 MB of the database in memory. Small messages take some 70,000 of them to
    /// get there, and until then that looks like a leak; so the room is taken by long ones first.
    private func fillCache() async throws {
        let long = String(repeating: "x", count: 12_000)
        for _ in 0..<75 {
            var last = ""
            for _ in 0..<20 { last = try await conversation.send(long) }
            _ = try await sender.outbox.settled(last)
        }
    }

    /// Sends, while a timeline is open and somebody iterates over it, until the server has all.
    private func send(_ count: Int) async throws {
        let timeline = try await conversation.timeline()
        let following = Task { for await _ in timeline.updates {} }
        var last = ""
        for n in 0..<count { last = try await conversation.send("message \(n) of a round") }
        guard count > 0 else { return }
        guard case .sent = try await sender.outbox.settled(last) else {
            throw Failure("a message was not sent")
        }
        timeline.close()
        await following.value
    }

    /// Opens and ends sequences of every kind: by leaving, by cancellation, by closing.
    private func observe(_ count: Int) async throws {
        for n in 0..<count {
            switch n % 5 {
            case 0: for await _ in sender.connectionStates { break }
            case 1: for await _ in sender.conversations.updates { break }
            case 2: for await _ in sender.outbox.updates { break }
            case 3:
                let events = try sender.events()
                let following = Task { for await _ in events {} }
                following.cancel()
                await following.value
            default:
                let timeline = try await conversation.timeline(pageSize: 5)
                for await _ in timeline.updates { timeline.close() }
            }
        }
    }

    /// Calls that would wait for ever.
    private func cancel(_ count: Int) async throws {
        for _ in 0..<count {
            let waiting = Task { [waiter, stuck] in try await waiter.outbox.settled(stuck) }
            waiting.cancel()
            do {
                _ = try await waiting.value
                throw Failure("a cancelled call returned")
            } catch is CancellationError {}
        }
    }
}

/// Something did not go as it must.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
