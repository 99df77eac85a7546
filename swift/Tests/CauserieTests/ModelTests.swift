import Causerie
import Observation
import Testing

@MainActor
@Suite(.timeLimit(.minutes(1)))
struct ModelTests {
    /// Waits until what a model shows fits, as a view does: it is told that something will change.
    private func waits(until fits: @escaping @MainActor () -> Bool) async throws {
        while true {
            let (changes, change) = AsyncStream<Void>.makeStream()
            let fit = withObservationTracking(fits) { change.finish() }
            if fit { return }
            for await _ in changes {}
            try Task.checkCancellation()
        }
    }

    @Test func `the list model follows the list on the main actor`() async throws {
        let alice = try await Person.offline()
        let model = ConversationListModel(alice.client)
        #expect(model.items.isEmpty)
        #expect(model.connection == .disconnected)
        #expect(!model.isOffline)
        let running = Task { await model.run() }
        let conversation = try await alice.client.openDirect(with: "bob")
        try await waits { model.items.map(\.id) == [conversation.id] }
        #expect(model.unreadCount == 0)
        try await alice.client.start()
        try await waits { model.isOffline }
        await alice.client.close()
        try await running.inTime()
    }

    @Test func `the timeline model does what a person does`() async throws {
        let alice = try await Person.offline()
        let conversation = try await alice.client.openDirect(with: "bob")
        let model = TimelineModel(conversation, of: alice.client)
        let running = Task { await model.run() }
        await model.typed("Bonj")
        #expect(conversation.draft == "Bonj")
        await model.send("Bonjour")
        #expect(conversation.draft == nil)
        try await waits { model.items.map(\.text) == ["Bonjour"] }
        await model.edit(model.items[0], text: "Bonsoir")
        try await waits { model.items.map(\.text) == ["Bonsoir"] }
        await model.toggle("👍", on: model.items[0])
        try await waits { model.items[0].reactions.map(\.isMine) == [true] }
        await model.toggle("👍", on: model.items[0])
        try await waits { model.items[0].reactions.isEmpty }
        await model.markRead()
        await model.loadOlder()
        await model.delete(model.items[0])
        try await waits { model.items.isEmpty }
        #expect(model.failure == nil)
        await alice.client.close()
        try await running.inTime()
    }

    @Test func `what fails is shown and does not throw`() async throws {
        let alice = try await Person.offline()
        let conversation = try await alice.client.openDirect(with: "bob")
        let model = TimelineModel(conversation, of: alice.client)
        #expect(await model.send("") == nil)
        #expect(model.failure?.code == .invalid)
        // Something else that works does not hide it; the same, done with success, does.
        await model.typed("Bonjour")
        #expect(model.failure?.code == .invalid)
        let key = await model.send("Bonjour")
        #expect(model.failure == nil)
        #expect(alice.client.outbox.items.map(\.key).last == key)
        await alice.client.close()
        await model.run()
        #expect(model.failure?.code == .closed)
    }

    @Test func `what was confirmed since it was drawn is changed and taken back all the same`()
        async throws
    {
        let alice = try await Person.signedIn("alice")
        let client = alice.client
        let conversation = try await client.openDirect(with: "bob")
        let model = TimelineModel(conversation, of: client)
        let running = Task { await model.run() }
        await model.send("Bonjour")
        try await waits { !model.items.isEmpty }
        let drawn = model.items[0]
        try await client.start()
        try await waits { model.items[0].messageID != nil }
        #expect(drawn.messageID == nil)
        await model.edit(drawn, text: "Bonsoir")
        await model.toggle("👍", on: drawn)
        try await waits { model.items[0].text == "Bonsoir" && model.items[0].reactions.count == 1 }
        await model.retry(drawn)
        await model.delete(drawn)
        #expect(model.failure == nil)
        try await waits { model.items[0].deletedAt != nil }
        // The server has taken it all.
        _ = try await client.outbox.updates.element { _ in client.outbox.items.isEmpty }
        await client.close()
        try await running.inTime()
    }

    @Test func `what was confirmed and is not shown any more is taken back all the same`()
        async throws
    {
        let alice = try await Person.signedIn("alice")
        let client = alice.client
        let conversation = try await client.openDirect(with: "bob")
        let key = try await conversation.send("Bonjour")
        let drawn = try #require(try await conversation.timeline().items.first)
        try await client.start()
        _ = try await client.outbox.settled(key)
        _ = try await alice.shown(in: conversation.id) { $0.first?.messageID != nil }
        // It does not run.
        let model = TimelineModel(conversation, of: client)
        await model.delete(drawn)
        #expect(model.failure == nil)
        _ = try await alice.shown(in: conversation.id) { $0.first?.deletedAt != nil }
        await client.close()
    }

