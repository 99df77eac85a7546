package io.causerie

import io.causerie.internal.read
import io.causerie.internal.write
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.job
import io.causerie.internal.ffi.Conversation as FfiConversation
import io.causerie.internal.ffi.Timeline as FfiTimeline

/**
 * One conversation. Several of these may exist of the same one; they hold nothing that had to be
 * closed.
 *
 * Everything that writes returns as soon as the write is on this device's disk, connected or not,
 * with the key under which it is shown, sent and confirmed; see [Outbox] for how it fares. A coroutine
 * that is cancelled meanwhile stops waiting; the write goes its way.
 */
public class Conversation internal constructor(
    private val core: FfiConversation,
    private val chat: Causerie,
) {
    /** Its id. */
    public val id: String = chat.life.ask { core.id() }

    /**
     * What the list shows of it; null while this device does not know it.
     *
     * @throws CauserieException `closed`.
     */
    public fun item(): ConversationItem? = chat.life.ask { core.entry() }?.read()

    /**
     * Says something. The message is in every open timeline when this returns, and goes to the
     * server by itself. It may take 16 KiB as JSON has it: at most 16,382 letters of ASCII, and fewer
     * of others; a quote, a backslash and a line's end count twice.
     *
     * @return its key.
     * @throws CauserieException `unknown_conversation`, `too_large` if it is more, `invalid` if it is
     *   empty, `disk_full`, `closed`. Then it was not queued.
     */
    public suspend fun send(text: String): String = chat.life.call { core.send(text) }

    /**
     * As [send], with everything that a message may have.
     *
     * @return its key.
     * @throws CauserieException as [send].
     */
    public suspend fun send(message: NewMessage): String = chat.life.call { core.sendMessage(message.write()) }

    /**
     * Changes what one's own message says.
     *
     * @return the edit's key.
     * @throws CauserieException as [send]. That the message is not there or another's is the server's
     *   to say, and then this write fails in the [Outbox].
     */
    public suspend fun edit(target: MessageTarget, text: String): String = chat.life.call { core.edit(target.write(), text) }

    /**
     * Takes a message back, for everybody. One that was never sent just goes.
     *
     * @return the deletion's key.
     * @throws CauserieException as [edit].
     */
    public suspend fun delete(target: MessageTarget): String = chat.life.call { core.delete(target.write()) }

    /**
     * Puts an emoji on a message.
     *
     * @return the reaction's key.
     * @throws CauserieException as [edit].
     */
    public suspend fun react(target: MessageTarget, emoji: String): String =
        chat.life.call { core.react(target.write(), emoji) }

    /**
     * Takes one's emoji off.
     *
     * @return the write's key.
     * @throws CauserieException as [edit].
     */
    public suspend fun unreact(target: MessageTarget, emoji: String): String =
        chat.life.call { core.unreact(target.write(), emoji) }

    /**
     * Everything up to this message is read; everything known, if null. Offline, the newest is told
     * to the server once connected.
     *
     * @param seq the message's place in the conversation's order.
     * @throws CauserieException `unknown_conversation`, `disk_full`, `closed`.
     */
    public suspend fun markRead(seq: Long? = null): Unit = chat.life.call { core.markRead(seq) }

    /**
     * Call it with true at every keystroke: the SDK tells the others, at most every 3 s, and that it
     * ended after 3 s without one. Nothing is told while offline.
     *
     * @throws CauserieException `unknown_conversation`, `closed`.
     */
    public suspend fun typing(typing: Boolean): Unit = chat.life.call { core.typing(typing) }

    /**
     * Who types now, as far as this device was told: while a timeline of it is open.
     *
     * @throws CauserieException `closed`.
     */
    public fun typingUsers(): List<String> = chat.life.ask { core.typingUsers() }

    /** Who types, at once and whenever it changes; see [typingUsers]. */
    public fun typingChanges(): Flow<List<String>> =
        chat.watch(EventFilter(setOf(EventKind.Typing), id)) { typingUsers() }

    /**
     * How far others have read, as far as this device was told: while a timeline of it is open.
     *
     * @throws CauserieException why the cache could not be read; `closed`.
     */
    public suspend fun readCursors(): List<ReadCursor> = chat.life.call { core.readCursors() }.map { it.read() }

    /**
     * How far others have read and what their devices have got: what [readCursors] gives, at once and
     * whenever it is another, for ticks beside messages. Offline it is what was known last. Ends when the
     * client is closed. From Java, `CauserieFutures.listen` takes it to an executor.
     *
     * Collecting throws as [readCursors].
     */
    public fun readCursorChanges(): Flow<List<ReadCursor>> =
        chat.watch(EventFilter(setOf(EventKind.Cursors), id)) { readCursors() }

    /**
     * A page of its members, from the server.
     *
     * @param cursor the [MembersPage.cursor] of the page before; null for the first.
     * @throws CauserieException `offline` without a connection, `sign_in_needed` if there is none before
     *   the user signs in, or the server's code; `closed`.
     */
    public suspend fun members(cursor: String? = null): MembersPage = chat.life.call { core.members(cursor, null) }.read()

    /**
     * Lets users in. Owner and admins may.
     *
     * @return the write's key.
     * @throws CauserieException `invalid` if an id is malformed; otherwise as [edit].
     */
    public suspend fun addMembers(userIds: List<String>): String = chat.life.call { core.addMembers(userIds) }

    /**
     * Puts users out. Owner and admins may.
     *
     * @return the write's key.
     * @throws CauserieException as [addMembers].
     */
    public suspend fun removeMembers(userIds: List<String>): String = chat.life.call { core.removeMembers(userIds) }

    /**
     * Changes what users may do. Owner and admins may.
     *
     * @param role one of [Role].
     * @return the write's key.
     * @throws CauserieException as [addMembers].
     */
    public suspend fun setRole(userIds: List<String>, role: String): String = chat.life.call { core.setRole(userIds, role) }

    /**
     * Changes title, picture or settings. Owner and admins may.
     *
     * @return the write's key.
     * @throws CauserieException as [edit].
     */
    public suspend fun update(changes: ConversationChanges): String = chat.life.call { core.update(changes.write()) }

    /**
     * Leaves it. A direct conversation cannot be left.
     *
     * @return the write's key.
     * @throws CauserieException as [edit].
     */
    public suspend fun quit(): String = chat.life.call { core.quit() }

    /**
     * What was typed on this device and not sent.
     *
     * @throws CauserieException `closed`.
     */
    public fun draft(): String? = chat.life.ask { core.draft() }

    /**
     * Keeps what was typed, on this device; forgets it with null.
     *
     * @throws CauserieException `unknown_conversation`, `disk_full`, `closed`.
     */
    public suspend fun setDraft(text: String?): Unit = chat.life.call { core.setDraft(text) }

    /**
     * Opens a view of it. What is cached is there when this returns, also offline.
     *
     * @param start where it begins.
     * @param page how many messages are loaded at once, 1 to 200.
     * @throws CauserieException `unknown_conversation`, `invalid` if the page is another, or why the
     *   cache could not be read; `closed`.
     */
    public suspend fun timeline(start: TimelineStart = TimelineStart.Newest, page: Int = PAGE): Timeline {
        var opened: FfiTimeline? = null
        try {
            chat.life.call { opened = core.timeline(start.write(), page.toLong()) }
        } catch (e: CancellationException) {
            // It was opened, and nobody will have it.
            opened?.let {
                it.end()
                it.destroy()
            }
            throw e
        }
        val owner = chat.work.coroutineContext
        return Timeline(checkNotNull(opened), CoroutineScope(owner + SupervisorJob(owner.job)), id, chat.life)
    }

    private companion object {
        const val PAGE = 50
    }
}
