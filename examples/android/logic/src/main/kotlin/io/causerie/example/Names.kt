package io.causerie.example

import io.causerie.Users
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.map

/** What people are called. Whose name is not known is called by the id. */
class Names(private val known: Map<String, String> = emptyMap()) {
    /** The name to show. */
    operator fun get(userId: String): String = known[userId] ?: userId

    override fun equals(other: Any?): Boolean = other is Names && known == other.known

    override fun hashCode(): Int = known.hashCode()
}

/** The names of these users, now and as they change. */
fun Users.names(userIds: Set<String>): Flow<Names> {
    if (userIds.isEmpty()) return flowOf(Names())
    val each = userIds.map { id -> watch(id).map { user -> id to (user?.name ?: id) } }
    return combine(each) { Names(it.toMap()) }
}
