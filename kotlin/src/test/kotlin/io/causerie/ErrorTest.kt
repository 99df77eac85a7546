package io.causerie

import kotlinx.coroutines.flow.first
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File

class ErrorTest {
    @TempDir
    lateinit var dir: File

    @Test
    fun `an error says what to do about it`() = test {
        offline(dir).use { chat ->
            val bob = chat.openDirect("bob")
            val offline = refused { chat.users.fetch(listOf("bob")) }
            assertEquals("offline" to Action.RetryLater, offline.code to offline.action)
            assertTrue(offline.retryable)
            assertNull(offline.retryAfterMs)
            val large = refused { bob.send("x".repeat(20_000)) }
            assertEquals("too_large" to Action.AskUser, large.code to large.action)
            assertFalse(large.retryable)
            val malformed = refused { chat.conversation("no id") }
            assertEquals("invalid" to Action.FixCode, malformed.code to malformed.action)
            assertEquals("unknown_write", refused { chat.outbox.retry(bob.id) }.code)
            assertEquals("invalid", refused { chat.openDirect("alice") }.code)
            for (page in listOf(-1, 0, 201)) assertEquals("invalid", refused { bob.timeline(page = page) }.code)
        }
    }

    @Test
    fun `a folder belongs to one user`() = test {
        offline(dir).closeAndJoin()
        val other = refused { offline(dir, "bob") }
        assertEquals("other_user" to Action.SignIn, other.code to other.action)
    }

    @Test
    fun `a folder belongs to one process`() = test {
        val writer = child("io.causerie.WriterKt", dir.path)
        writer.inputStream.bufferedReader().readLine()
        val taken = refused { offline(dir) }
        writer.destroyForcibly().waitFor()
        assertEquals("in_use" to Action.AskUser, taken.code to taken.action)
    }

    @Test
    fun `calls to what is closed say so`() = test {
        val chat = offline(dir)
        val bob = chat.openDirect("bob")
        val timeline = bob.timeline()
        timeline.close()
        assertEquals("timeline_closed", refused { timeline.loadOlder() }.code)
        assertEquals("closed", refused { timeline.now() }.code)
        chat.closeAndJoin()
        for (call in listOf<suspend () -> Any?>(
            { chat.start() }, { chat.stats() }, { chat.openDirect("carol") }, { bob.send("Salut") }, { bob.timeline() },
            { chat.conversation(bob.id) }, { chat.users.all() }, { chat.outbox.settled(bob.id) }, { chat.signOut(true) },
        )) {
            val closed = refused { call() }
            assertEquals("closed" to Action.FixCode, closed.code to closed.action)
        }
    }

    @Test
    fun `half of an emoji is invalid wherever it is given`() = test {
        val half = "a\ud83d"
        offline(dir).use { chat ->
            val bob = chat.openDirect("bob")
            for (call in listOf<suspend () -> Any?>(
                { bob.send(half) }, { bob.send(NewMessage(half)) }, { bob.setDraft(half) }, { chat.openDirect(half) },
                { bob.react(MessageTarget.Id(bob.id), half) }, { chat.users[half] }, { chat.conversation(half) },
                { chat.outbox.state(half).first() }, { chat.events(EventFilter(conversationId = half)).first() },
            )) {
                val invalid = refused { call() }
                assertEquals("invalid" to Action.FixCode, invalid.code to invalid.action)
            }
            assertTrue(chat.outbox.entries.value.none { it.kind == "send_message" })
        }
    }

    @Test
    fun `a hint of the network that comes after the end is none`() = test {
        val chat = offline(dir)
        chat.closeAndJoin()
        chat.networkChanged(NetworkHint.Changed)
    }

    @Test
    fun `an error keeps what people wrote to itself`() = test {
        offline(dir).use { chat ->
            val error = refused { chat.openDirect("bob").send("secret".repeat(5_000)) }
            assertFalse("secret" in "$error ${error.message} ${error.cause}")
        }
    }
}
