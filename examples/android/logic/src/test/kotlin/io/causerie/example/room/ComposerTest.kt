package io.causerie.example.room

import io.causerie.MessageTarget
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class ComposerTest {
    private val target = MessageTarget.Id("m1")
    private val quote = Quote("bob", "When?")

    @Test
    fun `nothing is sent but something`() {
        assertFalse(Composer().sendable)
        assertFalse(Composer(" \n").sendable)
        assertTrue(Composer("a").sendable)
    }

    @Test
    fun `an edit puts the draft aside and brings it back`() {
        val editing = Composer("half a sen").editing(target, "teh")
        assertEquals("teh", editing.text)
        assertEquals("half a sen", editing.draft)
        assertFalse(editing.sendable)
        val typed = editing.typed("the")
        assertTrue(typed.sendable)
        assertEquals("half a sen", typed.draft)
        assertEquals("half a sen", typed.cleared().text)
        assertEquals("half a sen", typed.dismissed().text)
        assertEquals(Mode.New, typed.dismissed().mode)
    }

    @Test
    fun `an edit after another keeps the draft, not the first edit`() {
        val second = Composer("draft").editing(target, "one").typed("oneone").editing(MessageTarget.Id("m2"), "two")
        assertEquals("two", second.text)
        assertEquals("draft", second.dismissed().text)
    }

    @Test
    fun `what stands there becomes the answer, and stays without it`() {
        val reply = Composer("at eight").replying("m1", quote)
        assertEquals("at eight", reply.text)
        assertEquals("at eight", reply.draft)
        assertEquals("at eight", reply.dismissed().text)
        assertEquals(Composer("", generation = 1), reply.cleared())
    }

    @Test
    fun `an answer in the midst of an edit is to the draft`() {
        val reply = Composer("draft").editing(target, "edited").replying("m9", quote)
        assertEquals("draft", reply.text)
        assertEquals(Mode.Reply("m9", quote), reply.mode)
    }

    @Test
    fun `the field takes a text over only where it was not typed`() {
        val typed = Composer().typed("a").typed("ab")
        assertEquals(0, typed.generation)
        assertEquals(0, typed.replying("m1", quote).generation)
        assertEquals(1, typed.cleared().generation)
        assertEquals(1, typed.editing(target, "x").generation)
    }

    @Test
    fun `what was not queued comes back, unless something else was begun`() {
        val sent = Composer("far too long").replying("m1", quote)
        assertEquals(sent.copy(generation = 2), sent.cleared().returned(sent))
        val other = sent.cleared().typed("new")
        assertEquals(other, other.returned(sent))
    }
}
