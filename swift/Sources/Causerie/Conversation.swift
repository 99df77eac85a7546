internal import CauserieGenerated

/// A conversation. Several of these may exist of the same one.
///
/// Everything that writes returns after one local commit, with the key under which the write is
/// shown, sent and confirmed, connected or not. See ``Outbox`` for how it fares.
///
/// ```swift
/// let conversation = try await client.openDirect(with: "bob")
/// let key = try await conversation.send("See you at ate")
/// try await conversation.edit(.key(key), text: "See you at eight")
/// ```
public final class Conversation: Sendable, Identifiable {
    private let ffi: CauserieGenerated.Conversation
    /// Not held: a conversation keeps no client open. Written once.
    private nonisolated(unsafe) weak var client: CauserieGenerated.Client?

    /// Its id.
    public let id: String

    init(_ ffi: CauserieGenerated.Conversation, of client: CauserieGenerated.Client) {
        self.ffi = ffi
        self.client = client
        id = ffi.id()
    }

    /// What the list shows of it: title, unread, last message. `nil` while this device does not know
    /// it.
    public var item: ConversationItem? { ffi.entry().map(ConversationItem.init) }

    // MARK: Writing

    /// Says something. The message is in every open timeline before this returns, and goes to the
    /// server by itself. It may take 16 KiB as JSON has it: at most 16,382 letters of ASCII, and fewer
    /// of others; a quote, a backslash and a line's end count twice.
    ///
    /// - Returns: The message's key.
    /// - Throws: `unknown_conversation`, `too_large` if it is more, `invalid` if it is empty or
    ///   malformed, `disk_full`. Then it was not queued.
    @discardableResult
    public func send(_ text: String) async throws(CauserieError) -> String {
        try await translating { try await ffi.send(text: text) }
    }

    /// As ``send(_:)-(String)``, with everything that a message may have.
    @discardableResult
    public func send(_ message: NewMessage) async throws(CauserieError) -> String {
        try await translating { try await ffi.sendMessage(message: message.lowered) }
    }

    /// Changes what one's own message says.
    ///
    /// - Returns: The edit's own key.
    /// - Throws: As `send`. That the message is unknown or another's is the server's to say, and
    ///   then this write fails in the outbox.
    @discardableResult
    public func edit(
        _ target: MessageTarget, text: String
    ) async throws(CauserieError) -> String {
        try await translating { try await ffi.edit(target: target.lowered, text: text) }
    }

    /// Takes a message back, for everybody. One that was never sent just goes.
    ///
    /// - Returns: The deletion's own key.
    /// - Throws: As ``edit(_:text:)``.
    @discardableResult
    public func delete(_ target: MessageTarget) async throws(CauserieError) -> String {
        try await translating { try await ffi.delete(target: target.lowered) }
    }

    /// Puts an emoji on a message.
    ///
    /// - Returns: The reaction's own key.
    /// - Throws: As ``edit(_:text:)``.
    @discardableResult
    public func react(
        to target: MessageTarget, with emoji: String
    ) async throws(CauserieError) -> String {
        try await translating { try await ffi.react(target: target.lowered, emoji: emoji) }
    }

    /// Takes one's emoji off.
    ///
    /// - Returns: The write's own key.
    /// - Throws: As ``edit(_:text:)``.
    @discardableResult
    public func removeReaction(
        _ emoji: String, from target: MessageTarget
    ) async throws(CauserieError) -> String {
        try await translating { try await ffi.unreact(target: target.lowered, emoji: emoji) }
    }

    // MARK: Reading

    /// Opens a view of it. What is cached is there when this returns.
    ///
    /// - Parameters:
    ///   - start: Where it begins.
    ///   - pageSize: How many messages are shown at first, and how many more each time: 1 to 200.
    /// - Throws: `unknown_conversation`, `invalid` for a page of another size, or why the cache could
    ///   not be read.
    public func timeline(
        from start: Timeline.Start = .newest, pageSize: Int = 50
    ) async throws(CauserieError) -> Timeline {
        try await translating {
            Timeline(try await ffi.timeline(start: start.lowered, page: Int64(pageSize)))
        }
    }

    /// Everything up to this place is read; everything known, if `nil`. Told to the server as soon as
    /// there is a connection, the newest only.
    ///
    /// - Throws: `unknown_conversation`, `disk_full`.
    public func markRead(upTo seq: Int64? = nil) async throws(CauserieError) {
        try await translating { try await ffi.markRead(seq: seq) }
    }

