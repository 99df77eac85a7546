internal import CauserieGenerated
import Foundation

/// A conversation as a list shows it. Printing it shows nothing that people wrote.
public struct ConversationItem: Hashable, Identifiable, Sendable {
    /// The conversation's id.
    public let id: String
    /// What it is.
    public let kind: ConversationKind
    /// The group that it belongs to.
    public let groupID: String?
    /// The title to show, resolved: a direct conversation has the other's name.
    public let title: String
    /// A reference to the picture to show, resolved likewise.
    public let avatar: String?
    /// The other user of a direct conversation.
    public let peerID: String?
    /// How the user belongs to it.
    public let membership: Membership
    /// What the user may do.
    public let role: Role
    /// How many belong to it.
    public let memberCount: Int
    /// Messages not read yet.
    public let unreadCount: Int
    /// Those among them that name this user.
    public let unreadMentionCount: Int
    /// It makes no noise.
    public let isMuted: Bool
    /// It was put away.
    public let isArchived: Bool
    /// It stays on top.
    public let isPinned: Bool
    /// The newest message that the server has.
    public let lastMessage: LastMessage?
    /// When there was last something.
    public let updatedAt: Date
    /// The key of a message of this device that is on its way and newer than ``lastMessage``.
    public let pendingKey: String?
    /// What was typed and not sent.
    public let draft: String?
}

/// The newest message of a conversation, in short.
public struct LastMessage: Hashable, Sendable {
    /// Its id.
    public let messageID: String
    /// Its place.
    public let seq: Int64
    /// Who said it.
    public let senderID: String
    /// What it is.
    public let kind: MessageKind
    /// The beginning of what it says, if it is text.
    public let text: String?
    /// When the server took it.
    public let createdAt: Date
    /// When it was deleted.
    public let deletedAt: Date?
}

/// A change to the conversation list. Indexes count from the top.
public enum ConversationDiff: Hashable, Sendable {
    /// All of it anew, in the order to show.
    case reset([ConversationItem])
    /// A new one, at this index from now on.
    case insert(ConversationItem, at: Int)
    /// The one at this index changed in place.
    case update(ConversationItem, at: Int)
    /// One changed, and its place with it; `to` is its index once it was taken out.
    case move(ConversationItem, from: Int, to: Int)
    /// The one at this index goes.
    case remove(at: Int)
}

extension Array where Element == ConversationItem {
    /// Applies what changed.
    ///
    /// - Returns: Whether the change fits what is there. From one iteration, applied in order, each
    ///   does; one that does not fit changes nothing.
    @discardableResult
    public mutating func apply(_ diff: ConversationDiff) -> Bool {
        switch diff {
        case .reset(let items):
            self = items
        case .insert(let item, let place):
            guard (0...count).contains(place) else { return false }
            insert(item, at: place)
        case .update(let item, let place):
            guard indices.contains(place) else { return false }
            self[place] = item
        case .move(let item, let from, let to):
            guard indices.contains(from), indices.contains(to) else { return false }
            remove(at: from)
            insert(item, at: to)
        case .remove(let place):
            guard indices.contains(place) else { return false }
            remove(at: place)
        }
        return true
    }
}

extension ConversationItem: CustomStringConvertible, CustomDebugStringConvertible {
    /// Id, kind and counts, without what was said.
    public var description: String {
        "ConversationItem(\(id), \(kind), \(membership), \(unreadCount) unread)"
    }

    /// As ``description``: this is what collections print.
    public var debugDescription: String { description }
}

extension LastMessage: CustomStringConvertible, CustomDebugStringConvertible {
    /// Ids, without what was said.
    public var description: String { "LastMessage(\(messageID), seq \(seq), from \(senderID))" }

    /// As ``description``.
    public var debugDescription: String { description }
}

extension ConversationItem {
    init(_ entry: CauserieGenerated.ConversationEntry) {
        id = entry.conversationId
        kind = ConversationKind(rawValue: entry.kind)
        groupID = entry.groupId
        title = entry.title
        avatar = entry.avatar
        peerID = entry.peerId
        membership = Membership(rawValue: entry.membership)
        role = Role(rawValue: entry.role)
        memberCount = Int(entry.membersCount)
        unreadCount = Int(entry.unread)
        unreadMentionCount = Int(entry.mentionsUnread)
        isMuted = entry.muted
        isArchived = entry.archived
        isPinned = entry.pinned
        lastMessage = entry.last.map(LastMessage.init)
        updatedAt = Date(milliseconds: entry.updatedAt)
        pendingKey = entry.pendingKey
        draft = entry.draft
    }
}

extension LastMessage {
    init(_ last: CauserieGenerated.LastMessage) {
        messageID = last.messageId
        seq = last.seq
        senderID = last.senderId
        kind = MessageKind(rawValue: last.kind)
        text = last.text
        createdAt = Date(milliseconds: last.createdAt)
        deletedAt = last.deletedAt.map(Date.init(milliseconds:))
    }
}

extension ConversationDiff {
    init(_ diff: CauserieGenerated.ListDiff) {
        let place = Int(diff.index ?? 0)
        switch diff.kind {
        case .reset: self = .reset(diff.entries.map(ConversationItem.init))
        case .insert: self = .insert(ConversationItem(diff.entries[0]), at: place)
        case .update: self = .update(ConversationItem(diff.entries[0]), at: place)
        case .move:
            self = .move(ConversationItem(diff.entries[0]), from: Int(diff.from ?? 0), to: place)
        case .remove: self = .remove(at: Int(diff.from ?? 0))
        }
    }
}
