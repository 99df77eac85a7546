import Causerie
import Observation

/// How far others have read a conversation.
@MainActor
@Observable
final class ReadMarks {
    private(set) var cursors: [ReadCursor] = []
    @ObservationIgnored private let client: Client
    @ObservationIgnored private let conversation: Conversation

    init(_ conversation: Conversation, of client: Client) {
        self.conversation = conversation
        self.client = client
    }

    /// Follows them until the task is cancelled or the client is closed.
    func run() async {
        let filter = EventFilter(kinds: [.cursors], conversationID: conversation.id)
        guard let events = try? client.events(filter) else { return }
        // Listening begins here, before the first look: nothing falls between.
        var iterator = events.makeAsyncIterator()
        repeat {
            if let now = try? await conversation.readCursors(), now != cursors { cursors = now }
        } while await iterator.next() != nil
    }
}
