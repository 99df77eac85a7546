import Causerie
import Foundation
import Observation

/// The app as a whole: who is signed in, and what the system tells of network and background.
@MainActor
@Observable
public final class AppModel {
    /// What is to be seen.
    public enum Stage {
        /// What was there last time is being opened.
        case opening
        /// The form to sign in with.
        case signedOut
        /// The conversations.
        case signedIn(Session)
    }

    public private(set) var stage = Stage.opening
    /// What went wrong last, for an alert; `nil` once it was seen.
    public var failure: String?
    /// There is something in ``failure``.
    public var hasFailed: Bool {
        get { failure != nil }
        set { if !newValue { failure = nil } }
    }
    /// Signing out would lose what was not sent: to be asked.
    public var isSignOutToBeConfirmed = false

    @ObservationIgnored private let accounts: AccountFile
    @ObservationIgnored private let folder: @MainActor (Account) throws -> URL
    @ObservationIgnored private let backend: @MainActor (Account) -> any Backend
    @ObservationIgnored private var isAway = false
    @ObservationIgnored private var turn: Task<Void, Never>?

    /// A model of the app.
    ///
    /// - Parameters:
    ///   - accounts: Where the account is remembered.
    ///   - folder: Where an account's data lies.
    ///   - backend: Where an account's tokens come from.
    public init(
        accounts: AccountFile,
        folder: @escaping @MainActor (Account) throws -> URL,
        backend: @escaping @MainActor (Account) -> any Backend
    ) {
        self.accounts = accounts
        self.folder = folder
        self.backend = backend
    }

    /// The session, if somebody is signed in.
    public var session: Session? {
        if case .signedIn(let session) = stage { session } else { nil }
    }

    // MARK: Signing in and out

    /// At launch: opens what the user left, connected or not.
    public func launch() async {
        guard case .opening = stage else { return }
        await inTurn { [self] in
            if let account = accounts.load() { await open(account) } else { stage = .signedOut }
        }
    }

    /// The form was filled in.
    public func signIn(server: String, user: String) async {
        do {
            let account = try Account(server: server, user: user)
            await inTurn { [self] in
                guard session == nil else { return }
                await open(account)
            }
        } catch {
            failure = error.text
        }
    }

    /// The banner's button: the user has signed in again, or wants to be connected again.
    public func reconnect() async {
        await withClient { client throws(CauserieError) in try await client.start() }
    }

    /// Signs out and deletes what is on this device. If something was not sent, it asks first:
    /// ``isSignOutToBeConfirmed``.
    public func signOut(discardingUnsent: Bool = false) async {
        isSignOutToBeConfirmed = false
        await inTurn { [self] in
            guard let client = session?.client else { return }
            do {
                try await client.signOut(wipe: true, unsent: discardingUnsent ? .discard : .refuse)
                stage = .signedOut
                try accounts.save(nil)
            } catch let error as CauserieError where error.code == .unsent {
                isSignOutToBeConfirmed = true
            } catch {
                failure = Words.failure(CauserieError.code(of: error))
            }
        }
    }

    private func open(_ account: Account) async {
        do {
            let backend = backend(account)
            let client = try await Causerie.open(
                directory: folder(account), server: account.server, user: account.user
            ) { request in
                try await backend.token(for: request.userID)
            }
            try accounts.save(account)
            isAway = false
            stage = .signedIn(Session(client, of: account))
            try await client.start()
        } catch {
            if session == nil { stage = .signedOut }
            failure = Words.failure(CauserieError.code(of: error))
        }
    }

    // MARK: What the system says

    /// The app goes to the background: when this returns, every file is closed.
    public func enterBackground() async {
        await withClient { [self] client throws(CauserieError) in
            isAway = true
            try await client.suspend()
        }
    }

    /// The app is back. If it was never away, as when a notice lay over it, nothing happens.
    public func enterForeground() async {
        await withClient { [self] client throws(CauserieError) in
            guard isAway else { return }
            try await client.resume()
            isAway = false
        }
    }

    /// The network came or changed, or went.
    public func networkChanged(isThere: Bool) {
        session?.client.networkChanged(isThere ? .changed : .lost)
    }

    private func withClient(
        _ work: @escaping @MainActor (Client) async throws(CauserieError) -> Void
    ) async {
        await inTurn { [self] in
            guard let client = session?.client else { return }
            do throws(CauserieError) {
                try await work(client)
            } catch {
                failure = Words.failure(error.code)
            }
        }
    }

    /// One after the other: a user who leaves the app and comes right back must not find it
    /// suspended.
    private func inTurn(_ work: @escaping @MainActor () async -> Void) async {
        let before = turn
        let task = Task {
            await before?.value
            await work()
        }
        turn = task
        await task.value
    }
}

extension CauserieError {
    /// The code of an error of any kind: what is not the SDK's comes from the file system here.
    static func code(of error: any Error) -> Code {
        (error as? CauserieError)?.code ?? .dataDirectory
    }
}
