internal import CauserieGenerated
import Foundation

/// How much a log sink is told.
public enum LogLevel: Hashable, Sendable, CaseIterable {
    /// What should not be: a mistake of the SDK's, or of a closure of the app's.
    case error
    /// What may need a look: a damaged file, a frame that cannot be read.
    case warning
    /// What happens.
    case info
    /// Each step.
    case debug
    /// Everything.
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
