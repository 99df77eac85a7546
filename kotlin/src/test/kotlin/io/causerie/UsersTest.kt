package io.causerie

import io.causerie.internal.ffi.Events
import io.causerie.internal.ffi.NoHandle
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancel
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicInteger
import io.causerie.internal.Life
import io.causerie.internal.border.Event as FfiEvent
import io.causerie.internal.border.EventFilter as FfiEventFilter
import io.causerie.internal.border.User as FfiUser
import io.causerie.internal.ffi.Client as FfiClient

class UsersTest {
    /** A core that knows the users it is told of, and counts who listens. */
    private class ToldCore : FfiClient(NoHandle) {
        val listeners = AtomicInteger()
        private val known = ConcurrentHashMap<String, FfiUser>()
        private val changes = Channel<List<FfiEvent>>(Channel.UNLIMITED)

        fun rename(userId: String, name: String) {
            known[userId] = FfiUser(userId, name, null)
            changes.trySend(emptyList())
        }

        override fun user(id: String): FfiUser? = known[id]

        override fun events(filter: FfiEventFilter): Events {
            listeners.incrementAndGet()
            return object : Events(NoHandle) {
                override suspend fun next() = changes.receiveCatching().getOrNull()

                override fun end() {
                    changes.close()
                }
            }
        }
    }

    private val core = ToldCore()
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private val users = Users(core, scope, Life())

    @Test
    fun `all who watch a user share one listener, and each is told of its own`() = test {
        val ids = List(200) { "user-$it" }
        val watching = ids.map { CompletableDeferred<Unit>() }
        val names = ids.zip(watching).map { (id, begun) ->
            async { users.watch(id).onEach { begun.complete(Unit) }.first { it?.name == "$id, renamed" } }
        }
        watching.awaitAll()
        for (id in ids) core.rename(id, "$id, renamed")
        assertEquals(ids, names.awaitAll().map { it?.userId })
        assertEquals(1, core.listeners.get())
        scope.cancel()
    }

    @Test
    fun `a collector that blocks holds up no other`() = test {
        val (begun, go) = List(2) { CompletableDeferred<Unit>() }
        val slow = launch {
            users.watch("alice").first { user ->
                begun.complete(Unit)
                go.await()
                user?.name == "99"
            }
        }
        begun.await()
        val quick = async { users.watch("alice").first { it?.name == "99" } }
        repeat(100) { core.rename("alice", "$it") }
        assertEquals("99", quick.await()?.name)
        go.complete(Unit)
        slow.join()
        scope.cancel()
    }

    @Test
    fun `watching ends with the client, and begins no more after it`() = test {
        core.rename("alice", "Alice")
        val begun = CompletableDeferred<Unit>()
        val seen = async { users.watch("alice").onEach { begun.complete(Unit) }.toList() }
        begun.await()
        scope.cancel()
        assertEquals(listOf("Alice"), seen.await().map { it?.name })
        assertEquals(emptyList<User?>(), users.watch("alice").toList())
    }
}
