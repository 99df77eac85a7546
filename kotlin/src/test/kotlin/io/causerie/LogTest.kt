package io.causerie

import kotlinx.coroutines.channels.Channel
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.io.RandomAccessFile

class LogTest {
    @TempDir
    lateinit var dir: File

    @AfterEach
    fun silence() = Causerie.setLogSink(null)

    /** Opens a database that was damaged: one of the few things that the core has to say. */
    private suspend fun openWhatIsDamaged(name: String) {
        val folder = File(dir, name)
        val chat = offline(folder)
        chat.openDirect("bob").send("a secret of mine")
        chat.closeAndJoin()
        val database = folder.walk().first { it.extension == "db" }
        RandomAccessFile(database, "rw").use { it.write(ByteArray(HEADER) { 'x'.code.toByte() }) }
        offline(folder).closeAndJoin()
    }

    @Test
    fun `what the core logs comes to the sink, without what people wrote`() = test {
        val batches = Channel<List<LogRecord>>(Channel.UNLIMITED)
        Causerie.setLogSink({ batches.trySend(it) }, LogLevel.Trace)
        openWhatIsDamaged("one")
        val heard = batches.receive()
        assertTrue(heard.all { it.target.startsWith("causerie") && it.atMs > 0 }, "$heard")
        assertFalse(heard.any { "a secret of mine" in it.message }, "$heard")
    }

    @Test
    fun `a sink that throws is called again and harms nobody`() = test {
        val calls = Channel<Unit>(Channel.UNLIMITED)
        Causerie.setLogSink({ _ ->
            calls.trySend(Unit)
            throw AssertionError("on purpose")
        }, LogLevel.Trace)
        openWhatIsDamaged("one")
        calls.receive()
        openWhatIsDamaged("two")
        calls.receive()
        offline(File(dir, "three")).use { chat ->
            val bob = chat.openDirect("bob")
            bob.send("Salut")
            assertEquals(listOf("Salut"), bob.timeline().now().texts())
        }
    }

    @Test
    fun `a sink that never returns does not keep the process alive`() = test {
        val threads = Channel<Boolean>(Channel.UNLIMITED)
        Causerie.setLogSink({ threads.trySend(Thread.currentThread().isDaemon) }, LogLevel.Trace)
        openWhatIsDamaged("one")
        assertTrue(threads.receive(), "its thread is a daemon")
    }

    @Test
    fun `the version is one`() {
        assertTrue(Regex("""\d+\.\d+\.\d+.*""").matches(Causerie.version()), Causerie.version())
    }

    private companion object {
        const val HEADER = 512
    }
}
