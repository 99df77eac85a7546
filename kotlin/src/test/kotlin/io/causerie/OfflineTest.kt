package io.causerie

import kotlinx.coroutines.flow.toList
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File

class OfflineTest {
    @TempDir
    lateinit var dir: File

    @Test
    fun `a message written without a server is shown at once and waits in the outbox`() = test {
        offline(dir).use { chat ->
            val bob = chat.openDirect("bob")
            val timeline = bob.timeline()
            val key = bob.send("Salut")
            assertEquals(listOf("Salut"), timeline.now().texts())
            timeline.state.awaits { state -> state.items.singleOrNull()?.let { it.tempId == key } ?: false }
            chat.conversations.awaits { list -> list.singleOrNull()?.pendingKey == key }
            assertEquals("bob", chat.conversations.value.single().title)
            assertEquals(SendState.Queued, chat.outbox.now(key))
            val kinds = chat.outbox.entries.awaits { it.size == 2 }.map { it.kind }
            assertEquals(listOf("create_conversation", "send_message"), kinds)
        }
    }

    @Test
    fun `what was written stays when the client is opened again`() = test {
        offline(dir).let { chat ->
            val bob = chat.openDirect("bob")
            bob.send("one")
            bob.setDraft("tw")
            chat.closeAndJoin()
        }
        offline(dir).use { chat ->
            assertEquals("tw", chat.conversations.value.single().draft)
            assertEquals(listOf("create_conversation", "send_message"), chat.outbox.entries.value.map { it.kind })
            val bob = chat.conversation(chat.conversations.value.single().conversationId)
            assertEquals(listOf("one"), bob.timeline().state.value.texts())
        }
    }

    @Test
    fun `what was written outlives the killing of the process`() = test {
        val writer = child("io.causerie.WriterKt", dir.path)
        val key = writer.inputStream.bufferedReader().readLine()
        writer.destroyForcibly().waitFor()
        offline(dir).use { chat ->
            assertEquals(SendState.Queued, chat.outbox.now(key))
            assertEquals("written and killed", chat.outbox.entries.value.last().text)
        }
    }

    @Test
    fun `a write that is cancelled goes, and its state ends`() = test {
        offline(dir).use { chat ->
            val bob = chat.openDirect("bob")
            val key = bob.send("never mind")
            val timeline = bob.timeline()
            chat.outbox.cancel(key)
            assertNull(chat.outbox.now(key))
            assertEquals(emptyList<SendState>(), chat.outbox.state(key).toList())
            assertTrue(timeline.now().items.isEmpty())
        }
    }

    @Test
    fun `edits, reactions and deletions are shown before the server knows the message`() = test {
        offline(dir).use { chat ->
            val bob = chat.openDirect("bob")
            val timeline = bob.timeline()
            val key = bob.send("See you at ate")
            bob.edit(MessageTarget.Key(key), "See you at eight")
            bob.react(timeline.now().items.single().target, "👍")
            val item = timeline.now().items.single()
            assertEquals("See you at eight", item.text)
            assertEquals(listOf(Reaction("👍", 1, true, listOf("alice"))), item.reactions)
            bob.unreact(item.target, "👍")
            assertTrue(timeline.now().items.single().reactions.isEmpty())
            bob.delete(item.target)
            assertTrue(timeline.now().items.isEmpty())
        }
    }

    @Test
    fun `a message has all that was given to it`() = test {
        offline(dir).use { chat ->
            val bob = chat.openDirect("bob")
            val picture = Attachment("m1", "cat.jpg", "image/jpeg", 1_234, "0".repeat(64), width = 640, height = 480)
            bob.send(NewMessage("look", attachments = listOf(picture), mentions = listOf("bob"), metadataJson = """{"n":1}"""))
            bob.send(NewMessage(objectJson = """{"move":"e4"}"""))
            val (first, second) = bob.timeline().now().items
            assertEquals(listOf(picture), first.attachments)
            assertEquals(listOf("bob"), first.mentions)
            assertEquals("""{"n":1}""", first.metadataJson)
            assertEquals(MessageKind.CUSTOM, second.kind)
            assertEquals("""{"move":"e4"}""", second.objectJson)
            assertEquals(emptyList<String>(), listOf(first, second).filter { "look" in "$it" }.map { it.key })
        }
    }

    @Test
    fun `a suspended client closes its files, takes what is written, and comes back`() = test {
        offline(dir).use { chat ->
            val bob = chat.openDirect("bob")
            chat.suspend()
            chat.connection.awaits { it == ConnectionState.Suspended }
            bob.send("in the background")
            chat.resume()
            assertEquals(listOf("in the background"), bob.timeline().now().texts())
        }
    }
}
