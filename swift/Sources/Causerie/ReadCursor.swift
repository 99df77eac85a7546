internal import CauserieGenerated

/// How far somebody has read.
public struct ReadCursor: Hashable, Sendable {
    /// Who.
    public let userID: String
    /// Up to which place.
    public let seq: Int64
    /// Up to which place it reached one of the user's devices.
    public let deliveredSeq: Int64
}

/// Looks at all cursors of a conversation again whenever an event says that some are others.
actor ReadCursorLook {
    private let conversation: CauserieGenerated.Conversation
    private let events: CauserieGenerated.Events
    private var last: [ReadCursor]?

    /// The events are listened to before the first look: nothing falls between.
    init(_ conversation: CauserieGenerated.Conversation, _ events: CauserieGenerated.Events) {
        self.conversation = conversation
        self.events = events
    }

    /// The cursors once they are others; `nil` when the events end.
    func next() async -> [ReadCursor]? {
        if last == nil, let cursors = await changed() { return cursors }
        while await events.next() != nil {
            if let cursors = await changed() { return cursors }
        }
        return nil
    }

    /// What cannot be read now is read at the next event.
    private func changed() async -> [ReadCursor]? {
        guard !Task.isCancelled,
            let cursors = try? await conversation.readCursors().map(ReadCursor.init),
            cursors != last
        else { return nil }
        last = cursors
        return cursors
    }
}

extension ReadCursor {
    init(_ cursor: CauserieGenerated.ReadCursor) {
        userID = cursor.userId
        seq = cursor.seq
        deliveredSeq = cursor.deliveredSeq
    }
}
