package io.causerie.conformance

import io.causerie.Causerie
import io.causerie.Conversation
import io.causerie.ConversationChanges
import io.causerie.History
import io.causerie.MessageTarget
import io.causerie.NewConversation
import io.causerie.NewMessage
import io.causerie.Timeline
import io.causerie.TimelineUpdate
import kotlinx.coroutines.channels.ReceiveChannel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.produceIn
import kotlinx.coroutines.launch
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.contentOrNull
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long

/** A timeline and the screen that shows it. */
class Watched(val timeline: Timeline, val screen: Screen)

/** A listener that takes what waits for it only when it is told to. */
private class Slow(val timeline: Timeline, val updates: ReceiveChannel<TimelineUpdate>, val screen: Screen)

/** A client that is open, what watches it, and what it is told to do. */
class OpenClient(val chat: Causerie, private val changed: () -> Unit) {
    val screens = LinkedHashMap<String, Watched>()
    private val listeners = HashMap<String, Slow>()
    private val said = LinkedHashSet<String>()

    init {
        watch(chat.conversations) { list ->
            synchronized(said) { list.mapNotNullTo(said) { it.last?.text } }
        }
        watch(chat.connection) {}
        watch(chat.outbox.entries) {}
        watch(chat.events()) {}
    }

    private fun <T> watch(flow: Flow<T>, take: (T) -> Unit) {
        chat.scope.launch {
            flow.collect {
                take(it)
                changed()
            }
        }
    }

    /** Every text that was ever shown. */
    fun ever(): Set<String> =
        synchronized(said) { said.toSet() } +
            screens.values.flatMap { watched -> synchronized(watched.screen) { watched.screen.ever.toList() } }

    /** What no screen may be told, and one was. */
    fun broken(): List<String> =
        (screens.values.map { it.screen } + listeners.values.map { it.screen })
            .flatMap { screen -> synchronized(screen) { screen.broken.toList() } }

    /** Does something; what it gives. */
    suspend fun act(told: JsonObject): Map<String, JsonElement> {
        when (told.text("do")) {
            "start" -> chat.start()
            "stop" -> chat.stop()
            "suspend" -> chat.suspend()
            "resume" -> chat.resume()
            "sync" -> chat.syncNow()
            "direct" -> return room(chat.openDirect(told.text("with")))
            "group" -> return room(chat.createConversation(group(told)))
            "show" -> show(told)
            "hide" -> screens.remove(told.text("room"))?.let(::leave)
            "older" -> screen(told).timeline.loadOlder()
            "retry" -> chat.outbox.retry(told.text("key"))
            "cancel" -> chat.outbox.cancel(told.text("key"))
            "read" -> conversation(told).markRead(told["seq"]?.jsonPrimitive?.takeIf { it.contentOrNull != null }?.long)
            "typing" -> conversation(told).typing(told.getValue("on").jsonPrimitive.boolean)
            "draft" -> conversation(told).setDraft(told.maybe("text"))
            "members" -> return members(conversation(told))
            "listen" -> listen(told)
            "drain" -> return drain(told)
            else -> return mapOf("keys" to texts(write(told)))
        }
        return emptyMap()
    }

    /** What goes through the outbox. */
    private suspend fun write(told: JsonObject): List<String> {
        val conversation = conversation(told)
        val key = when (val what = told.text("do")) {
            "send" -> conversation.send(
                NewMessage(
                    text = told.text("text"),
                    replyTo = told.maybe("reply_to"),
                    mentions = told.texts("mentions"),
                ),
            )
            "fill" -> return told.texts("texts").map { conversation.send(it) }
            "edit" -> conversation.edit(target(told), told.text("text"))
            "delete" -> conversation.delete(target(told))
            "react" -> conversation.react(target(told), told.text("emoji"))
            "unreact" -> conversation.unreact(target(told), told.text("emoji"))
            "add" -> conversation.addMembers(told.texts("users"))
            "remove" -> conversation.removeMembers(told.texts("users"))
            "quit" -> conversation.quit()
            "rename" -> conversation.update(ConversationChanges(title = told.text("title")))
            else -> throw Wrong("nothing to do is called $what")
        }
        return listOf(key)
    }

    private suspend fun show(told: JsonObject) {
        val conversation = conversation(told)
        chat.conversations.first { list -> list.any { it.conversationId == conversation.id } }
        val timeline = conversation.timeline(page = told.getValue("page").jsonPrimitive.int)
        val watched = Watched(timeline, Screen())
        screens.put(conversation.id, watched)?.let(::leave)
        chat.scope.launch {
            timeline.changes().collect {
                watched.screen.apply(it)
                changed()
            }
        }
    }

    /** Closes a timeline, and keeps what it showed. */
    private fun leave(watched: Watched) {
        watched.timeline.close()
        synchronized(watched.screen) { synchronized(said) { said += watched.screen.ever } }
    }

    private fun listen(told: JsonObject) {
        val timeline = screen(told).timeline
        listeners[told.text("listener")] = Slow(timeline, timeline.changes().produceIn(chat.scope), Screen())
    }

    /** Takes what waits until it knows what the timeline shows. */
    private suspend fun drain(told: JsonObject): Map<String, JsonElement> {
        val slow = listeners[told.text("listener")] ?: throw Wrong("no such listener")
        do {
            val update = slow.updates.receiveCatching().getOrNull() ?: throw Wrong("it was closed")
            slow.screen.apply(update)
        } while (slow.screen.items != slow.timeline.now().items)
        return mapOf("resets" to JsonPrimitive(slow.screen.resets), "moves" to JsonPrimitive(slow.screen.moves))
    }

    private suspend fun members(conversation: Conversation): Map<String, JsonElement> {
        val members = conversation.members().members
        return mapOf("members" to JsonObject(members.associate { it.userId to JsonPrimitive(it.role) }))
    }

    private fun group(told: JsonObject): NewConversation {
        val all = told.getValue("all_history").jsonPrimitive.boolean
        return NewConversation(told.text("title"), told.texts("members"), history = History.ALL.takeIf { all })
    }

    private fun target(told: JsonObject): MessageTarget =
        told.maybe("key")?.let(MessageTarget::Key) ?: MessageTarget.Id(told.text("message_id"))

    private fun conversation(told: JsonObject) = chat.conversation(told.text("room"))

    private fun screen(told: JsonObject) = screens[told.text("room")] ?: throw Wrong("its timeline is not open")

    private fun room(conversation: Conversation) = mapOf("room" to JsonPrimitive(conversation.id))
}

/** The judge asks for what cannot be. */
class Wrong(message: String) : Exception(message)

fun JsonObject.text(field: String): String = getValue(field).jsonPrimitive.content

fun JsonObject.maybe(field: String): String? = get(field)?.jsonPrimitive?.contentOrNull

private fun JsonObject.texts(field: String): List<String> = getValue(field).jsonArray.map { it.jsonPrimitive.content }
