import Causerie
import Foundation
import Observation

/// A conversation's screen: lines, title, composer, and what a person does there.
@MainActor
@Observable
public final class ChatModel: Identifiable {
    /// The conversation's id.
    public nonisolated let id: String
    /// The text field.
    public let composer: Composer
    /// The newest message can be seen: then what comes counts as read.
    public var isAtNewest = true
    /// The line at the top of the screen. The list keeps it there when older ones come above it.
    public var place: String?

    @ObservationIgnored private let list: ConversationsModel
    @ObservationIgnored private let timeline: TimelineModel
    @ObservationIgnored private let marks: ReadMarks
    @ObservationIgnored private let times: Times
    @ObservationIgnored private let unreadAtFirst: Int
    @ObservationIgnored private let newestAtFirst: Int64

    /// A model of a conversation that the list may not know yet; `nil` if this is no id.
    init?(_ id: String, in list: ConversationsModel, times: Times, pageSize: Int = 50) {
        guard let conversation = try? list.client.conversation(id) else { return nil }
        self.id = id
        self.list = list
        self.times = times
        timeline = TimelineModel(conversation, of: list.client, pageSize: pageSize)
        marks = ReadMarks(conversation)
        composer = Composer(conversation)
        let item = conversation.item
        unreadAtFirst = item?.unreadCount ?? 0
        newestAtFirst = item?.lastMessage?.seq ?? 0
    }

    // MARK: What is shown

    /// The conversation's title.
    public var title: String {
        list.item(id).map { $0.title.isEmpty ? Words.untitled : $0.title } ?? ""
    }

    /// Below the title: who types, or how many belong to a group.
    public var subtitle: String? {
        if let typing = Words.typing(timeline.typingUserIDs.map { list.names[$0] }) {
            return typing
        }
        guard let item = list.item(id), item.kind != .direct else { return nil }
        return Words.count(item.memberCount, "member", "members")
    }

    /// Somebody types.
    public var isSomebodyTyping: Bool { !timeline.typingUserIDs.isEmpty }

    /// The strip at the top.
    public var banner: Banner? { list.banner }

    /// Whether the composer is there.
    public var canWrite: Bool { list.item(id)?.membership != .left }

    /// Why the composer is not there.
    public var notice: String? { canWrite ? nil : Words.notMember }

    /// Older messages are on their way.
    public var isLoading: Bool { timeline.state.isLoading }

    /// There are older messages.
    public var hasOlder: Bool { timeline.state.hasOlder }

    /// The lines, oldest first.
    public func rows(now: Date = .now) -> [TimelineRow] {
        lines(now: now).rows(of: timeline.items)
    }

    /// What was to happen to messages and was refused for good; messages show that themselves.
    public var failedChanges: [FailedChange] {
        list.outbox(of: id).compactMap(FailedChange.init)
    }

    /// The newest line, for the button that leads there.
    public var newest: String? { timeline.items.last?.key }

    /// What went wrong last, for an alert; `nil` once it was seen.
    public var failure: String? {
        get { timeline.failure.map { Words.failure($0.code) } ?? composer.failure }
        set {
            guard newValue == nil else { return }
            timeline.failure = nil
            composer.failure = nil
        }
    }

    /// There is something in ``failure``.
    public var hasFailed: Bool {
        get { failure != nil }
        set { if !newValue { failure = nil } }
    }

    // MARK: While it is shown

    /// Follows the conversation until the task is cancelled or the client is closed.
    public func run() async {
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await self.marks.run() }
            tasks.addTask { await self.markRead() }
            await timeline.run()
            tasks.cancelAll()
        }
    }

    /// What is unread is read once its end can be seen.
    private func markRead() async {
        await observing {
            isAtNewest && !timeline.items.isEmpty ? list.item(id)?.unreadCount ?? 0 : 0
        } each: { unread in
            if unread > 0 { await timeline.markRead() }
        }
    }

    // MARK: What a person does

    /// The top of the list is near: shows a page of older messages, unless that is being done.
    public func loadOlder() async {
        guard hasOlder, !isLoading else { return }
        await timeline.loadOlder()
    }

    /// Sends what stands in the composer, and leads to it.
    public func send() async {
        isAtNewest = true
        await composer.send()
    }

    /// Queues a refused message again.
    public func retry(_ key: String) async {
        if let item = item(key) { await timeline.retry(item) }
    }

    /// Gives up a message that was not sent, or takes one back that was.
    public func delete(_ key: String) async {
        if let item = item(key) { await timeline.delete(item) }
    }

    /// Puts one's emoji on a message, or takes it off.
    public func toggle(_ emoji: String, on key: String) async {
        if let item = item(key) { await timeline.toggle(emoji, on: item) }
    }

    /// Queues a refused change again.
    public func retry(_ change: FailedChange) async {
        await attempt { () async throws(CauserieError) in
            try await list.client.outbox.retry(change.id)
        }
    }

    /// Gives up a refused change.
    public func dismiss(_ change: FailedChange) async {
        await attempt { () async throws(CauserieError) in
            try await list.client.outbox.cancel(change.id)
        }
    }

    private func attempt(_ work: () async throws(CauserieError) -> Void) async {
        do throws(CauserieError) { try await work() } catch { timeline.failure = error }
    }

    /// The composer answers a message.
    public func reply(to key: String) {
        guard let item = item(key), let message = item.messageID else { return }
        composer.reply(to: message, lines(now: .now).quote(of: item))
    }

    /// The composer changes a message.
    public func edit(_ key: String) {
        guard let item = item(key), let text = item.text else { return }
        composer.edit(key, saying: text, lines(now: .now).quote(of: item))
    }

    /// What a message says, to be copied.
    public func text(of key: String) -> String? {
        item(key)?.text
    }

    private func item(_ key: String) -> TimelineItem? {
        timeline.items.last { $0.key == key }
    }

    private func lines(now: Date) -> TimelineRows {
        let me = list.client.userID
        return TimelineRows(
            me: me, isDirect: list.item(id)?.kind == .direct, canWrite: canWrite,
            cursors: marks.cursors,
            firstUnread: TimelineRows.firstUnread(
                in: timeline.items, count: unreadAtFirst, upTo: newestAtFirst, me: me),
            times: times, now: now, name: { [names = list.names] in names[$0] })
    }
}
