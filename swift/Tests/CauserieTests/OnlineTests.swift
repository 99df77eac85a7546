import Causerie
import Testing

@Suite(.timeLimit(.minutes(2)))
struct OnlineTests {
    @Test func `a message arrives once and is confirmed in place`() async throws {
        async let first = Person.online("alice")
        async let second = Person.online("bob")
        let (alice, bob) = (try await first, try await second)
        let conversation = try await alice.client.openDirect(with: bob.name)
        let key = try await conversation.send("Bonjour, Bob")
        guard case .sent(let seq) = try await alice.client.outbox.settled(key) else {
            Issue.record("it was not sent")
            return
        }
        #expect(seq == 1)
        let mine = try await alice.shown(in: conversation.id) { $0.last?.sendState == nil }
        #expect(mine.map(\.key) == [key])
        #expect(mine.map(\.seq) == [1])
        let theirs = try await bob.shown(in: conversation.id) { !$0.isEmpty }
        #expect(theirs.map(\.text) == ["Bonjour, Bob"])
        #expect(theirs.map(\.messageID) == mine.map(\.messageID))
        #expect(try await bob.conversation(conversation.id).item?.unreadCount == 1)
        await alice.client.close()
        await bob.client.close()
    }

    @Test func `edits and reactions and deletions show on the other side`() async throws {
        async let first = Person.online("alice")
        async let second = Person.online("bob")
        let (alice, bob) = (try await first, try await second)
        let conversation = try await alice.client.openDirect(with: bob.name)
        let key = try await conversation.send("See you at ate")
        try await conversation.edit(.key(key), text: "See you at eight")
        let edited = try await bob.shown(in: conversation.id) {
            $0.first?.text == "See you at eight"
        }
        #expect(edited[0].editedAt != nil)
        let theirs = try await bob.conversation(conversation.id)
        try await theirs.react(to: MessageTarget(edited[0]), with: "👍")
        let reacted = try await alice.shown(in: conversation.id) {
            $0.first?.reactions.isEmpty == false
        }
        #expect(reacted[0].reactions.map(\.emoji) == ["👍"])
        #expect(reacted[0].reactions.map(\.userIDs) == [[bob.name]])
        #expect(reacted[0].reactions.map(\.isMine) == [false])
        try await theirs.removeReaction("👍", from: MessageTarget(edited[0]))
        _ = try await alice.shown(in: conversation.id) { $0.first?.reactions.isEmpty == true }
        try await conversation.delete(.key(key))
        let deleted = try await bob.shown(in: conversation.id) { $0.first?.deletedAt != nil }
        #expect(deleted[0].text == nil)
        await alice.client.close()
        await bob.client.close()
    }

    @Test func `a group has its members and roles and a title that can change`() async throws {
        async let first = Person.online("alice")
        async let second = Person.online("bob")
        let (alice, bob) = (try await first, try await second)
        let group = try await alice.client.create(.group("Lunch", members: [bob.name]))
        _ = try await bob.conversation(group.id)
        let page = try await group.members()
        #expect(Set(page.members.map(\.userID)) == [alice.name, bob.name])
        #expect(page.members.first { $0.userID == alice.name }?.role == .owner)
        #expect(page.cursor == nil)

        let promoted = try await group.setRole(.admin, of: [bob.name])
        let renamed = try await group.update(ConversationChanges(title: "Dinner"))
        for key in [promoted, renamed] {
            guard case .sent = try await alice.client.outbox.settled(key) else {
                Issue.record("it was not sent")
                return
            }
        }
        _ = try await bob.client.conversations.updates.element { _ in
            try bob.client.conversation(group.id).item?.title == "Dinner"
        }
        let left = try await bob.client.conversation(group.id).leave()
        _ = try await bob.client.outbox.settled(left)
        _ = try await bob.client.conversations.updates.element { _ in
            try bob.client.conversation(group.id).item?.membership == .left
        }
        await alice.client.close()
        await bob.client.close()
    }

    @Test func `what the server refuses for good fails with its code and can be given up`()
        async throws
    {
        async let first = Person.online("alice")
        async let second = Person.online("bob")
        let (alice, bob) = (try await first, try await second)
        let group = try await alice.client.create(.group("Lunch", members: [bob.name]))
        let theirs = try await bob.conversation(group.id)
        let key = try await theirs.update(ConversationChanges(title: "Mine"))
        let state = try await bob.client.outbox.settled(key)
        guard case .failed(code: .forbidden, _) = state else {
            Issue.record("it is \(state)")
            return
        }
        #expect(bob.client.outbox.items.map(\.state) == [state])
        try await bob.client.outbox.cancel(key)
        #expect(bob.client.outbox.items.isEmpty)
        await alice.client.close()
        await bob.client.close()
    }

