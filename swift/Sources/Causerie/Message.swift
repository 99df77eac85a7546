internal import CauserieGenerated

/// The message that an edit, a deletion or a reaction means.
public enum MessageTarget: Hashable, Sendable {
    /// By the server's id: any message that has one.
    case id(String)
    /// By the key that `send` gave: one's own, also before the server has it.
    case key(String)

    /// What names this message: its id, or its key as long as the server has not confirmed it.
    public init(_ item: TimelineItem) {
        self = item.messageID.map(Self.id) ?? .key(item.key)
    }
}

/// A message to be sent, with everything that one may have.
public struct NewMessage: Hashable, Sendable {
    /// What it is. Default: ``MessageKind/media`` with files, ``MessageKind/custom`` for an object,
    /// else ``MessageKind/text``.
    public var kind: MessageKind?
    /// What is said: text or an object of the app's; a message may have neither if it has files.
    public var content: Content?
    /// Files, uploaded before.
    public var attachments: [Attachment]
    /// The id of the message that it answers.
    public var replyTo: String?
    /// Users whom it names.
    public var mentions: [String]
    /// The app's own.
    public var metadata: JSON?

    /// What a message says.
    public enum Content: Hashable, Sendable {
        /// Words, at most 16 KiB as JSON has it.
        case text(String)
        /// An object of the app's own.
        case object(JSON)
    }

    /// A message that says this.
    public init(
        _ text: String, replyTo: String? = nil, mentions: [String] = [],
        attachments: [Attachment] = [], metadata: JSON? = nil
    ) {
        self.init(
            content: .text(text), replyTo: replyTo, mentions: mentions, attachments: attachments,
            metadata: metadata)
    }

    /// A message of another kind.
    public init(
        kind: MessageKind? = nil, content: Content?, replyTo: String? = nil,
        mentions: [String] = [], attachments: [Attachment] = [], metadata: JSON? = nil
    ) {
        self.kind = kind
        self.content = content
        self.replyTo = replyTo
        self.mentions = mentions
        self.attachments = attachments
        self.metadata = metadata
    }
}

/// A conversation to be made. A direct one is made by ``Client/openDirect(with:)``.
public struct NewConversation: Hashable, Sendable {
    /// What it is.
    public var kind: ConversationKind
    /// Its title.
    public var title: String?
    /// Who belongs to it beside its creator.
    public var members: [String]
    /// What later members see. Default: what is said after they joined.
    public var history: HistoryPolicy?

    /// A group of these users and oneself.
    public static func group(
        _ title: String, members: [String], history: HistoryPolicy? = nil
    ) -> Self {
        Self(kind: .group, title: title, members: members, history: history)
    }

    /// A conversation of any kind but direct.
    public init(
        kind: ConversationKind, title: String? = nil, members: [String],
        history: HistoryPolicy? = nil
    ) {
        self.kind = kind
        self.title = title
        self.members = members
        self.history = history
    }
}

/// What is to change of a conversation; what is `nil` stays.
public struct ConversationChanges: Hashable, Sendable {
    /// The new title.
    public var title: String?
    /// A reference to the new picture.
    public var avatar: String?
    /// The app's own settings, replaced as a whole.
    public var settings: JSON?

    /// Changes.
    public init(title: String? = nil, avatar: String? = nil, settings: JSON? = nil) {
        self.title = title
        self.avatar = avatar
        self.settings = settings
    }
}

extension NewMessage: CustomStringConvertible, CustomDebugStringConvertible {
    /// Without what it says.
    public var description: String {
        "NewMessage(\(kind.map(\.rawValue) ?? "text"), \(attachments.count) attachments)"
    }

    /// As ``description``.
    public var debugDescription: String { description }
}

extension MessageTarget {
    var lowered: CauserieGenerated.MessageTarget {
        switch self {
        case .id(let id): .init(messageId: id, key: nil)
        case .key(let key): .init(messageId: nil, key: key)
        }
    }
}

extension NewMessage {
    var lowered: CauserieGenerated.NewMessage {
        var text: String?
        var object: String?
        switch content {
        case .text(let words): text = words
        case .object(let json): object = json.text
        case nil: break
        }
        return .init(
            text: text, object: object, kind: kind?.rawValue,
            attachments: attachments.map(\.lowered), replyTo: replyTo, mentions: mentions,
            metadata: metadata?.text)
    }
}

extension NewConversation {
    var lowered: CauserieGenerated.NewConversation {
        .init(kind: kind.rawValue, title: title, members: members, history: history?.rawValue)
    }
}

extension ConversationChanges {
    var lowered: CauserieGenerated.ConversationChanges {
        .init(title: title, avatar: avatar, settings: settings?.text)
    }
}
