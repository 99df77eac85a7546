package io.causerie

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import java.io.File

/** How long a test waits for what must come; only its failure takes so long. */
const val PATIENCE: Long = 60_000

/** An address where nobody listens. */
const val NOWHERE: String = "ws://127.0.0.1:1"

/** A provider for tests that never connect. */
val noTokens: TokenProvider = TokenProvider { throw SignInRequired() }

/** Runs a test; a failure if it takes for ever. */
fun test(block: suspend CoroutineScope.() -> Unit): Unit =
    runBlocking(Dispatchers.Default) { withTimeout(2 * PATIENCE, block) }

/** The first value that is as it must be. */
suspend fun <T> Flow<T>.awaits(what: (T) -> Boolean): T = withTimeout(PATIENCE) { first(what) }

/** A client that needs no server. */
suspend fun offline(dir: File, userId: String = "alice"): Causerie =
    Causerie.open(dir, NOWHERE, userId, tokens = noTokens)

/** A client of this server, connected. */
suspend fun online(server: TestServer, dir: File, userId: String): Causerie {
    val chat = Causerie.open(dir, server.url, userId, tokens = server.tokens())
    chat.start()
    chat.connection.awaits { it == ConnectionState.Live }
    return chat
}

/** What the block throws. */
inline fun refused(block: () -> Unit): CauserieException {
    try {
        block()
    } catch (e: CauserieException) {
        return e
    }
    throw AssertionError("nothing was thrown")
}

/** The texts that a timeline shows. */
fun TimelineState.texts(): List<String?> = items.map { it.text }
