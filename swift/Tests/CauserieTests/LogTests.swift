import Causerie
import Foundation
import Testing

/// The sink is the process's: one test at a time.
@Suite(.serialized, .timeLimit(.minutes(1)))
struct LogTests {
    struct Broken: Error {}

    /// Something to log: a database that is none is set aside.
    private func damaged() async throws -> Person {
        let folder = Folder()
        try FileManager.default.createDirectory(at: folder.url, withIntermediateDirectories: true)
        let database = folder.url.appending(component: "causerie.db")
        try Data("a secret, and no database; ".utf8 + [UInt8](repeating: 7, count: 8192))
            .write(to: database)
        return try await Person.opened("alice", in: folder, server: "ws://127.0.0.1:1") { "" }
    }

    @Test func `a sink is told what happens until it is taken away`() async throws {
        let (lines, line) = AsyncStream<LogRecord>.makeStream()
        setLogSink(level: .warning) { records in
            for record in records { line.yield(record) }
        }
        let alice = try await damaged()
        let first = await lines.first { _ in true }
        let record = try #require(first)
        #expect(record.level == .warning || record.level == .error)
        #expect(record.target.hasPrefix("causerie"))
        #expect(!record.message.isEmpty)
        #expect(!record.message.contains("a secret"))
        #expect(record.date.timeIntervalSinceNow.magnitude < 3600)
        setLogSink(nil)
        await alice.client.close()
    }

    @Test func `each level has lines of its own and brings those above it`() async throws {
        for (level, due) in [
            (LogLevel.info, Set([LogLevel.info])), (.trace, [.info, .debug, .trace]),
        ] {
            let (lines, line) = AsyncStream<LogRecord>.makeStream()
            setLogSink(level: level) { records in
                for record in records { line.yield(record) }
            }
            let alice = try await Person.online("alice")
            var told: Set<LogLevel> = []
            for await record in lines {
                told.insert(record.level)
                if told.isSuperset(of: due) { break }
            }
            #expect(told.isSuperset(of: due))
            #expect(told.isDisjoint(with: level == .info ? [.debug, .trace] : []))
            setLogSink(nil)
            await alice.client.close()
        }
    }

    @Test func `a sink that throws is told the next all the same`() async throws {
        let (calls, call) = AsyncStream<Void>.makeStream()
        setLogSink(level: .warning) { _ in
            call.yield()
            throw Broken()
        }
        var called = calls.makeAsyncIterator()
        for _ in 1...2 {
            let alice = try await damaged()
            await called.next()
            await alice.client.close()
        }
        setLogSink(nil)
    }

    @Test func `what a sink holds is given back when it is taken away`() async throws {
        final class Held: Sendable {}
        weak var held: Held?
        do {
            let mine = Held()
            held = mine
            setLogSink { _ in withExtendedLifetime(mine) {} }
        }
        #expect(held != nil)
        setLogSink(nil)
        #expect(held == nil)
    }
}
