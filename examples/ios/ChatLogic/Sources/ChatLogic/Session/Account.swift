import Foundation

/// Who is signed in, and where.
public struct Account: Codable, Hashable, Sendable {
    /// The server's address: `wss://chat.example.org`.
    public let server: String
    /// The user's id.
    public let user: String

    /// Checks what a person typed.
    ///
    /// - Throws: ``AccountError``.
    public init(server: String, user: String) throws(AccountError) {
        self.server = server.trimmingCharacters(in: .whitespacesAndNewlines)
        self.user = user.trimmingCharacters(in: .whitespacesAndNewlines)
        guard let url = URL(string: self.server), url.host()?.isEmpty == false,
            ["ws", "wss"].contains(url.scheme)
        else { throw .server }
        guard (1...128).contains(self.user.utf8.count) else { throw .user }
    }
}

/// What is wrong with what a person typed.
public enum AccountError: Error, Hashable, Sendable {
    /// The server's address.
    case server
    /// The user's name.
    case user

    /// In words.
    public var text: String {
        switch self {
        case .server: Words.badServer
        case .user: Words.badUser
        }
    }
}

/// Where the account is remembered between launches. It holds no secret: tokens come from the
/// backend.
public struct AccountFile: Sendable {
    let url: URL

    public init(_ url: URL) { self.url = url }

    /// The account; `nil` if nobody is signed in.
    func load() -> Account? {
        (try? Data(contentsOf: url)).flatMap { try? JSONDecoder().decode(Account.self, from: $0) }
    }

    /// Remembers an account; forgets it with `nil`.
    func save(_ account: Account?) throws {
        guard let account else {
            if FileManager.default.fileExists(atPath: url.path(percentEncoded: false)) {
                try FileManager.default.removeItem(at: url)
            }
            return
        }
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try JSONEncoder().encode(account).write(to: url, options: .atomic)
    }
}
