package io.causerie.internal

import io.causerie.ConversationItem
import io.causerie.Event
import io.causerie.OutboxEntry
import io.causerie.Stats
import io.causerie.TimelineChange
import io.causerie.TimelineUpdate
import io.causerie.internal.border.DiffKind
import io.causerie.internal.border.EventKind
import io.causerie.internal.border.ListUpdate
import io.causerie.internal.border.OutboxDiffKind
import io.causerie.internal.border.OutboxUpdate
import io.causerie.internal.border.TimelineBatch
import io.causerie.internal.border.TimelineDiff
import io.causerie.internal.border.Event as FfiEvent
import io.causerie.internal.border.Stats as FfiStats

internal fun TimelineBatch.read(): TimelineUpdate =
    TimelineUpdate(diffs.map { it.read() }, state.hasOlder, state.hasNewer, state.loading)

private fun TimelineDiff.read(): TimelineChange =
    when (kind) {
        DiffKind.RESET -> TimelineChange.Reset(items.map { it.read() })
        DiffKind.INSERT -> TimelineChange.Insert(items.single().read(), after)
        DiffKind.UPDATE -> TimelineChange.Update(items.single().read())
        DiffKind.MOVE -> TimelineChange.Move(named(key), after)
        DiffKind.REMOVE -> TimelineChange.Remove(named(key))
    }

/** The conversation list after this update. */
internal fun ListUpdate.applyTo(items: List<ConversationItem>): List<ConversationItem> {
    val result = ArrayList(items)
    for (diff in diffs) {
        when (diff.kind) {
            DiffKind.RESET -> {
                result.clear()
                diff.entries.mapTo(result) { it.read() }
            }
            DiffKind.INSERT -> result.add(place(diff.index), diff.entries.single().read())
            DiffKind.UPDATE -> result[place(diff.index)] = diff.entries.single().read()
            DiffKind.MOVE -> {
                result.removeAt(place(diff.from))
                result.add(place(diff.index), diff.entries.single().read())
            }
            DiffKind.REMOVE -> result.removeAt(place(diff.from))
        }
    }
    return result
}

/** The outbox after this update: by key, oldest first. */
internal fun OutboxUpdate.applyTo(entries: LinkedHashMap<String, OutboxEntry>) {
    for (diff in diffs) {
        when (diff.kind) {
            OutboxDiffKind.RESET -> {
                entries.clear()
                diff.entries.associateTo(entries) { it.key to it.read() }
            }
            OutboxDiffKind.UPDATE -> entries.update(named(diff.key), diff.entries.singleOrNull()?.read())
            OutboxDiffKind.REMOVE -> entries.remove(named(diff.key))
        }
    }
}

/** What is queued again after it failed comes last. */
private fun LinkedHashMap<String, OutboxEntry>.update(key: String, entry: OutboxEntry?) {
    val before = get(key)
    val again = before?.state is io.causerie.SendState.Failed && entry?.state is io.causerie.SendState.Queued
    if (entry == null || again) remove(key)
    if (entry != null) put(key, entry)
}

internal fun FfiEvent.read(): Event =
    when (kind) {
        EventKind.CONNECTION -> Event.Connection(present(connection, "connection").read())
        EventKind.TYPING -> Event.Typing(present(conversationId, "conversation"), userIds)
        EventKind.CURSORS -> Event.Cursors(present(conversationId, "conversation"), cursors.map { it.read() })
        EventKind.USERS -> Event.Users(users.map { it.read() })
        EventKind.SERVER -> Event.Server(conversationId, present(frame, "frame"))
        EventKind.FAULT -> Event.Fault(code.orEmpty(), message.orEmpty(), retryable ?: false)
        EventKind.RECOVERED -> Event.Recovered(message.orEmpty(), count ?: 0)
        EventKind.MISSED -> Event.Missed(count ?: 0)
    }

internal fun FfiStats.read(): Stats =
    Stats(
        connection = connection.read(),
        messagesReceived = messagesReceived,
        eventsReceived = eventsReceived,
        messagesAcknowledged = messagesAcknowledged,
        subscribed = subscribed,
        conversations = conversations,
        reconnects = reconnects,
        outbox = outbox,
        lastActivity = lastActivity,
        roundTripUs = roundTripUs,
        echoP50Us = echoP50Us,
        echoP99Us = echoP99Us,
        ackP50Us = ackP50Us,
        ackP99Us = ackP99Us,
        deliveryP50Us = deliveryP50Us,
        deliveryP99Us = deliveryP99Us,
        databaseBytes = databaseBytes,
    )

private fun place(index: Long?): Int = present(index, "place").toInt()

private fun named(key: String?): String = present(key, "key")

/** The border's records have one shape for all kinds; what a kind fills is always there. */
private fun <T : Any> present(value: T?, what: String): T = checkNotNull(value) { "a change without its $what" }
