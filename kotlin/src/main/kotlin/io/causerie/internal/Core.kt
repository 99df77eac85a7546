package io.causerie.internal

import io.causerie.LogLevel
import io.causerie.LogSink
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob

/** What belongs to no single client. */
internal object Core {
    /** For what must be finished although nobody waits for it. */
    val background: CoroutineScope = CoroutineScope(SupervisorJob() + Dispatchers.IO)

    fun version(): String {
        Library.load()
        return io.causerie.internal.ffi.version()
    }

    fun setLogSink(sink: LogSink?, level: LogLevel) {
        Library.load()
        io.causerie.internal.ffi.setLogSink(sink?.let(::FilledLogSink), level.write())
    }
}
