package io.causerie.conformance

import io.causerie.SendState
import io.causerie.TimelineChange
import io.causerie.TimelineItem
import io.causerie.TimelineUpdate

/** What a screen makes of a timeline's changes, and what it must never be told. */
class Screen {
    /** Oldest first. */
    val items = ArrayList<TimelineItem>()
    var hasOlder = false
        private set

    /** It was told at least once. */
    var told = false
        private set

    /** How often it was told anew what it showed. */
    var resets = 0
        private set

    /** How often an item moved. */
    var moves = 0
        private set

    /** Every text that was ever shown. */
    val ever = LinkedHashSet<String>()

    /** What it was told that no screen may be told. */
    val broken = ArrayList<String>()

    @Synchronized
    fun apply(update: TimelineUpdate) {
        told = true
        hasOlder = update.hasOlder
        for (change in update.changes) apply(change)
        check()
    }

    private fun apply(change: TimelineChange) {
        when (change) {
            is TimelineChange.Reset -> {
                if (items.isNotEmpty()) resets++
                items.clear()
                items.addAll(change.items)
            }
            is TimelineChange.Insert ->
                if (items.any { it.key == change.item.key }) {
                    broken.add("an insert of what is there: ${says(change.item)}")
                } else {
                    behind(change.after)?.let { items.add(it, change.item) }
                }
            is TimelineChange.Update -> find(change.item.key)?.let { update(it, change.item) }
            is TimelineChange.Move -> {
                moves++
                find(change.key)?.let { place ->
                    val item = items.removeAt(place)
                    behind(change.after)?.let { items.add(it, item) }
                }
            }
            is TimelineChange.Remove -> find(change.key)?.let { items.removeAt(it) }
        }
    }

    private fun update(place: Int, after: TimelineItem) {
        val before = items.set(place, after)
        if ((before.seq ?: 0) > 0 && (after.seq ?: 0) == 0L) {
            broken.add("${says(after)} was confirmed, and is not any more")
        }
        if (before.send is SendState.Sent && after.send == SendState.Queued) {
            broken.add("${says(after)} was sent, and is queued again")
        }
    }

    private fun find(key: String): Int? {
        val place = items.indexOfFirst { it.key == key }
        if (place < 0) broken.add("a change names an item that is not there")
        return place.takeIf { it >= 0 }
    }

    private fun behind(key: String?): Int? = if (key == null) 0 else find(key)?.plus(1)

    /** What holds after every update. */
    private fun check() {
        var last = 0L
        val keys = HashSet<String>()
        for (item in items) {
            item.text?.let(ever::add)
            if (!keys.add(item.key)) broken.add("${says(item)} is shown twice")
            val seq = item.seq ?: 0
            if (seq in 1..last) broken.add("${says(item)} stands behind a later one")
            last = maxOf(last, seq)
        }
    }

    private fun says(item: TimelineItem) = "`${item.text ?: "(no text)"}`"
}
