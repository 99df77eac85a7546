package io.causerie.internal

import io.causerie.LogRecord
import io.causerie.LogSink
import io.causerie.internal.ffi.ListenerException
import io.causerie.internal.border.LogRecord as FfiLogRecord
import io.causerie.internal.ffi.LogSink as FfiLogSink

/** The app's sink as the core fills it. */
internal class FilledLogSink(private val sink: LogSink) : FfiLogSink {
    override fun log(records: List<FfiLogRecord>) {
        try {
            sink.log(records.map { LogRecord(it.level.read(), it.target, it.message, it.atMs) })
        } catch (
            @Suppress("TooGenericExceptionCaught") e: Throwable,
        ) {
            throw ListenerException.Thrown(e.javaClass.name)
        }
    }
}
