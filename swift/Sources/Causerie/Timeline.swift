internal import CauserieGenerated

/// An open view of a conversation: what is cached at once, what the server has as it comes, and what
/// this device sent, in place.
///
/// While one is open, its conversation is kept up to date. It closes with the last reference to it
/// and to its iterations, or by ``close()``.
///
/// ```swift
/// let timeline = try await conversation.timeline()
/// var items: [TimelineItem] = []
/// for await batch in timeline.updates {
///     for diff in batch.diffs { items.apply(diff) }
/// }
/// ```
public final class Timeline: Sendable {
    /// Where a view begins.
    public enum Start: Hashable, Sendable {
        /// With the newest message.
        case newest
        /// Around the message of this place in the conversation's order.
        case around(seq: Int64)
    }

    private let ffi: CauserieGenerated.Timeline

    init(_ ffi: CauserieGenerated.Timeline) {
        self.ffi = ffi
    }

    /// The conversation that it shows.
    public var conversationID: String { ffi.conversationId() }

    /// What it shows now and how it stands. Read one after the other, ``items`` and ``state`` may be
    /// of two moments; these are of one.
    public var snapshot: TimelineSnapshot { TimelineSnapshot(ffi.snapshot()) }

    /// What it shows now, oldest first.
    public var items: [TimelineItem] { ffi.items().map(TimelineItem.init) }

    /// Whether there is more to load, and whether it is being loaded.
    public var state: TimelineState { TimelineState(ffi.state()) }

    /// What it shows and how it changes. The timeline stays open while one iterates.
    public var updates: Updates<TimelineBatch> {
        Updates { [ffi] in
            let updates = ffi.updates()
            return Pull(
                take: { await updates.next().map(TimelineBatch.init) },
                end: { updates.end() }
            )
        }
    }

    /// Shows a page of older messages: from the cache, and otherwise from the server, in which case
    /// they come later as an update. Offline, ``TimelineState/hasOlder`` stays; what is missing is
    /// loaded once connected.
    ///
    /// - Throws: `timeline_closed`, `closed`, or why the cache could not be read.
    public func loadOlder() async throws(CauserieError) {
        try await translating { try await ffi.loadOlder() }
    }

    /// Shows a page of newer messages, after a start in the middle.
    ///
    /// - Throws: As ``loadOlder()``.
    public func loadNewer() async throws(CauserieError) {
        try await translating { try await ffi.loadNewer() }
    }

    /// Closes it: iterations get what waits for them and then the end, and loading throws
    /// `timeline_closed`. Once more does nothing.
    public func close() {
        ffi.end()
    }
}

extension Timeline.Start {
    var lowered: CauserieGenerated.TimelineStart {
        switch self {
        case .newest: .init(kind: .newest, seq: nil)
        case .around(let seq): .init(kind: .at, seq: seq)
        }
    }
}
