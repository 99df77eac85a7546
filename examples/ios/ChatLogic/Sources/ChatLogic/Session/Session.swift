import Causerie
import Observation

/// A signed-in user: the client, and what the screens show of it.
@MainActor
public final class Session: Identifiable {
    /// Whose.
    public let account: Account
    /// The list of conversations, and the banner.
    public let conversations: ConversationsModel

    let client: Client

    init(_ client: Client, of account: Account) {
        self.client = client
        self.account = account
        conversations = ConversationsModel(client)
    }

    /// Follows what changes, for as long as the screens are there.
    public func run() async {
        await conversations.run()
    }

    /// A conversation's screen. Each time it is shown it has a model of its own.
    public func chat(_ id: String, times: Times = Times()) -> ChatModel? {
        ChatModel(id, in: conversations, times: times)
    }
}
