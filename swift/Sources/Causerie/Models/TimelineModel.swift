import Observation

/// A conversation for a screen: its messages, who types, and what a person does there. What SwiftUI
/// observes.
///
/// ```swift
/// struct Chat: View {
///     @State var model: TimelineModel
///
///     var body: some View {
///         List(model.items) { Row($0) }
///             .refreshable { await model.loadOlder() }
///             .task { await model.run() }
///     }
/// }
/// ```
///
/// What a person asks for is done one after the other, in the order of the calls, each of which may
/// be in a task of its own. It does not throw: if it fails, ``failure`` says how, and is there until
/// the same is done with success, or it is set to `nil`.
@MainActor
@Observable
public final class TimelineModel {
    /// The messages, oldest first.
    public private(set) var items: [TimelineItem] = []
    /// Whether there is more to load, and whether it is being loaded.
    public private(set) var state = TimelineState()
    /// Who types now, apart from this user.
    public private(set) var typingUserIDs: [String] = []
    /// What went wrong last.
    public var failure: CauserieError?

    /// The conversation that it shows.
    public let conversation: Conversation

    @ObservationIgnored private let client: Client
    @ObservationIgnored private let start: Timeline.Start
    @ObservationIgnored private let pageSize: Int
    @ObservationIgnored private var timeline: Timeline?
    @ObservationIgnored private var failed: Doing?
    @ObservationIgnored private var isBusy = false
    @ObservationIgnored private var waiting: [CheckedContinuation<Void, Never>] = []

    /// A model of a conversation. It is empty until ``run()`` runs.
    ///
    /// - Parameters:
    ///   - conversation: Which.
    ///   - client: Whose.
    ///   - start: Where it begins.
    ///   - pageSize: How many messages are shown at first, and how many more each time: 1 to 200;
    ///     with another, ``run()`` fails with `invalid`.
    public init(
        _ conversation: Conversation, of client: Client, from start: Timeline.Start = .newest,
        pageSize: Int = 50
    ) {
        self.conversation = conversation
        self.client = client
        self.start = start
        self.pageSize = pageSize
    }

    /// Opens the timeline and follows it, until the task is cancelled or the client is closed; then
    /// closes it. Once more begins anew; of two at once, the later one is shown.
    public func run() async {
        do {
            let timeline = try await conversation.timeline(from: start, pageSize: pageSize)
            succeed(in: .opening)
            self.timeline = timeline
            defer {
                timeline.close()
                // Another run may have begun before this one noticed that it is cancelled.
                if self.timeline === timeline {
                    self.timeline = nil
                    typingUserIDs = []
                }
            }
            async let messages: Void = follow(timeline)
            async let typing: Void = followTyping()
            _ = await (messages, typing)
        } catch {
            fail(in: .opening, error)
        }
    }

    // MARK: What a person does

    /// Says something, and forgets the draft.
    ///
    /// - Returns: The message's key; `nil` if it was not queued, and the text field keeps it.
    @discardableResult
    public func send(_ text: String) async -> String? {
        var key: String?
        await attempt(.sending) { () async throws(CauserieError) in
            key = try await conversation.send(text)
            try await conversation.setDraft(nil)
        }
        return key
    }

    /// Queues a failed message again. One that was sent or given up meanwhile needs nothing.
    public func retry(_ item: TimelineItem) async {
        await attempt(.retrying) { () async throws(CauserieError) in
            try await ifWaiting { () async throws(CauserieError) in
                try await client.outbox.retry(item.key)
            }
        }
    }

    /// Gives up a message that was not sent, or takes one back that was, be it since this item was
    /// drawn. One that was given up meanwhile needs nothing.
    public func delete(_ item: TimelineItem) async {
        await attempt(.deleting) { () async throws(CauserieError) in
            if item.messageID == nil, try await giveUp(item.key) { return }
            try await conversation.delete(MessageTarget(item))
        }
    }