    @Test func `who types and how far others have read is known`() async throws {
        async let first = Person.online("alice")
        async let second = Person.online("bob")
        let (alice, bob) = (try await first, try await second)
        let conversation = try await alice.client.openDirect(with: bob.name)
        let timeline = try await conversation.timeline()
        try await conversation.send("Bonjour")
        _ = try await bob.shown(in: conversation.id) { !$0.isEmpty }
        let theirs = try await bob.conversation(conversation.id)

        var typing = try alice.client.events(EventFilter(kinds: [.typing])).makeAsyncIterator()
        var cursors = try alice.client.events(EventFilter(kinds: [.cursors])).makeAsyncIterator()
        try await theirs.setTyping(true)
        #expect(
            await typing.next() == [
                .typing(conversationID: conversation.id, userIDs: [bob.name])
            ])
        #expect(conversation.typingUserIDs == [bob.name])
        try await theirs.markRead()
        while let events = await cursors.next() {
            let read = events.contains {
                if case .cursors(conversation.id, let cursors) = $0 {
                    cursors.contains { $0.userID == bob.name && $0.seq == 1 }
                } else {
                    false
                }
            }
            if read { break }
        }
        let known = try await conversation.readCursors()
        #expect(known.contains { $0.userID == bob.name && $0.seq == 1 })
        withExtendedLifetime(timeline) {}
        await alice.client.close()
        await bob.client.close()
    }

    @Test func `how far others have read is told at first and whenever it changes`() async throws {
        async let first = Person.online("alice")
        async let second = Person.online("bob")
        let (alice, bob) = (try await first, try await second)
        let conversation = try await alice.client.openDirect(with: bob.name)
        let timeline = try await conversation.timeline()
        var changes = conversation.readCursorChanges().makeAsyncIterator()
        var told = [try #require(await changes.next())]
        #expect(told[0].allSatisfy { $0.seq == 0 })
        for seq in 1...2 {
            try await conversation.send("Bonjour \(seq)")
            _ = try await bob.shown(in: conversation.id) { $0.count == seq }
            try await bob.conversation(conversation.id).markRead()
            while let cursors = await changes.next() {
                told.append(cursors)
                if cursors.contains(where: { $0.userID == bob.name && $0.seq == seq }) { break }
            }
        }
        #expect(told.last == (try await conversation.readCursors()))
        #expect(zip(told, told.dropFirst()).allSatisfy { $0 != $1 })
        // Who comes later begins with what is known.
        for await cursors in conversation.readCursorChanges() {
            #expect(cursors == told.last)
            break
        }
        withExtendedLifetime(timeline) {}
        await alice.client.close()
        #expect(await changes.next() == nil)
        await bob.client.close()
    }

    @Test func `older messages come by pages`() async throws {
        let alice = try await Person.online("alice")
        let conversation = try await alice.client.openDirect(with: "bob")
        var key = ""
        for n in 1...30 { key = try await conversation.send("\(n)") }
        _ = try await alice.client.outbox.settled(key)
        let timeline = try await conversation.timeline(pageSize: 10)
        let newest = timeline.snapshot
        #expect(newest.items.map(\.text) == (21...30).map { "\($0)" })
        #expect(newest.items == timeline.items)
        #expect(newest.state.hasOlder)
        #expect(timeline.state.hasOlder)
        try await timeline.loadOlder()
        _ = try await timeline.updates.element { _ in timeline.items.count == 20 }
        let middle = try await conversation.timeline(from: .around(seq: 10), pageSize: 5)
        let around = middle.snapshot
        #expect(around.state.hasNewer)
        #expect(around.items.contains { $0.seq == 10 })
        try await middle.loadNewer()
        await alice.client.close()
    }

    @Test func `users and a sync can be asked for and are left out when unknown`() async throws {
        async let first = Person.online("alice")
        async let second = Person.online("bob")
        let (alice, bob) = (try await first, try await second)
        let key = try await alice.client.openDirect(with: bob.name).send("Bonjour")
        _ = try await alice.client.outbox.settled(key)
        let users = try await alice.client.users.fetch([bob.name, "nobody-at-all"])
        #expect(users.map(\.id) == [bob.name])
        #expect(alice.client.users[bob.name]?.id == bob.name)
        #expect(alice.client.users.all.contains { $0.id == bob.name })
        try await alice.client.sync()
        try await alice.client.stop()
        try await alice.reaches(.disconnected)
        await alice.client.close()
        await bob.client.close()
    }
}
