import Foundation
import Testing

@testable import Causerie

struct StorageTests {
    @Test func `each user of each server has a folder of their own also where case is lost`()
        async throws
    {
        let root = Folder()
        let storage = Storage(.folder(root.url))
        let servers = ["wss://chat.example.org", "wss://chat.example.org:8443/ws"]
        let users = ["alice", "Alice", "ALICE", "a/lice", "..", ".", "a_2flice", "álice", "a lice"]
        let folders = try servers.flatMap { server in
            try users.map { try storage.folder(user: $0, server: server).path().lowercased() }
        }
        #expect(Set(folders).count == folders.count)
        #expect(folders.allSatisfy { $0.hasPrefix(root.url.path().lowercased()) })
        #expect(folders.allSatisfy { !$0.contains("..") })
    }

    @Test func `a name is made of what every file system takes`() {
        #expect(Storage.name("alice-2") == "alice-2")
        #expect(Storage.name("A/b") == "_41_2fb")
        #expect(Storage.name("\n") == "_0a")
    }

    @Test func `the longest user id has a folder that can be made and opened`() async throws {
        let root = Folder()
        let server = "ws://127.0.0.1:1"
        let user = String(repeating: "Z", count: 128)
        let folder = try Storage(.folder(root.url)).prepare(user: user, server: server)
        let client = try await Causerie.open(directory: folder, server: server, user: user) { "" }
        await client.close()
        #expect(Storage.names("alice") == ["alice"])
        #expect(Storage.names(user).map(\.count) == [251, 134])
        #expect(Storage.names(user).joined() != Storage.name(user))
    }

    @Test func `what was prepared can be opened`() async throws {
        let root = Folder()
        let storage = Storage(.folder(root.url))
        let server = "ws://127.0.0.1:1"
        for _ in 1...2 {
            let folder = try storage.prepare(user: "Alice", server: server)
            let client = try await open(directory: folder, server: server, user: "Alice") { "" }
            #expect(FileManager.default.fileExists(atPath: folder.path(percentEncoded: false)))
            await client.close()
        }
    }

    @Test func `an address of the web is no folder`() async throws {
        let url = try #require(URL(string: "https://example.org/tmp"))
        let error = await #expect(throws: CauserieError.self) {
            try await Causerie.open(directory: url, server: "ws://127.0.0.1:1", user: "a") { "" }
        }
        #expect(error?.code == .invalid)
    }

    @Test func `a folder that cannot be made is said`() async throws {
        let root = Folder()
        try FileManager.default.createDirectory(at: root.url, withIntermediateDirectories: true)
        let file = root.url.appending(component: "file")
        try Data().write(to: file)
        let error = #expect(throws: CauserieError.self) {
            try Storage(.folder(file)).prepare(user: "alice", server: "ws://127.0.0.1:1")
        }
        #expect(error?.code == .dataDirectory)
        #expect(error?.action == .fixCode)
    }

    #if !canImport(Darwin)
        @Test func `where there are no app groups that is an error and no other folder`() {
            let error = #expect(throws: CauserieError.self) {
                try Storage(.appGroup("group.example")).folder(user: "alice", server: "ws://a")
            }
            #expect(error?.code == .dataDirectory)
        }
    #endif

    @Test func `the privacy manifest can be read and says that nothing is tracked`() throws {
        let url = try #require(
            Bundle.causerie.url(forResource: "PrivacyInfo", withExtension: "xcprivacy"))
        let list = try PropertyListSerialization.propertyList(
            from: try Data(contentsOf: url), format: nil)
        let manifest = try #require(list as? [String: Any])
        #expect(manifest["NSPrivacyTracking"] as? Bool == false)
        #expect((manifest["NSPrivacyAccessedAPITypes"] as? [Any])?.isEmpty == false)
    }
}
