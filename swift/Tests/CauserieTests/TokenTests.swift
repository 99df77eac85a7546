import Causerie
import Foundation
import Server
import Testing

@Suite(.timeLimit(.minutes(1)))
struct TokenTests {
    struct Broken: Error { let answer = "a secret" }

    /// Counts, and remembers what was asked.
    actor Asked {
        private(set) var requests: [TokenRequest] = []

        func add(_ request: TokenRequest) -> Int {
            requests.append(request)
            return requests.count
        }
    }

    @Test func `a provider that says that the user must sign in brings the connection to rest`()
        async throws
    {
        let server = try await Server.shared.value
        let alice = try await Person.opened("alice", in: Folder(), server: server.url) {
            throw TokenError.signInNeeded("signed out elsewhere")
        }
        try await alice.client.start()
        // Nothing comes after it by itself; what would ask again waits.
        let rest = try await alice.client.connectionStates.element {
            switch $0 {
            case .signInNeeded, .waiting, .closed: true
            default: false
            }
        }
        #expect(rest == .signInNeeded(reason: "signed out elsewhere"))
        await alice.client.close()
    }

    @Test func `whatever else a provider throws is tried again`() async throws {
        let server = try await Server.shared.value
        let name = "alice-\(UUID().uuidString.lowercased())"
        let (asked, folder) = (Asked(), Folder())
        let client = try await Causerie.open(
            directory: folder.url, server: server.url, user: name
        ) { request in
            if await asked.add(request) == 1 { throw Broken() }
            return try await server.token(for: name)
        }
        try await client.start()
        let waiting = try await client.connectionStates.element {
            if case .waiting = $0 { true } else { $0 == .live }
        }
        if case .waiting(let attempt, let delay, let reason) = waiting {
            #expect(attempt >= 1)
            #expect(delay >= .zero)
            #expect(reason.contains("Broken"))
            #expect(!reason.contains("secret"))
        }
        client.networkChanged()
        _ = try await client.connectionStates.element { $0 == .live }
        #expect(await asked.requests.count == 2)
        await client.close()
        withExtendedLifetime(folder) {}
    }

    @Test func `a provider is told whose token it is and that the last one was refused`()
        async throws
    {
        let server = try await Server.shared.value
        let name = "alice-\(UUID().uuidString.lowercased())"
        let (asked, folder) = (Asked(), Folder())
        let client = try await Causerie.open(
            directory: folder.url, server: server.url, user: name
        ) { request in
            if await asked.add(request) == 1 { return "forged" }
            return try await server.token(for: name)
        }
        try await client.start()
        _ = try await client.connectionStates.element { $0 == .live }
        #expect(
            await asked.requests.map { [$0.userID, "\($0.wasRefused)"] } == [
                [name, "false"], [name, "true"],
            ])
        await client.close()
        withExtendedLifetime(folder) {}
    }

    @Test func `a provider that never answers does not keep the client from closing`() async throws
    {
        let server = try await Server.shared.value
        let asked = Signal()
        let ended = Signal()
        let alice = try await Person.opened("alice", in: Folder(), server: server.url) {
            asked.happen()
            do {
                try await Task.sleep(for: .seconds(3600))
            } catch {
                ended.happen()
                throw error
            }
            return "too late"
        }
        try await alice.client.start()
        try await asked.wait()
        await alice.client.close()
        // Its task was cancelled.
        try await ended.wait()
    }

    @Test func `a provider whose cancellation blocks does not keep the client from closing`()
        async throws
    {
        let server = try await Server.shared.value
        let (asked, ended) = (Signal(), Signal())
        let blocked = DispatchSemaphore(value: 0)
        let alice = try await Person.opened("alice", in: Folder(), server: server.url) {
            try await withTaskCancellationHandler {
                asked.happen()
                defer { ended.happen() }
                try await Task.sleep(for: .seconds(3600))
                return "too late"
            } onCancel: {
                blocked.wait()
            }
        }
        defer { blocked.signal() }
        try await alice.client.start()
        try await asked.wait()
        try await Task { await alice.client.close() }.inTime()
        blocked.signal()
        try await ended.wait()
    }
}
