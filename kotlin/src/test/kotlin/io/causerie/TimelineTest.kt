package io.causerie

import io.causerie.internal.Life
import io.causerie.internal.border.TimelineSnapshot
import io.causerie.internal.ffi.NoHandle
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import io.causerie.internal.border.TimelineItem as FfiTimelineItem
import io.causerie.internal.border.TimelineState as FfiTimelineState
import io.causerie.internal.ffi.Timeline as FfiTimeline

class TimelineTest {
    /** A core in which something changes between any two questions. */
    private class RestlessCore : FfiTimeline(NoHandle) {
        private var questions = 0

        override fun state() = FfiTimelineState(hasOlder = questions++ % 2 == 0, hasNewer = false, loading = false)

        override fun items(): List<FfiTimelineItem> {
            questions++
            return emptyList()
        }

        override fun snapshot() = TimelineSnapshot(emptyList(), state())
    }

    @Test
    fun `what a timeline shows now is asked at once, so that nothing comes between`() {
        val timeline = Timeline(RestlessCore(), CoroutineScope(Job()), "a conversation", Life())
        // One question for each.
        assertEquals(listOf(true, false), List(2) { timeline.now().hasOlder })
    }
}
