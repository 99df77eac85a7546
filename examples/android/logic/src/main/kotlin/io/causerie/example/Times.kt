package io.causerie.example

import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import java.time.Clock
import java.time.Instant
import java.time.LocalDate
import java.time.ZonedDateTime
import java.time.format.DateTimeFormatter
import java.time.format.FormatStyle
import java.time.format.TextStyle
import java.time.temporal.ChronoUnit
import java.util.Locale

/**
 * Times as people read them.
 *
 * @property clock the hour, and the place on earth.
 * @property locale whose customs.
 */
class Times(private val clock: Clock, private val locale: Locale) {
    private val days = MutableStateFlow(LocalDate.now(clock))

    /** Today, on which what is yesterday depends; see [turn]. */
    val today: StateFlow<LocalDate> = days.asStateFlow()

    private val hours = DateTimeFormatter.ofLocalizedTime(FormatStyle.SHORT).withLocale(locale)
    private val dates = DateTimeFormatter.ofLocalizedDate(FormatStyle.MEDIUM).withLocale(locale)

    /** Looks at the clock whether it is another day: when the app comes back, and at midnight. */
    fun turn() {
        days.value = LocalDate.now(clock)
    }

    /** The day of a moment, in milliseconds since 1970. */
    fun day(ms: Long): LocalDate = at(ms).toLocalDate()

    /** The hour of a moment. */
    fun hour(ms: Long): String = hours.format(at(ms))

    /** A day above its messages: today, yesterday, a weekday of the last six, or the date. */
    fun name(day: LocalDate, today: LocalDate): String = when (ChronoUnit.DAYS.between(day, today)) {
        0L -> Phrases.TODAY
        1L -> Phrases.YESTERDAY
        in 2L..6L -> day.dayOfWeek.getDisplayName(TextStyle.FULL_STANDALONE, locale)
        else -> dates.format(day)
    }

    /** A moment in a list: the hour if it is today's, otherwise the day. */
    fun brief(ms: Long, today: LocalDate): String =
        if (day(ms) == today) hour(ms) else name(day(ms), today)

    private fun at(ms: Long): ZonedDateTime = Instant.ofEpochMilli(ms).atZone(clock.zone)
}
