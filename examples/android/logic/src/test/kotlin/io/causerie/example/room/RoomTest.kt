package io.causerie.example.room

import io.causerie.Causerie
import io.causerie.ConnectionState
import io.causerie.NetworkHint
import io.causerie.example.Banner
import io.causerie.example.TestServer
import io.causerie.example.awaits
import io.causerie.example.londonTimes
import io.causerie.example.messages
import io.causerie.example.online
import io.causerie.example.test
import io.causerie.example.texts
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancel
import kotlinx.coroutines.job
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File

class RoomTest {
    @TempDir
    lateinit var dir: File
    private lateinit var server: TestServer

    @BeforeEach
    fun start() {
        server = TestServer(File(dir, "server"))
    }

    @AfterEach
    fun stop() = server.close()

    private fun room(chat: Causerie, id: String, screens: CoroutineScope, page: Int = 50) =
        RoomModel(chat, id, screens, londonTimes, page)

    private fun RoomModel.write(text: String) {
        handle(RoomIntent.Type(text))
        handle(RoomIntent.Send)
    }

    private fun RoomModel.act(action: MessageAction, text: String) {
        handle(RoomIntent.Do(action, state.value.messages.single { it.text == text }.key))
    }

    /** A screen that is left, with all that runs in it, in the moment when the block ends. */
    private fun leaving(screens: CoroutineScope, block: (CoroutineScope) -> Unit) {
        val screen = CoroutineScope(screens.coroutineContext + Job(screens.coroutineContext.job))
        block(screen)
        screen.cancel()
    }

    /** The message of this text, as soon as it is as it must be. */
    private suspend fun RoomModel.message(text: String, what: (Entry.Message) -> Boolean = { true }) =
        state.awaits { state -> state.messages.any { it.text == text && what(it) } }.messages.single { it.text == text }

    /** Alice's and bob's screens of their conversation. */
    private suspend fun both(screens: CoroutineScope, block: suspend (alice: RoomModel, bob: RoomModel) -> Unit) {
        online(server, File(dir, "a"), "alice").use { alice ->
            online(server, File(dir, "b"), "bob").use { bob ->
                val id = alice.openDirect("bob").id
                room(alice, id, screens).use { mine ->
                    mine.write("Salut")
                    bob.conversations.awaits { it.isNotEmpty() }
                    room(bob, id, screens).use { theirs ->
                        theirs.message("Salut")
                        mine.message("Salut") { it.delivery != Delivery.Waiting }
                        block(mine, theirs)
                    }
                }
            }
        }
    }

    @Test
    fun `a message written without a connection waits under a banner, and is sent once the server is back`() = test { screens ->
        online(server, File(dir, "a"), "alice").use { alice ->
            room(alice, alice.openDirect("bob").id, screens).use { room ->
                room.write("before")
                room.message("before") { it.delivery == Delivery.Sent }
                assertNull(room.state.value.banner)

                server.kill()
                room.state.awaits { it.banner == Banner.Offline(0) }
                room.write("one")
                room.write("two")
                assertEquals("", room.composer.value.text)
                val offline = room.state.awaits { it.banner == Banner.Offline(2) && it.messages.size == 3 }
                assertEquals(listOf("before", "one", "two"), offline.texts)
                assertEquals(
                    listOf(Delivery.Sent, Delivery.Waiting, Delivery.Waiting),
                    offline.messages.map { it.delivery },
                )

                server.start()
                alice.networkChanged(NetworkHint.Changed)
                val sent = room.state.awaits { state ->
                    state.banner == null && state.messages.all { it.delivery == Delivery.Sent }
                }
                assertEquals(offline.entries.map { it.key }, sent.entries.map { it.key })
            }
        }
    }

    @Test
    fun `a message that was refused is sent again under the same key, or given up`() = test { screens ->
        both(screens) { alice, bob ->
            server.refuse(1, "forbidden")
            alice.write("please")
            val refused = alice.message("please") { it.delivery == Delivery.Failed("forbidden") }
            assertEquals(setOf(MessageAction.Retry, MessageAction.Cancel), refused.actions)
            assertTrue("not sent: not allowed" in refused.label, refused.label)
            alice.act(MessageAction.Retry, "please")
            assertEquals(refused.key, alice.message("please") { it.actions.contains(MessageAction.Delete) }.key)
            bob.message("please")

            server.refuse(1, "forbidden")
            alice.write("never mind")
            alice.message("never mind") { it.delivery is Delivery.Failed }
            alice.act(MessageAction.Cancel, "never mind")
            alice.state.awaits { it.texts == listOf("Salut", "please") }
        }
    }

    @Test
    fun `older pages come before what is there, which keeps its place`() = test { screens ->
        val all = (1..70).map { "message $it" }
        online(server, File(dir, "b"), "bob").use { bob ->
            val conversation = bob.openDirect("alice")
            val last = all.map { conversation.send(it) }.last()
            bob.outbox.settled(last)
            online(server, File(dir, "a"), "alice").use { alice ->
                alice.conversations.awaits { it.singleOrNull()?.last?.text == "message 70" }
                room(alice, conversation.id, screens, page = 20).use { room ->
                    var shown = room.state.awaits { it.messages.size == 20 && !it.loading }
                    assertEquals(all.takeLast(20), shown.texts)
                    while (shown.hasOlder) {
                        val before = shown
                        room.handle(RoomIntent.LoadOlder)
                        room.handle(RoomIntent.LoadOlder)
                        shown = room.state.awaits { !it.loading && (it.messages.size > before.messages.size || !it.hasOlder) }
                        val keys = before.messages.map { it.key }
                        assertEquals(keys, shown.messages.map { it.key }.takeLast(keys.size))
                    }
                    assertEquals(all, shown.texts)
                }
            }
        }
    }

