internal import CauserieGenerated

/// How a write of this device stands. There is no state "sending": nothing can be stuck in it.
public enum SendState: Hashable, Sendable {
    /// It goes by itself, as soon as there is a connection.
    case queued
    /// The server has it, durable: at this place of the conversation's order, if it is a message.
    case sent(seq: Int64?)
    /// Refused for good, with the server's code and words: ``Outbox/retry(_:)`` queues it again,
    /// ``Outbox/cancel(_:)`` gives it up.
    case failed(code: CauserieError.Code, message: String)

    init(_ status: CauserieGenerated.SendStatus) {
        switch status.kind {
        case .queued: self = .queued
        case .sent: self = .sent(seq: status.seq)
        case .failed:
            self = .failed(
                code: CauserieError.Code(rawValue: status.code ?? ""),
                message: status.message ?? ""
            )
        }
    }
}

/// Looks at a write again whenever something changes in the outbox.
actor SendStateLook {
    private let updates: CauserieGenerated.OutboxUpdates
    private let look: @Sendable () -> SendState?
    private var last: SendState?
    private var hasEnded = false

    init(_ updates: CauserieGenerated.OutboxUpdates, look: @escaping @Sendable () -> SendState?) {
        self.updates = updates
        self.look = look
    }

    /// How it stands once it does otherwise; `nil` after its end.
    func next() async -> SendState? {
        // The first update comes at once.
        while !hasEnded, await updates.next() != nil {
            let state = look()
            guard let state else { break }
            if case .sent = state { hasEnded = true }
            if state != last {
                last = state
                return state
            }
        }
        hasEnded = true
        return nil
    }
}
