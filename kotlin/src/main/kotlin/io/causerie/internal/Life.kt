package io.causerie.internal

import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Job
import kotlinx.coroutines.launch
import java.util.concurrent.atomic.AtomicReference

/**
 * A client's life, for all that was got from it: what is called after its end fails with `closed`,
 * whether the core would still answer or not.
 */
internal class Life {
    private val ending = AtomicReference<Job>()

    /** A call that answers at once. */
    fun <T> ask(question: () -> T): T {
        check()
        return translated(question)
    }

    /** A call that suspends. */
    suspend fun <T> call(block: suspend () -> T): T {
        check()
        return io.causerie.internal.call(block)
    }

    /** Ends it, once; what does that goes on without the caller. */
    fun end(block: suspend () -> Unit): Job {
        ending.get()?.let { return it }
        val job = Core.background.launch(start = CoroutineStart.LAZY) { block() }
        if (!ending.compareAndSet(null, job)) job.cancel()
        return ending.get().also { it.start() }
    }

    private fun check() {
        if (ending.get() != null) throw closed()
    }
}
