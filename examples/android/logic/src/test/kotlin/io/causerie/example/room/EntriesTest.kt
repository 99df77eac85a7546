package io.causerie.example.room

import io.causerie.ConversationItem
import io.causerie.ConversationKind
import io.causerie.Membership
import io.causerie.MessageKind
import io.causerie.OutboxEntry
import io.causerie.Reaction
import io.causerie.ReadCursor
import io.causerie.Role
import io.causerie.SendState
import io.causerie.TimelineItem
import io.causerie.example.Names
import io.causerie.example.londonTimes
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.time.Instant
import java.time.LocalDate

class EntriesTest {
    private val noon = Instant.parse("2026-03-18T12:00:00Z").toEpochMilli()
    private val day = 86_400_000L

    private fun item(
        seq: Long,
        sender: String = "bob",
        at: Long = noon,
        text: String? = "message $seq",
        send: SendState? = null,
        replyTo: String? = null,
        reactions: List<Reaction> = emptyList(),
        editedAt: Long? = null,
        deletedAt: Long? = null,
        kind: String = MessageKind.TEXT,
    ) = TimelineItem(
        key = "k$seq", conversationId = "c", messageId = "m$seq".takeIf { send == null }, tempId = "t$seq",
        seq = seq.takeIf { send == null }, senderId = sender, kind = kind, text = text, objectJson = null,
        attachments = emptyList(), replyTo = replyTo, mentions = emptyList(), metadataJson = null, createdAt = at,
        editedAt = editedAt, deletedAt = deletedAt, reactions = reactions, send = send, pendingChange = false,
    )

    private fun maker(
        kind: String = ConversationKind.DIRECT,
        cursors: List<ReadCursor> = emptyList(),
        writes: List<OutboxEntry> = emptyList(),
    ) = EntryMaker(
        "alice", kind, Names(mapOf("bob" to "Bob B.")), cursors, writes, londonTimes, LocalDate.of(2026, 3, 18),
    )

    private fun EntryMaker.message(item: TimelineItem) = entries(listOf(item)).last() as Entry.Message

    @Test
    fun `each day is named once, above its messages`() {
        val items = listOf(item(1, at = noon - day), item(2), item(3))
        val labels = maker().entries(items).map { if (it is Entry.Day) it.label else it.key }
        assertEquals(listOf("Yesterday", "k1", "Today", "k2", "k3"), labels)
    }

    @Test
    fun `no key comes twice, whatever the clocks of devices say`() {
        val items = listOf(item(1), item(2, at = noon - day), item(3), item(4, at = noon - day))
        val keys = maker().entries(items).map { it.key }
        assertEquals(keys.distinct(), keys)
        assertEquals(5, keys.size)
    }

    @Test
    fun `older messages before them leave the entries that were there as they were`() {
        val items = (1L..40).map { item(it, at = noon - day + it * 3_600_000) }
        val part = maker().entries(items.drop(20)).map { it.key }
        val all = maker().entries(items).map { it.key }
        assertEquals(part.drop(1), all.takeLast(part.size - 1))
    }

    @Test
    fun `in a group the first message of each tells who speaks`() {
        val items = listOf(item(1), item(2), item(3, "alice"), item(4), item(5, "carol"))
        val authors = maker(ConversationKind.GROUP).entries(items).filterIsInstance<Entry.Message>().map { it.author }
        assertEquals(listOf("Bob B.", null, null, "Bob B.", "carol"), authors)
        assertTrue(maker().entries(items).filterIsInstance<Entry.Message>().all { it.author == null })
    }

    @Test
    fun `a message of one's own is waiting, sent, delivered and read`() {
        fun delivery(send: SendState?, vararg cursors: ReadCursor) =
            maker(cursors = cursors.toList()).message(item(5, "alice", send = send)).delivery
        assertEquals(Delivery.Waiting, delivery(SendState.Queued))
        assertEquals(Delivery.Failed("forbidden"), delivery(SendState.Failed("forbidden", "no")))
        assertEquals(Delivery.Sent, delivery(null))
        assertEquals(Delivery.Sent, delivery(null, ReadCursor("alice", 9, 9), ReadCursor("bob", 4, 4)))
        assertEquals(Delivery.Delivered, delivery(null, ReadCursor("bob", 4, 5)))
        assertEquals(Delivery.Read(1), delivery(null, ReadCursor("bob", 5, 5), ReadCursor("carol", 0, 0)))
        assertEquals(Delivery.None, maker(cursors = listOf(ReadCursor("carol", 9, 9))).message(item(1)).delivery)
    }

