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

/** How much a [LogRecord] matters; each level brings those above it, too. */
public enum class LogLevel {
    /**
     * Something is lost, or does not go on before somebody acts: the local data fail or are damaged,
     * a sign-in is needed, a callback of the app's threw.
     */
    Error,

    /**
     * Something is not as it should be, and the SDK goes on by itself: there is no connection (with
     * the reason, and the delay before the next attempt), no token was had, the server refused a
     * token, a write or a subscription (with its code), a listener was too slow.
     */
    Warn,

    /**
     * One line for each thing that happens: opened, connected, synced (with counts), disconnected,
     * suspended, signed out, closed.
     */
    Info,

    /**
     * How it comes about: sockets and why they end, tokens asked for, writes queued, sent and
     * confirmed (by their keys), the local database's opening.
     */
    Debug,

    /** Each frame, by its type. */
    Trace,
}
