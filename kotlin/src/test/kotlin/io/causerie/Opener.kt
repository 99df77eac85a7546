package io.causerie

import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import java.io.Closeable
import java.io.File
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException

/** Opens a folder as soon as no other process has it. Says what it is told meanwhile, and `open` at last. */
fun main(arguments: Array<String>) {
    val dir = File(arguments.single())
    runBlocking {
        var said = ""
        while (said != "open") {
            val told = try {
                offline(dir).closeAndJoin()
                "open"
            } catch (e: CauserieException) {
                e.code
            }
            if (told != said) println(told)
            said = told
            delay(PAUSE_MS)
        }
    }
}

private const val PAUSE_MS = 20L

/** Another process that opens this folder. */
class Opener(dir: File) : Closeable {
    private val process = child("io.causerie.OpenerKt", dir.path)
    private val lines = process.inputStream.bufferedReader()

    /** The next that it says; null if that is nothing for a while. */
    fun says(): String? {
        val said = CompletableFuture.supplyAsync { lines.readLine() }
        return try {
            said.get(PATIENCE, TimeUnit.MILLISECONDS)
        } catch (_: TimeoutException) {
            null
        }
    }

    /** The last that it says: `open`, unless the folder stays with another. */
    fun saysAtLast(): String? {
        var last: String? = null
        while (last != "open") last = says() ?: return last
        return last
    }

    override fun close() {
        process.destroyForcibly().waitFor()
    }
}
