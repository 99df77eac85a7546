internal import CauserieGenerated
import Foundation

/// What went wrong, and what to do about it.
///
/// Calls that end with a local commit throw only this (`throws(CauserieError)`). Calls that wait for
/// the server also throw `CancellationError` if their task is cancelled.
///
/// ```swift
/// do {
///     try await client.signOut(wipe: true)
/// } catch {
///     switch error.action {
///     case .retryLater: retry(after: error.retryAfter ?? .seconds(5))
///     case .askUser: ask(error)         // `error.code == .unsent`: there is something to lose
///     case .signIn: showSignIn()
///     case .fixCode: assertionFailure("\(error)")
///     }
/// }
/// ```
public struct CauserieError: Error, Hashable, Sendable {
    /// What the caller does about an error.
    public enum Action: Hashable, Sendable {
        /// Try again, after ``CauserieError/retryAfter`` if it is there.
        case retryLater
        /// Show it: a person must decide or do something.
        case askUser
        /// Have the user sign in.
        case signIn
        /// Mend the program: repeating the call gives the same error.
        case fixCode
    }

    /// A stable word, to compare, log and translate. It never changes its meaning; new ones come.
    public let code: Code
    /// What to do about it.
    public let action: Action
    /// For developers; may change.
    public let message: String
    /// Whether the same call may succeed later: at once for some, after a person's doing for others
    /// (a full disk).
    public let isRetryable: Bool
    /// How long to wait before the same call has a chance; `nil` where that is not known, or where
    /// time does not help. Durable writes come again by themselves.
    public let retryAfter: Duration?
}

extension CauserieError {
    /// The stable words of errors. What the server refuses has the server's code
    /// (`docs/protocol.md` §8).
    public struct Code: Word {
        /// It needs the server, which is not reached now.
        public static let offline: Self = "offline"
        /// It needs the server, which is not asked again before the user signs in.
        public static let signInNeeded: Self = "sign_in_needed"
        /// The server cannot now.
        public static let unavailable: Self = "unavailable"
        /// The local database failed; nothing of the call was done.
        public static let storeFailed: Self = "store_failed"
        /// The call was on its way when the local database failed, and its answer is lost.
        public static let interrupted: Self = "interrupted"
        /// The disk is full; nothing of the call was done.
        public static let diskFull: Self = "disk_full"
        /// What was written is beyond a limit; it was not queued.
        public static let tooLarge: Self = "too_large"
        /// Signing out would lose what was not sent.
        public static let unsent: Self = "unsent"
        /// Another process has the folder open.
        public static let inUse: Self = "in_use"
        /// A newer version wrote the data.
        public static let outdated: Self = "outdated"
        /// The server does not allow it.
        public static let forbidden: Self = "forbidden"
        /// The folder belongs to another user.
        public static let otherUser: Self = "other_user"
        /// An argument is malformed or beyond a limit.
        public static let invalid: Self = "invalid"
        /// No conversation of this id is known on this device.
        public static let unknownConversation: Self = "unknown_conversation"
        /// No write of this key is in the outbox.
        public static let unknownWrite: Self = "unknown_write"
        /// The timeline was closed.
        public static let timelineClosed: Self = "timeline_closed"
        /// The client was closed or signed out.
        public static let closed: Self = "closed"
        /// The folder cannot be used.
        public static let dataDirectory: Self = "data_dir"
        /// No folder is named.
        public static let noDataDirectory: Self = "no_data_dir"
        /// The folder is open for another server.
        public static let otherServer: Self = "other_server"
        /// The call's task was cancelled. Calls throw `CancellationError` in its place.
        static let cancelled: Self = "cancelled"
        /// The SDK's own mistake: it panicked, and went on.
        public static let panicked: Self = "panicked"

        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
    }
}

extension CauserieError: CustomStringConvertible {
    /// Code, message and action. Nothing that people wrote is in it.
    public var description: String { "\(code): \(message) (\(action))" }
}

extension CauserieError: LocalizedError {
    /// The message, which is for developers: show a text of the app's own, by ``code``.
    public var errorDescription: String? { message }
}

extension CauserieError {
    /// From what a generated call threw.
    init(_ error: any Error) {
        switch error {
        case let error as CauserieError:
            self = error
        case CauserieGenerated.CauserieError.Failed(let fault):
            self.init(
                code: Code(rawValue: fault.code),
                action: Action(fault.action),
                message: fault.message,
                isRetryable: fault.retryable,
                retryAfter: fault.retryAfterMs.map(Duration.milliseconds)
            )
        default:
            self.init(
                code: .panicked,
                action: .fixCode,
                message: error.localizedDescription,
                isRetryable: false,
                retryAfter: nil
            )
        }
    }
}

extension CauserieError.Action {
    init(_ action: CauserieGenerated.Action) {
        switch action {
        case .retryLater: self = .retryLater
        case .askUser: self = .askUser
        case .signIn: self = .signIn
        case .fixCode: self = .fixCode
        }
    }
}

/// Calls, and throws what it throws as ``CauserieError``.
func translating<T>(_ call: () async throws -> T) async throws(CauserieError) -> T {
    do { return try await call() } catch { throw CauserieError(error) }
}

/// As ``translating(_:)``, for what does not wait.
func translatingNow<T>(_ call: () throws -> T) throws(CauserieError) -> T {
    do { return try call() } catch { throw CauserieError(error) }
}

/// Calls what waits for the server. If the task is cancelled, the call ends at once.
///
/// A cancelled task drops no future in Rust: the call is told, by an object of its own.
func cancellable<T: Sendable>(
    _ call: (CauserieGenerated.Cancellation) async throws -> T
) async throws -> T {
    let cancellation = CauserieGenerated.Cancellation()
    do {
        return try await withTaskCancellationHandler {
            try await call(cancellation)
        } onCancel: {
            cancellation.cancel()
        }
    } catch {
        let error = CauserieError(error)
        // The server has a code of this name, too, which asks the user.
        if error.code == .cancelled, error.action == .retryLater { throw CancellationError() }
        throw error
    }
}
