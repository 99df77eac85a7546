import Causerie
import Observation

/// How far others have read a conversation.
@MainActor
@Observable
final class ReadMarks {
    private(set) var cursors: [ReadCursor] = []
    @ObservationIgnored private let conversation: Conversation

    init(_ conversation: Conversation) {
        self.conversation = conversation
    }

    /// Follows them until the task is cancelled or the client is closed.
    func run() async {
        for await cursors in conversation.readCursorChanges() { self.cursors = cursors }
    }
}
