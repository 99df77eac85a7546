package io.causerie.measure

import io.causerie.Causerie
import io.causerie.ConnectionState
import io.causerie.Conversation
import io.causerie.SendState
import io.causerie.TestServer
import io.causerie.TimelineChange
import io.causerie.awaits
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.serialization.json.addJsonObject
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put
import kotlinx.serialization.json.putJsonArray
import java.io.File
import java.nio.file.Files
import kotlin.system.exitProcess

/** What something costs, in microseconds. */
private class Cost(val what: String, val budgetUs: Double?, samplesNs: List<Long>) {
    private val sorted = samplesNs.sorted()
    val samples = sorted.size
    val mean = sorted.average() / US
    val p50 = percentile(50)
    val p99 = percentile(99)
    val isWithin get() = budgetUs == null || mean < budgetUs

    /**
     * What it costs beyond something else, where both have the luck of the tenth percentile: what a
     * sleeping thread takes to wake jumps between two values, and not for both at once.
     */
    fun beyond(other: Cost, what: String, budgetUs: Double) =
        Cost(what, budgetUs, listOf(sorted[samples / 10] - other.sorted[other.samples / 10]))

    private fun percentile(percent: Int) = sorted[(sorted.size - 1) * percent / 100] / US
}

private const val US = 1_000.0
private const val CALL_US = 30.0
private const val EVENT_US = 10.0
private const val CALLS_AT_ONCE = 100
private const val BATCH = 64

/**
 * What crossing into the core costs through the public API: a plain call, a future that is ready, a
 * future that a thread of the core's completes, a message that is committed, and an event of a timeline
 * in a batch of 64. The third
 * waits for two threads to wake, which takes as long as it takes on the machine: the same without the
 * SDK is measured by turns with it, and the budget is for the rest. Against a real server; the library should
 * be a release one.
 *
 * `--json` prints JSON in place of a table; the process fails if something is above its budget.
 */
fun main(arguments: Array<String>) {
    val folder = Files.createTempDirectory("causerie-costs").toFile()
    val costs = try {
        TestServer(File(folder, "server")).use { server -> runBlocking(Dispatchers.Default) { measure(server, folder) } }
    } finally {
        folder.deleteRecursively()
    }
    println(if ("--json" in arguments) json(costs) else table(costs))
    if (!costs.all { it.isWithin }) exitProcess(1)
}

private suspend fun measure(server: TestServer, folder: File): List<Cost> {
    suspend fun open(userId: String) =
        Causerie.open(File(folder, userId), server.url, userId, tokens = server.tokens()).also { chat ->
            chat.start()
            chat.connection.awaits { it == ConnectionState.Live }
        }
    return open("alice").use { alice ->
        open("bob").use { bob ->
            val mine = alice.openDirect("bob")
            val key = mine.send("first")
            check(alice.outbox.settled(key) is SendState.Sent)
            val theirs = bob.conversation(mine.id)
            bob.conversations.awaits { it.isNotEmpty() }
            listOf(
                cost("a plain call") { mine.typingUsers() },
                cost("a future that is ready") { alice.outbox.settled(key) },
            ) + handedOver { mine.typing(false) } + writing(alice.openDirect("carol")) + events(alice, mine, theirs)
        }
    }
}

private suspend fun cost(what: String, call: suspend () -> Unit): Cost {
    repeat(WARM_UP) { sample(call) }
    return Cost(what, CALL_US, List(SAMPLES) { sample(call) })
}

/** By a hundred calls, since a clock costs, too; after a warm-up, as an app is that runs for a while. */
private suspend fun sample(call: suspend () -> Unit): Long {
    val begun = System.nanoTime()
    repeat(CALLS_AT_ONCE) { call() }
    return (System.nanoTime() - begun) / CALLS_AT_ONCE
}

/**
 * A call that a thread of the core's answers: in all, and beyond what waking that thread and being woken
 * by it costs anyhow. By turns, so that the machine is in the same mood for all of them.
 */
private suspend fun handedOver(call: suspend () -> Unit): List<Cost> = HandOver().use { bare ->
    val ways = listOf<suspend () -> Unit>({ bare.parked() }, { bare.completed() }, call)
    repeat(WARM_UP) { ways.forEach { sample(it) } }
    val samples = List(SAMPLES) { ways.map { sample(it) } }
    val (parked, completed, whole) = listOf(
        "without the SDK: two threads wake each other",
        "without the SDK: a coroutine that another thread completes",
        "a future that another thread completes",
    ).mapIndexed { way, what -> Cost(what, null, samples.map { it[way] }) }
    listOf(parked, completed, whole, whole.beyond(completed, "of which the binding's own", CALL_US))
}

private const val WARM_UP = 300
private const val SAMPLES = 300

/** A message, until it is on the disk and in the timelines. The disk's, for the most part: no budget. */
private suspend fun writing(conversation: Conversation): Cost {
    val samples = List(SENDS_WARM_UP + SENDS) { n ->
        val begun = System.nanoTime()
        conversation.send("$n: a line of about the length that people write")
        System.nanoTime() - begun
    }
    return Cost("a message sent, with its commit", null, samples.drop(SENDS_WARM_UP))
}

private const val SENDS_WARM_UP = 200
private const val SENDS = 500

/**
 * A collector that is busy while 64 messages of another user come, and is then told of them: from when
 * it is free until it has all of them, a message.
 */
private suspend fun events(alice: Causerie, from: Conversation, to: Conversation): Cost = withContext(Dispatchers.Default) {
    var said = 0
    val samples = List(EVENT_WARM_UP + EVENT_SAMPLES) {
        to.timeline().use { timeline ->
            val (ready, go) = CompletableDeferred<Unit>() to CompletableDeferred<Unit>()
            var free = 0L
            val told = async {
                var events = 0
                timeline.changes().first { update ->
                    if (!ready.isCompleted) {
                        ready.complete(Unit)
                        go.await()
                        free = System.nanoTime()
                    } else {
                        events += update.changes.count { it is TimelineChange.Insert }
                    }
                    events == BATCH
                }
                System.nanoTime() - free
            }
            ready.await()
            repeat(BATCH) { from.send("${said++}: a line of about the length that people write") }
            awaitLast(to, "${said - 1}:")
            // Quiet: what is left to do is the delivery.
            alice.outbox.entries.awaits { it.isEmpty() }
            go.complete(Unit)
            told.await() / BATCH
        }
    }
    Cost("an event in a batch of $BATCH", EVENT_US, samples.drop(EVENT_WARM_UP))
}

private suspend fun awaitLast(conversation: Conversation, text: String) {
    while (conversation.item()?.last?.text?.startsWith(text) != true) delay(1)
}

private const val EVENT_WARM_UP = 200
private const val EVENT_SAMPLES = 200

private fun table(costs: List<Cost>): String = buildString {
    appendLine("| µs | mean | p50 | p99 | budget |")
    appendLine("|---|---|---|---|---|")
    for (cost in costs) {
        val budget = cost.budgetUs?.let { "< %.0f".format(it) }.orEmpty()
        appendLine("| %s | %.1f | %.1f | %.1f | %s |".format(cost.what, cost.mean, cost.p50, cost.p99, budget))
    }
}.trimEnd()

private fun json(costs: List<Cost>) = buildJsonObject {
    putJsonArray("costs") {
        for (cost in costs) {
            addJsonObject {
                put("what", cost.what)
                put("samples", cost.samples)
                put("mean_us", cost.mean)
                put("p50_us", cost.p50)
                put("p99_us", cost.p99)
                put("budget_us", cost.budgetUs)
                put("within", cost.isWithin)
            }
        }
    }
}
