import Causerie

/// A client under test: what a scenario has it do, and what it shows.
actor Device {
    private let identity: Identity
    private let output: Output
    private let backend: Backend
    private var open: Opened?
    /// What screens of an earlier opening showed.
    private var ever: Set<String> = []

    init(_ identity: Identity, output: Output) {
        self.identity = identity
        self.output = output
        backend = Backend(identity, output: output)
    }

    /// What it shows now.
    func look() async -> Shown {
        var shown = await open?.look() ?? Shown()
        shown.tokensAsked = await backend.asked
        shown.ever = await ever.union(open?.ever ?? []).sorted()
        return shown
    }

    /// Does something.
    func act(_ order: Order) async throws -> Done {
        switch order.do {
        case "open":
            let backend = backend
            let client = try await Causerie.open(
                directory: identity.folder, server: identity.url, user: identity.user
            ) {
                try await backend.token()
            }
            let opened = Opened(client, output: output)
            try await opened.watch()
            open = opened
        case "tokens":
            await backend.set(try order.need(order.mood))
        case "close":
            guard let opened = open else { break }
            await leave()
            await opened.client.close()
        case "sign_out":
            let unsent: Client.Unsent = order.discard == true ? .discard : .refuse
            try await opened().client.signOut(wipe: order.wipe == true, unsent: unsent)
            await leave()
        default:
            return try await act(order, on: try opened())
        }
        return Done()
    }

    private func opened() throws -> Opened {
        guard let open else { throw Refusal.scenario("it is not open") }
        return open
    }

    /// Lets go of the client, and keeps what it showed.
    private func leave() async {
        guard let opened = open else { return }
        await ever.formUnion(opened.ever)
        await opened.leave()
        open = nil
    }

    private func act(_ order: Order, on opened: Opened) async throws -> Done {
        let client = opened.client
        switch order.do {
        case "start": try await client.start()
        case "stop": try await client.stop()
        case "suspend": try await client.suspend()
        case "resume": try await client.resume()
        case "sync": try await client.sync()
        case "direct":
            let made = try await client.openDirect(with: try order.need(order.with))
            return Done(room: made.id)
        case "group":
            let group = NewConversation.group(
                try order.need(order.title), members: try order.need(order.members),
                history: order.allHistory == true ? .all : nil)
            return Done(room: try await client.create(group).id)
        case "retry": try await client.outbox.retry(try order.need(order.key))
        case "cancel": try await client.outbox.cancel(try order.need(order.key))
        case "drain":
            let (resets, moves) = try await opened.drain(try order.need(order.listener))
            return Done(resets: resets, moves: moves)
        default:
            return try await act(order, in: try order.need(order.room), on: opened)
        }
        return Done()
    }

    private func act(_ order: Order, in room: String, on opened: Opened) async throws -> Done {
        let conversation = try opened.client.conversation(room)
        switch order.do {
        case "show": try await opened.show(room, page: try order.need(order.page))
        case "hide": await opened.hide(room)
        case "older": try await opened.timeline(of: room).loadOlder()
        case "listen": try await opened.listen(to: room, as: try order.need(order.listener))
        case "read": try await conversation.markRead(upTo: order.seq)
        case "typing": try await conversation.setTyping(try order.need(order.on))
        case "draft": try await conversation.setDraft(order.text)
        case "members":
            let found = try await conversation.members().members
            let roles = found.map { ($0.userID, $0.role.rawValue) }
            return Done(members: Dictionary(roles, uniquingKeysWith: { $1 }))
        case "fill":
            var keys: [String] = []
            for text in try order.need(order.texts) {
                keys.append(try await conversation.send(text))
            }
            return Done(keys: keys)
        default:
            return Done(keys: [try await write(order, in: conversation)])
        }
        return Done()
    }

    /// What goes through the outbox.
    private func write(_ order: Order, in conversation: Conversation) async throws -> String {
        switch order.do {
        case "send":
            try await conversation.send(
                NewMessage(
                    try order.need(order.text), replyTo: order.replyTo,
                    mentions: order.mentions ?? []))
        case "edit":
            try await conversation.edit(try order.target, text: try order.need(order.text))
        case "delete": try await conversation.delete(try order.target)
        case "react":
            try await conversation.react(
                to: try order.target, with: try order.need(order.emoji))
        case "unreact":
            try await conversation.removeReaction(
                try order.need(order.emoji), from: try order.target)
        case "add": try await conversation.addMembers(try order.need(order.users))
        case "remove": try await conversation.removeMembers(try order.need(order.users))
        case "quit": try await conversation.leave()
        case "rename":
            try await conversation.update(
                ConversationChanges(title: try order.need(order.title)))
        default: throw Refusal.scenario("\(order.do) is nothing that a device does")
        }
    }
}
