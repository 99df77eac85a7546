import Causerie
import Foundation
import Observation

/// The text field of a conversation: what stands there is kept as a draft, and becomes a message, an
/// answer or an edit.
@MainActor
@Observable
public final class Composer {
    /// What the text becomes.
    public enum Purpose: Hashable, Sendable {
        /// A message.
        case message
        /// An answer to the message of this id.
        case reply(to: String, Quote)
        /// What the message of this key says from then on.
        case edit(key: String, Quote)

        /// The message that it is about.
        public var quote: Quote? {
            switch self {
            case .message: nil
            case .reply(_, let quote), .edit(_, let quote): quote
            }
        }
    }

    /// What stands in the field.
    public private(set) var text: String
    /// What it becomes.
    public private(set) var purpose = Purpose.message
    /// What went wrong last, for an alert; `nil` once it was seen.
    public var failure: String?

    @ObservationIgnored private let conversation: Conversation
    /// What was last kept as the draft, what is to be, and who does it.
    @ObservationIgnored private var kept: String
    @ObservationIgnored private var wanted: String
    @ObservationIgnored private var keeping: Task<Void, Never>?

    init(_ conversation: Conversation) {
        self.conversation = conversation
        let draft = conversation.draft ?? ""
        text = draft
        kept = draft
        wanted = draft
    }

    /// Whether there is something to send.
    public var canSend: Bool { !trimmed.isEmpty }

    private var trimmed: String { text.trimmingCharacters(in: .whitespacesAndNewlines) }

    /// The field has this text now.
    public func type(_ new: String) {
        guard new != text else { return }
        text = new
        if !isEditing { keep(new) }
    }

    /// From now on it answers a message.
    func reply(to id: String, _ quote: Quote) {
        stopEditing()
        purpose = .reply(to: id, quote)
    }

    /// From now on it changes a message. The draft waits meanwhile.
    func edit(_ key: String, saying said: String, _ quote: Quote) {
        purpose = .edit(key: key, quote)
        text = said
    }

    /// Neither an answer nor an edit any more; the draft is there again.
    public func giveUpPurpose() {
        stopEditing()
        purpose = .message
    }

    /// Sends what stands there. If that does not work, it stands there again.
    public func send() async {
        let said = trimmed
        guard !said.isEmpty else { return }
        let purpose = purpose
        self.purpose = .message
        // A second tap finds nothing to send.
        text = if case .edit = purpose { wanted } else { "" }
        do {
            switch purpose {
            case .message: try await conversation.send(said)
            case .reply(let id, _):
                try await conversation.send(NewMessage(said, replyTo: id))
            case .edit(let key, _): try await conversation.edit(.key(key), text: said)
            }
            // Only now: whatever happens, the text is in the draft or in the outbox.
            if !isEditing { keep(text) }
        } catch {
            failure = Words.failure(error.code)
            if text.isEmpty || purpose.isEdit {
                self.purpose = purpose
                text = said
            }
        }
    }

    /// Waits until the draft is stored.
    public func settle() async {
        await keeping?.value
    }

    private var isEditing: Bool { purpose.isEdit }

    private func stopEditing() {
        if isEditing { text = wanted }
    }

    /// Stores the draft, and tells the others that somebody types. One at a time: what is typed
    /// meanwhile is stored after it, the newest only.
    private func keep(_ draft: String) {
        wanted = draft
        guard keeping == nil else { return }
        keeping = Task { [self] in
            while kept != wanted {
                let draft = wanted
                do throws(CauserieError) {
                    try await conversation.setDraft(draft.isEmpty ? nil : draft)
                    try await conversation.setTyping(!draft.isEmpty)
                } catch {
                    failure = Words.failure(error.code)
                }
                kept = draft
            }
            keeping = nil
        }
    }
}

extension Composer.Purpose {
    fileprivate var isEdit: Bool {
        if case .edit = self { true } else { false }
    }
}
