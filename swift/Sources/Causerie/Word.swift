/// A word of the wire that may get new values: compare it with the constants of its type, and let
/// what is unknown pass.
///
/// Servers of a later version may say words that this version does not name. They arrive as they
/// are, so a `switch` over a word needs a `default`.
public protocol Word: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral,
    CustomStringConvertible
where RawValue == String {
    /// The word as the wire has it.
    init(rawValue: String)
}

extension Word {
    /// The word as the wire has it.
    public init(stringLiteral value: String) {
        self.init(rawValue: value)
    }

    /// The word as the wire has it.
    public var description: String { rawValue }
}

/// What a conversation is (`docs/protocol.md` §4).
public struct ConversationKind: Word {
    /// Of two users.
    public static let direct: Self = "direct"
    /// Of many.
    public static let group: Self = "group"
    /// One in which few speak and many read.
    public static let broadcast: Self = "broadcast"

    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// What a message is (`docs/protocol.md` §4).
public struct MessageKind: Word {
    /// Words.
    public static let text: Self = "text"
    /// Files.
    public static let media: Self = "media"
    /// What the server says of a conversation.
    public static let system: Self = "system"
    /// The app's own.
    public static let custom: Self = "custom"

    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// How the user belongs to a conversation.
public struct Membership: Word {
    /// As a member.
    public static let joined: Self = "joined"
    /// Asked, and has not answered.
    public static let invited: Self = "invited"
    /// Not any more: what is cached can be read, and nothing new comes.
    public static let left: Self = "left"

    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// What a member may do.
public struct Role: Word {
    /// Everything.
    public static let owner: Self = "owner"
    /// Lets users in and out, and changes title and picture.
    public static let admin: Self = "admin"
    /// Reads and writes.
    public static let member: Self = "member"

    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// What later members see of what was said before.
public struct HistoryPolicy: Word {
    /// Nothing; the server's default.
    public static let fromJoin: Self = "from_join"
    /// All of it.
    public static let all: Self = "all"

    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// What a write does (`docs/protocol.md` §4).
public struct WriteKind: Word {
    /// Says something.
    public static let sendMessage: Self = "send_message"
    /// Changes what was said.
    public static let editMessage: Self = "edit_message"
    /// Takes back what was said.
    public static let deleteMessage: Self = "delete_message"
    /// Puts an emoji on a message.
    public static let addReaction: Self = "add_reaction"
    /// Takes it off.
    public static let removeReaction: Self = "remove_reaction"
    /// Makes a conversation.
    public static let createConversation: Self = "create_conversation"
    /// Changes title, picture or settings.
    public static let updateConversation: Self = "update_conversation"
    /// Lets users in.
    public static let addMembers: Self = "add_members"
    /// Puts users out.
    public static let removeMembers: Self = "remove_members"
    /// Changes what users may do.
    public static let setRole: Self = "set_role"
    /// Leaves a conversation.
    public static let quitConversation: Self = "quit_conversation"

    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}
