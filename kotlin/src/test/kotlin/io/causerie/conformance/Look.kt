package io.causerie.conformance

import io.causerie.CauserieException
import io.causerie.ConnectionState
import io.causerie.ConversationItem
import io.causerie.OutboxEntry
import io.causerie.SendState
import io.causerie.TimelineItem
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put

// What a device shows, out of what the SDK gives, with the fields of the conformance protocol.

/** What an open device shows; the rest is the device's to add. */
suspend fun OpenClient.look(): Map<String, JsonElement> =
    mapOf(
        "connection" to JsonPrimitive(word(chat.connection.value)),
        "rooms" to JsonArray(chat.conversations.value.map { room(it) }),
        "outbox" to JsonArray(chat.outbox.entries.value.map(::write)),
        "broken" to texts(broken()),
    )

/** What a device without a client shows. */
fun nothing(): Map<String, JsonElement> =
    mapOf(
        "connection" to JsonPrimitive("closed"),
        "rooms" to JsonArray(emptyList()),
        "outbox" to JsonArray(emptyList()),
        "broken" to JsonArray(emptyList()),
    )

fun texts(texts: Iterable<String>): JsonArray = JsonArray(texts.map(::JsonPrimitive))

private suspend fun OpenClient.room(item: ConversationItem): JsonObject {
    val conversation = chat.conversation(item.conversationId)
    val cursors = try {
        conversation.readCursors()
    } catch (_: CauserieException) {
        // While suspended, there is no cache to read them from.
        emptyList()
    }
    val others = cursors.filter { it.userId != chat.userId }
    return buildJsonObject {
        put("id", item.conversationId)
        put("title", item.title)
        put("unread", item.unread)
        put("mentions", item.mentionsUnread)
        put("draft", item.draft)
        put("membership", item.membership)
        put("last", item.last?.text)
        put("pending", item.pendingKey)
        put("typing", texts(conversation.typingUsers()))
        put("read_by", JsonObject(others.associate { it.userId to JsonPrimitive(it.seq) }))
        put("timeline", screens[item.conversationId]?.look() ?: JsonNull)
    }
}

private fun Watched.look(): JsonObject =
    synchronized(screen) {
        buildJsonObject {
            put("items", JsonArray(screen.items.map(::item)))
            put("same", screen.told && screen.items == timeline.now().items)
            put("older", screen.hasOlder)
            put("resets", screen.resets)
            put("moves", screen.moves)
        }
    }

private fun item(item: TimelineItem): JsonObject = buildJsonObject {
    put("temp_id", item.tempId)
    put("message_id", item.messageId)
    put("seq", item.seq ?: 0)
    put("from", item.senderId)
    put("text", item.text)
    put("send", item.send?.let(::word))
    put("edited", item.editedAt != null)
    put("deleted", item.deletedAt != null)
    put("changing", item.pendingChange)
    put("reactions", JsonArray(item.reactions.map { reaction ->
        buildJsonObject {
            put("emoji", reaction.emoji)
            put("by", texts(reaction.userIds))
            put("count", reaction.count)
            put("me", reaction.me)
        }
    }))
    put("reply_to", item.replyTo)
    put("mentions", texts(item.mentions))
}

private fun write(entry: OutboxEntry): JsonObject = buildJsonObject {
    put("key", entry.key)
    put("what", WRITES[entry.kind] ?: "other")
    put("room", entry.conversationId)
    put("target_key", entry.targetKey)
    put("target_id", entry.targetMessageId)
    put("failed", (entry.state as? SendState.Failed)?.code)
}

private val WRITES = mapOf(
    "send_message" to "send",
    "edit_message" to "edit",
    "delete_message" to "delete",
    "add_reaction" to "react",
    "remove_reaction" to "unreact",
    "create_conversation" to "create",
    "update_conversation" to "update",
    "add_members" to "add",
    "remove_members" to "remove",
    "quit_conversation" to "quit",
)

private fun word(state: SendState): String = when (state) {
    is SendState.Queued -> "queued"
    is SendState.Sent -> "sent"
    is SendState.Failed -> "failed: ${state.code}"
}

private fun word(state: ConnectionState): String = when (state) {
    is ConnectionState.Disconnected -> "disconnected"
    is ConnectionState.Connecting -> "connecting"
    is ConnectionState.Authenticating -> "authenticating"
    is ConnectionState.Live -> "live"
    is ConnectionState.Waiting -> "waiting"
    is ConnectionState.SignInNeeded -> "sign_in_needed"
    is ConnectionState.Suspended -> "suspended"
    is ConnectionState.Closed -> "closed"
}
