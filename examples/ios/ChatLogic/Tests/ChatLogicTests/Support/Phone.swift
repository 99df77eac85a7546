import Causerie
import Foundation
import Observation
import Testing

@testable import ChatLogic

/// A user's phone with the app on it, without its screens.
@MainActor
final class Phone {
    let app: AppModel
    let folder: Folder
    let gate: Gate
    private var running: [Task<Void, Never>] = []

    /// A phone, or the same once more: with what lies in the folder.
    init(in folder: Folder = Folder()) {
        self.folder = folder
        let gate = Gate()
        self.gate = gate
        app = AppModel(
            accounts: AccountFile(folder.path("account.json")),
            folder: { _ in folder.path("data") },
            backend: { Guarded(gate: gate, backend: DevBackend(server: $0.server)) })
    }

    /// A phone whose user is signed in and connected.
    static func connected(_ user: String, to server: ChatServer) async throws -> Phone {
        let phone = Phone()
        await phone.app.signIn(server: server.url, user: user)
        let session = try phone.session
        phone.show(session)
        _ = try await first(session.client.connectionStates) { $0 == .live }
        return phone
    }

    var session: Session {
        get throws { try #require(app.session, "\(app.failure ?? "nobody is signed in")") }
    }

    var list: ConversationsModel {
        get throws { try session.conversations }
    }

    /// What the list shows, once it fits.
    @discardableResult
    func row(
        _ id: String, until fits: @escaping @MainActor (ConversationRow) -> Bool = { _ in true }
    ) async throws -> ConversationRow {
        let list = try list
        let row: @MainActor () -> ConversationRow? = { list.rows().first { $0.id == id } }
        try await waits { row().map(fits) ?? false }
        return try #require(row())
    }

    /// Opens the conversation's screen.
    func open(_ id: String, pageSize: Int = 50) async throws -> ChatModel {
        try await row(id)
        let chat = try #require(ChatModel(id, in: list, times: Times(), pageSize: pageSize))
        running.append(Task { await chat.run() })
        return chat
    }

    /// Follows what the screens show.
    func show(_ session: Session) {
        running.append(Task { await session.run() })
    }

    /// Closes the screens: nobody looks.
    func hide() async {
        for task in running { task.cancel() }
        for task in running { await task.value }
        running = []
    }

    /// The system ends the app.
    func quit() async {
        await hide()
        await app.session?.client.close()
    }
}

/// Whether the backend still knows the user.
actor Gate {
    private(set) var isOpen = true

    func set(_ isOpen: Bool) { self.isOpen = isOpen }
}

private struct Guarded: Backend {
    let gate: Gate
    let backend: DevBackend

    func token(for user: String) async throws -> String {
        guard await gate.isOpen else { throw TokenError.signInNeeded("signed out elsewhere") }
        return try await backend.token(for: user)
    }
}

extension ChatModel {
    /// The messages among the lines.
    var messages: [MessageRow] {
        rows().compactMap { if case .message(let row) = $0 { row } else { nil } }
    }

    var texts: [String] { messages.map(\.content.text) }

    func write(_ text: String) async {
        composer.type(text)
        await send()
    }
}

/// Waits until what models show fits, as a view does: it is told that something will change.
@MainActor
func waits(until fits: @escaping @MainActor () -> Bool) async throws {
    while true {
        let (changes, change) = AsyncStream<Void>.makeStream()
        if withObservationTracking(fits, onChange: { change.finish() }) { return }
        for await _ in changes {}
        try Task.checkCancellation()
    }
}

/// The first element that fits.
func first<Element>(
    _ updates: Updates<Element>, where fits: @Sendable (Element) -> Bool
) async throws -> Element {
    for await element in updates where fits(element) { return element }
    throw ChatServer.Problem(what: "it ended")
}
