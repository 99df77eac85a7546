import Causerie
import Foundation
import Testing

@Suite(.timeLimit(.minutes(1)))
struct OfflineTests {
    @Test func `what is sent without a network is shown at once and queued`() async throws {
        let alice = try await Person.offline()
        let conversation = try await alice.client.openDirect(with: "bob")
        let timeline = try await conversation.timeline()
        let key = try await conversation.send("Bonjour")
        #expect(timeline.items.map(\.key) == [key])
        #expect(timeline.items.map(\.text) == ["Bonjour"])
        #expect(timeline.items.map(\.sendState) == [.queued])
        #expect(timeline.items[0].messageID == nil)
        #expect(try alice.client.outbox.state(of: key) == .queued)
        #expect(alice.client.conversations.items.map(\.pendingKey) == [key])
        await alice.client.close()
    }

    @Test func `what was queued is there when the folder is opened again`() async throws {
        let alice = try await Person.offline()
        let conversation = try await alice.client.openDirect(with: "bob")
        let key = try await conversation.send("Bonjour")
        try await conversation.setDraft("and then")
        await alice.client.close()

        let again = try await Person.opened("alice", in: alice.folder, server: "ws://127.0.0.1:1") {
            "no token"
        }
        let sent = again.client.outbox.items.first { $0.kind == .sendMessage }
        #expect(sent?.key == key)
        #expect(sent?.text == "Bonjour")
        #expect(try again.client.conversation(conversation.id).draft == "and then")
        await again.client.close()
    }

