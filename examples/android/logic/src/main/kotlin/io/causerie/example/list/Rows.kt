package io.causerie.example.list

import io.causerie.ConversationItem
import io.causerie.ConversationKind
import io.causerie.Membership
import io.causerie.MessageKind
import io.causerie.OutboxEntry
import io.causerie.SendState
import io.causerie.example.Names
import io.causerie.example.Phrases
import io.causerie.example.SEND
import io.causerie.example.Times
import io.causerie.example.initials
import io.causerie.example.tint
import java.time.LocalDate

/** What rows are made with, beside the conversations. */
class RowMaker(
    private val me: String,
    private val writes: List<OutboxEntry>,
    private val names: Names,
    private val times: Times,
    private val today: LocalDate,
) {
    private val byKey = writes.associateBy { it.key }

    /** The rows: pinned ones first; archived ones and those that were left are not shown. */
    fun rows(items: List<ConversationItem>): List<ConversationRow> =
        items.filter { !it.archived && it.membership != Membership.LEFT }.sortedByDescending { it.pinned }.map(::row)

    /** One row. */
    fun row(item: ConversationItem): ConversationRow {
        val preview = preview(item)
        val time = times.brief(item.updatedAt, today)
        val unread = item.unread.takeIf { it > 0 }
        return ConversationRow(
            id = item.conversationId,
            title = item.title,
            initials = initials(item.title),
            tint = tint(item.conversationId),
            preview = preview,
            time = time,
            unread = unread?.let(::badge),
            mentioned = item.mentionsUnread > 0,
            muted = item.muted,
            pinned = item.pinned,
            label = listOfNotNull(
                item.title,
                unread?.let(Phrases::unread),
                preview.text,
                Phrases.NOT_SENT.takeIf { preview.kind == Preview.Kind.Failed },
                Phrases.WAITING.takeIf { preview.kind == Preview.Kind.Waiting },
                time,
                Phrases.MUTED.takeIf { item.muted },
                Phrases.PINNED.takeIf { item.pinned },
            ).joinToString(", "),
        )
    }

    private fun preview(item: ConversationItem): Preview {
        val failed = writes.lastOrNull {
            it.conversationId == item.conversationId && it.kind == SEND && it.state is SendState.Failed
        }
        val pending = item.pendingKey?.let(byKey::get)
        return when {
            failed != null -> Preview(Preview.Kind.Failed, mine(failed))
            !item.draft.isNullOrBlank() -> Preview(Preview.Kind.Draft, Phrases.draft(oneLine(item.draft.orEmpty())))
            pending != null -> Preview(Preview.Kind.Waiting, mine(pending))
            else -> last(item)
        }
    }

    private fun mine(write: OutboxEntry) =
        Phrases.by(Phrases.YOU, write.text?.let(::oneLine) ?: Phrases.SOMETHING_ELSE)

    private fun last(item: ConversationItem): Preview {
        val last = item.last ?: return Preview(Preview.Kind.Remark, Phrases.NOTHING_YET)
        if (last.deletedAt != null) return Preview(Preview.Kind.Remark, Phrases.DELETED)
        val text = last.text?.takeIf { it.isNotBlank() }?.let(::oneLine)
            ?: if (last.kind == MessageKind.MEDIA) Phrases.ATTACHMENT else Phrases.SOMETHING_ELSE
        val said = when {
            last.kind == MessageKind.SYSTEM -> text
            last.senderId == me -> Phrases.by(Phrases.YOU, text)
            item.kind == ConversationKind.DIRECT -> text
            else -> Phrases.by(names[last.senderId], text)
        }
        return Preview(Preview.Kind.Message, said)
    }
}

/** The number on a badge, which has room for two digits. */
fun badge(unread: Long): String = if (unread > 99) "99+" else "$unread"

/** A text in one line. */
fun oneLine(text: String): String = text.trim().split(Regex("\\s+")).joinToString(" ")

/** The ids that somebody typed, each once. */
fun people(typed: String): List<String> = typed.split(',', ' ', '\n').filter { it.isNotEmpty() }.distinct()
