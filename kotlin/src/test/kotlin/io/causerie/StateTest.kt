package io.causerie

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.flow.transformWhile
import kotlinx.coroutines.launch
import kotlinx.coroutines.yield
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File

class StateTest {
    @TempDir
    lateinit var dir: File
    private lateinit var server: TestServer

    @BeforeEach
    fun start() {
        server = TestServer(File(dir, "server"))
    }

    @AfterEach
    fun stop() = server.close()

    private suspend fun open(userId: String) = online(server, File(dir, userId), userId)

    @Test
    fun `a message goes from one screen to the other and is confirmed in its place`() = test {
        open("alice").use { alice ->
            open("bob").use { bob ->
                val mine = alice.openDirect("bob")
                val key = mine.send("Salut, Bob")
                assertTrue(alice.outbox.settled(key) is SendState.Sent)
                val item = mine.timeline().state.awaits { it.items.singleOrNull()?.send == null }.items.single()
                assertEquals(key, item.tempId)

                val entry = bob.conversations.awaits { it.singleOrNull()?.unread == 1L }.single()
                assertEquals(mine.id, entry.conversationId)
                assertEquals("Salut, Bob", entry.last?.text)
                val theirs = bob.conversation(entry.conversationId)
                val received = theirs.timeline().state.awaits { it.items.isNotEmpty() }.items.single()
                assertEquals("Salut, Bob" to "alice", received.text to received.senderId)
                theirs.markRead()
                bob.conversations.awaits { it.single().unread == 0L }
            }
        }
    }

    @Test
    fun `the changes of a timeline begin with a reset and make the same list as its state`() = test {
        open("alice").use { alice ->
            val bob = alice.openDirect("bob")
            bob.send("before")
            val timeline = bob.timeline()
            val screens = async {
                var items = emptyList<TimelineItem>()
                timeline.changes()
                    .onEach { items = it.applyTo(items) }
                    .transformWhile { update ->
                        emit(update)
                        items.size < 21 || items.any { it.send != null }
                    }
                    .toList() to items
            }
            repeat(20) { bob.send("message $it") }
            val (updates, items) = screens.await()
            assertTrue(updates.first().changes.first() is TimelineChange.Reset)
            assertEquals(1, updates.flatMap { it.changes }.count { it is TimelineChange.Reset })
            assertEquals(items, timeline.now().items)
            assertEquals(items, timeline.state.awaits { it.items == items }.items)
        }
    }

    @Test
    fun `a collector that is slow holds up nobody and gets all that it missed as one update`() = test {
        offline(File(dir, "alone")).use { chat ->
            val bob = chat.openDirect("bob")
            val timeline = bob.timeline()
            val (started, go) = List(2) { CompletableDeferred<Unit>() }
            val slow = async {
                val updates = ArrayList<TimelineUpdate>()
                var items = emptyList<TimelineItem>()
                timeline.changes().first { update ->
                    updates += update
                    items = update.applyTo(items)
                    started.complete(Unit)
                    go.await()
                    items.size == 100
                }
                updates
            }
            started.await()
            repeat(100) { bob.send("message $it") }
            timeline.state.awaits { it.items.size == 100 }
            go.complete(Unit)
            // What was there, what was handed over meanwhile, and all the rest.
            assertTrue(slow.await().size <= 4)
        }
    }

    @Test
    fun `the state of a write goes from queued to sent and ends there`() = test {
        val alice = Causerie.open(File(dir, "alice"), server.url, "alice", tokens = server.tokens())
        alice.use {
            val key = alice.openDirect("bob").send("Salut")
            val states = async(Dispatchers.Default) { alice.outbox.state(key).toList() }
            alice.outbox.state(key).first { it == SendState.Queued }
            alice.start()
            assertTrue(states.await().last() is SendState.Sent)
            assertEquals(listOf(alice.outbox.now(key)), alice.outbox.state(key).toList())
            alice.outbox.entries.awaits { it.isEmpty() }
        }
    }

    @Test
    fun `a write that was refused for good can be retried under its key`() = test {
        open("alice").use { alice ->
            val bob = alice.openDirect("bob")
            alice.outbox.settled(bob.send("first"))
            server.refuse(1, "forbidden")
            val key = bob.send("second")
            assertEquals("forbidden", (alice.outbox.settled(key) as SendState.Failed).code)
            alice.outbox.entries.awaits { it.singleOrNull()?.state is SendState.Failed }
            val failed = bob.timeline().state.awaits { it.items.lastOrNull()?.send is SendState.Failed }
            assertEquals(key, failed.items.last().tempId)
            alice.outbox.retry(key)
            assertTrue(alice.outbox.settled(key) is SendState.Sent)
        }
    }

    @Test
    fun `older messages are loaded when they are asked for`() = test {
        open("alice").use { alice ->
            val bob = alice.openDirect("bob")
            repeat(30) { alice.outbox.settled(bob.send("message $it")) }
            bob.timeline(page = 10).use { timeline ->
                assertTrue(timeline.state.value.hasOlder)
                while (timeline.now().hasOlder) timeline.loadOlder()
                assertEquals((0 until 30).map { "message $it" }, timeline.now().texts())
            }
        }
    }

