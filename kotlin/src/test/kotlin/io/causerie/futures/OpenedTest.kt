package io.causerie.futures

import io.causerie.NOWHERE
import io.causerie.Opener
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import java.util.concurrent.locks.LockSupport

class OpenedTest {
    @TempDir
    lateinit var dir: File

    @Test
    fun `what was opened for a future that is cancelled meanwhile is closed`() {
        val (entered, go) = List(2) { CountDownLatch(1) }
        val closed = CompletableFuture<String>()
        val future = opened({ closed.complete(it) }) {
            entered.countDown()
            go.await()
            "open"
        }
        entered.await()
        assertTrue(future.cancel(true))
        go.countDown()
        assertEquals("open", closed.get(30, TimeUnit.SECONDS))
    }

    @Test
    fun `a client whose future is cancelled as it completes is the caller's, or nobody's and closed`() {
        fun open() = CauserieFutures.open(dir, NOWHERE, "alice", { CompletableFuture.completedFuture("none") })
        open().join().close().join()
        val begun = System.nanoTime()
        open().join().close().join()
        val most = System.nanoTime() - begun
        // From the beginning of one to after its end.
        repeat(INSTANTS) { n ->
            val opening = open()
            LockSupport.parkNanos(most * n / INSTANTS)
            if (!opening.cancel(true)) opening.join().close().join()
        }
        Opener(dir).use { elsewhere ->
            // What was cancelled last may still be on its way.
            val first = elsewhere.says()
            assertEquals("open", if (first == "in_use") elsewhere.says() else first)
        }
    }

    private companion object {
        const val INSTANTS = 50
    }
}
