import Causerie

/// What a strip at the top says of the connection; most of the time there is none.
public struct Banner: Hashable, Sendable {
    /// What it is about.
    public enum Kind: Hashable, Sendable {
        /// There is no connection; the next attempt comes by itself.
        case offline
        /// The user must sign in again.
        case signInNeeded
        /// The connection was closed for good.
        case closed
    }

    public let kind: Kind

    init(_ kind: Kind) { self.kind = kind }

    /// What it says.
    public var text: String {
        switch kind {
        case .offline: Words.offline
        case .signInNeeded: Words.signInNeeded
        case .closed: Words.closed
        }
    }

    /// What its button says; `nil` where nothing is to be done.
    public var action: String? {
        switch kind {
        case .offline: nil
        case .signInNeeded: Words.signIn
        case .closed: Words.connect
        }
    }

    /// The banner for a new state of the connection. One that says "offline" stays while the next
    /// attempt is made: it would flicker otherwise.
    static func next(after banner: Banner?, _ state: ConnectionState) -> Banner? {
        switch state {
        case .waiting: Banner(.offline)
        case .signInNeeded: Banner(.signInNeeded)
        case .closed: Banner(.closed)
        case .connecting, .authenticating, .suspended: banner?.kind == .offline ? banner : nil
        case .disconnected, .live: nil
        }
    }
}