    /// Changes what one's own message says.
    public func edit(_ item: TimelineItem, text: String) async {
        await attempt(.editing) { () async throws(CauserieError) in
            try await conversation.edit(MessageTarget(item), text: text)
        }
    }

    /// Puts one's emoji on a message, or takes it off.
    public func toggle(_ emoji: String, on item: TimelineItem) async {
        await attempt(.reacting) { () async throws(CauserieError) in
            let target = MessageTarget(item)
            if item.reactions.contains(where: { $0.emoji == emoji && $0.isMine }) {
                try await conversation.removeReaction(emoji, from: target)
            } else {
                try await conversation.react(to: target, with: emoji)
            }
        }
    }

    /// Shows a page of older messages.
    public func loadOlder() async {
        guard let timeline else { return }
        await attempt(.loading) { () async throws(CauserieError) in
            try await timeline.loadOlder()
        }
    }

    /// Everything that is known was read.
    public func markRead() async {
        await attempt(.reading) { () async throws(CauserieError) in
            try await conversation.markRead()
        }
    }

    /// What stands in the text field: kept as a draft, and the others are told that somebody types.
    public func typed(_ text: String) async {
        await attempt(.typing) { () async throws(CauserieError) in
            try await conversation.setDraft(text.isEmpty ? nil : text)
            try await conversation.setTyping(!text.isEmpty)
        }
    }

    /// Does something about a write that waits in the outbox.
    ///
    /// - Returns: Whether it does: it may have been sent or given up since a person saw it.
    @discardableResult
    private func ifWaiting(
        _ work: () async throws(CauserieError) -> Void
    ) async throws(CauserieError) -> Bool {
        do {
            try await work()
            return true
        } catch {
            guard error.code == .unknownWrite else { throw error }
            return false
        }
    }

    /// Gives up a message that was not sent.
    ///
    /// - Returns: Whether it is given up, now or before. If nobody can tell, it was sent.
    private func giveUp(_ key: String) async throws(CauserieError) -> Bool {
        let waited = try await ifWaiting { () async throws(CauserieError) in
            try await client.outbox.cancel(key)
        }
        if waited { return true }
        guard let timeline, try client.outbox.state(of: key) == nil else { return false }
        return !timeline.items.contains { $0.key == key }
    }

    // MARK: Following

    private func follow(_ timeline: Timeline) async {
        var shown: [TimelineItem] = []
        for await batch in timeline.updates {
            for diff in batch.diffs { shown.apply(diff) }
            guard self.timeline === timeline else { continue }
            // Once for all of them: each change of `items` is one for who observes it.
            items = shown
            state = batch.state
        }
    }

    private func followTyping() async {
        let filter = EventFilter(kinds: [.typing], conversationID: conversation.id)
        guard let events = try? client.events(filter) else { return }
        for await _ in events {
            typingUserIDs = conversation.typingUserIDs.filter { $0 != client.userID }
        }
    }

    /// Waits for its turn: calls leave the main actor, where nothing keeps them in order.
    private func attempt(
        _ doing: Doing, _ work: () async throws(CauserieError) -> Void
    ) async {
        if isBusy { await withCheckedContinuation { waiting.append($0) } }
        isBusy = true
        do {
            try await work()
            succeed(in: doing)
        } catch {
            fail(in: doing, error)
        }
        // The next one takes over without letting anybody in between.
        if waiting.isEmpty { isBusy = false } else { waiting.removeFirst().resume() }
    }

    // MARK: What went wrong

    /// What may fail.
    private enum Doing {
        case opening, sending, retrying, deleting, editing, reacting, loading, reading, typing
    }

    private func fail(in doing: Doing, _ error: CauserieError) {
        failed = doing
        failure = error
    }

    /// What went wrong with something else is still to be seen.
    private func succeed(in doing: Doing) {
        guard failed == doing else { return }
        failed = nil
        failure = nil
    }
}
