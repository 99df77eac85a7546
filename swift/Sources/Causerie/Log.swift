internal import CauserieGenerated
import Foundation

/// How much a log sink is told; each level brings those above it, too.
public enum LogLevel: Hashable, Sendable, CaseIterable {
    /// Something is lost, or does not go on before somebody acts: the local data fail or are damaged,
    /// a sign-in is needed, a closure of the app's threw.
    case error
    /// Something is not as it should be, and the SDK goes on by itself: there is no connection (with
    /// the reason, and the delay before the next attempt), no token was had, the server refused a
    /// token, a write or a subscription (with its code), a listener was too slow.
    case warning
    /// One line for each thing that happens: opened, connected, synced (with counts), disconnected,
    /// suspended, signed out, closed.
    case info
    /// How it comes about: sockets and why they end, tokens asked for, writes queued, sent and
    /// confirmed (by their keys), the local database's opening.
    case debug
    /// Each frame, by its type.
    case trace
}

/// A line of the SDK's log. It has ids, codes and durations in it, never content, tokens or file
/// names.
public struct LogRecord: Hashable, Sendable {
    /// How much it matters.
    public let level: LogLevel
    /// Which part of the SDK says it.
    public let target: String
    /// What it says.
    public let message: String
    /// When.
    public let date: Date
}

/// Has the SDK's log told to a closure, in the place of the one before; `nil` ends it. The log is the
/// process's, whichever client it is about.
///
/// The closure is called with all that waits, in order, one call at a time, on a thread of its own
/// that it may block. If it does not keep up, lines are dropped, and a line says how many. What it
/// throws counts for nothing.
///
/// ```swift
/// Causerie.setLogSink(level: .debug) { records in
///     for record in records { logger.debug("\(record.message, privacy: .public)") }
/// }
/// ```
///
/// - Parameters:
///   - level: The least that is told.
///   - sink: What takes the lines.
public func setLogSink(
    level: LogLevel = .info, _ sink: (@Sendable ([LogRecord]) throws -> Void)?
) {
    CauserieGenerated.setLogSink(sink: sink.map(Sink.init), level: level.lowered)
}

private final class Sink: CauserieGenerated.LogSink {
    private let take: @Sendable ([LogRecord]) throws -> Void

    init(_ take: @escaping @Sendable ([LogRecord]) throws -> Void) {
        self.take = take
    }

    func log(records: [CauserieGenerated.LogRecord]) throws {
        // What is thrown is the border's to count.
        try take(records.map(LogRecord.init))
    }
}

extension LogRecord {
    init(_ record: CauserieGenerated.LogRecord) {
        level = LogLevel(record.level)
        target = record.target
        message = record.message
        date = Date(milliseconds: record.atMs)
    }
}

extension LogLevel {
    init(_ level: CauserieGenerated.LogLevel) {
        switch level {
        case .error: self = .error
        case .warn: self = .warning
        case .info: self = .info
        case .debug: self = .debug
        case .trace: self = .trace
        }
    }

    var lowered: CauserieGenerated.LogLevel {
        switch self {
        case .error: .error
        case .warning: .warn
        case .info: .info
        case .debug: .debug
        case .trace: .trace
        }
    }
}
