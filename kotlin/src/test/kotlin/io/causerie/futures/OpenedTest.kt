package io.causerie.futures

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit

class OpenedTest {
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
}
