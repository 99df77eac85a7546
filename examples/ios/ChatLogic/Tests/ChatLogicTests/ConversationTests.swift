import Causerie
import Testing

@testable import ChatLogic

/// What people do in a conversation, seen on both phones.
@MainActor
@Suite(.timeLimit(.minutes(5)))
struct ConversationTests {
    @Test func `what is unread is counted until its end is seen and then the sender knows`()
        async throws
    {
        let server = try ChatServer()
        let alice = try await Phone.connected("alice", to: server)
        let bob = try await Phone.connected("bob", to: server)
        let id = try #require(await alice.list.startDirect(with: "bob"))
        let chat = try await alice.open(id)
        await chat.write("One")
        let theirs = try await bob.open(id)
        try await waits { chat.messages.first?.delivery == .read(by: 1) }
        await bob.hide()
        bob.show(try bob.session)

        await chat.write("Two")
        await chat.write("Three")
        let row = try await bob.row(id) { $0.badge == "2" }
        #expect(row.preview == .message("Three", from: nil))
        #expect(row.label.hasPrefix("alice, 2 unread messages, Three"))
        #expect(try bob.list.title == "Chats (2)")
        #expect(chat.messages.last?.delivery != .read(by: 1))

        let again = try await bob.open(id)
        again.isAtNewest = false
        try await waits { again.texts.count == 3 }
        let line = again.rows().firstIndex { $0.id == "unread" }
        #expect(line.map { again.rows()[$0 + 1].id } == again.messages[1].id)
        // What comes while the end is out of sight counts, too: nothing was marked as read meanwhile.
        await chat.write("Four")
        try await bob.row(id) { $0.badge == "3" }
        again.isAtNewest = true
        try await bob.row(id) { $0.badge == nil }
        try await waits { chat.messages.allSatisfy { $0.delivery == .read(by: 1) } }
        #expect(chat.messages.last?.label.hasSuffix("read") == true)
        #expect(again.rows().contains { $0.id == "unread" })
        withExtendedLifetime(theirs) {}
        await alice.quit()
        await bob.quit()
    }

    @Test func `older pages come above and what was there stays what it was`() async throws {
        let server = try ChatServer()
        let alice = try await Phone.connected("alice", to: server)
        let bob = try await Phone.connected("bob", to: server)
        let id = try #require(await alice.list.startDirect(with: "bob"))
        let conversation = try alice.session.client.conversation(id)
        var last = ""
        for number in 1...70 { last = try await conversation.send("Message \(number)") }
        _ = try await alice.session.client.outbox.settled(last)

        try await bob.row(id) { $0.badge == "70" }
        let chat = try await bob.open(id, pageSize: 20)
        try await waits { chat.texts.last == "Message 70" && !chat.isLoading }
        #expect(chat.messages.count < 70)
        while chat.hasOlder {
            let before = chat.messages.map(\.id)
            chat.place = before[0]
            await chat.loadOlder()
            try await waits { chat.messages.count > before.count || !chat.hasOlder }
            let after = chat.messages.map(\.id)
            #expect(Array(after.suffix(before.count)) == before)
            #expect(chat.place == before[0])
        }
        #expect(chat.texts == (1...70).map { "Message \($0)" })
        #expect(Set(chat.rows().map(\.id)).count == chat.rows().count)
        await chat.loadOlder()
        #expect(chat.failure == nil)
        await alice.quit()
        await bob.quit()
    }

    @Test func `answers and edits and reactions and deletions show on both sides`() async throws {
        let server = try ChatServer()
        let alice = try await Phone.connected("alice", to: server)
        let bob = try await Phone.connected("bob", to: server)
        let id = try #require(await alice.list.startGroup("Lunch", members: "bob, carol"))
        let (chat, theirs) = (try await alice.open(id), try await bob.open(id))
        #expect(chat.subtitle == "3 members")
        await chat.write("See you at ate")
        try await waits { theirs.texts.contains("See you at ate") }
        let question = try #require(theirs.messages.last)
        #expect(question.author?.name == "alice")
        #expect(question.actions == [.reply, .react, .copy])

        theirs.composer.type("a draft")
        theirs.reply(to: question.id)
        #expect(theirs.composer.purpose.quote?.text == "See you at ate")
        await theirs.write("Eight?")
        #expect(theirs.composer.purpose == .message)
        try await waits { chat.messages.last?.quote?.text == "See you at ate" }
        #expect(chat.messages.last?.quote?.author == "You")
        #expect(chat.messages.last?.label.contains("in reply to You: See you at ate") == true)

        let mine = try #require(chat.messages.first { $0.isMine })
        chat.composer.type("On my w")
        chat.edit(mine.id)
        #expect(chat.composer.text == "See you at ate")
        await chat.write("See you at eight")
        #expect(chat.composer.text == "On my w")
        try await waits { theirs.messages.contains { $0.isEdited } }
        try await waits { theirs.messages.last?.quote?.text == "See you at eight" }

        await theirs.toggle("👍", on: question.id)
        try await waits { chat.messages.first { $0.id == mine.id }?.reactions.count == 1 }
        let chip = try #require(chat.messages.first { $0.id == mine.id }?.reactions.first)
        #expect(chip == ReactionChip(emoji: "👍", count: 1, isMine: false))
        await theirs.toggle("👍", on: question.id)
        try await waits { chat.messages.first { $0.id == mine.id }?.reactions.isEmpty == true }

        await chat.delete(mine.id)
        try await waits { theirs.messages.contains { $0.content == .deleted } }
        #expect(theirs.messages.first { $0.content == .deleted }?.actions == [])
        #expect(chat.failure == nil && theirs.failure == nil)
        await alice.quit()
        await bob.quit()
    }

    @Test func `who types is seen while it lasts`() async throws {
        let server = try ChatServer()
        let alice = try await Phone.connected("alice", to: server)
        let bob = try await Phone.connected("bob", to: server)
        let id = try #require(await alice.list.startDirect(with: "bob"))
        let chat = try await alice.open(id)
        await chat.write("Bonjour")
        let theirs = try await bob.open(id)
        try await waits { !theirs.texts.isEmpty }
        try await waits { chat.messages.first?.delivery == .read(by: 1) }
        // Keystrokes until it is seen: on a busy machine one alone may be over before anybody looks.
        let typist = Task {
            var number = 0
            while !Task.isCancelled {
                number += 1
                chat.composer.type("And \(number)")
                await chat.composer.settle()
            }
        }
        try await waits { theirs.subtitle == "alice is typing…" }
        typist.cancel()
        await typist.value
        #expect(theirs.isSomebodyTyping)
        #expect(!chat.isSomebodyTyping)
        await chat.send()
        try await waits { !theirs.isSomebodyTyping }
        #expect(theirs.subtitle == nil)
        await alice.quit()
        await bob.quit()
    }

    @Test func `what cannot be sent stands in the composer again`() async throws {
        let server = try ChatServer()
        let alice = try await Phone.connected("alice", to: server)
        let id = try #require(await alice.list.startDirect(with: "bob"))
        let chat = try await alice.open(id)
        await chat.write("  \n ")
        #expect(chat.messages.isEmpty)
        let long = String(repeating: "long ", count: 5000).dropLast()
        await chat.write(String(long))
        #expect(chat.failure == Words.failure(.tooLarge))
        #expect(chat.composer.text == long)
        chat.failure = nil
        #expect(chat.failure == nil)
        await alice.quit()
    }
}
