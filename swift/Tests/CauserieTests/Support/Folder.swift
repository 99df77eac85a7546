import Foundation
import Server

extension Server {
    /// One serves all tests of the run, each of which has users of its own.
    static let shared = Task { try Server(in: Folder.ofServer.url) }
}

/// A folder that goes with its last reference.
final class Folder: Sendable {
    /// The server's. It goes with the process.
    static let ofServer: Folder = {
        atexit { try? FileManager.default.removeItem(at: Folder.ofServer.url) }
        return Folder()
    }()

    let url: URL

    init() {
        url = FileManager.default.temporaryDirectory
            .appending(component: "causerie-\(UUID().uuidString)", directoryHint: .isDirectory)
    }

    deinit { try? FileManager.default.removeItem(at: url) }
}

/// What a test waits for did not come.
struct Missing: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
