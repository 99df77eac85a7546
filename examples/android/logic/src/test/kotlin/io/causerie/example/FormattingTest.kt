package io.causerie.example

import io.causerie.ConnectionState
import io.causerie.example.list.badge
import io.causerie.example.list.oneLine
import io.causerie.example.list.people
import io.causerie.example.session.DevBackend
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.time.Clock
import java.time.Instant
import java.time.LocalDate
import java.time.ZoneId
import java.time.ZoneOffset
import java.util.Locale

class FormattingTest {
    @Test
    fun `initials are of the first and the last word`() {
        assertEquals("AL", initials("Ada Lovelace"))
        assertEquals("AM", initials("anna maria von der mühle"))
        assertEquals("B", initials("bob"))
        assertEquals("JD", initials("jean-luc.d"))
        assertEquals("É2", initials("équipe 2"))
    }

    @Test
    fun `initials pass over what is no letter, and take letters whole`() {
        assertEquals("AB", initials("\"Ada\" (Byron)"))
        assertEquals("👋", initials("👋"))
        assertEquals("𝔸", initials("𝔸da"))
        assertEquals("", initials("  "))
    }

    @Test
    fun `a colour is one of those that there are, and the same for the same id`() {
        val tints = (0..200).map { tint("user$it") }
        assertTrue(tints.all { it in 0 until TINTS })
        assertEquals(TINTS, tints.distinct().size)
        assertEquals(tint("alice"), tint("alice"))
    }

    @Test
    fun `a time is the hour today, yesterday, a weekday, and then the date`() {
        val noon = Instant.parse("2026-03-18T12:00:00Z")
        val times = Times(Clock.fixed(noon, ZoneOffset.UTC), Locale.UK)
        fun brief(moment: String) = times.brief(Instant.parse(moment).toEpochMilli(), times.today.value)
        assertEquals("09:05", brief("2026-03-18T09:05:59Z"))
        assertEquals("Yesterday", brief("2026-03-17T23:59:59Z"))
        assertEquals("Monday", brief("2026-03-16T10:00:00Z"))
        assertEquals("Thursday", brief("2026-03-12T10:00:00Z"))
        assertEquals("11 Mar 2026", brief("2026-03-11T10:00:00Z"))
        // The clock of a device that runs ahead.
        assertEquals("19 Mar 2026", brief("2026-03-19T00:00:01Z"))
    }

    @Test
    fun `a day begins where the user is`() {
        val moment = Instant.parse("2026-03-18T23:30:00Z")
        val tokyo = Times(Clock.fixed(moment, ZoneId.of("Asia/Tokyo")), Locale.UK)
        assertEquals(LocalDate.of(2026, 3, 19), tokyo.day(moment.toEpochMilli()))
        assertEquals("08:30", tokyo.hour(moment.toEpochMilli()))
    }

    @Test
    fun `the banner does not flicker while attempts go on`() {
        val waiting = ConnectionState.Waiting(1, 500, "refused")
        val states = listOf(
            ConnectionState.Connecting, ConnectionState.Authenticating, ConnectionState.Live, waiting,
            ConnectionState.Connecting, waiting, ConnectionState.Connecting, ConnectionState.Live,
        )
        val banners = states.runningFold(null as Banner?) { before, state -> bannerAfter(before, state, 2) }.drop(1)
        val (connecting, offline) = Banner.Connecting to Banner.Offline(2)
        assertEquals(listOf(connecting, connecting, null, offline, offline, offline, offline, null), banners)
    }

    @Test
    fun `the banner asks for what only the user can do`() {
        assertEquals(Banner.SignInNeeded, bannerAfter(null, ConnectionState.SignInNeeded("expired"), 0))
        assertEquals(Banner.Ended, bannerAfter(Banner.Offline(0), ConnectionState.Closed("revoked"), 0))
        assertEquals("Sign in", Phrases.bannerButton(Banner.SignInNeeded))
        assertEquals(null, Phrases.bannerButton(Banner.Offline(1)))
        assertNotEquals(Phrases.banner(Banner.Offline(1)), Phrases.banner(Banner.Offline(2)))
    }

    @Test
    fun `texts are cut to what fits`() {
        assertEquals("99", badge(99))
        assertEquals("99+", badge(100))
        assertEquals("one two three", oneLine(" one\ntwo \t three\n"))
        assertEquals(listOf("bob", "carol"), people("bob, carol,bob "))
        assertEquals(emptyList<String>(), people(" , "))
    }

    @Test
    fun `the developers' backend is where the server is`() {
        assertEquals("http://10.0.2.2:4000/dev/token", DevBackend.address("ws://10.0.2.2:4000"))
        assertEquals("https://chat.example.org/dev/token", DevBackend.address("wss://chat.example.org/ws"))
        assertEquals("\"a\\\"b\\\\c\\u000a\"", DevBackend.quoted("a\"b\\c\n"))
    }
}
