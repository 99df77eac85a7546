package io.causerie

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.flow.collect
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.isActive
import kotlinx.coroutines.launch
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.util.concurrent.TimeUnit

class LifetimeTest {
    @TempDir
    lateinit var dir: File

    @Test
    fun `closing ends flows, leaves states with their last value, and may come twice`() = test {
        val chat = offline(dir)
        val bob = chat.openDirect("bob")
        val timeline = bob.timeline()
        bob.send("Salut")
        timeline.state.awaits { it.items.size == 1 }
        chat.conversations.awaits { it.size == 1 }
        val (changing, happening) = List(2) { CompletableDeferred<Unit>() }
        val collectors = listOf(
            launch { timeline.changes().onEach { changing.complete(Unit) }.collect() },
            launch { chat.events().collect() },
            launch { bob.typingChanges().onEach { happening.complete(Unit) }.collect() },
            launch { chat.outbox.state(timeline.now().items.single().key).collect() },
        )
        changing.await()
        happening.await()
        chat.close()
        chat.closeAndJoin()
        collectors.forEach { it.join() }
        assertTrue(chat.connection.value is ConnectionState.Closed)
        assertEquals(listOf("Salut"), timeline.state.value.texts())
        assertEquals(1, chat.conversations.value.size)
        assertFalse(chat.scope.isActive)
        timeline.close()
    }

    @Test
    fun `closing a timeline ends its flows and no other timeline`() = test {
        offline(dir).use { chat ->
            val bob = chat.openDirect("bob")
            val (one, other) = List(2) { bob.timeline() }
            val told = CompletableDeferred<Unit>()
            val collector = launch { one.changes().onEach { told.complete(Unit) }.collect() }
            told.await()
            one.close()
            one.close()
            collector.join()
            bob.send("Salut")
            other.state.awaits { it.texts() == listOf("Salut") }
        }
    }

    @Test
    fun `two handles to a folder are one client, and each has a life of its own`() = test {
        val first = offline(dir)
        val second = offline(dir)
        val bob = first.openDirect("bob")
        bob.send("Salut")
        second.conversations.awaits { it.size == 1 }
        val ended = launch { first.events().collect() }
        first.closeAndJoin()
        ended.join()
        assertTrue(first.connection.value is ConnectionState.Closed)
        assertEquals(ConnectionState.Disconnected, second.connection.value)
        val again = second.conversation(bob.id)
        again.send("Ça va ?")
        assertEquals(listOf("Salut", "Ça va ?"), again.timeline().now().texts())
        second.closeAndJoin()
    }

    @Test
    fun `signing out closes every handle`() = test {
        val (first, second) = List(2) { offline(dir) }
        first.signOut(wipe = true)
        second.connection.awaits { it is ConnectionState.Closed }
        assertEquals("closed", refused { second.start() }.code)
    }

    @Test
    fun `signing out is refused while something was not sent, unless it may be lost`() = test {
        val chat = offline(dir)
        chat.openDirect("bob").send("not yet")
        val unsent = refused { chat.signOut(wipe = true, unsent = Unsent.Refuse) }
        assertEquals("unsent" to Action.AskUser, unsent.code to unsent.action)
        chat.outbox.entries.awaits { it.size == 2 }
        chat.signOut(wipe = true, unsent = Unsent.Discard)
        offline(dir).use { assertTrue(it.conversations.value.isEmpty()) }
    }

    @Test
    fun `after a wipe nothing that was got before shows what there was`() = test {
        val handles = List(2) { offline(dir) }
        val (chat, other) = handles
        val key = chat.openDirect("bob").send("a secret")
        val conversations = handles.map { it.conversation(chat.conversations.awaits { it.size == 1 }.single().conversationId) }
        conversations.first().setDraft("half a secret")
        val timelines = conversations.map { it.timeline() }
        timelines.forEach { timeline -> timeline.state.awaits { it.items.size == 1 } }
        for (handle in handles) {
            handle.conversations.awaits { it.singleOrNull()?.draft == "half a secret" }
            handle.outbox.entries.awaits { it.size == 2 }
        }
        chat.signOut(wipe = true, unsent = Unsent.Discard)
        other.closeAndJoin()
        for ((handle, timeline) in handles.zip(timelines)) {
            assertEquals(emptyList<ConversationItem>(), handle.conversations.value)
            assertEquals(emptyList<OutboxEntry>(), handle.outbox.entries.value)
            assertEquals(emptyList<SendState>(), handle.outbox.state(key).toList())
            assertEquals(TimelineState(emptyList(), hasOlder = false, hasNewer = false, loading = false), timeline.state.value)
            assertEquals(emptyList<TimelineUpdate>(), timeline.changes().toList())
            for (call in listOf<() -> Any?>(timeline::now, { handle.outbox.now(key) }, { handle.users["bob"] })) {
                assertEquals("closed", refused { call() }.code)
            }
        }
        for (conversation in conversations) {
            for (call in listOf<() -> Any?>(conversation::draft, conversation::item, conversation::typingUsers)) {
                assertEquals("closed", refused { call() }.code)
            }
        }
    }

    @Test
    fun `a conversation of a closed handle answers no more, though another handle is open`() = test {
        val (first, second) = List(2) { offline(dir) }
        val bob = first.openDirect("bob")
        first.close()
        assertEquals("closed", refused { bob.draft() }.code)
        assertEquals("closed", refused { bob.send("Salut") }.code)
        assertNull(second.conversation(bob.id).draft())
        second.closeAndJoin()
    }

    @Test
    fun `who signs out in the client's own scope comes to the next line`() = test {
        val chat = offline(dir)
        val signedOut = CompletableDeferred<Unit>()
        chat.scope.launch {
            chat.signOut(wipe = true)
            signedOut.complete(Unit)
        }
        signedOut.await()
        assertTrue(chat.connection.value is ConnectionState.Closed)
    }

    @Test
    fun `nothing is left after a client was closed`() = test {
        suspend fun life() {
            val chat = offline(dir)
            val bob = chat.openDirect("bob")
            bob.timeline().use { timeline -> timeline.changes().first() }
            bob.timeline().state.value
            chat.events(EventFilter(setOf(EventKind.Typing)))
            chat.closeAndJoin()
        }
        repeat(3) { life() }
        val before = open()
        repeat(30) { life() }
        // Threads of the core's end on their own time.
        val patience = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE)
        while (open().isMoreThan(before) && System.nanoTime() < patience) Thread.yield()
        assertFalse(open().isMoreThan(before), "before: $before, now: ${open()}")
    }

    @Test
    fun `a process that leaves without closing ends by itself`() = test {
        TestServer(File(dir, "server")).use { server ->
            val leaver = child("io.causerie.LeaverKt", File(dir, "alice").path, server.url, server.token("alice"))
            assertEquals("left", leaver.inputStream.bufferedReader().readText().trim())
            assertTrue(leaver.waitFor(PATIENCE, TimeUnit.MILLISECONDS))
            assertEquals(0, leaver.exitValue())
        }
    }

    private data class Open(val files: Int, val threads: Int)

    private fun Open.isMoreThan(other: Open) = files > other.files || threads > other.threads

    private fun open() = Open(
        File("/proc/self/fd").list().orEmpty().size,
        File("/proc/self/task").listFiles().orEmpty().count { name(it).startsWith("causerie") },
    )

    private fun name(task: File) = try {
        File(task, "comm").readText()
    } catch (_: java.io.IOException) {
        ""
    }
}
