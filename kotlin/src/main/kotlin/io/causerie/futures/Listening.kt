package io.causerie.futures

import io.causerie.internal.Core
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.future.future
import java.util.concurrent.CompletableFuture

/** A listener of [CauserieFutures.listen], until [close]. */
public class Listening internal constructor(private val job: Job) : AutoCloseable {
    /** Whether it may still be called. */
    public val isActive: Boolean get() = job.isActive

    /** Ends it; a call that is running still ends. Once more does nothing. */
    override fun close(): Unit = job.cancel()
}

/** What suspends, as a future. */
internal fun <T> given(block: suspend CoroutineScope.() -> T): CompletableFuture<T> =
    Core.background.future(Dispatchers.Default, block = block)

/** The same of what gives nothing. */
internal fun done(block: suspend CoroutineScope.() -> Unit): CompletableFuture<Void> =
    Core.background.future<Void?>(Dispatchers.Default) {
        block()
        null
    }.let {
        @Suppress("UNCHECKED_CAST")
        it as CompletableFuture<Void>
    }