    /// How far others have read, as far as this device was told: while a timeline of it is open.
    /// ``readCursorChanges()`` follows it.
    ///
    /// - Throws: Why the cache could not be read.
    public func readCursors() async throws(CauserieError) -> [ReadCursor] {
        try await translating { try await ffi.readCursors().map(ReadCursor.init) }
    }

    /// How far others have read now, and again whenever that is different: each element is what
    /// ``readCursors()`` gives. The server tells of it while a timeline of it is open; offline the
    /// iteration waits.
    ///
    /// ```swift
    /// for await cursors in conversation.readCursorChanges() {
    ///     readers = cursors.filter { $0.seq >= last.seq }.map(\.userID)
    /// }
    /// ```
    public func readCursorChanges() -> Updates<[ReadCursor]> {
        let filter = EventFilter(kinds: [.cursors], conversationID: id).lowered
        return Updates { [self] in
            // The filter cannot be invalid: the id is that of a conversation.
            guard let events = try? client?.events(filter: filter) else {
                return Pull(take: { nil }, end: {})
            }
            let look = ReadCursorLook(ffi, events)
            return Pull(take: { await look.next() }, end: { events.end() })
        }
    }

    // MARK: Typing

    /// Call it with `true` at every keystroke: the SDK tells the others, at most every 3 s, and that
    /// it ended after 3 s without one. Nothing is told while offline.
    ///
    /// - Throws: `unknown_conversation`.
    public func setTyping(_ isTyping: Bool) async throws(CauserieError) {
        try await translating { try await ffi.typing(typing: isTyping) }
    }

    /// Who types now. Known while a timeline of it is open; ``Event/typing(conversationID:userIDs:)``
    /// says when it changes.
    public var typingUserIDs: [String] { ffi.typingUsers() }

    /// What was typed and not sent.
    public var draft: String? { ffi.draft() }

    /// Keeps what was typed, on this device; forgets it with `nil`.
    ///
    /// - Throws: `unknown_conversation`, `too_large` if it is longer than a message may be,
    ///   `disk_full`.
    public func setDraft(_ text: String?) async throws(CauserieError) {
        try await translating { try await ffi.setDraft(text: text) }
    }

    // MARK: Members

    /// A page of its members, from the server.
    ///
    /// - Parameter cursor: ``MembersPage/cursor`` of the page before; `nil` for the first.
    /// - Throws: ``CauserieError``: `offline` without a connection, `sign_in_needed` if there is
    ///   none before the user signs in, or the server's code; `CancellationError`, if the task is cancelled.
    public func members(after cursor: String? = nil) async throws -> MembersPage {
        try await cancellable {
            MembersPage(try await self.ffi.members(cursor: cursor, cancel: $0))
        }
    }

    /// Lets users in. Admins and the owner may.
    ///
    /// - Returns: The write's key.
    /// - Throws: `invalid` if an id is malformed; else as ``edit(_:text:)``.
    @discardableResult
    public func addMembers(_ userIDs: [String]) async throws(CauserieError) -> String {
        try await translating { try await ffi.addMembers(ids: userIDs) }
    }

    /// Puts users out. Admins and the owner may.
    ///
    /// - Returns: The write's key.
    /// - Throws: As ``addMembers(_:)``.
    @discardableResult
    public func removeMembers(_ userIDs: [String]) async throws(CauserieError) -> String {
        try await translating { try await ffi.removeMembers(ids: userIDs) }
    }

    /// Changes what users may do. Admins and the owner may.
    ///
    /// - Returns: The write's key.
    /// - Throws: As ``addMembers(_:)``.
    @discardableResult
    public func setRole(
        _ role: Role, of userIDs: [String]
    ) async throws(CauserieError) -> String {
        try await translating { try await ffi.setRole(ids: userIDs, role: role.rawValue) }
    }

    /// Changes title, picture or settings. Admins and the owner may.
    ///
    /// - Returns: The write's key.
    /// - Throws: As ``edit(_:text:)``.
    @discardableResult
    public func update(_ changes: ConversationChanges) async throws(CauserieError) -> String {
        try await translating { try await ffi.update(changes: changes.lowered) }
    }

    /// Leaves it. A direct conversation cannot be left.
    ///
    /// - Returns: The write's key.
    /// - Throws: As ``edit(_:text:)``.
    @discardableResult
    public func leave() async throws(CauserieError) -> String {
        try await translating { try await ffi.quit() }
    }
}
