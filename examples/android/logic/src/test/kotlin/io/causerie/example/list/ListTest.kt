package io.causerie.example.list

import io.causerie.Causerie
import io.causerie.NetworkHint
import io.causerie.example.Banner
import io.causerie.example.TestServer
import io.causerie.example.awaits
import io.causerie.example.londonTimes
import io.causerie.example.messages
import io.causerie.example.online
import io.causerie.example.room.RoomIntent
import io.causerie.example.room.RoomModel
import io.causerie.example.test
import io.causerie.SignInRequired
import io.causerie.example.NOWHERE
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File

class ListTest {
    @TempDir
    lateinit var dir: File
    private lateinit var server: TestServer

    @BeforeEach
    fun start() {
        server = TestServer(File(dir, "server"))
    }

    @AfterEach
    fun stop() = server.close()

    @Test
    fun `what comes in is counted until it was seen`() = test { screens ->
        online(server, File(dir, "a"), "alice").use { alice ->
            val list = ListModel(alice, screens, londonTimes)
            online(server, File(dir, "b"), "bob").use { bob ->
                val conversation = bob.openDirect("alice")
                repeat(3) { conversation.send("message $it") }
                val row = list.state.awaits { it.rows.singleOrNull()?.unread == "3" }.rows.single()
                assertEquals("bob", row.title)
                assertEquals("B", row.initials)
                assertEquals(Preview(Preview.Kind.Message, "message 2"), row.preview)
                assertEquals("bob, 3 unread messages, message 2, ${row.time}", row.label)
                RoomModel(alice, row.id, screens, londonTimes).use { room ->
                    val shown = room.state.awaits { it.messages.size == 3 }
                    room.handle(RoomIntent.Saw(shown.messages.last().key))
                    list.state.awaits { it.rows.single().unread == null }
                }
            }
        }
    }

    @Test
    fun `a row shows what waits, what was refused and what was not finished`() = test { screens ->
        online(server, File(dir, "a"), "alice").use { alice ->
            val list = ListModel(alice, screens, londonTimes)
            val bob = alice.openDirect("bob")
            assertEquals(Preview(Preview.Kind.Remark, "No messages yet"), list.state.awaits { it.rows.size == 1 }.rows.single().preview)
            alice.outbox.settled(bob.send("one"))
            list.state.awaits { it.rows.single().preview == Preview(Preview.Kind.Message, "You: one") }

            server.refuse(1, "forbidden")
            val refused = bob.send("two")
            list.state.awaits { it.rows.single().preview == Preview(Preview.Kind.Failed, "You: two") }
            alice.outbox.cancel(refused)

            server.kill()
            list.state.awaits { it.banner == Banner.Offline(0) }
            bob.send("three\nin lines")
            val offline = list.state.awaits { it.rows.single().preview.kind == Preview.Kind.Waiting }
            assertEquals("You: three in lines", offline.rows.single().preview.text)
            list.state.awaits { it.banner == Banner.Offline(1) }
            bob.setDraft("fou")
            list.state.awaits { it.rows.single().preview == Preview(Preview.Kind.Draft, "Draft: fou") }

            server.start()
            alice.networkChanged(NetworkHint.Changed)
            list.state.awaits { it.banner == null }
            bob.setDraft(null)
            list.state.awaits { it.rows.single().preview == Preview(Preview.Kind.Message, "You: three in lines") }
        }
    }

    @Test
    fun `a conversation with one person is direct, with several a group, also offline`() = test { screens ->
        Causerie.open(File(dir, "a"), NOWHERE, "alice") { throw SignInRequired() }.use { alice ->
            val list = ListModel(alice, screens, londonTimes)
            list.handle(ListIntent.Begin("bob"))
            val direct = list.state.awaits { it.opened != null }.opened!!
            list.handle(ListIntent.WentTo(direct))
            list.state.awaits { it.opened == null && it.rows.size == 1 }
            list.handle(ListIntent.Begin("bob, carol, alice", " The three "))
            val group = list.state.awaits { it.opened != null && it.rows.size == 2 }
            val row = group.rows.single { it.id == group.opened }
            assertEquals("The three" to "TT", row.title to row.initials)
            assertEquals("bob", group.rows.single { it.id == direct }.title)
        }
    }

    @Test
    fun `a name that cannot be is said once`() = test { screens ->
        Causerie.open(File(dir, "a"), NOWHERE, "alice") { throw SignInRequired() }.use { alice ->
            val list = ListModel(alice, screens, londonTimes)
            list.handle(ListIntent.Begin("x".repeat(200)))
            val notice = list.state.awaits { it.notice != null }.notice!!
            assertEquals("That cannot be used: a name may be wrong.", notice.text)
            list.handle(ListIntent.NoticeShown(notice.number))
            assertNull(list.state.awaits { it.notice == null }.opened)
        }
    }

    @Test
    fun `a group's row tells who spoke`() = test { screens ->
        online(server, File(dir, "a"), "alice").use { alice ->
            val list = ListModel(alice, screens, londonTimes)
            list.handle(ListIntent.Begin("bob carol", "Plans"))
            val id = list.state.awaits { it.opened != null }.opened!!
            online(server, File(dir, "b"), "bob").use { bob ->
                bob.conversations.awaits { rooms -> rooms.any { it.conversationId == id } }
                bob.conversation(id).send("Tonight?")
                list.state.awaits { it.rows.single().preview == Preview(Preview.Kind.Message, "bob: Tonight?") }
                RoomModel(alice, id, screens, londonTimes).use { room ->
                    val shown = room.state.awaits { it.messages.isNotEmpty() && it.subtitle != null }
                    assertEquals("3 members", shown.subtitle)
                    assertEquals("bob", shown.messages.single().author)
                }
            }
        }
    }
}
