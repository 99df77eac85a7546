package io.causerie

import io.causerie.internal.call
import io.causerie.internal.read
import io.causerie.internal.translated
import kotlinx.coroutines.flow.Flow
import io.causerie.internal.ffi.Client as FfiClient

/**
 * What is known of users. Names come with the conversations and messages that need them, and are kept
 * for offline use.
 */
public class Users internal constructor(private val core: FfiClient, private val chat: Causerie) {
    /** A user, if known on this device. */
    public operator fun get(userId: String): User? = translated { core.user(userId) }?.read()

    /** All users known on this device, in no order. */
    public fun all(): List<User> = translated { core.users() }.map { it.read() }

    /** A user, now and whenever name or picture changes; null while nothing is known. */
    public fun watch(userId: String): Flow<User?> =
        chat.watch(EventFilter(setOf(EventKind.Users))) { get(userId) }

    /**
     * Asks the server for up to 100 users. Those that are unknown or hidden are left out.
     *
     * @throws CauserieException `offline` without a connection, `invalid` if an id is malformed, or
     *   the server's code; `closed`.
     */
    public suspend fun fetch(userIds: List<String>): List<User> =
        call { core.fetchUsers(userIds, null) }.map { it.read() }
}
