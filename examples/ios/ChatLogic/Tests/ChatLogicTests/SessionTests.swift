import Causerie
import Foundation
import Testing

@testable import ChatLogic

/// Signing in and out, and what the system does to an app.
@MainActor
@Suite(.timeLimit(.minutes(5)))
struct SessionTests {
    @Test func `whoever must sign in again is told and goes on after it`() async throws {
        let server = try ChatServer()
        let alice = try await Phone.connected("alice", to: server)
        let list = try alice.list
        // A new server in development takes no tokens of an older one.
        await alice.gate.set(false)
        server.kill()
        try server.restart()
        try await waits { list.banner?.kind == .signInNeeded }
        #expect(list.banner?.action == "Sign in")
        let id = try #require(await list.startDirect(with: "bob"))
        let chat = try await alice.open(id)
        await chat.write("Written meanwhile")
        try await waits { chat.messages.map(\.delivery) == [.waiting] }

        await alice.gate.set(true)
        await alice.app.reconnect()
        try await waits { list.banner == nil }
        try await waits { chat.messages.map(\.delivery) == [.sent] }
        await alice.quit()
    }

    @Test func `in the background it is suspended and back it is connected, however fast`()
        async throws
    {
        let server = try ChatServer()
        let alice = try await Phone.connected("alice", to: server)
        let client = try alice.session.client
        await alice.app.enterBackground()
        #expect(client.connectionState == .suspended)
        await alice.app.enterForeground()
        _ = try await first(client.connectionStates) { $0 == .live }
        async let away: Void = alice.app.enterBackground()
        async let back: Void = alice.app.enterForeground()
        _ = await (away, back)
        alice.app.networkChanged(isThere: false)
        alice.app.networkChanged(isThere: true)
        _ = try await first(client.connectionStates) { $0 == .live }
        #expect(alice.app.failure == nil)
        await alice.quit()
    }

    @Test func `signing out asks before it loses something and then forgets the account`()
        async throws
    {
        let phone = Phone()
        await phone.app.signIn(server: "ws://127.0.0.1:1", user: "alice")
        let id = try #require(await phone.list.startDirect(with: "bob"))
        phone.show(try phone.session)
        let chat = try await phone.open(id)
        await chat.write("Not sent yet")
        await phone.app.signOut()
        #expect(phone.app.isSignOutToBeConfirmed)
        #expect(phone.app.session != nil)
        await phone.app.signOut(discardingUnsent: true)
        #expect(phone.app.session == nil)
        #expect(!phone.app.isSignOutToBeConfirmed)
        #expect(phone.app.failure == nil)
        await phone.hide()

        let again = Phone(in: phone.folder)
        await again.app.launch()
        #expect(again.app.session == nil)
        if case .signedOut = again.app.stage {} else { Issue.record("it is not the form") }
    }

    @Test func `what is typed into the form is checked`() async throws {
        let phone = Phone()
        await phone.app.signIn(server: "chat.example.org", user: "alice")
        #expect(phone.app.failure == AccountError.server.text)
        await phone.app.signIn(server: "wss://chat.example.org", user: "  ")
        #expect(phone.app.failure == AccountError.user.text)
        #expect(throws: AccountError.user) {
            try Account(server: "wss://a.example", user: String(repeating: "é", count: 65))
        }
        let account = try Account(server: " wss://a.example ", user: " alice ")
        #expect(account.server == "wss://a.example" && account.user == "alice")
        #expect(phone.app.session == nil)
    }

    @Test func `a conversation that cannot be made says why`() async throws {
        let phone = Phone()
        await phone.app.signIn(server: "ws://127.0.0.1:1", user: "alice")
        let list = try phone.list
        #expect(await list.startDirect(with: "alice") == nil)
        #expect(list.failure != nil)
        list.failure = nil
        #expect(await list.startGroup("Lunch", members: " , ") == nil)
        #expect(list.failure != nil)
        await phone.quit()
    }
}
