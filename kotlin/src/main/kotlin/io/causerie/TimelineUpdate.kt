package io.causerie

/**
 * What a timeline shows.
 *
 * @property items oldest first.
 * @property hasOlder whether there are older messages to load.
 * @property hasNewer whether there are newer messages to load.
 * @property loading whether the server was asked for more.
 */
public data class TimelineState(
    val items: List<TimelineItem>,
    val hasOlder: Boolean,
    val hasNewer: Boolean,
    val loading: Boolean,
)

/**
 * What changed in a timeline since the update before: to be applied as one.
 *
 * @property changes in order; each is applied to the result of the one before.
 * @property hasOlder whether there are older messages to load.
 * @property hasNewer whether there are newer messages to load.
 * @property loading whether the server was asked for more.
 */
public data class TimelineUpdate(
    val changes: List<TimelineChange>,
    val hasOlder: Boolean,
    val hasNewer: Boolean,
    val loading: Boolean,
) {
    /** What a screen shows that showed `items`. `items` is not changed. */
    public fun applyTo(items: List<TimelineItem>): List<TimelineItem> {
        // The usual first update: what it holds is the list already.
        (changes.singleOrNull() as? TimelineChange.Reset)?.let { return it.items }
        val result = ArrayList(items)
        for (change in changes) result.apply(change)
        return result
    }
}

/** A change to a timeline. Items are named by [TimelineItem.key]. */
public sealed interface TimelineChange {
    /**
     * All of it anew: the first change of all, and after a collector fell too far behind.
     *
     * @property items oldest first.
     */
    public data class Reset(val items: List<TimelineItem>) : TimelineChange

    /**
     * A new item.
     *
     * @property item the item.
     * @property after the key of the item before it; null for the first place.
     */
    public data class Insert(val item: TimelineItem, val after: String?) : TimelineChange

    /**
     * An item changed, in place: confirmed, edited, deleted, reacted to.
     *
     * @property item as it is now.
     */
    public data class Update(val item: TimelineItem) : TimelineChange

    /**
     * An item goes elsewhere, since the server ordered it so.
     *
     * @property key which.
     * @property after the key of the item before its new place; null for the first place.
     */
    public data class Move(val key: String, val after: String?) : TimelineChange

    /**
     * An item goes.
     *
     * @property key which.
     */
    public data class Remove(val key: String) : TimelineChange
}

private fun ArrayList<TimelineItem>.apply(change: TimelineChange) {
    when (change) {
        is TimelineChange.Reset -> {
            clear()
            addAll(change.items)
        }
        is TimelineChange.Insert -> add(placeAfter(change.after), change.item)
        is TimelineChange.Update -> set(placeOf(change.item.key), change.item)
        is TimelineChange.Move -> {
            val item = removeAt(placeOf(change.key))
            add(placeAfter(change.after), item)
        }
        is TimelineChange.Remove -> removeAt(placeOf(change.key))
    }
}

private fun List<TimelineItem>.placeAfter(key: String?): Int = if (key == null) 0 else placeOf(key) + 1

/** From the end, where most of what happens happens. */
private fun List<TimelineItem>.placeOf(key: String): Int {
    val place = indexOfLast { it.key == key }
    require(place >= 0) { "the update does not belong to these items: no $key" }
    return place
}
