internal import CauserieGenerated
import Foundation

/// The durable writes of this device that the server has not settled. They go by themselves, in the
/// order made, whenever there is a connection; only ``cancel(_:)`` gives one up.
public struct Outbox: Sendable {
    let ffi: CauserieGenerated.Client

    /// Every write that is queued or has failed, oldest first.
    public var items: [OutboxItem] { ffi.outbox().map(OutboxItem.init) }

    /// What is in it and how it changes.
    public var updates: Updates<[OutboxDiff]> {
        Updates { [ffi] in
            let updates = ffi.outboxUpdates()
            return Pull(
                take: { await updates.next()?.diffs.compactMap(OutboxDiff.init) },
                end: { updates.end() }
            )
        }
    }

    /// How a write stands. `nil` if it was cancelled, or if it was sent so long ago (4,096 writes,
    /// or before this client was opened) that nobody remembers.
    ///
    /// - Throws: `invalid` if this is no key.
    public func state(of key: String) throws(CauserieError) -> SendState? {
        try translatingNow { try ffi.writeStatus(key: key).map(SendState.init) }
    }

    /// How a write stands: now, and whenever that changes. It ends after ``SendState/sent(seq:)``, and
    /// without a further state when the write is cancelled or nobody remembers it.
    /// ``SendState/failed(code:message:)`` is not the end: a person may have it retried.
    ///
    /// ```swift
    /// for await state in try client.outbox.states(of: key) {
    ///     mark.text = state == .queued ? "…" : "✓"
    /// }
    /// ```
    ///
    /// - Throws: `invalid` if this is no key.
    public func states(of key: String) throws(CauserieError) -> Updates<SendState> {
        // Checked here, so that the iterations cannot fail.
        _ = try state(of: key)
        return Updates { [self] in
            let updates = ffi.outboxUpdates()
            let look = SendStateLook(updates) { try? state(of: key) }
            return Pull(take: { await look.next() }, end: { updates.end() })
        }
    }

    /// Waits until a write is sent or has failed. That may take as long as the user is offline.
    ///
    /// - Throws: ``CauserieError``: `unknown_write` if it is not known here or is cancelled
    ///   meanwhile, `closed` if the client is closed meanwhile; `CancellationError`, if the task is
    ///   cancelled.
    public func settled(_ key: String) async throws -> SendState {
        try await cancellable { SendState(try await ffi.settled(key: key, cancel: $0)) }
    }

    /// Queues a failed write again, under the same key, as the last one.
    ///
    /// - Throws: `unknown_write`; or why it could not be stored.
    public func retry(_ key: String) async throws(CauserieError) {
        try await translating { try await ffi.retry(key: key) }
    }

    /// Gives a write up. One that was never sent just goes; a message that may have reached the
    /// server is deleted there, too.
    ///
    /// - Throws: `unknown_write`; or why it could not be stored.
    public func cancel(_ key: String) async throws(CauserieError) {
        try await translating { try await ffi.cancelWrite(key: key) }
    }
}

/// A write that is on its way, or failed. Printing it shows nothing that people wrote.
public struct OutboxItem: Hashable, Identifiable, Sendable {
    /// The key that the call gave. A message is shown, sent and confirmed under it.
    public let key: String
    /// Where.
    public let conversationID: String
    /// What it does.
    public let kind: WriteKind
    /// What it says, for a message or an edit.
    public let text: String?
    /// The message that it changes.
    public let target: MessageTarget?
    /// The emoji of a reaction.
    public let emoji: String?
    /// Whom it lets in or puts out.
    public let userIDs: [String]
    /// When it was made, by this device's clock.
    public let createdAt: Date
    /// How it stands.
    public let state: SendState

    /// ``key``.
    public var id: String { key }
}

/// A change to the outbox.
public enum OutboxDiff: Hashable, Sendable {
    /// All of it, oldest first.
    case reset([OutboxItem])
    /// A write is new, or stands otherwise. A new one, and one that is queued again after it failed,
    /// comes last.
    case update(OutboxItem)
    /// The server has the write of this key, durable: at this place of the conversation's order, if
    /// it is a message. It is in the outbox no more.
    case sent(key: String, seq: Int64?)
    /// The write of this key was cancelled.
    case cancelled(key: String)
}

extension Array where Element == OutboxItem {
    /// Applies what changed.
    public mutating func apply(_ diff: OutboxDiff) {
        switch diff {
        case .reset(let items):
            self = items
        case .update(let item):
            guard let place = firstIndex(where: { $0.key == item.key }) else { return append(item) }
            if item.state == .queued, self[place].state != .queued {
                remove(at: place)
                append(item)
            } else {
                self[place] = item
            }
        case .sent(let key, _), .cancelled(let key):
            removeAll { $0.key == key }
        }
    }
}

extension OutboxItem: CustomStringConvertible, CustomDebugStringConvertible {
    /// Ids and state, without what was said.
    public var description: String { "OutboxItem(\(key), \(kind), \(state))" }

    /// As ``description``.
    public var debugDescription: String { description }
}

extension OutboxItem {
    init(_ entry: CauserieGenerated.OutboxEntry) {
        key = entry.key
        conversationID = entry.conversationId
        kind = WriteKind(rawValue: entry.kind)
        text = entry.text
        target =
            entry.targetMessageId.map(MessageTarget.id)
            ?? entry.targetKey.map(MessageTarget.key)
        emoji = entry.emoji
        userIDs = entry.userIds
        createdAt = Date(milliseconds: entry.createdAt)
        state = SendState(entry.status)
    }
}

extension OutboxDiff {
    /// `nil` for a write that has left the outbox since; what became of it comes next.
    init?(_ diff: CauserieGenerated.OutboxDiff) {
        let key = diff.key ?? ""
        switch diff.kind {
        case .reset:
            self = .reset(diff.entries.map(OutboxItem.init))
        case .update:
            if case .sent(let seq)? = diff.status.map(SendState.init) {
                self = .sent(key: key, seq: seq)
            } else if let entry = diff.entries.first {
                self = .update(OutboxItem(entry))
            } else {
                return nil
            }
        case .remove:
            self = .cancelled(key: key)
        }
    }
}
