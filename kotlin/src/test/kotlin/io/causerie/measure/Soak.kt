package io.causerie.measure

import io.causerie.Causerie
import io.causerie.ConnectionState
import io.causerie.Conversation
import io.causerie.TestServer
import io.causerie.awaits
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import java.io.File
import java.lang.management.ManagementFactory
import java.nio.file.Files
import kotlin.math.abs
import kotlin.system.exitProcess

private const val SENDS = 100_000
private const val LISTENERS = 10_000
private const val CANCELLED = 5_000
private const val ROUNDS = 200
private const val MOST_CHANGE = 0.02
private const val LARGEST_OUTBOX = 256

/**
 * Whether anything grows: 100,000 messages sent, 10,000 listeners opened and closed, 5,000 calls
 * cancelled, against a real server. Memory, handles and threads may change by less than 2 % over the
 * last half; the process fails otherwise. To be run with a heap of one size that was touched before,
 * so that what grows is not the virtual machine: `-Xms128m -Xmx128m -XX:+AlwaysPreTouch`.
 *
 * An argument is a divisor, for a short trial.
 */
fun main(arguments: Array<String>) {
    val divisor = arguments.firstOrNull()?.toInt() ?: 1
    val folder = Files.createTempDirectory("causerie-soak").toFile()
    val samples = try {
        TestServer(File(folder, "server")).use { server ->
            runBlocking(Dispatchers.Default) { soak(server, folder, divisor) }
        }
    } finally {
        folder.deleteRecursively()
    }
    if (!verdict(samples)) exitProcess(1)
}

private suspend fun soak(server: TestServer, folder: File, divisor: Int): List<Sample> {
    val chat = Causerie.open(File(folder, "alice"), server.url, "alice", tokens = server.tokens())
    return chat.use {
        chat.start()
        chat.connection.awaits { it == ConnectionState.Live }
        val bob = chat.openDirect("bob")
        println(Sample.HEADING)
        List(ROUNDS) { round ->
            round(chat, bob, divisor)
            Sample.take().also { if (round % 10 == 9) println(it.line(round + 1)) }
        }
    }
}

private suspend fun round(chat: Causerie, bob: Conversation, divisor: Int) = coroutineScope {
    bob.timeline().use { timeline ->
        val reader = launch { timeline.changes().collect {} }
        repeat(SENDS / ROUNDS / divisor) { n ->
            val key = bob.send("message $n")
            if (n % LARGEST_OUTBOX == LARGEST_OUTBOX - 1) chat.outbox.settled(key)
        }
        repeat(LISTENERS / ROUNDS / divisor) { n ->
            if (n % 2 == 0) timeline.changes().first() else bob.typingChanges().first()
        }
        reader.cancelAndJoin()
    }
    // Both halves of cancelling: of a wait that is pending, and of a call that is on its way.
    repeat(CANCELLED / ROUNDS / divisor) { n ->
        launch(start = CoroutineStart.UNDISPATCHED) {
            if (n % 2 == 0) chat.events().collect {} else bob.members()
        }.cancelAndJoin()
    }
    chat.outbox.settled(bob.send("the last of the round"))
    chat.outbox.entries.awaits { it.isEmpty() }
}

/** What the process has open. */
private class Sample(val residentKb: Long, val heapKb: Long, val files: Int, val threads: Int) {
    fun line(round: Int) =
        "%5d %11d %9d %6d %8d".format(round, residentKb, heapKb, files, threads)

    companion object {
        const val HEADING = "round resident_kb   heap_kb  files  threads"

        fun take(): Sample {
            System.gc()
            val status = File("/proc/self/status").readLines()
            fun field(name: String) = status.first { it.startsWith("$name:") }.filter { it.isDigit() }.toLong()
            return Sample(
                residentKb = field("VmRSS"),
                heapKb = ManagementFactory.getMemoryMXBean().heapMemoryUsage.used / 1024,
                files = File("/proc/self/fd").list().orEmpty().size,
                threads = field("Threads").toInt(),
            )
        }
    }
}

/** Compares the third quarter with the last one, by their medians. */
private fun verdict(samples: List<Sample>): Boolean {
    val quarter = samples.size / 4
    val third = samples.subList(2 * quarter, 3 * quarter)
    val last = samples.subList(3 * quarter, samples.size)
    val measures = mapOf<String, (Sample) -> Long>(
        "resident memory" to { it.residentKb },
        "live heap" to { it.heapKb },
        "files" to { it.files.toLong() },
        "threads" to { it.threads.toLong() },
    )
    return measures.map { (what, of) ->
        val (before, after) = median(third.map(of)) to median(last.map(of))
        val change = (after - before).toDouble() / before
        val holds = abs(change) < MOST_CHANGE
        println("%s: %d, then %d (%+.2f %%): %s".format(what, before, after, change * 100, if (holds) "holds" else "GROWS"))
        holds
    }.all { it }
}

private fun median(values: List<Long>) = values.sorted()[values.size / 2]
