import Causerie
import Foundation
import Observation

/// The list of conversations: rows, banner, and what a person does there.
@MainActor
@Observable
public final class ConversationsModel {
    /// The strip at the top; `nil` while all is well.
    public private(set) var banner: Banner?
    /// What went wrong last, for an alert; `nil` once it was seen.
    public var failure: String?
    /// There is something in ``failure``.
    public var hasFailed: Bool {
        get { failure != nil }
        set { if !newValue { failure = nil } }
    }

    let client: Client
    let names: Names
    private let list: ConversationListModel
    private var outbox: [OutboxItem]

    init(_ client: Client) {
        self.client = client
        names = Names(client)
        list = ConversationListModel(client)
        outbox = client.outbox.items
    }

    /// The rows, in the order to show.
    public func rows(now: Date = .now, times: Times = Times()) -> [ConversationRow] {
        let writes = Dictionary(grouping: outbox, by: \.conversationID)
        return list.items.map { item in
            ConversationRow.of(
                item, outbox: writes[item.id] ?? [], me: client.userID, name: { names[$0] },
                times: times, now: now)
        }
    }

    /// Messages not read yet, in all conversations that make a noise.
    public var unreadCount: Int { list.unreadCount }

    /// The list's title, with how much is unread.
    public var title: String {
        Words.badge(unreadCount).map { "\(Words.chats) (\($0))" } ?? Words.chats
    }

    /// What the list knows of a conversation.
    func item(_ id: String) -> ConversationItem? {
        list.items.first { $0.id == id }
    }

    /// What is on its way, or failed, in a conversation.
    func outbox(of id: String) -> [OutboxItem] {
        outbox.filter { $0.conversationID == id }
    }

    /// Follows list, connection, outbox and names until the task is cancelled or the client is
    /// closed.
    func run() async {
        async let list: Void = list.run()
        async let connection: Void = followConnection()
        async let outbox: Void = followOutbox()
        async let names: Void = names.run()
        _ = await (list, connection, outbox, names)
    }

    // MARK: What a person does

    /// Opens the conversation with a user, new or not.
    ///
    /// - Returns: Its id; `nil` if that did not work, and then ``failure`` says why.
    public func startDirect(with user: String) async -> String? {
        let user = user.trimmingCharacters(in: .whitespacesAndNewlines)
        guard (1...128).contains(user.utf8.count), user != client.userID else {
            failure = Words.badUser
            return nil
        }
        return await attempt { () async throws(CauserieError) in
            try await client.openDirect(with: user)
        }
    }

    /// Makes a group.
    ///
    /// - Parameter members: Their ids, separated by commas or spaces.
    /// - Returns: As ``startDirect(with:)``.
    public func startGroup(_ title: String, members: String) async -> String? {
        let members = members.split { $0 == "," || $0.isWhitespace }.map(String.init)
        let title = title.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !title.isEmpty, !members.isEmpty else {
            failure = Words.badUser
            return nil
        }
        return await attempt { () async throws(CauserieError) in
            try await client.create(.group(title, members: members))
        }
    }

    private func attempt(
        _ work: () async throws(CauserieError) -> Conversation
    ) async -> String? {
        do {
            return try await work().id
        } catch {
            failure = Words.failure(error.code)
            return nil
        }
    }

    // MARK: Following

    private func followConnection() async {
        for await state in client.connectionStates {
            banner = Banner.next(after: banner, state)
        }
    }

    private func followOutbox() async {
        for await diffs in client.outbox.updates {
            var outbox = outbox
            for diff in diffs { outbox.apply(diff) }
            self.outbox = outbox
        }
    }
}
