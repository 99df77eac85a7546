import Causerie

/// Everything that the logic says, in one place: this file is what is translated, and the labels of
/// the screens.
public enum Words {
    // MARK: The connection

    static let offline = "No connection. What you write is sent when there is one."
    static let signInNeeded = "Please sign in again to go on."
    static let signIn = "Sign in"
    static let closed = "Disconnected."
    static let connect = "Connect"

    // MARK: The list

    static let chats = "Chats"
    static let you = "You"
    static let draft = "Draft"
    static let attachment = "Attachment"
    static let unknownMessage = "Message"
    static let deleted = "Message deleted"
    static let nothingYet = "No messages yet"
    static let yesterday = "Yesterday"
    static let today = "Today"
    static let untitled = "Conversation"

    /// What a badge says: beyond 99, that there are more.
    static func badge(_ count: Int) -> String? {
        switch count {
        case ...0: nil
        case 1...99: "\(count)"
        default: "99+"
        }
    }

    /// A count in words.
    static func count(_ count: Int, _ one: String, _ many: String) -> String {
        "\(count) \(count == 1 ? one : many)"
    }

    // MARK: A conversation

    static let newMessages = "New messages"
    static let earlierMessage = "An earlier message"
    static let edited = "edited"
    static let notMember = "You are not a member of this conversation any more."

    /// Who types.
    static func typing(_ names: [String]) -> String? {
        switch names.count {
        case 0: nil
        case 1: "\(names[0]) is typing…"
        case 2: "\(names[0]) and \(names[1]) are typing…"
        default:
            "\(names[0]), \(names[1]) and \(count(names.count - 2, "other", "others"))"
                + " are typing…"
        }
    }

    /// How a message of one's own stands.
    static func delivery(_ delivery: Delivery) -> String {
        switch delivery {
        case .waiting: "waiting to be sent"
        case .sent: "sent"
        case .delivered: "delivered"
        case .read(by: 1): "read"
        case .read(let readers): "read by \(readers)"
        case .failed(let reason): "not sent: \(reason)"
        }
    }

    // MARK: What went wrong

    /// What was to happen.
    static func change(_ kind: WriteKind) -> String {
        switch kind {
        case .editMessage: "Not edited"
        case .deleteMessage: "Not deleted"
        case .addReaction, .removeReaction: "Reaction not changed"
        case .createConversation: "Conversation not made"
        case .quitConversation: "Not left"
        default: "Conversation not changed"
        }
    }

    static let noBackend = "The server for signing in is not reached."
    static let badServer = "The server's address begins with ws:// or wss://."
    static let badUser = "A name has 1 to 128 characters."

    /// What a person is told of an error, by its code: the SDK's own message is for developers.
    public static func failure(_ code: CauserieError.Code) -> String {
        switch code {
        case .offline, .unavailable: "There is no connection."
        case .diskFull: "This device has no space left."
        case .tooLarge: "This message is too long."
        case .forbidden: "You may not do this here."
        case .unsent: "There are messages that were not sent."
        case .inUse: "Another app has these conversations open."
        case .outdated: "Please update the app: a newer version was here."
        case .unknownConversation: "This conversation is not there any more."
        case .unknownWrite: "This was sent or given up already."
        case .otherUser, .otherServer: "This folder belongs to another account."
        case .closed, .timelineClosed: "You are signed out."
        default: "Something went wrong (\(code))."
        }
    }
}
