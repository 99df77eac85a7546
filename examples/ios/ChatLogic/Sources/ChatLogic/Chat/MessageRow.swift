import Causerie

/// A line of the timeline.
public enum TimelineRow: Identifiable, Hashable, Sendable {
    /// A new day begins.
    case day(id: String, text: String)
    /// Below it is what was not read when the screen was opened.
    case unread(text: String)
    /// A message.
    case message(MessageRow)

    /// Stable, so that a list keeps its place over every change.
    public var id: String {
        switch self {
        case .day(let id, _): id
        case .unread: "unread"
        case .message(let row): row.id
        }
    }
}

/// A message, ready to be drawn.
public struct MessageRow: Identifiable, Hashable, Sendable {
    /// The message's key.
    public let id: String
    /// It stands on the right.
    public let isMine: Bool
    /// Above the message: who says it, where that is not obvious.
    public let author: Author?
    public let content: Content
    /// The message that it answers.
    public let quote: Quote?
    public let reactions: [ReactionChip]
    public let time: String
    public let isEdited: Bool
    /// An edit, deletion or reaction is on its way.
    public let isChanging: Bool
    /// How a message of one's own stands.
    public let delivery: Delivery?
    /// The next one is by another sender, or of another day: a little room below.
    public let endsRun: Bool
    /// What can be done with it, in the order to offer it.
    public let actions: [MessageAction]
    /// What VoiceOver says.
    public let label: String
}

/// Who says something.
public struct Author: Hashable, Sendable {
    public let name: String
    public let avatar: Avatar
}

/// What a message says.
public enum Content: Hashable, Sendable {
    /// Words of a person's.
    case text(String)
    /// Files, by what they are.
    case files([String], caption: String?)
    /// What the server says of the conversation.
    case notice(String)
    /// It was taken back.
    case deleted
    /// What this app cannot show.
    case unknown

    /// In words.
    public var text: String {
        switch self {
        case .text(let text), .notice(let text): text
        case .files(let names, let caption):
            ([names.joined(separator: ", ")] + (caption.map { [$0] } ?? [])).joined(separator: ": ")
        case .deleted: Words.deleted
        case .unknown: Words.unknownMessage
        }
    }
}

/// A message that another answers, in short.
public struct Quote: Hashable, Sendable {
    /// Who said it; `nil` if it is not loaded.
    public let author: String?
    public let text: String
}

/// An emoji under a message.
public struct ReactionChip: Identifiable, Hashable, Sendable {
    public let emoji: String
    public let count: Int
    /// The user gave it, too.
    public let isMine: Bool

    /// ``emoji``.
    public var id: String { emoji }
    /// What VoiceOver says.
    public var label: String {
        "\(emoji), \(count)" + (isMine ? ", yours" : "")
    }
}

/// How a message of one's own stands.
public enum Delivery: Hashable, Sendable {
    /// It goes by itself.
    case waiting
    /// The server has it.
    case sent
    /// Everybody's device has it.
    case delivered
    /// So many have read it.
    case read(by: Int)
    /// It was refused for good.
    case failed(String)
}

/// What can be done with a message.
public enum MessageAction: Hashable, Sendable {
    /// Queue a refused message again.
    case retry
    /// Give up what was not sent.
    case cancel
    /// Answer it.
    case reply
    /// Put an emoji on it, or take it off.
    case react
    /// Copy its text.
    case copy
    /// Change what it says.
    case edit
    /// Take it back, for everybody.
    case delete

    /// What a menu calls it.
    public var title: String {
        switch self {
        case .retry: "Try again"
        case .cancel: "Give up"
        case .reply: "Reply"
        case .react: "React"
        case .copy: "Copy"
        case .edit: "Edit"
        case .delete: "Delete"
        }
    }

    /// Something is lost by it.
    public var isDestructive: Bool {
        self == .cancel || self == .delete
    }

    /// The emojis that are offered.
    public static let emojis = ["👍", "❤️", "😂", "😮", "😢", "🙏"]
}
