package io.causerie.example.room

import io.causerie.ConversationKind
import io.causerie.MessageKind
import io.causerie.OutboxEntry
import io.causerie.ReadCursor
import io.causerie.SendState
import io.causerie.TimelineItem
import io.causerie.example.Names
import io.causerie.example.Phrases
import io.causerie.example.SEND
import io.causerie.example.Times
import io.causerie.example.initials
import io.causerie.example.list.oneLine
import io.causerie.example.tint
import java.time.LocalDate

/**
 * What entries are made with, beside the messages.
 *
 * @param me whose device this is.
 * @param kind the conversation's, one of [ConversationKind].
 * @param names what people are called.
 * @param cursors how far others have read.
 * @param writes of this conversation, that are on their way or were refused.
 */
class EntryMaker(
    private val me: String,
    private val kind: String,
    private val names: Names,
    private val cursors: List<ReadCursor>,
    writes: List<OutboxEntry>,
    private val times: Times,
    private val today: LocalDate,
) {
    private val refused = writes.filter { it.kind != SEND && it.state is SendState.Failed }

    /** The entries: the messages, and the days between them. */
    fun entries(items: List<TimelineItem>): List<Entry> {
        val byId = items.filter { it.messageId != null }.associateBy { it.messageId }
        val result = ArrayList<Entry>(items.size + 8)
        var day: LocalDate? = null
        var above: TimelineItem? = null
        for (item in items) {
            val its = times.day(item.createdAt)
            // Days only go forward, whatever the clock of a device said: each is there once.
            if (day == null || its > day) {
                day = its
                above = null
                result += Entry.Day("day $its", times.name(its, today))
            }
            if (item.kind == MessageKind.SYSTEM) {
                result += Entry.Remark(item.key, item.text ?: Phrases.SOMETHING_ELSE)
                above = null
            } else {
                result += message(item, above, item.replyTo?.let { quote(byId[it]) })
                above = item
            }
        }
        return result
    }

    /** What was refused and belongs to none of these messages. */
    fun troubles(items: List<TimelineItem>): List<Trouble> =
        refused.filter { write -> items.none { write.means(it) } }.map(::trouble)

    /** What an answer shows of a message; null if that is not loaded. */
    fun quote(item: TimelineItem?): Quote =
        if (item == null) Quote(null, Phrases.EARLIER_MESSAGE) else Quote(author(item), oneLine(words(item)))

    private fun message(item: TimelineItem, above: TimelineItem?, quote: Quote?): Entry.Message {
        val mine = item.senderId == me
        val delivery = if (mine && item.deletedAt == null) delivery(item) else Delivery.None
        val author = author(item)
        val text = words(item)
        val time = times.hour(item.createdAt)
        val trouble = refused.lastOrNull { it.means(item) }?.let(::trouble)
        val reactions = item.reactions.map { Chip(it.emoji, it.count, it.me, Phrases.reaction(it.emoji, it.count, it.me)) }
        return Entry.Message(
            key = item.key,
            text = text,
            faint = item.deletedAt != null || item.text.isNullOrBlank(),
            mine = mine,
            author = author.takeIf { !mine && kind != ConversationKind.DIRECT && above?.senderId != item.senderId },
            initials = initials(names[item.senderId]),
            tint = tint(item.senderId),
            time = time,
            edited = item.editedAt != null && item.deletedAt == null,
            quote = quote,
            reactions = reactions,
            delivery = delivery,
            changing = item.pendingChange,
            trouble = trouble,
            actions = actions(item, me),
            label = listOfNotNull(
                author,
                quote?.let { Phrases.answers(it.author, it.text) },
                text,
                Phrases.EDITED.takeIf { item.editedAt != null && item.deletedAt == null },
                time,
                Phrases.delivery(delivery),
                trouble?.text,
            ).plus(reactions.map { it.label }).joinToString(", "),
        )
    }

    private fun author(item: TimelineItem) = if (item.senderId == me) Phrases.YOU else names[item.senderId]

    private fun words(item: TimelineItem) = when {
        item.deletedAt != null -> Phrases.DELETED
        !item.text.isNullOrBlank() -> item.text.orEmpty()
        item.attachments.isNotEmpty() -> Phrases.ATTACHMENT
        else -> Phrases.SOMETHING_ELSE
    }

    private fun delivery(item: TimelineItem): Delivery {
        when (val state = item.send) {
            SendState.Queued -> return Delivery.Waiting
            is SendState.Failed -> return Delivery.Failed(state.code)
            is SendState.Sent, null -> Unit
        }
        val seq = item.seq ?: return Delivery.Sent
        val others = cursors.filter { it.userId != me }
        val readers = others.count { it.seq >= seq }
        return when {
            readers > 0 -> Delivery.Read(readers)
            others.isNotEmpty() && others.all { it.deliveredSeq >= seq } -> Delivery.Delivered
            else -> Delivery.Sent
        }
    }

    private fun trouble(write: OutboxEntry) =
        Trouble(write.key, Phrases.trouble(write.kind, (write.state as SendState.Failed).code))
}

/** What a user can do with a message: nothing with one that was deleted. */
fun actions(item: TimelineItem, me: String): Set<MessageAction> {
    if (item.deletedAt != null) return emptySet()
    val isText = item.kind == MessageKind.TEXT
    return when (item.send) {
        is SendState.Failed -> setOf(MessageAction.Retry, MessageAction.Cancel)
        SendState.Queued -> setOfNotNull(MessageAction.Edit.takeIf { isText }, MessageAction.Cancel)
        is SendState.Sent, null -> setOfNotNull(
            MessageAction.Reply.takeIf { item.messageId != null },
            MessageAction.React,
            MessageAction.Edit.takeIf { isText && item.senderId == me },
            MessageAction.Delete.takeIf { item.senderId == me },
        )
    }
}

private fun OutboxEntry.means(item: TimelineItem) =
    targetMessageId != null && targetMessageId == item.messageId || targetKey != null && targetKey == item.tempId
