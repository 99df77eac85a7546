internal import CauserieGenerated
import Foundation

/// What a commit survives.
public enum Durability: Hashable, Sendable {
    /// The death of the process, however it comes. After a power loss the newest commits may be
    /// missing, never the older ones.
    case process
    /// A power loss as well. Every `send` waits for the disk: milliseconds on a phone.
    case powerLoss
}

/// Opens a user's client. Works offline: the network is not touched before ``Client/start()``.
///
/// ```swift
/// let chat = try await Causerie.open(
///     directory: folder, server: "wss://chat.example.org", user: "alice"
/// ) {
///     try await api.token()
/// }
/// ```
///
/// If this process has the folder open already, the client given is another handle to the same core,
/// and the settings here count for nothing. Write `Causerie.open`, with the module's name: without
/// it, `open` is the system's.
///
/// - Parameters:
///   - directory: The folder for this user's data; made if it is not there. No other user and no
///     other process may have the same. ``Storage`` finds a good one on Apple's systems.
///   - server: The server's address: `wss://chat.example.org`, or `ws://` for tests.
///   - user: The user's id, as the app's tokens name it.
///   - durability: What a commit survives. Default: the death of the process.
///   - maxReconnectAttempts: After so many failed attempts in a row the connection is closed until
///     ``Client/start()``. Default: attempts never end.
///   - tokens: Brings a token from the app's backend, on a task of its own, within 30 s. It is asked
///     when there is none yet, when the last one is about to expire and when the server refuses it.
///     What can be no token (empty, with a control character, more than 28 KiB) counts as "not now", and
///     a token that ends as soon as it comes is replaced with growing waits.
///     Its task is cancelled when the client is closed, which does not wait for it. See
///     ``TokenError`` for what to throw.
/// - Throws: `data_dir` if the folder cannot be used, `invalid` (the server's address, the user's
///   id, no file URL), `in_use` by another process, `other_user`, `other_server`, `outdated`, `disk_full`.
public func open(
    directory: URL,
    server: String,
    user: String,
    durability: Durability = .process,
    maxReconnectAttempts: Int? = nil,
    tokens: @escaping @Sendable (TokenRequest) async throws -> String
) async throws(CauserieError) -> Client {
    guard directory.isFileURL else {
        throw CauserieError(
            code: .invalid, action: .fixCode, message: "the directory is no file URL",
            isRetryable: false, retryAfter: nil)
    }
    let options = CauserieGenerated.Options(
        serverUrl: server,
        userId: user,
        dataDir: directory.path(percentEncoded: false),
        maxReconnectAttempts: maxReconnectAttempts.map(Int64.init),
        durability: durability == .powerLoss ? .powerLoss : .process
    )
    return try await translating {
        Client(try await .open(options: options, tokens: TokenSource(tokens)))
    }
}

/// As ``open(directory:server:user:durability:maxReconnectAttempts:tokens:)-(_,_,_,_,_,(TokenRequest)->String)``,
/// for a provider that never gives the same token twice and so need not know whether the last one
/// was refused.
public func open(
    directory: URL,
    server: String,
    user: String,
    durability: Durability = .process,
    maxReconnectAttempts: Int? = nil,
    tokens: @escaping @Sendable () async throws -> String
) async throws(CauserieError) -> Client {
    try await open(
        directory: directory, server: server, user: user, durability: durability,
        maxReconnectAttempts: maxReconnectAttempts
    ) { (_: TokenRequest) in try await tokens() }
}
