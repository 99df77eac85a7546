package io.causerie

/**
 * Takes what the SDK logs; see [Causerie.setLogSink].
 *
 * Called in batches, one call at a time, on a thread of its own that it may block. What comes faster
 * than it takes is dropped, and how much that was is the next record. What it throws is ignored.
 */
public fun interface LogSink {
    /** Records, oldest first. */
    public fun log(records: List<LogRecord>)
}

/**
 * One line of the log. It never holds what people wrote, a token or a file's name.
 *
 * @property level how much it matters.
 * @property target which part of the SDK says it.
 * @property message what it says, with its fields.
 * @property atMs when, in milliseconds since 1970 by this device's clock.
 */
public data class LogRecord(val level: LogLevel, val target: String, val message: String, val atMs: Long)

/** How much a [LogRecord] matters. So far the SDK says little below [Warn]. */
public enum class LogLevel {
    /** Something is lost or does not work. */
    Error,

    /** Something went wrong that the SDK gets over by itself. */
    Warn,

    /** What happens seldom. */
    Info,

    /** What helps to understand the SDK. */
    Debug,

    /** All there is. */
    Trace,
}
