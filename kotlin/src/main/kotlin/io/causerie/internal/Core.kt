package io.causerie.internal

import com.sun.jna.NativeLibrary
import io.causerie.LogLevel
import io.causerie.LogSink
import io.causerie.internal.ffi.keepCallbackThreads
import io.causerie.internal.ffi.shutdown
import io.causerie.internal.ffi.uniffiEnsureInitialized
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob

/** The native library, and what outlives a client. */
internal object Core {
    /** For what must be finished although nobody waits for it. */
    val background: CoroutineScope = CoroutineScope(SupervisorJob() + Dispatchers.IO)

    init {
        val folder = System.getProperty("causerie.library.dir") ?: System.getenv("CAUSERIE_LIBRARY_DIR")
        if (!folder.isNullOrEmpty()) NativeLibrary.addSearchPath("causerie_ffi", folder)
        keepCallbackThreads()
        uniffiEnsureInitialized()
        try {
            // After it, no thread of the core's calls into a virtual machine that ends.
            Runtime.getRuntime().addShutdownHook(Thread({ shutdown() }, "causerie-shutdown"))
        } catch (_: IllegalStateException) {
            // It ends already.
        }
    }

    fun version(): String = io.causerie.internal.ffi.version()

    fun setLogSink(sink: LogSink?, level: LogLevel) {
        io.causerie.internal.ffi.setLogSink(sink?.let(::FilledLogSink), level.write())
    }

    /** Loads the library, which reads a file: not on a thread that must not wait. */
    fun load() = Unit
}
