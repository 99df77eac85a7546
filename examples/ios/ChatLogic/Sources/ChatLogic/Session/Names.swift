import Causerie
import Observation

/// The names of users, for every screen; whoever has none goes by the id.
@MainActor
@Observable
final class Names {
    private var known: [String: String]
    @ObservationIgnored private let client: Client

    init(_ client: Client) {
        self.client = client
        known = Self.all(of: client)
    }

    /// What a user is called.
    subscript(id: String) -> String { known[id] ?? id }

    /// Follows changes until the task is cancelled or the client is closed.
    func run() async {
        // This filter names no conversation, so it cannot be invalid.
        guard let events = try? client.events(EventFilter(kinds: [.users])) else { return }
        for await _ in events {
            // Names change seldom, and some change may have been missed.
            let names = Self.all(of: client)
            if names != known { known = names }
        }
    }

    private static func all(of client: Client) -> [String: String] {
        client.users.all.reduce(into: [:]) { names, user in
            if let name = user.name, !name.isEmpty { names[user.id] = name }
        }
    }
}
