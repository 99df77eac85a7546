internal import CauserieGenerated
import Foundation

/// What is known of users. Names come with the conversations and messages that need them, and are
/// kept for offline use; ``Event/users(_:)`` says when they change.
public struct Users: Sendable {
    let ffi: CauserieGenerated.Client

    /// A user, if known on this device.
    public subscript(id: String) -> User? { ffi.user(id: id).map(User.init) }

    /// All users known on this device, in no order.
    public var all: [User] { ffi.users().map(User.init) }

    /// Asks the server for up to 100 users. Those that are unknown or hidden are left out.
    ///
    /// - Throws: ``CauserieError``: `offline` if there is no connection, `sign_in_needed` if there
    ///   is none before the user signs in, `invalid` if an id is malformed, or the server's code;
    ///   `CancellationError`, if the task is cancelled.
    public func fetch(_ ids: [String]) async throws -> [User] {
        try await cancellable { try await ffi.fetchUsers(ids: ids, cancel: $0).map(User.init) }
    }
}

/// A user's name and picture.
public struct User: Hashable, Identifiable, Sendable {
    /// As the app's tokens name the user.
    public let id: String
    /// The name to show.
    public let name: String?
    /// A reference to the picture to show.
    public let avatar: String?
}

/// Who belongs to a conversation.
public struct Member: Hashable, Identifiable, Sendable {
    /// Who.
    public let userID: String
    /// What the user may do.
    public let role: Role
    /// Since when.
    public let joinedAt: Date

    /// ``userID``.
    public var id: String { userID }
}

/// Members, and where there are more.
public struct MembersPage: Hashable, Sendable {
    /// The members.
    public let members: [Member]
    /// For the next page; `nil` on the last.
    public let cursor: String?
}

extension User {
    init(_ user: CauserieGenerated.User) {
        id = user.userId
        name = user.name
        avatar = user.avatar
    }
}

extension MembersPage {
    init(_ page: CauserieGenerated.MembersPage) {
        members = page.members.map { member in
            Member(
                userID: member.userId, role: Role(rawValue: member.role),
                joinedAt: Date(milliseconds: member.joinedAt))
        }
        cursor = page.cursor
    }
}
