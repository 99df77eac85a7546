package io.causerie.futures

import io.causerie.Conversation
import io.causerie.ConversationChanges
import io.causerie.MembersPage
import io.causerie.MessageTarget
import io.causerie.NewMessage
import io.causerie.ReadCursor
import io.causerie.Timeline
import io.causerie.TimelineStart
import java.util.concurrent.CompletableFuture

/** A [Conversation] for Java; see [CauserieFutures]. */
public class ConversationFutures(
    /** The conversation. */
    public val conversation: Conversation,
) {
    /** [Conversation.send]. */
    public fun send(text: String): CompletableFuture<String> = given { conversation.send(text) }

    /** [Conversation.send]. */
    public fun send(message: NewMessage): CompletableFuture<String> = given { conversation.send(message) }

    /** [Conversation.edit]. */
    public fun edit(target: MessageTarget, text: String): CompletableFuture<String> =
        given { conversation.edit(target, text) }

    /** [Conversation.delete]. */
    public fun delete(target: MessageTarget): CompletableFuture<String> = given { conversation.delete(target) }

    /** [Conversation.react]. */
    public fun react(target: MessageTarget, emoji: String): CompletableFuture<String> =
        given { conversation.react(target, emoji) }

    /** [Conversation.unreact]. */
    public fun unreact(target: MessageTarget, emoji: String): CompletableFuture<String> =
        given { conversation.unreact(target, emoji) }

    /** [Conversation.markRead]. */
    @JvmOverloads
    public fun markRead(seq: Long? = null): CompletableFuture<Void> = done { conversation.markRead(seq) }

    /** [Conversation.typing]. */
    public fun typing(typing: Boolean): CompletableFuture<Void> = done { conversation.typing(typing) }

    /** [Conversation.readCursors]. */
    public fun readCursors(): CompletableFuture<List<ReadCursor>> = given { conversation.readCursors() }

    /** [Conversation.members]. */
    @JvmOverloads
    public fun members(cursor: String? = null): CompletableFuture<MembersPage> = given { conversation.members(cursor) }

    /** [Conversation.addMembers]. */
    public fun addMembers(userIds: List<String>): CompletableFuture<String> = given { conversation.addMembers(userIds) }

    /** [Conversation.removeMembers]. */
    public fun removeMembers(userIds: List<String>): CompletableFuture<String> =
        given { conversation.removeMembers(userIds) }

    /** [Conversation.setRole]. */
    public fun setRole(userIds: List<String>, role: String): CompletableFuture<String> =
        given { conversation.setRole(userIds, role) }

    /** [Conversation.update]. */
    public fun update(changes: ConversationChanges): CompletableFuture<String> = given { conversation.update(changes) }

    /** [Conversation.quit]. */
    public fun quit(): CompletableFuture<String> = given { conversation.quit() }

    /** [Conversation.setDraft]. */
    public fun setDraft(text: String?): CompletableFuture<Void> = done { conversation.setDraft(text) }

    /** [Conversation.timeline]. */
    @JvmOverloads
    public fun timeline(start: TimelineStart = TimelineStart.Newest, page: Int = 50): CompletableFuture<TimelineFutures> =
        opened({ it.timeline.close() }) { TimelineFutures(conversation.timeline(start, page)) }
}

/** A [Timeline] for Java; see [CauserieFutures]. */
public class TimelineFutures(
    /** The timeline. */
    public val timeline: Timeline,
) {
    /** [Timeline.loadOlder]. */
    public fun loadOlder(): CompletableFuture<Void> = done { timeline.loadOlder() }

    /** [Timeline.loadNewer]. */
    public fun loadNewer(): CompletableFuture<Void> = done { timeline.loadNewer() }
}
