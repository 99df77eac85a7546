package io.causerie

import io.causerie.internal.AskedTokens
import io.causerie.internal.border.TokenQuestion
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.io.IOException
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicInteger

class TokenTest {
    @TempDir
    lateinit var dir: File
    private lateinit var server: TestServer

    @BeforeEach
    fun start() {
        server = TestServer(File(dir, "server"))
    }

    @AfterEach
    fun stop() = server.close()

    private suspend fun open(tokens: TokenProvider) =
        Causerie.open(File(dir, "alice"), server.url, "alice", tokens = tokens)

    /** Fails at first, and then has one. */
    private fun recovering(failure: () -> Throwable): Pair<AtomicInteger, TokenProvider> {
        val asked = AtomicInteger()
        return asked to TokenProvider { request ->
            if (asked.incrementAndGet() == 1) throw failure()
            server.token(request.userId)
        }
    }

    private fun `is asked again after`(failure: () -> Throwable) = test {
        val (asked, tokens) = recovering(failure)
        open(tokens).use { chat ->
            chat.start()
            chat.connection.awaits { it is ConnectionState.Waiting }
            chat.networkChanged(NetworkHint.Changed)
            chat.connection.awaits { it == ConnectionState.Live }
            assertEquals(2, asked.get())
        }
    }

    @Test
    fun `a provider that throws is asked again`() = `is asked again after` { IOException("no route") }

    @Test
    fun `a provider whose own work was cancelled is asked again`() = `is asked again after` { CancellationException("gone") }

    @Test
    fun `a provider that runs into its own time limit is asked again`() = test {
        val asked = AtomicInteger()
        val tokens = TokenProvider { request ->
            if (asked.incrementAndGet() == 1) withTimeout(1) { awaitCancellation() }
            server.token(request.userId)
        }
        open(tokens).use { chat ->
            chat.start()
            chat.connection.awaits { it is ConnectionState.Waiting }
            chat.connection.awaits { it == ConnectionState.Live }
        }
    }

    @Test
    fun `a token with half of an emoji is asked for again`() = test {
        val asked = AtomicInteger()
        val tokens = TokenProvider { if (asked.incrementAndGet() == 1) "a\ud83d" else server.token(it.userId) }
        open(tokens).use { chat ->
            chat.start()
            val waiting = chat.connection.awaits { it is ConnectionState.Waiting } as ConnectionState.Waiting
            assertTrue("surrogate" in waiting.reason, waiting.reason)
            chat.networkChanged(NetworkHint.Changed)
            chat.connection.awaits { it == ConnectionState.Live }
        }
    }

    @Test
    fun `a provider that has the user sign in may say so with half of an emoji`() = test {
        open { throw SignInRequired("who\udc4b") }.use { chat ->
            chat.start()
            val state = chat.connection.awaits { it is ConnectionState.SignInNeeded } as ConnectionState.SignInNeeded
            assertTrue("who?" in state.reason, state.reason)
        }
    }

    @Test
    fun `a provider that breaks down is asked again`() = `is asked again after` { StackOverflowError() }

    @Test
    fun `a provider that says so has the user sign in, and start goes on`() = test {
        val signedIn = AtomicInteger()
        open { request ->
            if (signedIn.get() == 0) throw SignInRequired("signed out elsewhere")
            server.token(request.userId)
        }.use { chat ->
            chat.start()
            val state = chat.connection.awaits { it is ConnectionState.SignInNeeded } as ConnectionState.SignInNeeded
            assertTrue("signed out elsewhere" in state.reason, state.reason)
            signedIn.set(1)
            chat.start()
            chat.connection.awaits { it == ConnectionState.Live }
        }
    }

    @Test
    fun `a provider that blocks its thread holds up nothing else`() = test {
        val (entered, go) = CompletableDeferred<Unit>() to CountDownLatch(1)
        open { request ->
            entered.complete(Unit)
            go.await()
            server.token(request.userId)
        }.use { chat ->
            chat.start()
            entered.await()
            val bob = chat.openDirect("bob")
            bob.send("meanwhile")
            assertEquals(listOf("meanwhile"), bob.timeline().now().texts())
            assertEquals(ConnectionState.Authenticating, chat.connection.awaits { it == ConnectionState.Authenticating })
            go.countDown()
            chat.connection.awaits { it == ConnectionState.Live }
        }
    }

    @Test
    fun `a provider that never returns takes no thread from the app`() = test {
        val go = CountDownLatch(1)
        val asked = AskedTokens { request -> go.await().let { request.userId } }
        try {
            // As many as would take all of them, were they the app's.
            repeat(100) { launch { asked.token(TokenQuestion("alice", false)) } }
            withTimeout(PATIENCE) { withContext(Dispatchers.IO) {} }
        } finally {
            go.countDown()
        }
    }

    @Test
    fun `a provider that is asked when the client ends is cancelled`() = test {
        val (entered, cancelled) = List(2) { CompletableDeferred<Unit>() }
        val chat = open {
            entered.complete(Unit)
            try {
                awaitCancellation()
            } finally {
                cancelled.complete(Unit)
            }
        }
        chat.start()
        entered.await()
        chat.closeAndJoin()
        cancelled.await()
    }

    @Test
    fun `a token that was refused is not asked for in the same way again`() = test {
        val asked = ArrayList<TokenRequest>()
        open { request ->
            synchronized(asked) { asked += request }
            server.token(request.userId) + if (request.refused) "" else "x"
        }.use { chat ->
            chat.start()
            chat.connection.awaits { it == ConnectionState.Live }
            val (first, second) = synchronized(asked) { asked.toList() }
            assertFalse(first.refused)
            assertTrue(second.refused)
            assertEquals("alice", first.userId)
        }
    }
}