    @Test
    fun `how far others have read is told, from what is known on`() = test {
        open("alice").use { alice ->
            open("bob").use { bob ->
                val mine = alice.openDirect("bob")
                fun cursorOf(seen: List<ReadCursor>) = seen.singleOrNull { it.userId == "bob" }?.seq ?: 0
                val told = Channel<List<ReadCursor>>(Channel.UNLIMITED)
                val shown = mine.timeline()
                val reading = launch { mine.readCursorChanges().collect { told.send(it) } }
                assertEquals(0, cursorOf(told.receive()))
                repeat(3) { n ->
                    val sent = alice.outbox.settled(mine.send("message $n")) as SendState.Sent
                    bob.conversation(mine.id).markRead(awaited(bob, mine.id, "message $n"))
                    do {
                        val read = cursorOf(told.receive())
                    } while (read < checkNotNull(sent.seq))
                }
                reading.cancelAndJoin()
                // A collector that comes later begins with what is known.
                assertEquals(mine.readCursors(), mine.readCursorChanges().first())
                shown.close()
            }
        }
    }

    /** The place of a message that has come, or comes. */
    private suspend fun awaited(chat: Causerie, conversationId: String, text: String): Long? {
        chat.conversations.awaits { list -> list.any { it.conversationId == conversationId } }
        return chat.conversation(conversationId).timeline().use { timeline ->
            timeline.state.awaits { it.texts().lastOrNull() == text }.items.last().seq
        }
    }

    @Test
    fun `typing, reading and names are told`() = test {
        open("alice").use { alice ->
            open("bob").use { bob ->
                val mine = alice.openDirect("bob")
                alice.outbox.settled(mine.send("Salut"))
                mine.timeline().use {
                    val entry = bob.conversations.awaits { it.isNotEmpty() }.single()
                    val theirs = bob.conversation(entry.conversationId)
                    theirs.timeline().use { timeline ->
                        val seq = timeline.state.awaits { it.items.isNotEmpty() }.items.single().seq
                        val typing = async { mine.typingChanges().awaits { it == listOf("bob") } }
                        while (!typing.isCompleted) {
                            theirs.typing(true)
                            delay(KEYSTROKE_MS)
                        }
                        assertEquals(listOf("bob"), typing.await())
                        val reading = async {
                            alice.events(EventFilter(setOf(EventKind.Cursors), mine.id))
                                .awaits { event -> (event as Event.Cursors).cursors.any { it.userId == "bob" } }
                        }
                        theirs.markRead(seq)
                        // Events tell of what happens once somebody listens: bob reads on until then.
                        while (!reading.isCompleted) {
                            alice.outbox.settled(mine.send("Tu lis ?"))
                            theirs.markRead()
                        }
                        reading.await()
                        assertTrue(mine.readCursors().any { it.userId == "bob" && it.seq >= checkNotNull(seq) })
                    }
                }
                assertEquals(listOf("bob"), alice.users.fetch(listOf("bob")).map { it.userId })
                assertEquals("bob", alice.users.watch("bob").first { it != null }?.userId)
                assertEquals(alice.users["bob"], alice.users.all().single { it.userId == "bob" })
            }
        }
    }

    @Test
    fun `a group has members with roles, and changes`() = test {
        open("alice").use { alice ->
            val team = alice.createConversation(NewConversation("The team", listOf("bob")))
            alice.outbox.settled(team.addMembers(listOf("carol")))
            alice.outbox.settled(team.setRole(listOf("bob"), Role.ADMIN))
            alice.outbox.settled(team.removeMembers(listOf("carol")))
            val members = team.members().members.associate { it.userId to it.role }
            assertEquals(mapOf("alice" to Role.OWNER, "bob" to Role.ADMIN), members)
            alice.outbox.settled(team.update(ConversationChanges(title = "The old team")))
            alice.conversations.awaits { it.single().title == "The old team" }
            assertEquals(2L, team.item()?.membersCount)
        }
    }

    @Test
    fun `the connection is told as it changes, and comes back after the server`() = test {
        open("alice").use { alice ->
            val states = async { alice.connection.take(2).toList() }
            server.kill()
            alice.connection.awaits { it !is ConnectionState.Live }
            assertNotEquals(ConnectionState.Live, states.await().last())
            server.start()
            alice.networkChanged(NetworkHint.Changed)
            alice.connection.awaits { it == ConnectionState.Live }
            alice.syncNow()
            assertEquals(ConnectionState.Live, alice.stats().connection)
            alice.stop()
            alice.connection.awaits { it == ConnectionState.Disconnected }
        }
    }

    @Test
    fun `events tell what happened to whoever listens`() = test {
        offline(File(dir, "alone")).use { chat ->
            val events = chat.events(EventFilter(setOf(EventKind.Connection)))
            val (connecting, listening) = List(2) { CompletableDeferred<Event>() }
            launch { events.collect { connecting.complete(it) } }.also { job ->
                // Whoever is there hears it: this one is, once it hears anything.
                while (!connecting.isCompleted) {
                    chat.start()
                    chat.stop()
                    yield()
                }
                listening.complete(connecting.await())
                job.cancel()
            }
            assertTrue(listening.await() is Event.Connection)
        }
    }

    private companion object {
        const val KEYSTROKE_MS = 100L
    }
}