    @Test func `a message that is given up twice leaves nothing to be sent`() async throws {
        let alice = try await Person.offline()
        let conversation = try await alice.client.openDirect(with: "bob")
        let model = TimelineModel(conversation, of: alice.client)
        let running = Task { await model.run() }
        await model.send("Bonjour")
        try await waits { !model.items.isEmpty }
        let drawn = model.items[0]
        await model.delete(drawn)
        await model.delete(drawn)
        await model.retry(drawn)
        #expect(model.failure == nil)
        #expect(alice.client.outbox.items.map(\.kind) == [.createConversation])
        await alice.client.close()
        try await running.inTime()
    }

    @Test func `after signing out with a wipe nothing that is left shows what was there`()
        async throws
    {
        let alice = try await Person.offline()
        let client = alice.client
        let conversation = try await client.openDirect(with: "bob")
        let timeline = try await conversation.timeline()
        let (list, model) = (
            ConversationListModel(client), TimelineModel(conversation, of: client)
        )
        let running = [Task { await list.run() }, Task { await model.run() }]
        await model.send("Bonjour")
        try await conversation.setDraft("and then")
        try await waits { list.items.count == 1 && model.items.count == 1 }

        try await client.signOut(wipe: true, unsent: .discard)
        for task in running { try await task.inTime() }
        #expect(list.items.isEmpty)
        #expect(model.items.isEmpty)
        #expect(list.connection == .closed(reason: "the client is closed"))
        #expect(client.conversations.items.isEmpty)
        #expect(try client.conversations.item(conversation.id) == nil)
        #expect(client.outbox.items.isEmpty)
        #expect(client.users.all.isEmpty)
        #expect(conversation.item == nil)
        #expect(conversation.draft == nil)
        #expect(conversation.typingUserIDs.isEmpty)
        #expect(timeline.items.isEmpty)
        #expect(timeline.snapshot.items.isEmpty)
    }

    @Test func `a model ends with its task and can run again`() async throws {
        let alice = try await Person.offline()
        let conversation = try await alice.client.openDirect(with: "bob")
        try await conversation.send("Bonjour")
        let model = TimelineModel(conversation, of: alice.client)
        for _ in 1...2 {
            let running = Task { await model.run() }
            try await waits { !model.items.isEmpty }
            running.cancel()
            try await running.inTime()
        }
        await alice.client.close()
    }

    @Test func `two runs at once show every conversation once`() async throws {
        let alice = try await Person.offline()
        let client = alice.client
        let model = ConversationListModel(client)
        let running = [Task { await model.run() }, Task { await model.run() }]
        for n in 1...10 { _ = try await client.openDirect(with: "bob-\(n)") }
        try await waits { model.items.count >= 10 }
        // Both have told all that they have to tell.
        await client.close()
        for task in running { try await task.inTime() }
        #expect(model.items.map(\.id) == client.conversations.items.map(\.id))
    }

    @Test func `what a person does in several tasks is done in order`() async throws {
        let alice = try await Person.offline()
        let conversation = try await alice.client.openDirect(with: "bob")
        let model = TimelineModel(conversation, of: alice.client)
        let texts = (1...100).map { "\($0)" }
        let tasks = texts.flatMap { text in
            [Task { await model.typed(text) }, Task { _ = await model.send(text) }]
        }
        let last = Task { await model.typed("unsent") }
        for task in tasks { try await task.inTime() }
        try await last.inTime()
        #expect(model.failure == nil)
        #expect(alice.client.outbox.items.compactMap(\.text) == texts)
        #expect(conversation.draft == "unsent")
        await alice.client.close()
    }

    @Test func `a run that ends late leaves the next one its timeline`() async throws {
        let (alice, bob) = (try await Person.online("alice"), try await Person.online("bob"))
        let conversation = try await alice.client.openDirect(with: bob.name)
        for n in 1...20 {
            _ = try await alice.client.outbox.settled(try await conversation.send("\(n)"))
        }
        let model = TimelineModel(conversation, of: alice.client, pageSize: 10)
        let first = Task { await model.run() }
        try await waits { model.items.count == 10 }
        await model.loadOlder()
        try await waits { model.items.count == 20 }
        let next = Task { await model.run() }
        // It has opened its own timeline once that is what is shown.
        try await waits { model.items.count == 10 }
        first.cancel()
        try await first.inTime()
        await model.loadOlder()
        try await waits { model.items.count == 20 }
        await alice.client.close()
        await bob.client.close()
        try await next.inTime()
    }
}
