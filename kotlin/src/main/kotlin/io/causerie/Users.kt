package io.causerie

import io.causerie.internal.Life
import io.causerie.internal.Pulled
import io.causerie.internal.read
import io.causerie.internal.write
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.flow.transformWhile
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.job
import kotlinx.coroutines.launch
import io.causerie.internal.ffi.Client as FfiClient

/**
 * What is known of users. Names come with the conversations and messages that need them, and are kept
 * for offline use.
 */
public class Users internal constructor(
    private val core: FfiClient,
    private val scope: CoroutineScope,
    private val life: Life,
) {
    /**
     * How often users changed; null once the client is closed. It listens from when somebody watches
     * first, once for all: a timeline watches each of its senders.
     */
    private val changes: StateFlow<Long?> by lazy {
        val changes = MutableStateFlow<Long?>(0)
        val filter = EventFilter(setOf(EventKind.Users)).write()
        val updates = Pulled(scope.coroutineContext.job, { core.events(filter) }, { it.next() }, { it.end() })
        // The first is that it listens now: what changed before is asked for after it.
        scope.launch { updates.here(first = {}) {}.collect { changes.update { it?.inc() } } }
            .invokeOnCompletion { changes.value = null }
        changes.asStateFlow()
    }

    /**
     * A user, if known on this device.
     *
     * @throws CauserieException `closed`.
     */
    public operator fun get(userId: String): User? = life.ask { core.user(userId) }?.read()

    /**
     * All users known on this device, in no order.
     *
     * @throws CauserieException `closed`.
     */
    public fun all(): List<User> = life.ask { core.users() }.map { it.read() }

    /**
     * A user, now and whenever name or picture changes; null while nothing is known. As many as there
     * are senders may be watched: the core has one listener for all of them. What changes quickly may be
     * left out for a slow collector, never the last. Ends when the client is closed.
     */
    public fun watch(userId: String): Flow<User?> =
        flow { emitAll(changes) }
            .transformWhile { change ->
                if (change == null) return@transformWhile false
                val user = try {
                    get(userId)
                } catch (e: CauserieException) {
                    if (e.code != ErrorCode.CLOSED) throw e
                    return@transformWhile false
                }
                emit(user)
                true
            }
            .distinctUntilChanged()
            .buffer(Channel.RENDEZVOUS)
            .flowOn(Dispatchers.Default)

    /**
     * Asks the server for up to 100 users. Those that are unknown or hidden are left out.
     *
     * @throws CauserieException `offline` without a connection, `sign_in_needed` if there is none before
     *   the user signs in, `invalid` if an id is malformed, or the server's code; `closed`.
     */
    public suspend fun fetch(userIds: List<String>): List<User> =
        life.call { core.fetchUsers(userIds, null) }.map { it.read() }
}
