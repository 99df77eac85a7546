internal import CauserieGenerated

/// One user on one device: a permanent connection, a cache, an outbox. Made by ``open(directory:server:user:durability:maxReconnectAttempts:tokens:)-(_,_,_,_,_,()->String)``.
///
/// Everything is there at once, from the cache, connected or not. ``start()`` connects; from then on
/// it stays connected by itself.
///
/// What is given up without ``close()`` closes by itself, in the background.
public final class Client: Sendable {
    private let ffi: CauserieGenerated.Client

    /// Whose client this is.
    public let userID: String

    init(_ ffi: CauserieGenerated.Client) {
        self.ffi = ffi
        userID = ffi.userId()
    }

    // MARK: The connection

    /// Connects, and from then on stays connected: attempts go on for ever, with back-off. Also after
    /// the user signed in again, or the connection was closed for good. Returns at once;
    /// ``connectionStates`` says how it goes.
    ///
    /// - Throws: `closed`.
    public func start() async throws(CauserieError) {
        try await translating { try await ffi.start() }
    }

    /// Disconnects until ``start()``. Everything else goes on working offline.
    ///
    /// - Throws: `closed`.
    public func stop() async throws(CauserieError) {
        try await translating { try await ffi.stop() }
    }

    /// The app goes to the background: closes the socket, and every file and the lock on the folder,
    /// as iOS demands of what lies in an app group. What is written meanwhile is committed all the
    /// same. When this returns, all is closed.
    ///
    /// - Throws: `closed`.
    public func suspend() async throws(CauserieError) {
        try await translating { try await ffi.suspend() }
    }

    /// The app comes back: connects at once.
    ///
    /// - Throws: `closed`, or why the local data cannot be opened again: `in_use`, if an extension
    ///   has it now.
    public func resume() async throws(CauserieError) {
        try await translating { try await ffi.resume() }
    }

    /// What the system says of the network.
    public enum NetworkChange: Hashable, Sendable {
        /// There is one, or another one.
        case changed
        /// There is none. Attempts go on.
        case lost
    }

    /// The system says that the network came, went or changed, as `NWPathMonitor` does. A hint that
    /// saves time: attempts begin at once, and a socket that seems live is probed. Without it
    /// everything works, later.
    public func networkChanged(_ change: NetworkChange = .changed) {
        ffi.networkChanged(hint: change == .lost ? .lost : .changed)
    }

    /// Asks the server now for everything that changed; without a connection it does nothing, since
    /// connecting asks for the same. It is never needed to stay up to date.
    ///
    /// - Throws: ``CauserieError``: `closed`; `CancellationError`, if the task is cancelled.
    public func sync() async throws {
        try await cancellable { try await self.ffi.syncNow(cancel: $0) }
    }

    /// How the connection stands.
    public var connectionState: ConnectionState { ConnectionState(ffi.connection()) }

    /// The connection's state now, and each new one. When the client is closed or the user signed
    /// out, the last is ``ConnectionState/closed(reason:)``.
    public var connectionStates: Updates<ConnectionState> {
        Updates { [ffi] in
            let updates = ffi.connectionUpdates()
            let end = Ending()
            return Pull(
                take: {
                    if let status = await updates.next() { return ConnectionState(status) }
                    // It is the client that ended, unless the iteration did.
                    return end.comes() ? .closed(reason: "the client is closed") : nil
                },
                end: {
                    _ = end.comes()
                    updates.end()
                }
            )
        }
    }

    // MARK: Conversations

    /// The user's conversations, newest activity first, with title and picture resolved, unread
    /// counts, drafts, and messages that are still on their way.
    public var conversations: Conversations { Conversations(ffi: ffi) }

    /// A conversation by its id. Whether this device knows it shows when it is used.
    ///
    /// - Throws: `invalid` if this is no id.
    public func conversation(_ id: String) throws(CauserieError) -> Conversation {
        try translatingNow { Conversation(try ffi.conversation(id: id), of: ffi) }
    }

