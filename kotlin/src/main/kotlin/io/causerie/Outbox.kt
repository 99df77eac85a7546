package io.causerie

import io.causerie.internal.Life
import io.causerie.internal.Pulled
import io.causerie.internal.applyTo
import io.causerie.internal.border.OutboxUpdate
import io.causerie.internal.read
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.DelicateCoroutinesApi
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.transformWhile
import kotlinx.coroutines.job
import kotlinx.coroutines.launch
import io.causerie.internal.ffi.Client as FfiClient

/**
 * The writes of this device that the server has not settled. They go by themselves, in the order made,
 * whenever there is a connection, also after the app was killed; only [cancel] gives one up.
 */
public class Outbox internal constructor(
    private val core: FfiClient,
    scope: CoroutineScope,
    private val life: Life,
) {
    /** By key; replaced as a whole, and null once the client is closed. */
    private val byKey = MutableStateFlow<Map<String, OutboxEntry>?>(null)
    private val list: MutableStateFlow<List<OutboxEntry>>

    init {
        val entries = all()
        byKey.value = entries
        list = MutableStateFlow(entries.values.toList())
        val updates = Pulled(scope.coroutineContext.job, { core.outboxUpdates() }, { it.next() }, { it.end() })
        // It begins even if the client is closed at once: what it ends with counts.
        @OptIn(DelicateCoroutinesApi::class)
        scope.launch(start = CoroutineStart.ATOMIC) {
            try {
                updates.here { it }.collect(::apply)
            } finally {
                byKey.value = null
                // Nothing, after a wipe.
                list.value = all().values.toList()
            }
        }
    }

    private fun all() = core.outbox().map { it.read() }.associateByTo(LinkedHashMap()) { it.key }

    private fun apply(update: OutboxUpdate) {
        val entries = LinkedHashMap(byKey.value.orEmpty())
        update.applyTo(entries)
        list.value = entries.values.toList()
        byKey.value = entries
    }

    /**
     * Every write that is queued or has failed, oldest first: at once, and after every change. It
     * follows the core within moments: right after a call that wrote, it may be without that write, and
     * right after [cancel] still with it. [now] asks the core itself.
     */
    public val entries: StateFlow<List<OutboxEntry>> = list.asStateFlow()

    /**
     * How a write stands: now, and whenever that changes. Ends after [SendState.Sent], and when the
     * write is cancelled or nobody remembers it (it was sent some thousand writes ago, or before the
     * client was opened), or the client is closed; then without a further state. [SendState.Failed] is not the end, since it
     * may be retried. States that follow each other quickly may be left out, never the last.
     *
     * @param key what the call that wrote gave.
     */
    public fun state(key: String): Flow<SendState> =
        byKey
            // The core knows first: the map only says that something changed.
            .map { entries -> entries?.let { nowIfOpen(key) } }
            .distinctUntilChanged()
            .transformWhile { state ->
                if (state != null) emit(state)
                state != null && state !is SendState.Sent
            }
            .flowOn(Dispatchers.Default)

    /**
     * How a write stands now; null if it was cancelled, or if nobody remembers it.
     *
     * @throws CauserieException `invalid` if it is no key; `closed`.
     */
    public fun now(key: String): SendState? = life.ask { core.writeStatus(key) }?.read()

    private fun nowIfOpen(key: String) =
        try {
            now(key)
        } catch (e: CauserieException) {
            if (e.code != ErrorCode.CLOSED) throw e
            null
        }

    /**
     * Waits until a write is sent or has failed. That may take as long as the user is offline.
     *
     * @throws CauserieException `unknown_write` if nobody remembers it or it is cancelled meanwhile,
     *   `closed`.
     */
    public suspend fun settled(key: String): SendState = life.call { core.settled(key, null) }.read()

    /**
     * Queues a failed write again, under the same key, as the last one.
     *
     * @throws CauserieException `unknown_write`, or why it could not be stored; `closed`.
     */
    public suspend fun retry(key: String): Unit = life.call { core.retry(key) }

    /**
     * Gives a write up. One that was never sent just goes; a message that may have reached the server
     * is deleted there, too.
     *
     * @throws CauserieException as [retry].
     */
    public suspend fun cancel(key: String): Unit = life.call { core.cancelWrite(key) }
}
