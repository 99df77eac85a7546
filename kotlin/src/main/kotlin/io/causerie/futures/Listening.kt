package io.causerie.futures

import io.causerie.internal.Core
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.future.future
import kotlinx.coroutines.launch
import java.util.concurrent.CompletableFuture

/** A listener of [CauserieFutures.listen], until [close]. */
public class Listening internal constructor(private val job: Job) : AutoCloseable {
    /** Whether it may still be called. */
    public val isActive: Boolean get() = job.isActive

    /** Ends it; a call that is running still ends. Once more does nothing. */
    override fun close(): Unit = job.cancel()
}

/**
 * What suspends, as a future. What depends on it runs on a thread that it may block: with
 * [Dispatchers.Default], as many of them as there are processors would hold up everything.
 */
internal fun <T> given(block: suspend CoroutineScope.() -> T): CompletableFuture<T> =
    Core.background.future(Dispatchers.IO, block = block)

/**
 * The same of what is open from then on: if the future is cancelled first, it is closed.
 *
 * @param close of one that nobody will have.
 */
internal fun <T> opened(close: (T) -> Unit, block: suspend CoroutineScope.() -> T): CompletableFuture<T> {
    val future = CompletableFuture<T>()
    val opening = Core.background.launch(Dispatchers.IO) {
        try {
            val it = block()
            if (!future.complete(it)) close(it)
        } catch (
            @Suppress("TooGenericExceptionCaught") e: Throwable,
        ) {
            future.completeExceptionally(e)
        }
    }
    future.whenComplete { _, _ -> opening.cancel() }
    return future
}

/** The same of what gives nothing. */
internal fun done(block: suspend CoroutineScope.() -> Unit): CompletableFuture<Void> =
    Core.background.future<Void?>(Dispatchers.IO) {
        block()
        null
    }.let {
        @Suppress("UNCHECKED_CAST")
        it as CompletableFuture<Void>
    }
