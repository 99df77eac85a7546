import Causerie

/// A change that the server refused for good, such as an edit of what was deleted meanwhile.
public struct FailedChange: Identifiable, Hashable, Sendable {
    /// The write's key.
    public let id: String
    /// What was to happen, and why it did not.
    public let text: String

    /// `nil` if it did not fail, or is a message, which shows this itself.
    init?(_ item: OutboxItem) {
        guard case .failed(let code, _) = item.state, item.kind != .sendMessage else { return nil }
        id = item.key
        text = "\(Words.change(item.kind)): \(Words.failure(code))"
    }
}
