import Causerie
import Foundation

/// Makes lines of what the SDK shows. It holds what they depend on beside the messages.
struct TimelineRows {
    /// The user's id.
    let me: String
    /// A direct conversation needs no authors.
    let isDirect: Bool
    /// Whether the user still belongs to it.
    let canWrite: Bool
    /// How far others have read.
    let cursors: [ReadCursor]
    /// Above this message stands that the following is new.
    let firstUnread: String?
    let times: Times
    let now: Date
    /// What a user is called.
    let name: (String) -> String

    /// The lines of these messages, oldest first.
    func rows(of items: [TimelineItem]) -> [TimelineRow] {
        var rows: [TimelineRow] = []
        rows.reserveCapacity(items.count + 8)
        let said = Dictionary(
            items.compactMap { item in item.messageID.map { ($0, item) } },
            uniquingKeysWith: { $1 })
        var days: Set<Date> = []
        var before: TimelineItem?
        for (place, item) in items.enumerated() {
            let next = place + 1 < items.count ? items[place + 1] : nil
            let beginsDay = before.map { isOtherDay($0, item) } ?? true
            if beginsDay { rows.append(day(of: item, in: &days)) }
            if item.key == firstUnread { rows.append(.unread(text: Words.newMessages)) }
            let beginsRun =
                beginsDay || item.key == firstUnread || before?.senderID != item.senderID
            let endsRun = next.map { $0.senderID != item.senderID || isOtherDay(item, $0) } ?? true
            rows.append(
                .message(
                    row(
                        of: item, beginsRun: beginsRun, endsRun: endsRun,
                        quote: quote(of: item, in: said))))
            before = item
        }
        return rows
    }

    private func isOtherDay(_ one: TimelineItem, _ other: TimelineItem) -> Bool {
        times.start(of: one.createdAt) != times.start(of: other.createdAt)
    }

    /// Named by its day, so that it is the same line when older messages of that day come. Clocks
    /// that differ may have a day begin twice: then the message behind it names it.
    private func day(of item: TimelineItem, in days: inout Set<Date>) -> TimelineRow {
        let day = times.start(of: item.createdAt)
        let id = "day \(Int(day.timeIntervalSince1970))"
        let isFirst = days.insert(day).inserted
        return .day(
            id: isFirst ? id : "\(id) before \(item.key)", text: times.day(day, now: now))
    }

    private func row(
        of item: TimelineItem, beginsRun: Bool, endsRun: Bool, quote: Quote?
    ) -> MessageRow {
        let isMine = item.senderID == me
        let content = Content.of(item)
        let sender = name(item.senderID)
        let delivery = isMine ? delivery(of: item) : nil
        let time = times.time(item.createdAt)
        let isEdited = item.editedAt != nil && item.deletedAt == nil
        let chips = item.reactions.map {
            ReactionChip(emoji: $0.emoji, count: $0.count, isMine: $0.isMine)
        }
        var isNotice = false
        if case .notice = content { isNotice = true }
        let showsAuthor = beginsRun && !isMine && !isDirect && !isNotice
        return MessageRow(
            id: item.key, isMine: isMine,
            author: showsAuthor
                ? Author(name: sender, avatar: Avatar(name: sender, id: item.senderID)) : nil,
            content: content, quote: quote, reactions: chips, time: time, isEdited: isEdited,
            isChanging: item.isChanging, delivery: delivery, endsRun: endsRun,
            actions: actions(on: item, content: content, isMine: isMine),
            label: MessageRow.label(
                sender: isNotice ? nil : isMine ? Words.you : sender, quote: quote,
                text: content.text, time: time, isEdited: isEdited, reactions: chips,
                delivery: delivery))
    }

    private func quote(of item: TimelineItem, in said: [String: TimelineItem]) -> Quote? {
        guard let id = item.replyTo, item.deletedAt == nil else { return nil }
        return said[id].map { quote(of: $0) } ?? Quote(author: nil, text: Words.earlierMessage)
    }

    /// A message in short, as the one that answers it shows it.
    func quote(of item: TimelineItem) -> Quote {
        Quote(
            author: item.senderID == me ? Words.you : name(item.senderID),
            text: Preview.oneLine(Content.of(item).text))
    }

    func delivery(of item: TimelineItem) -> Delivery? {
        switch item.sendState {
        case .queued: return .waiting
        case .failed(let code, _): return .failed(Words.failure(code))
        case .sent, nil: break
        }
        guard item.deletedAt == nil, let seq = item.seq else { return .sent }
        let others = cursors.filter { $0.userID != me }
        let readers = others.count { $0.seq >= seq }
        if readers > 0 { return .read(by: readers) }
        let all = !others.isEmpty && others.allSatisfy { $0.deliveredSeq >= seq }
        return all ? .delivered : .sent
    }

    func actions(on item: TimelineItem, content: Content, isMine: Bool) -> [MessageAction] {
        if case .failed = item.sendState { return [.retry, .copy, .cancel] }
        switch content {
        case .notice, .deleted: return []
        case .text, .files, .unknown: break
        }
        var actions: [MessageAction] = []
        let isConfirmed = item.messageID != nil
        if canWrite, isConfirmed { actions += [.reply, .react] }
        if item.text != nil { actions.append(.copy) }
        if canWrite, isMine, item.text != nil { actions.append(.edit) }
        if isMine, !isConfirmed { actions.append(.cancel) }
        if canWrite, isMine, isConfirmed { actions.append(.delete) }
        return actions
    }

    /// The oldest of so many unread messages, which end at this place of the order; `nil` while it is
    /// not loaded.
    static func firstUnread(
        in items: [TimelineItem], count: Int, upTo newest: Int64, me: String
    ) -> String? {
        guard count > 0 else { return nil }
        let unread = items.filter { $0.senderID != me && ($0.seq ?? .max) <= newest }
        return unread.count >= count ? unread[unread.count - count].key : nil
    }
}

extension Content {
    static func of(_ item: TimelineItem) -> Self {
        if item.deletedAt != nil { return .deleted }
        if item.kind == .system { return .notice(item.text ?? Words.unknownMessage) }
        if !item.attachments.isEmpty {
            return .files(item.attachments.map(\.name), caption: item.text)
        }
        return item.text.map(Self.text) ?? .unknown
    }
}

extension MessageRow {
    /// What VoiceOver says: who, what, and then how it stands.
    static func label(
        sender: String?, quote: Quote?, text: String, time: String, isEdited: Bool,
        reactions: [ReactionChip], delivery: Delivery?
    ) -> String {
        var parts: [String] = []
        parts.append(sender.map { "\($0): \(text)" } ?? text)
        if let quote {
            parts.append("in reply to \(quote.author.map { "\($0): " } ?? "")\(quote.text)")
        }
        parts.append(time)
        if isEdited { parts.append(Words.edited) }
        parts += reactions.map { "\($0.count) \($0.emoji)" }
        if let delivery { parts.append(Words.delivery(delivery)) }
        return parts.joined(separator: ", ")
    }
}
