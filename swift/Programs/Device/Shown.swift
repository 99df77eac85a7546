/// What a device shows, with ids in it: what a screen would be drawn from.
struct Shown: Encodable {
    var says = "shown"
    var connection = "closed"
    var rooms: [Room] = []
    var outbox: [Write] = []
    var tokensAsked = 0
    var ever: [String] = []
    var broken: [String] = []

    /// An entry of the conversation list.
    struct Room: Encodable {
        let id: String
        let title: String
        let unread: Int
        let mentions: Int
        let draft: String?
        let membership: String
        let last: String?
        let pending: String?
        let typing: [String]
        let readBy: [String: Int64]
        let timeline: Messages?
    }

    /// An open timeline.
    struct Messages: Encodable {
        let items: [Item]
        let same: Bool
        let older: Bool
        let resets: Int
        let moves: Int
    }

    /// A message.
    struct Item: Encodable {
        let tempId: String?
        let messageId: String?
        let seq: Int64
        let from: String
        let text: String?
        let send: String?
        let edited: Bool
        let deleted: Bool
        let changing: Bool
        let reactions: [Reaction]
        let replyTo: String?
        let mentions: [String]
    }

    /// An emoji on a message.
    struct Reaction: Encodable {
        let emoji: String
        let by: [String]
        let count: Int
        let me: Bool
    }

    /// A write in the outbox.
    struct Write: Encodable {
        let key: String
        let what: String
        let room: String
        let targetKey: String?
        let targetId: String?
        let failed: String?
    }
}
