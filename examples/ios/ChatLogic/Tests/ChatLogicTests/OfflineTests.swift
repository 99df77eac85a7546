import Causerie
import Testing

@testable import ChatLogic

/// What a person sees when the server goes and comes.
@MainActor
@Suite(.timeLimit(.minutes(5)))
struct OfflineTests {
    @Test func `what is sent while the server is down waits under a banner and goes once later`()
        async throws
    {
        let server = try ChatServer()
        let alice = try await Phone.connected("alice", to: server)
        let bob = try await Phone.connected("bob", to: server)
        let id = try #require(await alice.list.startDirect(with: "bob"))
        let chat = try await alice.open(id)
        await chat.write("Bonjour")
        try await waits { chat.messages.map(\.delivery) != [.waiting] && chat.messages.count == 1 }
        #expect(chat.banner == nil)

        server.kill()
        try await waits { chat.banner?.kind == .offline }
        #expect(chat.banner?.action == nil)
        await chat.write("Are you there?")
        try await waits { chat.messages.count == 2 }
        #expect(chat.messages[1].delivery == .waiting)
        #expect(chat.messages[1].actions == [.copy, .edit, .cancel])
        #expect(chat.composer.text.isEmpty)
        let waiting = try await alice.row(id) { $0.preview == .waiting("Are you there?") }
        #expect(waiting.label.contains("waiting to be sent"))

        try server.restart()
        try await waits { chat.banner == nil }
        try await waits { chat.messages.allSatisfy { $0.delivery != .waiting } }
        #expect(chat.texts == ["Bonjour", "Are you there?"])
        let theirs = try await bob.open(id)
        try await waits { theirs.texts == ["Bonjour", "Are you there?"] }
        await alice.quit()
        await bob.quit()
    }

    @Test func `a message that was refused can be sent again or given up`() async throws {
        let server = try ChatServer()
        let alice = try await Phone.connected("alice", to: server)
        let bob = try await Phone.connected("bob", to: server)
        let id = try #require(await alice.list.startGroup("Lunch", members: "bob"))
        let group = try alice.session.client.conversation(id)
        let chat = try await bob.open(id)
        #expect(chat.canWrite)

        try await bob.session.client.stop()
        await chat.write("Save me a seat")
        await chat.write("And a coffee")
        let removed = try await group.removeMembers(["bob"])
        _ = try await alice.session.client.outbox.settled(removed)
        await bob.app.reconnect()
        try await waits {
            chat.messages.filter { $0.actions == [.retry, .copy, .cancel] }.count == 2
        }
        #expect(chat.messages[0].delivery == .failed(Words.failure(.forbidden)))
        #expect(chat.messages[0].label.contains("not sent"))
        try await waits { !chat.canWrite }
        #expect(chat.notice != nil)
        #expect(try await bob.row(id) { $0.hasFailed }.label.contains("was not sent"))

        try await group.addMembers(["bob"])
        try await waits { chat.canWrite }
        let (seat, coffee) = (chat.messages[0].id, chat.messages[1].id)
        await chat.delete(coffee)
        await chat.retry(seat)
        try await waits {
            chat.messages.map(\.id) == [seat] && chat.messages[0].delivery != .waiting
                && chat.messages[0].actions.contains(.reply)
        }
        try await bob.row(id) { !$0.hasFailed }
        let theirs = try await alice.open(id)
        try await waits { theirs.texts.last == "Save me a seat" }
        #expect(!theirs.texts.contains("And a coffee"))
        await alice.quit()
        await bob.quit()
    }

    @Test func `a change that was refused is shown and can be dismissed`() async throws {
        let server = try ChatServer()
        let phone = try await Phone.connected("alice", to: server)
        let tablet = try await Phone.connected("alice", to: server)
        let id = try #require(await phone.list.startDirect(with: "bob"))
        let (chat, other) = (try await phone.open(id), try await tablet.open(id))
        await chat.write("See you at ate")
        try await waits { other.texts == ["See you at ate"] }

        try await tablet.session.client.stop()
        other.edit(other.messages[0].id)
        await other.write("See you at eight")
        await chat.delete(chat.messages[0].id)
        try await waits { chat.messages.allSatisfy { $0.content == .deleted && !$0.isChanging } }
        await tablet.app.reconnect()
        try await waits { other.failedChanges.count == 1 }
        #expect(other.failedChanges[0].text.hasPrefix("Not edited: "))
        await other.dismiss(other.failedChanges[0])
        try await waits { other.failedChanges.isEmpty }
        #expect(other.failure == nil)
        await phone.quit()
        await tablet.quit()
    }

    @Test func `a draft is there when the app is opened again without a network`() async throws {
        let server = try ChatServer()
        let phone = try await Phone.connected("alice", to: server)
        let id = try #require(await phone.list.startDirect(with: "bob"))
        let chat = try await phone.open(id)
        for text in ["S", "Se", "See", "See you"] { chat.composer.type(text) }
        await chat.composer.settle()
        try await phone.row(id) { $0.preview == .draft("See you") }
        await phone.quit()
        server.kill()

        let again = Phone(in: phone.folder)
        await again.app.launch()
        again.show(try again.session)
        let row = try await again.row(id)
        #expect(row.preview == .draft("See you"))
        #expect(row.preview.text == "Draft: See you")
        let reopened = try await again.open(id)
        #expect(reopened.composer.text == "See you")
        #expect(reopened.composer.canSend)
        await reopened.send()
        #expect(reopened.composer.text.isEmpty)
        await reopened.composer.settle()
        try await again.row(id) { $0.preview == .waiting("See you") }
        await again.quit()
    }
}
