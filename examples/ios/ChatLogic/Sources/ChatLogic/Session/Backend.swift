import Causerie
import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// The app's own server: it knows who is signed in, and makes tokens for the chat.
public protocol Backend: Sendable {
    /// A token for a user.
    ///
    /// - Throws: `TokenError.signInNeeded`, if the user must sign in again; anything else means "not
    ///   now", and the SDK asks again by itself.
    func token(for user: String) async throws -> String
}

/// The backend of a developer's machine: `causerie serve --dev` makes a token for anybody who asks
/// from the machine itself. A real app asks its own backend instead.
public struct DevBackend: Backend {
    private let endpoint: URL?

    /// The backend beside a chat server, such as `ws://127.0.0.1:4000`.
    public init(server: String) {
        var parts = URLComponents(string: server)
        let isSecure = parts?.scheme == "wss"
        parts?.scheme = isSecure ? "https" : "http"
        parts?.path = "/dev/token"
        endpoint = parts?.url
    }

    public func token(for user: String) async throws -> String {
        struct Answer: Decodable { let token: String }
        guard let endpoint else { throw TokenError.unavailable(Words.badServer) }
        var request = URLRequest(url: endpoint)
        request.httpMethod = "POST"
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        request.httpBody = try JSONEncoder().encode(["user_id": user])
        let (body, response) = try await URLSession.shared.data(for: request)
        switch (response as? HTTPURLResponse)?.statusCode {
        case 200: return try JSONDecoder().decode(Answer.self, from: body).token
        case 401, 403: throw TokenError.signInNeeded(Words.signInNeeded)
        default: throw TokenError.unavailable(Words.noBackend)
        }
    }
}
