import Causerie
import Foundation

/// A conversation in the list, ready to be drawn.
public struct ConversationRow: Identifiable, Hashable, Sendable {
    /// The conversation's id.
    public let id: String
    public let title: String
    public let avatar: Avatar
    /// The second line.
    public let preview: Preview
    /// When there was last something.
    public let time: String
    /// What the badge says; `nil` if all is read.
    public let badge: String?
    /// The user is named in what is unread.
    public let isMentioned: Bool
    public let isMuted: Bool
    public let isPinned: Bool
    /// Something of the user's was refused for good.
    public let hasFailed: Bool
    /// What VoiceOver says.
    public let label: String
}

/// The second line of a conversation in the list.
public enum Preview: Hashable, Sendable {
    /// What was typed and not sent.
    case draft(String)
    /// What is on its way.
    case waiting(String)
    /// What was said last, and by whom, where that is not obvious.
    case message(String, from: String?)
    /// What was said last was deleted.
    case deleted
    /// Nothing was said yet.
    case nothing

    /// In words.
    public var text: String {
        switch self {
        case .draft(let text): "\(Words.draft): \(text)"
        case .waiting(let text): "\(Words.you): \(text)"
        case .message(let text, let sender?): "\(sender): \(text)"
        case .message(let text, nil): text
        case .deleted: Words.deleted
        case .nothing: Words.nothingYet
        }
    }
}

extension ConversationRow {
    /// Resolves what the SDK knows into what is drawn.
    ///
    /// - Parameters:
    ///   - item: The conversation.
    ///   - outbox: What is on its way, or failed, in this conversation.
    ///   - me: The user's id.
    ///   - name: What a user is called.
    static func of(
        _ item: ConversationItem, outbox: [OutboxItem], me: String,
        name: (String) -> String, times: Times, now: Date
    ) -> Self {
        let title = item.title.isEmpty ? Words.untitled : item.title
        let preview = Preview.of(item, outbox: outbox, me: me, name: name)
        let time = times.short(item.updatedAt, now: now)
        let hasFailed = outbox.contains { if case .failed = $0.state { true } else { false } }
        return Self(
            id: item.id, title: title, avatar: Avatar(name: title, id: item.peerID ?? item.id),
            preview: preview, time: time, badge: Words.badge(item.unreadCount),
            isMentioned: item.unreadMentionCount > 0, isMuted: item.isMuted,
            isPinned: item.isPinned, hasFailed: hasFailed,
            label: label(
                title: title, preview: preview, time: time, unread: item.unreadCount,
                mentions: item.unreadMentionCount, isMuted: item.isMuted, hasFailed: hasFailed))
    }

    /// What VoiceOver says: what matters most comes first.
    static func label(
        title: String, preview: Preview, time: String, unread: Int, mentions: Int, isMuted: Bool,
        hasFailed: Bool
    ) -> String {
        var parts = [title]
        if unread > 0 {
            parts.append(Words.count(unread, "unread message", "unread messages"))
        }
        if mentions > 0 { parts.append("you are mentioned") }
        if hasFailed { parts.append("a message was not sent") }
        parts.append(preview.text)
        if case .waiting = preview { parts.append(Words.delivery(.waiting)) }
        parts.append(time)
        if isMuted { parts.append("muted") }
        return parts.joined(separator: ", ")
    }
}

extension Preview {
    static func of(
        _ item: ConversationItem, outbox: [OutboxItem], me: String, name: (String) -> String
    ) -> Self {
        if let draft = item.draft.map(oneLine), !draft.isEmpty { return .draft(draft) }
        if let pending = item.pendingKey, let write = outbox.first(where: { $0.key == pending }) {
            return .waiting(write.text.map(oneLine) ?? Words.attachment)
        }
        guard let last = item.lastMessage else { return .nothing }
        if last.deletedAt != nil { return .deleted }
        let text = last.text.map(oneLine) ?? ""
        return .message(
            text.isEmpty ? standIn(for: last.kind) : text,
            from: sender(of: last, in: item, me: me, name: name))
    }

    private static func sender(
        of last: LastMessage, in item: ConversationItem, me: String, name: (String) -> String
    ) -> String? {
        if last.kind == .system { return nil }
        if last.senderID == me { return Words.you }
        return item.kind == .direct ? nil : name(last.senderID)
    }

    /// For what has no text.
    static func standIn(for kind: MessageKind) -> String {
        kind == .media ? Words.attachment : Words.unknownMessage
    }

    /// A text on one line.
    static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
