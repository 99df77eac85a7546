internal import CauserieGenerated

/// How the connection stands. No app needs to act on it but for ``signInNeeded(reason:)``: what can
/// be tried again is tried again.
public enum ConnectionState: Hashable, Sendable {
    /// Not asked to connect: ``Client/start()`` does.
    case disconnected
    /// The socket opens.
    case connecting
    /// The token is asked for or checked.
    case authenticating
    /// Frames flow.
    case live
    /// The next attempt comes by itself: which it is, from 1, in how long, and why.
    case waiting(attempt: Int, retryIn: Duration, reason: String)
    /// The app must bring a token first: have the user sign in, then ``Client/start()``.
    case signInNeeded(reason: String)
    /// In the background: ``Client/resume()`` connects.
    case suspended
    /// Ended for good, for as long as ``Client/start()`` is not called; or the client is closed.
    case closed(reason: String)

    init(_ status: CauserieGenerated.ConnectionStatus) {
        let reason = status.reason ?? ""
        switch status.kind {
        case .disconnected: self = .disconnected
        case .connecting: self = .connecting
        case .authenticating: self = .authenticating
        case .live: self = .live
        case .waiting:
            self = .waiting(
                attempt: Int(status.attempt ?? 1),
                retryIn: .milliseconds(status.retryInMs ?? 0),
                reason: reason
            )
        case .signInNeeded: self = .signInNeeded(reason: reason)
        case .suspended: self = .suspended
        case .closed: self = .closed(reason: reason)
        }
    }
}
