package io.causerie

import io.causerie.internal.AskedTokens
import io.causerie.internal.Library
import io.causerie.internal.ffi.Client
import io.causerie.internal.ffi.FfiConverterTypeClient
import io.causerie.internal.ffi.FfiConverterTypeOptions
import io.causerie.internal.ffi.FfiConverterTypeTokenProvider
import io.causerie.internal.ffi.Options
import io.causerie.internal.ffi.UNIFFI_RUST_FUTURE_POLL_READY
import io.causerie.internal.ffi.UniffiLib
import io.causerie.internal.ffi.UniffiRustFutureContinuationCallback
import io.causerie.internal.ffi.uniffiRustCallAsync
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.async
import kotlinx.coroutines.cancel
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.job
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlinx.coroutines.yield
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import kotlin.coroutines.CoroutineContext
import io.causerie.internal.ffi.CauserieException as FfiException

class CancellationTest {
    @TempDir
    lateinit var dir: File

    @Test
    fun `cancelling ends the waiting and not the write`() = test {
        offline(dir).use { chat ->
            val bob = chat.openDirect("bob")
            val key = bob.send("patience")
            val waiting = launch(start = CoroutineStart.UNDISPATCHED) { chat.outbox.settled(key) }
            waiting.cancelAndJoin()
            assertEquals(SendState.Queued, chat.outbox.now(key))
        }
    }

    @Test
    fun `a coroutine that is cancelled while it writes has written, or has not, and never half`() = test {
        offline(dir).use { chat ->
            val bob = chat.openDirect("bob")
            val timeline = bob.timeline(page = 200)
            repeat(100) { n ->
                val writing = launch(start = CoroutineStart.UNDISPATCHED) { bob.send("message $n") }
                writing.cancel()
            }
            val last = bob.send("last")
            val shown = timeline.now()
            assertEquals(last, shown.items.last().tempId)
            // Each of them was begun before it was cancelled, so that each is there, in order.
            assertEquals((0 until 100).map { "message $it" } + "last", shown.texts())
        }
    }

    @Test
    fun `a coroutine that is cancelled already does not begin to write`() = test {
        offline(dir).use { chat ->
            val bob = chat.openDirect("bob")
            coroutineScope {
                launch {
                    cancel()
                    bob.send("too late")
                }
            }
            assertTrue(bob.timeline().now().items.isEmpty())
        }
    }

    @Test
    fun `opening that is cancelled leaves nothing open`() = test {
        repeat(20) { n ->
            val opening = async(Dispatchers.Default) { offline(dir) }
            repeat(n) { yield() }
            opening.cancel()
            try {
                opening.await().closeAndJoin()
            } catch (_: CancellationException) {
                // As it should be.
            }
        }
        // The last instant, by hand: it is open, and its caller has not heard of it yet.
        val steps = Channel<Runnable>(Channel.UNLIMITED)
        val byHand = object : CoroutineDispatcher() {
            override fun dispatch(context: CoroutineContext, block: Runnable) {
                steps.trySend(block)
            }
        }
        val opening = CoroutineScope(byHand).async { offline(dir) }
        steps.receive().run()
        val hearsOfIt = steps.receive()
        Opener(dir).use { elsewhere ->
            assertEquals("in_use", elsewhere.says())
            opening.cancel()
            hearsOfIt.run()
            opening.join()
            assertEquals("open", elsewhere.says())
        }
    }

    @Test
    fun `what the core gives to a call that is cancelled at that instant is given up`() = test {
        Library.load()
        val opening = async(start = CoroutineStart.LAZY) { openCancelledWhenReady(dir, coroutineContext.job) }
        opening.join()
        assertTrue(opening.isCancelled)
        Opener(dir).use { elsewhere -> assertEquals("open", elsewhere.saysAtLast()) }
    }

    /** `Client.open` as it is generated, with a cancellation when the core has the client and its caller not yet. */
    private suspend fun openCancelledWhenReady(dir: File, job: Job): Client =
        uniffiRustCallAsync(
            UniffiLib.uniffi_causerie_ffi_fn_constructor_client_open(
                FfiConverterTypeOptions.lower(Options(NOWHERE, "alice", dir.path, null, null)),
                FfiConverterTypeTokenProvider.lower(AskedTokens(noTokens)),
            ),
            { future, heard, continuation ->
                val hears = object : UniffiRustFutureContinuationCallback {
                    override fun callback(data: Long, pollResult: Byte) {
                        if (pollResult == UNIFFI_RUST_FUTURE_POLL_READY) job.cancel()
                        heard.callback(data, pollResult)
                    }
                }
                callbacks += hears
                UniffiLib.ffi_causerie_ffi_rust_future_poll_u64(future, hears, continuation)
            },
            { future, status -> UniffiLib.ffi_causerie_ffi_rust_future_complete_u64(future, status) },
            { future -> UniffiLib.ffi_causerie_ffi_rust_future_free_u64(future) },
            { FfiConverterTypeClient.lift(it) },
            FfiException.ErrorHandler,
        )

    /** Kept: native code knows them by their address only. */
    private val callbacks = ArrayList<UniffiRustFutureContinuationCallback>()

    @Test
    fun `a timeline that nobody waits for any more is closed`() = test {
        offline(dir).use { chat ->
            val bob = chat.openDirect("bob")
            repeat(50) {
                val opening = launch(Dispatchers.Default) { bob.timeline() }
                opening.cancel()
            }
            assertTrue(bob.timeline().now().items.isEmpty())
        }
    }

    @Test
    fun `a caller without a dispatcher does not go on on a thread of the core's`() = test {
        offline(dir).use { chat ->
            val threads = withContext(Dispatchers.Unconfined) {
                val bob = chat.openDirect("bob")
                List(20) {
                    bob.send("message $it")
                    Thread.currentThread().name
                }
            }
            assertTrue(threads.none { it.startsWith("causerie") }, "$threads")
        }
    }

    @Test
    fun `ending a collection ends its listener and no other`() = test {
        offline(dir).use { chat ->
            val bob = chat.openDirect("bob")
            val timeline = bob.timeline()
            repeat(100) { timeline.changes().first() }
            val heard = CompletableDeferred<TimelineUpdate>()
            val listening = CompletableDeferred<Unit>()
            val job = launch {
                timeline.changes().collect { update ->
                    if (update.changes.first() is TimelineChange.Reset) listening.complete(Unit) else heard.complete(update)
                }
            }
            listening.await()
            bob.send("Salut")
            assertTrue(heard.await().changes.single() is TimelineChange.Insert)
            job.cancelAndJoin()
            assertFalse(job.isActive)
            assertNull(timeline.now().items.single().seq)
        }
    }
}
