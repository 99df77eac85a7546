import Causerie

extension Opened {
    /// What the client shows now.
    func look() async -> Shown {
        var shown = Shown()
        for item in client.conversations.items {
            guard let conversation = try? client.conversation(item.id) else { continue }
            // While suspended, there is no cache to read them from.
            let cursors = (try? await conversation.readCursors()) ?? []
            let others = cursors.filter { $0.userID != client.userID }
            let watched = screens[item.id]
            shown.broken += watched?.screen.broken ?? []
            shown.rooms.append(
                Shown.Room(
                    id: item.id,
                    title: item.title,
                    unread: item.unreadCount,
                    mentions: item.unreadMentionCount,
                    draft: item.draft,
                    membership: item.membership.rawValue,
                    last: item.lastMessage?.text,
                    pending: item.pendingKey,
                    typing: conversation.typingUserIDs,
                    readBy: Dictionary(
                        others.map { ($0.userID, $0.seq) }, uniquingKeysWith: { $1 }),
                    timeline: watched?.look()
                )
            )
        }
        shown.broken += listeners.values.flatMap(\.screen.broken)
        shown.connection = client.connectionState.word
        shown.outbox = client.outbox.items.map(Shown.Write.init)
        return shown
    }
}

extension Opened.Watched {
    fileprivate func look() -> Shown.Messages {
        Shown.Messages(
            items: screen.items.map(Shown.Item.init),
            same: screen.told && screen.items == timeline.items,
            older: screen.state.hasOlder,
            resets: screen.resets,
            moves: screen.moves
        )
    }
}

extension Shown.Item {
    init(_ item: TimelineItem) {
        tempId = item.temporaryID
        messageId = item.messageID
        seq = item.seq ?? 0
        from = item.senderID
        text = item.text
        edited = item.editedAt != nil
        deleted = item.deletedAt != nil
        changing = item.isChanging
        reactions = item.reactions.map {
            Shown.Reaction(emoji: $0.emoji, by: $0.userIDs, count: $0.count, me: $0.isMine)
        }
        replyTo = item.replyTo
        mentions = item.mentions
        send =
            switch item.sendState {
            case nil: nil
            case .queued: "queued"
            case .sent: "sent"
            case .failed(let code, _): "failed: \(code)"
            }
    }
}

extension Shown.Write {
    init(_ item: OutboxItem) {
        key = item.key
        room = item.conversationID
        what = Self.words[item.kind] ?? "other"
        switch item.target {
        case .key(let key): (targetKey, targetId) = (key, nil)
        case .id(let id): (targetKey, targetId) = (nil, id)
        case nil: (targetKey, targetId) = (nil, nil)
        }
        if case .failed(let code, _) = item.state {
            failed = code.rawValue
        } else {
            failed = nil
        }
    }

    private static let words: [WriteKind: String] = [
        .sendMessage: "send", .editMessage: "edit", .deleteMessage: "delete",
        .addReaction: "react", .removeReaction: "unreact", .createConversation: "create",
        .updateConversation: "update", .addMembers: "add", .removeMembers: "remove",
        .quitConversation: "quit",
    ]
}

extension ConnectionState {
    fileprivate var word: String {
        switch self {
        case .disconnected: "disconnected"
        case .connecting: "connecting"
        case .authenticating: "authenticating"
        case .live: "live"
        case .waiting: "waiting"
        case .signInNeeded: "sign_in_needed"
        case .suspended: "suspended"
        case .closed: "closed"
        }
    }
}
