internal import CauserieGenerated

/// Something that happened. The lists, timelines and states hold the outcome of all of it but typing.
public enum Event: Hashable, Sendable {
    /// The connection changed.
    case connection(ConnectionState)
    /// Who types in a conversation changed: all who type now.
    case typing(conversationID: String, userIDs: [String])
    /// Others' read and delivery cursors are others: those that rose, or none if what was known is
    /// no more. What was told of a delivery alone has no `seq`, which is 0 then, so follow
    /// ``Conversation/readCursorChanges()`` to know how far somebody has read.
    case cursors(conversationID: String, [ReadCursor])
    /// Names or pictures changed.
    case users([User])
    /// A frame of the server's (`docs/protocol.md` §5), after what it changed was committed.
    case server(JSON, conversationID: String?)
    /// Something went wrong that no call stands for; `isRetryable`: the SDK goes on by itself.
    case fault(code: CauserieError.Code, message: String, isRetryable: Bool)
    /// The local database was damaged. It was set aside, and what could be read was saved; so many
    /// writes and drafts are known to be lost.
    case recovered(message: String, lost: Int)
    /// This iteration was too slow: so many events were dropped. The lists, timelines and states are
    /// right all the same.
    case missed(count: Int)
}

/// Which events are wanted.
public struct EventFilter: Hashable, Sendable {
    /// The kinds of ``Event``s.
    public enum Kind: Hashable, Sendable, CaseIterable {
        /// ``Event/connection(_:)``
        case connection
        /// ``Event/typing(conversationID:userIDs:)``
        case typing
        /// ``Event/cursors(conversationID:_:)``
        case cursors
        /// ``Event/users(_:)``
        case users
        /// ``Event/server(_:conversationID:)``
        case server
        /// ``Event/fault(code:message:isRetryable:)`` and ``Event/recovered(message:lost:)``
        case fault
    }

    /// Only these kinds; all of them if empty, the default. ``Event/missed(count:)`` always comes.
    public var kinds: Set<Kind>
    /// Only what belongs to this conversation, and what belongs to none. Default: everything.
    public var conversationID: String?

    /// Everything.
    public static let all = Self()

    /// A filter.
    public init(kinds: Set<Kind> = [], conversationID: String? = nil) {
        self.kinds = kinds
        self.conversationID = conversationID
    }
}

extension EventFilter {
    var lowered: CauserieGenerated.EventFilter {
        .init(
            kinds: kinds.map { kind in
                switch kind {
                case .connection: .connection
                case .typing: .typing
                case .cursors: .cursors
                case .users: .users
                case .server: .server
                case .fault: .fault
                }
            },
            conversationId: conversationID
        )
    }
}

extension Event {
    init(_ event: CauserieGenerated.Event) {
        let conversationID = event.conversationId ?? ""
        switch event.kind {
        case .connection:
            self = event.connection.map { .connection(ConnectionState($0)) } ?? .missed(count: 0)
        case .typing: self = .typing(conversationID: conversationID, userIDs: event.userIds)
        case .cursors:
            self = .cursors(
                conversationID: conversationID, event.cursors.map(ReadCursor.init))
        case .users: self = .users(event.users.map(User.init))
        case .server:
            self = .server(JSON(text: event.frame ?? "{}"), conversationID: event.conversationId)
        case .fault:
            self = .fault(
                code: CauserieError.Code(rawValue: event.code ?? ""),
                message: event.message ?? "",
                isRetryable: event.retryable ?? false
            )
        case .recovered:
            self = .recovered(message: event.message ?? "", lost: Int(event.count ?? 0))
        case .missed: self = .missed(count: Int(event.count ?? 0))
        }
    }
}
