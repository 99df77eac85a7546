package io.causerie

import io.causerie.internal.Life
import io.causerie.internal.Pulled
import io.causerie.internal.closed
import io.causerie.internal.read
import io.causerie.internal.translated
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.DelicateCoroutinesApi
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.job
import kotlinx.coroutines.launch
import java.io.Closeable
import java.util.concurrent.atomic.AtomicBoolean
import io.causerie.internal.ffi.Timeline as FfiTimeline

/** Where a [Timeline] begins. */
public sealed interface TimelineStart {
    /** With the newest message. */
    public data object Newest : TimelineStart

    /**
     * Around a message, to jump to it.
     *
     * @property seq its place in the conversation's order.
     */
    public data class At(val seq: Long) : TimelineStart
}

/**
 * An open view of a conversation: what is cached at once, what the server has as it comes, and what
 * this device sent, in place. While one is open, the conversation's messages come as they are said.
 *
 * There are two ways to draw it: [state], the whole list after every change, for Compose and all that
 * compares lists by itself; and [changes], what changed, for adapters. Both work offline.
 *
 * It is open until [close], or until the client is closed; a view model closes it in `onCleared`.
 * Several may be open of one conversation.
 */
public class Timeline internal constructor(
    private val core: FfiTimeline,
    private val scope: CoroutineScope,
    /** The conversation that it shows. */
    public val conversationId: String,
    private val life: Life,
) : Closeable {
    private val isClosed = AtomicBoolean()
    private val updates =
        Pulled(scope.coroutineContext.job, { core.updates() }, { it.next() }, { it.end() })

    private val states = lazy {
        val states = MutableStateFlow(now())
        // It begins even if it is closed at once: what it ends with counts.
        @OptIn(DelicateCoroutinesApi::class)
        scope.launch(start = CoroutineStart.ATOMIC) {
            try {
                updates.here { it.read() }.collect { update ->
                    val items = update.applyTo(states.value.items)
                    states.value = TimelineState(items, update.hasOlder, update.hasNewer, update.loading)
                }
            } finally {
                // Nothing, after a wipe. What was closed by itself before keeps what it showed.
                lastIfOpen()?.let { states.value = it }
            }
        }
        states.asStateFlow()
    }

    init {
        scope.coroutineContext.job.invokeOnCompletion { close() }
    }

    /**
     * What it shows: at once, and after every change. A slow collector misses states in between,
     * never the last one. After the timeline was closed it keeps the last state, unless the client was
     * signed out with a wipe meanwhile: then that is an empty one.
     *
     * @throws CauserieException `closed` if it is asked for the first time after that.
     */
    public val state: StateFlow<TimelineState>
        get() = states.value

    /**
     * What it shows now, out of the core, all of one moment; [state] follows it within moments.
     *
     * @throws CauserieException `closed` if the timeline or the client is closed.
     */
    public fun now(): TimelineState = life.ask { snapshot() }

    private fun snapshot(): TimelineState {
        val (items, state) = core.snapshot()
        return TimelineState(items.map { it.read() }, state.hasOlder, state.hasNewer, state.loading)
    }

    private fun lastIfOpen() =
        try {
            translated { snapshot() }
        } catch (_: CauserieException) {
            null
        }

    /**
     * What it shows and how it changes. The first update holds a [TimelineChange.Reset] with what is
     * there, and so does the next after the collector fell some hundred changes behind; between them
     * nothing is lost and nothing comes twice. What comes while the collector is busy comes as one
     * update. Each collector has its own sequence, from when it begins to collect. The flow ends when
     * the timeline or the client is closed.
     */
    public fun changes(): Flow<TimelineUpdate> = updates.changes { it.read() }

    /**
     * Shows a page of older messages: from the cache, and otherwise from the server, in which case
     * they come later as a change. Offline, [TimelineState.hasOlder] stays; what is missing is loaded
     * once connected.
     *
     * @throws CauserieException `timeline_closed`, `closed`, or why the cache could not be read.
     */
    public suspend fun loadOlder(): Unit = load { core.loadOlder() }

    /**
     * Shows a page of newer messages, after a start in the middle; otherwise as [loadOlder].
     *
     * @throws CauserieException as [loadOlder].
     */
    public suspend fun loadNewer(): Unit = load { core.loadNewer() }

    private suspend fun load(block: suspend () -> Unit) {
        if (isClosed.get()) throw closed(code = ErrorCode.TIMELINE_CLOSED)
        life.call(block)
    }

    /** Closes it: its flows end. Returns at once; once more does nothing. */
    override fun close() {
        if (!isClosed.compareAndSet(false, true)) return
        scope.cancel()
        core.end()
        core.destroy()
    }
}
