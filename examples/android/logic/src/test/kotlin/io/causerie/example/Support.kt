package io.causerie.example

import io.causerie.Causerie
import io.causerie.ConnectionState
import io.causerie.example.room.Entry
import io.causerie.example.room.RoomState
import io.causerie.example.session.Account
import io.causerie.example.session.DevBackend
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.job
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import java.io.File
import java.time.Clock
import java.util.Locale
import kotlin.time.Duration.Companion.minutes

/** How long a test waits for what must come; only its failure takes so long. */
private val PATIENCE = 1.minutes

/**
 * Runs a test on one thread at a time, as an app's main thread is, in real time, since the core has its
 * own clock. Screens live in the scope that it is given; what is launched and fails fails the test.
 */
fun test(block: suspend (screens: CoroutineScope) -> Unit) = runTest(timeout = PATIENCE * 3) {
    withContext(Dispatchers.Default.limitedParallelism(1)) {
        val screens = CoroutineScope(coroutineContext + SupervisorJob(coroutineContext.job))
        try {
            block(screens)
        } finally {
            screens.cancel()
        }
    }
}

/** The first value that is as it must be. */
suspend fun <T> StateFlow<T>.awaits(what: (T) -> Boolean): T =
    try {
        withTimeout(PATIENCE) { first(what) }
    } catch (e: TimeoutCancellationException) {
        throw AssertionError("it did not come; at last there was $value", e)
    }

/** A client of this server, connected. */
suspend fun online(server: TestServer, dir: File, userId: String): Causerie {
    val chat = Causerie.open(dir, server.url, userId) { DevBackend().token(Account(server.url, userId)) }
    chat.start()
    chat.connection.awaits { it == ConnectionState.Live }
    return chat
}

/** An address where nobody listens. */
const val NOWHERE = "ws://127.0.0.1:1"

/** The messages on a screen. */
val RoomState.messages: List<Entry.Message> get() = entries.filterIsInstance<Entry.Message>()

/** What they say. */
val RoomState.texts: List<String> get() = messages.map { it.text }

/** Times as they are written in London. */
val londonTimes get() = Times(Clock.systemUTC(), Locale.UK)