    @Test
    fun `with a message can be done what is one's own to do`() {
        assertEquals(setOf(MessageAction.Reply, MessageAction.React), actions(item(1), "alice"))
        assertEquals(
            setOf(MessageAction.Reply, MessageAction.React, MessageAction.Edit, MessageAction.Delete),
            actions(item(1, "alice"), "alice"),
        )
        assertEquals(
            setOf(MessageAction.Edit, MessageAction.Cancel),
            actions(item(1, "alice", send = SendState.Queued), "alice"),
        )
        assertEquals(
            setOf(MessageAction.Retry, MessageAction.Cancel),
            actions(item(1, "alice", send = SendState.Failed("forbidden", "")), "alice"),
        )
        assertEquals(emptySet<MessageAction>(), actions(item(1, "alice", deletedAt = noon), "alice"))
    }

    @Test
    fun `a message is heard whole`() {
        val items = listOf(
            item(1, "alice", text = "When?"),
            item(2, text = "At\neight", replyTo = "m1", editedAt = noon, reactions = listOf(Reaction("👍", 2, true, listOf("alice")))),
        )
        val message = maker().entries(items).last() as Entry.Message
        assertEquals("Bob B., answers You: When?, At\neight, edited, 12:00, 👍 by you and 1 more", message.label)
        assertEquals(Quote("You", "When?"), message.quote)
    }

    @Test
    fun `a message that was deleted says so, and nothing else`() {
        val message = maker().message(item(1, "alice", text = null, editedAt = noon, deletedAt = noon))
        assertEquals("Message deleted", message.text)
        assertTrue(message.faint)
        assertFalse(message.edited)
    }

    @Test
    fun `what is answered may be further up than what is loaded`() {
        assertEquals(Quote(null, "An earlier message"), maker().message(item(2, replyTo = "m1")).quote)
    }

    @Test
    fun `what was refused is told at its message, or by itself`() {
        val failed = SendState.Failed("forbidden", "no")
        fun write(key: String, kind: String, targetId: String?) =
            OutboxEntry(key, "c", kind, null, null, targetId, null, emptyList(), noon, failed)
        val writes = listOf(write("w1", "edit_message", "m1"), write("w2", "create_conversation", null))
        val maker = maker(writes = writes)
        val expected = Trouble("w1", "The change was not accepted: not allowed.")
        assertEquals(expected, maker.message(item(1, "alice")).trouble)
        assertNull(maker.message(item(2, "alice")).trouble)
        assertEquals(listOf("w2"), maker.troubles(listOf(item(1))).map { it.key })
        assertEquals(listOf("w1", "w2"), maker.troubles(listOf(item(2))).map { it.key })
    }

    @Test
    fun `the list goes to the newest message if its user was there, or wrote it`() {
        val before = maker().entries(listOf(item(1)))
        val theirs = maker().entries(listOf(item(1), item(2)))
        val mine = maker().entries(listOf(item(1), item(2, "alice")))
        assertTrue(follows(before, theirs, atEnd = true))
        assertFalse(follows(before, theirs, atEnd = false))
        assertTrue(follows(before, mine, atEnd = false))
        assertFalse(follows(theirs, theirs, atEnd = true))
        assertFalse(follows(before, emptyList(), atEnd = true))
    }

    @Test
    fun `members write, but in a broadcast only those who lead it`() {
        fun of(kind: String, membership: String, role: String) = ConversationItem(
            "c", kind, null, "t", null, null, membership, role, 3, 0, 0, false, false, false, null, 0, null, null,
        )
        assertTrue(writable(of(ConversationKind.GROUP, Membership.JOINED, Role.MEMBER)))
        assertFalse(writable(of(ConversationKind.GROUP, Membership.LEFT, Role.MEMBER)))
        assertFalse(writable(of(ConversationKind.BROADCAST, Membership.JOINED, Role.MEMBER)))
        assertTrue(writable(of(ConversationKind.BROADCAST, Membership.JOINED, Role.ADMIN)))
    }
}
