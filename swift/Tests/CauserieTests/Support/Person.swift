import Causerie
import Foundation
import Server

/// A user with one device, for a test: a folder of their own, and a name that no other test has.
struct Person: Sendable {
    let folder: Folder
    let name: String
    let client: Client

    /// Opens without a network: nothing listens where its server should be.
    static func offline(_ name: String = "alice") async throws -> Self {
        let folder = Folder()
        return try await opened(name, in: folder, server: "ws://127.0.0.1:1") { "no token" }
    }

    /// Opens, to connect to the real server when it is started.
    static func signedIn(_ name: String) async throws -> Self {
        let server = try await Server.shared.value
        let unique = "\(name)-\(UUID().uuidString.lowercased())"
        return try await opened(unique, in: Folder(), server: server.url) {
            try await server.token(for: unique)
        }
    }

    /// Opens and connects to the real server.
    static func online(_ name: String) async throws -> Self {
        let person = try await signedIn(name)
        try await person.client.start()
        try await person.reaches(.live)
        return person
    }

    static func opened(
        _ name: String, in folder: Folder, server: String,
        tokens: @escaping @Sendable () async throws -> String
    ) async throws -> Self {
        let client = try await Causerie.open(
            directory: folder.url, server: server, user: name, tokens: tokens)
        return Self(folder: folder, name: name, client: client)
    }

    /// Waits until the connection stands so.
    func reaches(_ state: ConnectionState) async throws {
        _ = try await client.connectionStates.element { $0 == state }
    }

    /// The conversation, once this device knows it.
    func conversation(_ id: String) async throws -> Conversation {
        let conversation = try client.conversation(id)
        _ = try await client.conversations.updates.element { _ in conversation.item != nil }
        return conversation
    }

    /// What a conversation's timeline shows, once it fits.
    func shown(
        in id: String, until fits: @Sendable ([TimelineItem]) -> Bool
    ) async throws -> [TimelineItem] {
        let timeline = try await conversation(id).timeline()
        var items: [TimelineItem] = []
        for await batch in timeline.updates {
            for diff in batch.diffs where !items.apply(diff) {
                throw Missing("\(diff) does not fit")
            }
            if fits(items) { return items }
        }
        throw Missing("it was closed")
    }
}

extension Updates {
    /// The first element that fits.
    func element(where fits: @Sendable (Element) throws -> Bool) async throws -> Element {
        for await element in self where try fits(element) { return element }
        throw Missing("it ended")
    }
}

/// Something that happens once and that a test waits for.
struct Signal: Sendable {
    private let waiting: AsyncStream<Void>
    private let happened: AsyncStream<Void>.Continuation

    init() {
        (waiting, happened) = AsyncStream.makeStream()
    }

    func happen() {
        happened.finish()
    }

    /// Waits for it; throws if the test has no more time.
    func wait() async throws {
        for await _ in waiting {}
        try Task.checkCancellation()
    }
}

extension Task {
    /// Its value; throws if the test has no more time, for which `value` does not care.
    func inTime() async throws -> Success {
        let ended = Signal()
        let waiting = Task<Result<Success, Failure>, Never> {
            let result = await result
            ended.happen()
            return result
        }
        try await ended.wait()
        return try await waiting.value.get()
    }
}
