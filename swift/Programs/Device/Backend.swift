import Causerie
import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// The app's backend, which brings tokens: the server's control port makes them.
actor Backend {
    /// What it answers.
    enum Mood: String, Decodable, Sendable {
        case good, forged, unavailable
        case signedOut = "signed_out"
    }

    private struct Answer: Decodable {
        let token: String
    }

    private struct Question: Encodable {
        let userId: String
        let lifetimeMs: Int64
    }

    private let identity: Identity
    private let output: Output
    private var mood = Mood.good

    /// How often it was asked.
    private(set) var asked = 0

    init(_ identity: Identity, output: Output) {
        self.identity = identity
        self.output = output
    }

    /// What it answers from now on.
    func set(_ mood: Mood) {
        self.mood = mood
    }

    func token() async throws -> String {
        asked += 1
        await output.changed()
        switch mood {
        case .good: return try await mint()
        case .forged: return try await mint() + "x"
        case .unavailable: throw TokenError.unavailable("the backend is down")
        case .signedOut: throw TokenError.signInNeeded("signed out elsewhere")
        }
    }

    private func mint() async throws -> String {
        var request = URLRequest(url: identity.control.appending(path: "token"))
        request.httpMethod = "POST"
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        request.httpBody = try encoder.encode(
            Question(userId: identity.user, lifetimeMs: identity.tokenMs))
        let (body, _) = try await URLSession.shared.data(for: request)
        return try JSONDecoder().decode(Answer.self, from: body).token
    }
}
