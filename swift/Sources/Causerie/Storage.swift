import Foundation

/// Where a user's data lies on a device, and how the system treats it: a folder of its own for each
/// user of each server.
///
/// ```swift
/// let storage = Storage(.appGroup("group.org.example.chat"))
/// let chat = try await Causerie.open(
///     directory: try storage.prepare(user: "alice", server: server), server: server, user: "alice"
/// ) { try await api.token() }
/// ```
///
/// In an app group, an app and its extensions take turns: one process may have the folder open, and
/// the others get `in_use`. Call ``Client/suspend()`` when the app goes to the background, or the
/// system ends it for holding a lock (`0xdead10cc`).
public struct Storage: Hashable, Sendable {
    /// Where.
    public enum Place: Hashable, Sendable {
        /// The app's own Application Support folder. On macOS it is the app's own only in the
        /// sandbox; elsewhere all of the user's apps share it: take ``folder(_:)`` there.
        case applicationSupport
        /// The container of this app group, which the app's extensions see as well. Apple's systems
        /// only.
        case appGroup(String)
        /// This folder.
        case folder(URL)
    }

    /// When the files can be read. Apple's systems only; elsewhere it does nothing.
    public enum Protection: Hashable, Sendable {
        /// Only while the device is unlocked. What runs in the background fails as soon as it is
        /// locked: for apps that call ``Client/suspend()`` each time.
        case complete
        /// As ``complete``, but what is open stays readable. The database opens files again and
        /// again, so this is no remedy for running in the background.
        case completeUnlessOpen
        /// From the first unlocking after the device was started. The default: push messages can be
        /// handled on a locked device.
        case untilFirstUnlock
        /// Always.
        case none
    }

    /// Where.
    public var place: Place
    /// When the files can be read.
    public var protection: Protection
    /// Whether backups leave the folder out. Default: they do. A backup that is restored elsewhere
    /// would bring the outbox of another day with it, and the server has everything else.
    public var isExcludedFromBackup: Bool

    /// Options; they take effect with ``prepare(user:server:)``.
    public init(
        _ place: Place = .applicationSupport,
        protection: Protection = .untilFirstUnlock,
        isExcludedFromBackup: Bool = true
    ) {
        self.place = place
        self.protection = protection
        self.isExcludedFromBackup = isExcludedFromBackup
    }

    /// The folder of a user of a server. It need not be there.
    ///
    /// - Throws: `data_dir`, if the app group is not one of this app's entitlements (macOS does not
    ///   say so, and gives a folder all the same), or there are none on this system.
    public func folder(user: String, server: String) throws(CauserieError) -> URL {
        let names = ["causerie"] + Self.names(server) + Self.names(user)
        return names.reduce(try base()) { folder, name in
            folder.appending(component: name, directoryHint: .isDirectory)
        }
    }

    /// Makes the folder, if it is not there, and has the system treat it and what it holds as these
    /// options say.
    ///
    /// - Returns: The folder, for ``open(directory:server:user:durability:maxReconnectAttempts:tokens:)-(_,_,_,_,_,()->String)``.
    /// - Throws: `data_dir`, if that does not work.
    public func prepare(user: String, server: String) throws(CauserieError) -> URL {
        var folder = try folder(user: user, server: server)
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            #if canImport(Darwin)
                // Files that are made later have their folder's protection.
                let inside = try FileManager.default.contentsOfDirectory(
                    at: folder, includingPropertiesForKeys: nil)
                for file in [folder] + inside {
                    try FileManager.default.setAttributes(
                        [.protectionKey: protection.attribute],
                        ofItemAtPath: file.path(percentEncoded: false))
                }
                var values = URLResourceValues()
                values.isExcludedFromBackup = isExcludedFromBackup
                try folder.setResourceValues(values)
            #else
                _ = folder.hasDirectoryPath
            #endif
        } catch {
            throw Self.unusable("\(error)")
        }
        return folder
    }

    private func base() throws(CauserieError) -> URL {
        switch place {
        case .folder(let folder):
            return folder
        case .applicationSupport:
            let folders = FileManager.default.urls(
                for: .applicationSupportDirectory, in: .userDomainMask)
            guard let folder = folders.first else {
                throw Self.unusable("this system has no Application Support folder")
            }
            return folder
        case .appGroup(let group):
            #if canImport(Darwin)
                let manager = FileManager.default
                if let folder = manager.containerURL(
                    forSecurityApplicationGroupIdentifier: group)
                {
                    return folder
                }
                throw Self.unusable("\(group) is not among the app's entitlements")
            #else
                throw Self.unusable("there are no app groups on this system, such as \(group)")
            #endif
        }
    }

    /// A name that is safe on every file system, and different for different words: also where names
    /// that differ in case alone are the same.
    static func name(_ word: String) -> String {
        var name = ""
        for byte in word.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"):
                name.append(Character(Unicode.Scalar(byte)))
            default:
                let hex = String(byte, radix: 16)
                name += hex.count == 1 ? "_0\(hex)" : "_\(hex)"
            }
        }
        return name
    }

    /// The name of a word's folder; of several, one in the other, if it is longer than file systems
    /// take. All but the last end with a `_`, which no word's name does.
    static func names(_ word: String) -> [String] {
        var rest = name(word)[...]
        var names: [String] = []
        while rest.utf8.count > longest {
            names.append("\(rest.prefix(longest))_")
            rest = rest.dropFirst(longest)
        }
        return names + [String(rest)]
    }

    /// File systems take names of 255 bytes.
    private static let longest = 250

    private static func unusable(_ message: String) -> CauserieError {
        CauserieError(
            code: .dataDirectory, action: .fixCode, message: message, isRetryable: false,
            retryAfter: nil)
    }
}

#if canImport(Darwin)
    extension Storage.Protection {
        var attribute: FileProtectionType {
            switch self {
            case .complete: .complete
            case .completeUnlessOpen: .completeUnlessOpen
            case .untilFirstUnlock: .completeUntilFirstUserAuthentication
            case .none: .none
            }
        }
    }
#endif
