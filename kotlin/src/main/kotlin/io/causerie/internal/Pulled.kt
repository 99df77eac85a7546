package io.causerie.internal

import io.causerie.CauserieException
import io.causerie.ErrorCode
import io.causerie.internal.ffi.Disposable
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOn

/**
 * How to ask for changes of one kind. `U` is the listener in the core, `B` the batch that it gives.
 *
 * @param owner ends every flow of these when it ends: the client or the timeline that is listened to.
 */
internal class Pulled<U : Disposable, B : Any>(
    private val owner: Job,
    private val open: () -> U,
    private val next: suspend (U) -> B?,
    private val end: (U) -> Unit,
) {
    /**
     * The changes, for collectors of the app's. Each has a listener of its own in the core, from the
     * beginning of its collection to its end. What comes while a collector is busy waits there, as one
     * batch, so that nothing is buffered here but the one that is handed over.
     *
     * Asking and converting happen on [Dispatchers.Default], whatever the collector runs on.
     *
     * @param first asked when the listener is there, so that no change falls between the two.
     */
    fun <T> changes(first: (suspend () -> T)? = null, convert: suspend (B) -> T): Flow<T> =
        here(first, convert).buffer(Channel.RENDEZVOUS).flowOn(Dispatchers.Default)

    /** The same on the collector's own thread, which must have a dispatcher: for the SDK's own. */
    fun <T> here(first: (suspend () -> T)? = null, convert: suspend (B) -> T): Flow<T> = flow {
        val updates = asked { open() }.getOrElse { return@flow }
        val whenOwnerEnds = owner.invokeOnCompletion { endIfThere(updates) }
        try {
            if (first != null) emit(asked { first() }.getOrElse { return@flow })
            while (true) {
                val batch = asked { next(updates) }.getOrElse { return@flow } ?: return@flow
                emit(asked { convert(batch) }.getOrElse { return@flow })
            }
        } finally {
            whenOwnerEnds.dispose()
            end(updates)
            updates.destroy()
        }
    }

    /** Asks the core; a failure is given back only where it stands for the end of the owner. */
    private inline fun <R> asked(question: () -> R): Result<R> =
        try {
            Result.success(translated(question))
        } catch (e: CauserieException) {
            if (owner.isActive && e.code != ErrorCode.CLOSED) throw e
            Result.failure(e)
        }

    private fun endIfThere(updates: U) {
        try {
            end(updates)
        } catch (_: IllegalStateException) {
            // The collector has just given it up.
        }
    }
}
