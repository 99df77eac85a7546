internal import CauserieGenerated
import Dispatch

/// What a token provider is asked.
public struct TokenRequest: Hashable, Sendable {
    /// For whom.
    public let userID: String
    /// The server refused the last token: get a new one, do not give a remembered one again.
    public let wasRefused: Bool
}

/// Why a token provider has no token. These words are told: in ``ConnectionState`` and in the log.
/// Whatever else it throws means "not now", and only its type is told, for its words may hold what
/// they like, a token too.
public enum TokenError: Error, Hashable, Sendable {
    /// The user must sign in again: the connection comes to rest in
    /// ``ConnectionState/signInNeeded(reason:)``.
    case signInNeeded(String)
    /// Not now; the SDK asks again by itself, with back-off.
    case unavailable(String)
}

/// The app's closure, as the border calls it.
final class TokenSource: CauserieGenerated.TokenProvider {
    private let provide: @Sendable (TokenRequest) async throws -> String

    init(_ provide: @escaping @Sendable (TokenRequest) async throws -> String) {
        self.provide = provide
    }

    func token(question: CauserieGenerated.TokenQuestion) async -> CauserieGenerated.TokenAnswer {
        let request = TokenRequest(userID: question.userId, wasRefused: question.refused)
        let asking = Task { [provide] in try await provide(request) }
        let result = await withTaskCancellationHandler {
            await asking.result
        } onCancel: {
            // This is a thread of the core's, and a cancellation handler of the app's may block: that
            // of `URLSession` on Linux does (swift-corelibs-foundation issue 5412).
            DispatchQueue.global().async { asking.cancel() }
        }
        return Self.answer(result)
    }

    private static func answer(
        _ result: Result<String, any Error>
    ) -> CauserieGenerated.TokenAnswer {
        do {
            return .init(token: try result.get(), problem: nil, signInNeeded: false)
        } catch TokenError.signInNeeded(let reason) {
            return .init(token: nil, problem: reason, signInNeeded: true)
        } catch TokenError.unavailable(let reason) {
            return .init(token: nil, problem: reason, signInNeeded: false)
        } catch {
            let problem = "the token provider threw \(String(reflecting: type(of: error)))"
            return .init(token: nil, problem: problem, signInNeeded: false)
        }
    }
}