    @Test
    fun `what is typed stays when the screen is left at once, and when the app is started anew`() = test { screens ->
        val id = online(server, File(dir, "a"), "alice").let { alice ->
            val id = alice.openDirect("bob").id
            leaving(screens) { screen ->
                room(alice, id, screen).use { room ->
                    for (end in 1.."half a sentence".length) room.handle(RoomIntent.Type("half a sentence".take(end)))
                }
            }
            alice.conversations.awaits { it.single().draft == "half a sentence" }
            room(alice, id, screens).use { assertEquals("half a sentence", it.composer.value.text) }
            alice.closeAndJoin()
            id
        }
        online(server, File(dir, "a"), "alice").use { alice ->
            room(alice, id, screens).use { room ->
                assertEquals("half a sentence", room.composer.value.text)
                room.handle(RoomIntent.Send)
                room.message("half a sentence")
                alice.conversations.awaits { it.single().draft == null }
            }
        }
    }

    @Test
    fun `what was sent goes its way although the screen is left in the same moment`() = test { screens ->
        online(server, File(dir, "a"), "alice").use { alice ->
            val id = alice.openDirect("bob").id
            leaving(screens) { screen -> room(alice, id, screen).use { room -> repeat(5) { room.write("$it") } } }
            room(alice, id, screens).use { room ->
                room.state.awaits { it.texts == List(5) { n -> "$n" } }
            }
        }
    }

    @Test
    fun `an edit, an answer, a reaction and a deletion are on both screens`() = test { screens ->
        both(screens) { alice, bob ->
            bob.act(MessageAction.Reply, "Salut")
            bob.write("Hello yourself")
            val answer = alice.message("Hello yourself")
            assertEquals(Quote("You", "Salut"), answer.quote)

            alice.handle(RoomIntent.React(answer.key, "👍"))
            bob.message("Hello yourself") { it.reactions == listOf(Chip("👍", 1, false, "👍 by 1")) }
            alice.message("Hello yourself") { it.reactions.singleOrNull()?.mine == true && !it.changing }
            alice.handle(RoomIntent.React(answer.key, "👍"))
            bob.message("Hello yourself") { it.reactions.isEmpty() }

            alice.handle(RoomIntent.Type("my draft"))
            alice.act(MessageAction.Edit, "Salut")
            assertEquals("Salut", alice.composer.value.text)
            alice.write("Salut, Bob")
            assertEquals("my draft", alice.composer.value.text)
            bob.message("Salut, Bob") { it.edited }

            alice.act(MessageAction.Delete, "Salut, Bob")
            bob.message("Message deleted") { it.faint && it.actions.isEmpty() }
        }
    }

    @Test
    fun `a change that was refused is told at its message until the user lets go of it`() = test { screens ->
        both(screens) { alice, _ ->
            server.refuse(1, "forbidden")
            alice.act(MessageAction.Edit, "Salut")
            alice.write("Salut!")
            val told = alice.state.awaits { state -> state.messages.any { it.trouble != null } }.messages.single()
            assertEquals("The change was not accepted: not allowed.", told.trouble?.text)
            alice.handle(RoomIntent.CancelWrite(told.trouble!!.key))
            alice.message("Salut") { it.trouble == null }
        }
    }

    @Test
    fun `the sender sees that it was read, and who types`() = test { screens ->
        both(screens) { alice, bob ->
            bob.handle(RoomIntent.Saw(bob.message("Salut").key))
            assertTrue("read" in alice.message("Salut") { it.delivery == Delivery.Read(1) }.label)
            bob.handle(RoomIntent.Type("I"))
            assertEquals("bob is typing…", alice.state.awaits { it.subtitle != null }.subtitle)
            bob.write("I am here")
            alice.message("I am here")
            alice.state.awaits { it.subtitle == null }
        }
    }

    @Test
    fun `a message that cannot be queued comes back into the composer, and is said`() = test { screens ->
        online(server, File(dir, "a"), "alice").use { alice ->
            room(alice, alice.openDirect("bob").id, screens).use { room ->
                val long = "x".repeat(20_000)
                room.write(long)
                val notice = room.state.awaits { it.notice != null }.notice!!
                assertEquals("That is too long to be sent.", notice.text)
                assertEquals(long, room.composer.value.text)
                room.handle(RoomIntent.NoticeShown(notice.number))
                room.state.awaits { it.notice == null }
                assertTrue(room.state.value.entries.isEmpty())
            }
        }
    }

    @Test
    fun `a screen outlives its client without a word`() = test { screens ->
        val alice = online(server, File(dir, "a"), "alice")
        room(alice, alice.openDirect("bob").id, screens).use { room ->
            room.write("Salut")
            room.message("Salut")
            alice.closeAndJoin()
            room.state.awaits { it.banner == Banner.Ended }
            room.write("too late")
            assertEquals(ConnectionState.Closed("the client is closed"), alice.connection.value)
            assertFalse(room.state.value.notice != null)
        }
    }
}
