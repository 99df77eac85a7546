import Observation

/// The conversation list and the connection for a screen: what SwiftUI observes.
///
/// ```swift
/// struct ConversationList: View {
///     @State var model: ConversationListModel
///
///     var body: some View {
///         List(model.items) { Text($0.title).badge($0.unreadCount) }
///             .overlay(alignment: .top) { if model.isOffline { OfflineBanner() } }
///             .task { await model.run() }
///     }
/// }
/// ```
@MainActor
@Observable
public final class ConversationListModel {
    /// The conversations, in the order to show.
    public private(set) var items: [ConversationItem]
    /// How the connection stands.
    public private(set) var connection: ConnectionState

    /// The client that it shows.
    public let client: Client

    /// A model of a client. It has what is cached at once, and follows it while ``run()`` runs.
    public init(_ client: Client) {
        self.client = client
        items = client.conversations.items
        connection = client.connectionState
    }

    /// Whether to say that there is no connection: not while one is being made for the first time.
    public var isOffline: Bool {
        switch connection {
        case .waiting, .signInNeeded, .closed: true
        case .disconnected, .connecting, .authenticating, .live, .suspended: false
        }
    }

    /// Messages not read yet, in all conversations that make a noise.
    public var unreadCount: Int {
        items.reduce(0) { $1.isMuted ? $0 : $0 + $1.unreadCount }
    }

    /// Follows the list and the connection, until the task is cancelled or the client is closed.
    public func run() async {
        async let list: Void = followList()
        async let connection: Void = followConnection()
        _ = await (list, connection)
    }

    private func followList() async {
        // This iteration's own: its changes fit nothing else, were there two runs at once.
        var list: [ConversationItem] = []
        for await diffs in client.conversations.updates {
            for diff in diffs { list.apply(diff) }
            // Once for all of them: each change of `items` is one for who observes it.
            items = list
        }
    }

    private func followConnection() async {
        for await state in client.connectionStates { connection = state }
    }
}
