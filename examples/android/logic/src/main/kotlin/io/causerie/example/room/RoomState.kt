package io.causerie.example.room

import io.causerie.MessageTarget
import io.causerie.example.Banner
import io.causerie.example.Notice

/**
 * What a conversation's screen shows, but what is being written, which is [Composer].
 *
 * @property title the other's name, or the group's.
 * @property subtitle who types, or how many members there are.
 * @property banner what is not well with the connection.
 * @property entries oldest first. Each keeps its [Entry.key] while it is shown, also when pages are
 *   loaded before it: a list that goes by keys keeps its place.
 * @property hasOlder whether there are older messages to load.
 * @property loading whether the server was asked for more.
 * @property troubles what was refused and belongs to no message that is shown.
 * @property writable whether this user may write here.
 * @property notice to be said once; then [RoomIntent.NoticeShown].
 */
data class RoomState(
    val title: String,
    val subtitle: String? = null,
    val banner: Banner? = null,
    val entries: List<Entry> = emptyList(),
    val hasOlder: Boolean = false,
    val loading: Boolean = true,
    val troubles: List<Trouble> = emptyList(),
    val writable: Boolean = true,
    val notice: Notice? = null,
)

/** Something in the list of messages. */
sealed interface Entry {
    /** Stable, and different from every other's in the list. */
    val key: String

    /**
     * A day, above its messages.
     *
     * @property label its name.
     */
    data class Day(override val key: String, val label: String) : Entry

    /**
     * A line that nobody said.
     *
     * @property text what it says.
     */
    data class Remark(override val key: String, val text: String) : Entry

    /**
     * A message.
     *
     * @property text what it says; words of the app's if it is [faint].
     * @property faint whether it says nothing itself: deleted, or of a kind that is not shown.
     * @property mine whether this user said it.
     * @property author who said it, where that must be told; null if the message above tells it.
     * @property initials the author's.
     * @property tint the author's colour.
     * @property time the hour.
     * @property edited whether it was edited.
     * @property quote what it answers.
     * @property reactions emojis on it.
     * @property delivery how it fares, if it is this user's.
     * @property changing whether an edit, a deletion or a reaction to it is on its way.
     * @property trouble an edit, a deletion or a reaction that was refused.
     * @property actions what can be done with it.
     * @property label the whole of it for who hears it.
     */
    data class Message(
        override val key: String,
        val text: String,
        val faint: Boolean,
        val mine: Boolean,
        val author: String?,
        val initials: String,
        val tint: Int,
        val time: String,
        val edited: Boolean,
        val quote: Quote?,
        val reactions: List<Chip>,
        val delivery: Delivery,
        val changing: Boolean,
        val trouble: Trouble?,
        val actions: Set<MessageAction>,
        val label: String,
    ) : Entry
}

/**
 * What a message answers.
 *
 * @property author who said that.
 * @property text its beginning.
 */
data class Quote(val author: String?, val text: String)

/**
 * An emoji on a message.
 *
 * @property emoji the emoji.
 * @property count how many gave it.
 * @property mine whether this user did: touching it takes it off.
 * @property label for who hears it.
 */
data class Chip(val emoji: String, val count: Long, val mine: Boolean, val label: String)

/** How a message of this user's fares. */
sealed interface Delivery {
    /** It is another's, or deleted. */
    data object None : Delivery

    /** In the outbox. It goes by itself. */
    data object Waiting : Delivery

    /** The server has it. */
    data object Sent : Delivery

    /** A device of everybody else's has it. */
    data object Delivered : Delivery

    /**
     * Others have read it.
     *
     * @property by how many.
     */
    data class Read(val by: Int) : Delivery

    /**
     * Refused for good.
     *
     * @property code the server's code.
     */
    data class Failed(val code: String) : Delivery
}

/** What can be done with a message. */
enum class MessageAction {
    /** Answer it. */
    Reply,

    /** Put an emoji on it. */
    React,

    /** Say it otherwise. */
    Edit,

    /** Take it back. */
    Delete,

    /** Send it again, after it was refused. */
    Retry,

    /** Give it up, before it was sent. */
    Cancel,
}

/**
 * A write other than a message that the server refused.
 *
 * @property key of the write, to retry it or to give it up.
 * @property text what to say.
 */
data class Trouble(val key: String, val text: String)

/** What the user, or the screen, wants of a conversation. */
sealed interface RoomIntent {
    /**
     * The text of the composer is this now.
     *
     * @property text all of it.
     */
    data class Type(val text: String) : RoomIntent

    /** Send what is written, or save the edit. */
    data object Send : RoomIntent

    /** No answer and no edit after all. */
    data object Dismiss : RoomIntent

    /**
     * Do something with a message.
     *
     * @property action what.
     * @property key the message's.
     */
    data class Do(val action: MessageAction, val key: String) : RoomIntent

    /**
     * Put this emoji on a message; take it off, if this user put it there.
     *
     * @property key the message's.
     * @property emoji the emoji.
     */
    data class React(val key: String, val emoji: String) : RoomIntent

    /**
     * Try again what was refused.
     *
     * @property key the [Trouble.key].
     */
    data class RetryWrite(val key: String) : RoomIntent

    /**
     * Let go of what was refused.
     *
     * @property key the [Trouble.key].
     */
    data class CancelWrite(val key: String) : RoomIntent

    /** The list nears its oldest message. May come as often as it likes. */
    data object LoadOlder : RoomIntent

    /**
     * The user saw everything up to this message.
     *
     * @property key the message's.
     */
    data class Saw(val key: String) : RoomIntent

    /** Connect again, after the connection [Banner.Ended]. */
    data object Connect : RoomIntent

    /**
     * The notice was said.
     *
     * @property number its [Notice.number].
     */
    data class NoticeShown(val number: Int) : RoomIntent
}

/**
 * Whether a list that shows the newest message, or whose user has just written, goes to the newest one.
 *
 * @param before what it showed.
 * @param now what it shows.
 * @param atEnd whether the newest of `before` could be seen.
 */
fun follows(before: List<Entry>, now: List<Entry>, atEnd: Boolean): Boolean {
    val newest = now.lastOrNull() ?: return false
    if (newest.key == before.lastOrNull()?.key) return false
    return atEnd || newest is Entry.Message && newest.mine
}

/** The message that is written: what it answers, or which one it changes. */
sealed interface Mode {
    /** A message of its own. */
    data object New : Mode

    /**
     * An answer.
     *
     * @property messageId to this message.
     * @property quote what that says.
     */
    data class Reply(val messageId: String, val quote: Quote) : Mode

    /**
     * A change.
     *
     * @property target of this message.
     * @property before what it said.
     */
    data class Edit(val target: MessageTarget, val before: String) : Mode
}