    @Test func `a queued message that is cancelled is gone`() async throws {
        let alice = try await Person.offline()
        let conversation = try await alice.client.openDirect(with: "bob")
        let key = try await conversation.send("Bonjour")
        try await alice.client.outbox.cancel(key)
        #expect(try alice.client.outbox.state(of: key) == nil)
        let error = await #expect(throws: CauserieError.self) {
            try await alice.client.outbox.cancel(key)
        }
        #expect(error?.code == .unknownWrite)
        #expect(error?.action == .fixCode)
        await alice.client.close()
    }

    @Test func `a mistake of the program says which argument and that the code is to be mended`()
        async throws
    {
        let alice = try await Person.offline()
        let error = #expect(throws: CauserieError.self) { try alice.client.conversation("bob") }
        #expect(error?.code == .invalid)
        #expect(error?.action == .fixCode)
        #expect(error?.isRetryable == false)
        #expect(error?.message.hasPrefix("conversation_id: ") == true)
        let own = await #expect(throws: CauserieError.self) {
            try await alice.client.openDirect(with: "alice")
        }
        #expect(own?.code == .invalid)
        await alice.client.close()
    }

    @Test func `a page of no size and a draft that cannot be sent are refused in words`()
        async throws
    {
        let alice = try await Person.offline()
        let conversation = try await alice.client.openDirect(with: "bob")
        for size in [0, -1, 201, Int.max] {
            let error = await #expect(throws: CauserieError.self) {
                try await conversation.timeline(pageSize: size)
            }
            #expect(error?.code == .invalid)
            #expect(error?.action == .fixCode)
        }
        let error = await #expect(throws: CauserieError.self) {
            try await conversation.setDraft(String(repeating: "x", count: 20_000))
        }
        #expect(error?.code == .tooLarge)
        #expect(conversation.draft == nil)
        await alice.client.close()
    }

    @Test func `what needs the server says that it is offline and may succeed later`() async throws
    {
        let alice = try await Person.offline()
        let error = await #expect(throws: CauserieError.self) {
            try await alice.client.users.fetch(["bob"])
        }
        #expect(error?.code == .offline)
        #expect(error?.action == .retryLater)
        #expect(error?.isRetryable == true)
        await alice.client.close()
    }

    @Test func `a folder of another user wants a sign-in`() async throws {
        let alice = try await Person.offline()
        let error = await #expect(throws: CauserieError.self) {
            try await Person.opened("bob", in: alice.folder, server: "ws://127.0.0.1:1") { "" }
        }
        #expect(error?.code == .otherUser)
        #expect(error?.action == .signIn)
        await alice.client.close()
    }

    @Test func `after closing every call says that it is closed`() async throws {
        let alice = try await Person.offline()
        let conversation = try await alice.client.openDirect(with: "bob")
        await alice.client.close()
        await alice.client.close()
        let error = await #expect(throws: CauserieError.self) {
            try await conversation.send("Bonjour")
        }
        #expect(error?.code == .closed)
        #expect(error?.action == .fixCode)
        await #expect(throws: CauserieError.self) { try await alice.client.start() }
    }

    @Test func `signing out is refused while something was not sent and wipes when told so`()
        async throws
    {
        let alice = try await Person.offline()
        try await alice.client.openDirect(with: "bob").send("Bonjour")
        let error = await #expect(throws: CauserieError.self) {
            try await alice.client.signOut(wipe: true)
        }
        #expect(error?.code == .unsent)
        #expect(error?.action == .askUser)
        #expect(error?.isRetryable == true)
        #expect(alice.client.outbox.items.count == 2)

        try await alice.client.signOut(wipe: true, unsent: .discard)
        let again = try await Person.opened("alice", in: alice.folder, server: "ws://127.0.0.1:1") {
            ""
        }
        #expect(again.client.outbox.items.isEmpty)
        #expect(again.client.conversations.items.isEmpty)
        await again.client.close()
    }

    @Test func `it can be suspended and resumed without a network`() async throws {
        let alice = try await Person.offline()
        try await alice.client.suspend()
        #expect(alice.client.connectionState == .suspended)
        try await alice.client.resume()
        #expect(alice.client.connectionState != .suspended)
        alice.client.networkChanged()
        alice.client.networkChanged(.lost)
        await alice.client.close()
    }

    @Test func `printing what people wrote shows none of it`() async throws {
        let alice = try await Person.offline()
        let conversation = try await alice.client.openDirect(with: "bob")
        try await conversation.send("a secret")
        try await conversation.setDraft("a secret")
        let timeline = try await conversation.timeline()
        for printed in [
            "\(timeline.items)", "\(alice.client.outbox.items)",
            "\(alice.client.conversations.items)", "\(NewMessage("a secret"))",
            String(reflecting: timeline.items[0]),
        ] {
            #expect(!printed.contains("secret"))
        }
        await alice.client.close()
    }

    @Test func `objects of the app and what belongs to a message come back as they went`()
        async throws
    {
        struct Place: Codable, Equatable { let lat: Double, note: String }
        let alice = try await Person.offline()
        let conversation = try await alice.client.openDirect(with: "bob")
        let place = Place(lat: 1.5, note: "café")
        try await conversation.send(
            NewMessage(
                content: .object(try JSON(encoding: place)), mentions: ["bob"],
                metadata: JSON(text: #"{"a":1}"#)))
        let item = try #require(try await conversation.timeline().items.first)
        #expect(item.kind == .custom)
        #expect(try item.object?.decode() == place)
        #expect(item.mentions == ["bob"])
        #expect(item.metadata == JSON(text: #"{"a":1}"#))
        let error = await #expect(throws: CauserieError.self) {
            try await conversation.send(NewMessage(content: .object(JSON(text: "[1]"))))
        }
        #expect(error?.code == .invalid)
        await alice.client.close()
    }

    @Test func `files of a message come back as they went`() async throws {
        let alice = try await Person.offline()
        let conversation = try await alice.client.openDirect(with: "bob")
        let recording = Attachment(
            mediaID: "m-1", name: "Mémo.ogg", contentType: "audio/ogg", size: 12_345,
            sha256: String(repeating: "0a", count: 32), duration: .milliseconds(1_500),
            waveform: "AAEC")
        let image = Attachment(
            mediaID: "m-2", name: "a.jpg", contentType: "image/jpeg", size: 1,
            sha256: String(repeating: "0b", count: 32), width: 640, height: 480, blurHash: "LEHV6n")
        try await conversation.send(
            NewMessage(content: nil, attachments: [recording, image]))
        let item = try #require(try await conversation.timeline().items.first)
        #expect(item.kind == .media)
        #expect(item.text == nil)
        #expect(item.attachments == [recording, image])
        #expect(!"\(item.attachments)".contains("Mémo"))
        await alice.client.close()
    }

    @Test func `the version is that of a release`() {
        #expect(sdkVersion.split(separator: ".").count == 3)
    }

    @Test func `counters know what waits`() async throws {
        let alice = try await Person.offline()
        try await alice.client.openDirect(with: "bob").send("Bonjour")
        let stats = try await alice.client.stats()
        #expect(stats.outbox == 2)
        #expect(stats.connection == .disconnected)
        #expect(stats.databaseBytes > 0)
        #expect(stats.acknowledgement.p50 == nil)
        await alice.client.close()
    }
}
