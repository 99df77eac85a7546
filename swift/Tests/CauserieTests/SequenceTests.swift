import Causerie
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SequenceTests {
    @Test func `a timeline is told anew first and then what changed`() async throws {
        let alice = try await Person.offline()
        let conversation = try await alice.client.openDirect(with: "bob")
        let timeline = try await conversation.timeline()
        var updates = timeline.updates.makeAsyncIterator()
        #expect(await updates.next()?.diffs == [.reset([])])

        let key = try await conversation.send("Bonjour")
        let told = await updates.next()?.diffs ?? []
        guard case .insert(let item, after: nil)? = told.first, told.count == 1 else {
            Issue.record("told \(told)")
            return
        }
        #expect(item.key == key)
        #expect(timeline.items == [item])
        await alice.client.close()
    }

    @Test func `each iteration begins with the present state`() async throws {
        let alice = try await Person.offline()
        let conversation = try await alice.client.openDirect(with: "bob")
        try await conversation.send("Bonjour")
        let list = alice.client.conversations.updates
        for _ in 1...2 {
            var iterator = list.makeAsyncIterator()
            guard case .reset(let items)? = await iterator.next()?.first else {
                Issue.record("no reset")
                return
            }
            #expect(items.map(\.id) == [conversation.id])
        }
        for await state in alice.client.connectionStates {
            #expect(state == .disconnected)
            break
        }
        await alice.client.close()
    }

    @Test func `what came while nobody asked is one element`() async throws {
        let alice = try await Person.offline()
        let conversation = try await alice.client.openDirect(with: "bob")
        let timeline = try await conversation.timeline()
        var updates = timeline.updates.makeAsyncIterator()
        _ = await updates.next()
        for n in 1...50 { try await conversation.send("\(n)") }
        var items: [TimelineItem] = []
        let batch = try #require(await updates.next())
        for diff in batch.diffs where !items.apply(diff) { Issue.record("\(diff) does not fit") }
        #expect(items.map(\.text) == (1...50).map { "\($0)" })
        await alice.client.close()
    }

    @Test func `the outbox tells what is new and what was cancelled`() async throws {
        let alice = try await Person.offline()
        var updates = alice.client.outbox.updates.makeAsyncIterator()
        #expect(await updates.next() == [.reset([])])
        let conversation = try await alice.client.openDirect(with: "bob")
        let key = try await conversation.send("Bonjour")
        try await alice.client.outbox.cancel(key)
        var items: [OutboxItem] = []
        while let diffs = await updates.next() {
            for diff in diffs { items.apply(diff) }
            if diffs.contains(.cancelled(key: key)) { break }
        }
        #expect(items.map(\.kind) == [.createConversation])
        await alice.client.close()
    }

    @Test func `a cancelled task ends its iterations at once`() async throws {
        let alice = try await Person.offline()
        let client = alice.client
        let conversation = try await client.openDirect(with: "bob")
        let timeline = try await conversation.timeline()
        let events = try client.events()
        let states = try client.outbox.states(of: try await conversation.send("Bonjour"))
        let began = Signal()
        let following = Task {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { for await _ in states {} }
                group.addTask { for await _ in client.connectionStates {} }
                group.addTask { for await _ in client.conversations.updates {} }
                group.addTask { for await _ in client.outbox.updates {} }
                group.addTask { for await _ in events {} }
                group.addTask { for await _ in conversation.readCursorChanges() {} }
                group.addTask { for await _ in timeline.updates { began.happen() } }
            }
            return Task.isCancelled
        }
        try await began.wait()
        following.cancel()
        #expect(try await following.inTime())
        // It was the task that ended, not what it observed.
        for await state in client.connectionStates {
            #expect(state == .disconnected)
            break
        }
        await client.close()
    }

    @Test func `an iteration that begins in a cancelled task ends at once`() async throws {
        let alice = try await Person.offline()
        let client = alice.client
        let conversation = try await client.openDirect(with: "bob")
        let following = Task {
            while !Task.isCancelled { await Task.yield() }
            for await _ in client.connectionStates {}
            for await _ in conversation.readCursorChanges() { Issue.record("it looked") }
        }
        following.cancel()
        try await following.inTime()
        await client.close()
    }

    @Test func `an iterator that tasks share ends for all when one of them is cancelled`()
        async throws
    {
        let alice = try await Person.offline()
        var states = alice.client.connectionStates.makeAsyncIterator()
        #expect(await states.next() == .disconnected)
        let tasks = (1...2).map { _ in
            Task { [states] in
                var shared = states
                return await shared.next()
            }
        }
        tasks[0].cancel()
        for task in tasks { #expect(try await task.inTime() == nil) }
        // One of its own is not touched.
        var own = alice.client.connectionStates.makeAsyncIterator()
        #expect(await own.next() == .disconnected)
        await alice.client.close()
    }

    @Test func `closing the client ends every iteration`() async throws {
        let alice = try await Person.offline()
        let client = alice.client
        let conversation = try await client.openDirect(with: "bob")
        let timeline = try await conversation.timeline()
        let events = try client.events()
        let states = try client.outbox.states(of: try await conversation.send("Bonjour"))
        let began = Signal()
        let following = Task {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { for await _ in states {} }
                group.addTask { for await _ in client.connectionStates {} }
                group.addTask { for await _ in client.conversations.updates {} }
                group.addTask { for await _ in client.outbox.updates {} }
                group.addTask { for await _ in events {} }
                group.addTask { for await _ in conversation.readCursorChanges() {} }
                group.addTask { for await _ in timeline.updates { began.happen() } }
            }
        }
        try await began.wait()
        await client.close()
        try await following.inTime()
    }

    @Test func `the last state of the connection is that the client is closed`() async throws {
        for signsOut in [false, true] {
            let alice = try await Person.offline()
            var states = alice.client.connectionStates.makeAsyncIterator()
            #expect(await states.next() == .disconnected)
            if signsOut {
                try await alice.client.signOut(wipe: true)
            } else {
                await alice.client.close()
            }
            #expect(await states.next() == .closed(reason: "the client is closed"))
            #expect(await states.next() == nil)
        }
    }

    @Test func `the states of a write end when it is sent or cancelled`() async throws {
        let alice = try await Person.signedIn("alice")
        let outbox = alice.client.outbox
        let conversation = try await alice.client.openDirect(with: "bob")
        let (one, two) = (try await conversation.send("1"), try await conversation.send("2"))
        var ones = try outbox.states(of: one).makeAsyncIterator()
        var twos = try outbox.states(of: two).makeAsyncIterator()
        #expect(await ones.next() == .queued)
        #expect(await twos.next() == .queued)
        try await outbox.cancel(one)
        #expect(await ones.next() == nil)
        try await alice.client.start()
        let sent = await twos.next()
        #expect(sent == (try await outbox.settled(two)))
        guard case .sent(seq: 1)? = sent else {
            Issue.record("it is \(String(describing: sent))")
            return
        }
        #expect(await twos.next() == nil)
        // Who comes later is told how it ended.
        var later: [SendState] = []
        for await state in try outbox.states(of: two) { later.append(state) }
        #expect(later == [.sent(seq: 1)])
        #expect(throws: CauserieError.self) { try outbox.states(of: "no key") }
        await alice.client.close()
    }

    @Test func `closing a timeline ends its iterations and no other`() async throws {
        let alice = try await Person.offline()
        let conversation = try await alice.client.openDirect(with: "bob")
        let (one, other) = (try await conversation.timeline(), try await conversation.timeline())
        var updates = one.updates.makeAsyncIterator()
        var others = other.updates.makeAsyncIterator()
        _ = await updates.next()
        _ = await others.next()
        one.close()
        #expect(await updates.next() == nil)
        let error = await #expect(throws: CauserieError.self) { try await one.loadOlder() }
        #expect(error?.code == .timelineClosed)
        try await conversation.send("Bonjour")
        #expect(await others.next()?.diffs.count == 1)
        await alice.client.close()
    }

    @Test func `a timeline stays open while somebody iterates over it`() async throws {
        let alice = try await Person.offline()
        let conversation = try await alice.client.openDirect(with: "bob")
        var updates = try await conversation.timeline().updates.makeAsyncIterator()
        #expect(await updates.next()?.diffs == [.reset([])])
        try await conversation.send("Bonjour")
        #expect(await updates.next()?.diffs.count == 1)
        await alice.client.close()
    }

    @Test func `events come as they happen to those who want them`() async throws {
        let alice = try await Person.offline()
        var events = try alice.client.events(EventFilter(kinds: [.connection])).makeAsyncIterator()
        try await alice.client.start()
        guard case .connection(let state)? = await events.next()?.first else {
            Issue.record("no event of the connection")
            return
        }
        #expect(state != .disconnected)
        #expect(throws: CauserieError.self) {
            try alice.client.events(EventFilter(conversationID: "bob"))
        }
        await alice.client.close()
    }
}