    /// The direct conversation with a user, made if this device does not know it. Offline, too: both
    /// sides derive the same id from the two names.
    ///
    /// - Throws: `invalid` if the id is malformed or one's own, `disk_full`.
    public func openDirect(with user: String) async throws(CauserieError) -> Conversation {
        try await translating { Conversation(try await ffi.openDirect(userId: user), of: ffi) }
    }

    /// Makes a conversation. It can be used at once, also offline.
    ///
    /// - Throws: `invalid` if a member's id is malformed or a limit is broken, `disk_full`.
    public func create(_ conversation: NewConversation) async throws(CauserieError) -> Conversation
    {
        try await translating {
            Conversation(
                try await ffi.createConversation(new: conversation.lowered), of: ffi)
        }
    }

    // MARK: Writes, users, events

    /// Writes that are on their way.
    public var outbox: Outbox { Outbox(ffi: ffi) }

    /// Names and pictures.
    public var users: Users { Users(ffi: ffi) }

    /// What happens, errors included. Each element is all that waits, at most 256, oldest first;
    /// unlike other sequences this one begins with what comes next. An iteration that falls more than
    /// 1,024 events behind gets ``Event/missed(count:)`` in their place.
    ///
    /// - Throws: `invalid` if the filter's conversation is no id.
    public func events(
        _ filter: EventFilter = .all
    ) throws(CauserieError) -> Updates<[Event]> {
        let lowered = filter.lowered
        // Checked here, so that the iterations cannot fail.
        if let id = filter.conversationID { _ = try conversation(id) }
        return Updates { [ffi] in
            guard let events = try? ffi.events(filter: lowered) else {
                return Pull(take: { nil }, end: {})
            }
            return Pull(
                take: { await events.next()?.map(Event.init) },
                end: { events.end() }
            )
        }
    }

    /// Counters and latencies.
    ///
    /// - Throws: `closed`.
    public func stats() async throws(CauserieError) -> Stats {
        try await translating { Stats(try await ffi.stats()) }
    }

    // MARK: The end

    /// What becomes of writes that were not sent when the user signs out.
    public enum Unsent: Hashable, Sendable {
        /// Do not sign out; the error is `unsent` and says how many they are.
        case refuse
        /// They are lost.
        case discard
    }

    /// Signs the user out on this device, and closes the core for every handle.
    ///
    /// - Parameters:
    ///   - wipe: Whether all local data of the user is deleted; then every handle shows empty lists,
    ///     and iterations are told so before they end. Otherwise it is kept for the next time.
    ///   - unsent: What becomes of writes that were not sent.
    /// - Throws: `unsent` if there are writes that were not sent, and these are not to be discarded;
    ///   then nothing has changed. `data_dir` if a file cannot be deleted.
    public func signOut(wipe: Bool, unsent: Unsent = .refuse) async throws(CauserieError) {
        try await translating {
            try await ffi.signOut(wipe: wipe, unsent: unsent == .discard ? .discard : .refuse)
        }
    }

    /// Gives up this handle. With the last one of its folder the core ends: every iteration ends, the
    /// socket and the local data are closed when this returns, and calls after it throw `closed`; as
    /// long as there is another, everything goes on. Nothing is lost: the outbox goes on when the
    /// folder is opened next.
    public func close() async {
        await ffi.end()
    }
}

/// The user's conversations, newest activity first. Works offline.
public struct Conversations: Sendable {
    let ffi: CauserieGenerated.Client

    /// All of them, in the order to show.
    public var items: [ConversationItem] { ffi.conversations().map(ConversationItem.init) }

    /// One of them; `nil` if it is not known on this device.
    ///
    /// - Throws: `invalid` if this is no id.
    public func item(_ id: String) throws(CauserieError) -> ConversationItem? {
        try translatingNow { try ffi.entry(id: id).map(ConversationItem.init) }
    }

    /// The list and how it changes: diffs that are applied in order.
    public var updates: Updates<[ConversationDiff]> {
        Updates { [ffi] in
            let updates = ffi.conversationUpdates()
            return Pull(
                take: { await updates.next()?.diffs.map(ConversationDiff.init) },
                end: { updates.end() }
            )
        }
    }
}
