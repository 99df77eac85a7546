import Causerie
import Testing

@Suite(.timeLimit(.minutes(1)))
struct CancellationTests {
    @Test func `waiting for a message to be sent ends with its task`() async throws {
        let alice = try await Person.offline()
        let outbox = alice.client.outbox
        let key = try await alice.client.openDirect(with: "bob").send("Bonjour")
        let began = Signal()
        let waiting = Task {
            began.happen()
            return try await outbox.settled(key)
        }
        try await began.wait()
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.inTime() }
        // The write goes on.
        #expect(try outbox.state(of: key) == .queued)
        await alice.client.close()
    }

    @Test func `a call in a task that is cancelled already does not wait`() async throws {
        let alice = try await Person.offline()
        let outbox = alice.client.outbox
        let key = try await alice.client.openDirect(with: "bob").send("Bonjour")
        let waiting = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await outbox.settled(key)
        }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.inTime() }
        await alice.client.close()
    }

    @Test func `waiting for a message ends when it is cancelled and when the client is closed`()
        async throws
    {
        let alice = try await Person.offline()
        let outbox = alice.client.outbox
        let conversation = try await alice.client.openDirect(with: "bob")
        let (one, two) = (try await conversation.send("1"), try await conversation.send("2"))
        let waiting = [one, two].map { key in Task { try await outbox.settled(key) } }
        try await outbox.cancel(one)
        let cancelled = await #expect(throws: CauserieError.self) { try await waiting[0].inTime() }
        #expect(cancelled?.code == .unknownWrite)
        await alice.client.close()
        let closed = await #expect(throws: CauserieError.self) { try await waiting[1].inTime() }
        #expect(closed?.code == .closed)
    }

    @Test func `a thousand cancelled calls leave the client as it was`() async throws {
        let alice = try await Person.offline()
        let outbox = alice.client.outbox
        let key = try await alice.client.openDirect(with: "bob").send("Bonjour")
        for _ in 1...1000 {
            let waiting = Task { try await outbox.settled(key) }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.inTime() }
        }
        #expect(outbox.items.count == 2)
        await alice.client.close()
    }
}
