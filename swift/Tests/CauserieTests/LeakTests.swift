import Causerie
import Foundation
import Testing

@Suite(.timeLimit(.minutes(1)))
struct LeakTests {
    /// Something of the app's that its closures hold.
    final class Held: Sendable {
        let given: Signal

        /// - Parameter given: Happens when nobody holds it any more.
        init(_ given: Signal) { self.given = given }

        deinit { given.happen() }
    }

    @Test func `after closing nothing of the app's is held`() async throws {
        let provider = Signal()
        weak var client: Client?
        weak var timeline: Timeline?
        do {
            let held = Held(provider)
            let alice = try await Person.opened("alice", in: Folder(), server: "ws://127.0.0.1:1") {
                withExtendedLifetime(held) { "no token" }
            }
            client = alice.client
            let opened = try await alice.client.openDirect(with: "bob").timeline()
            timeline = opened
            var updates = opened.updates.makeAsyncIterator()
            _ = await updates.next()
            try await alice.client.start()
            await alice.client.close()
        }
        #expect(client == nil)
        #expect(timeline == nil)
        // It may have been asked meanwhile, and holds itself until it has answered.
        try await provider.wait()
    }

    @Test func `a client that is dropped without closing gives its folder back`() async throws {
        let folder = Folder()
        let provider = Signal()
        do {
            let held = Held(provider)
            let alice = try await Person.opened("alice", in: folder, server: "ws://127.0.0.1:1") {
                withExtendedLifetime(held) { "no token" }
            }
            try await alice.client.openDirect(with: "bob").send("Bonjour")
        }
        // It closes by itself, in the background; another user cannot have the folder before.
        let again = try await Person.opened("alice", in: folder, server: "ws://127.0.0.1:1") { "" }
        #expect(again.client.outbox.items.count == 2)
        await again.client.close()
        // It may have been asked meanwhile, and holds itself until it has answered.
        try await provider.wait()
    }

    #if os(Linux)
        @Test func `opening and closing leaves no files open`() async throws {
            func files() throws -> Int {
                try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
                    .filter { name in
                        let target = try? FileManager.default.destinationOfSymbolicLink(
                            atPath: "/proc/self/fd/\(name)")
                        return target?.contains("causerie-leak") == true
                    }.count
            }
            let folder = FileManager.default.temporaryDirectory
                .appending(component: "causerie-leak-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: folder) }
            for _ in 1...5 {
                let client = try await Causerie.open(
                    directory: folder, server: "ws://127.0.0.1:1", user: "alice"
                ) { "" }
                try await client.openDirect(with: "bob").send("Bonjour")
                #expect(try files() > 0)
                await client.close()
                #expect(try files() == 0)
            }
        }
    #endif
}
