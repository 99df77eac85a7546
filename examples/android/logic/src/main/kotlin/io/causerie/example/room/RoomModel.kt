package io.causerie.example.room

import io.causerie.Causerie
import io.causerie.CauserieException
import io.causerie.ConversationItem
import io.causerie.ConversationKind
import io.causerie.EventFilter
import io.causerie.EventKind
import io.causerie.Membership
import io.causerie.NewMessage
import io.causerie.OutboxEntry
import io.causerie.ReadCursor
import io.causerie.Role
import io.causerie.Timeline
import io.causerie.TimelineItem
import io.causerie.TimelineState
import io.causerie.example.Banner
import io.causerie.example.Names
import io.causerie.example.Notice
import io.causerie.example.Phrases
import io.causerie.example.Times
import io.causerie.example.banners
import io.causerie.example.names
import io.causerie.example.said
import io.causerie.example.then
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.catch
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flatMapLatest
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.mapLatest
import kotlinx.coroutines.flow.merge
import kotlinx.coroutines.flow.onStart
import kotlinx.coroutines.flow.stateIn
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.flow.updateAndGet
import kotlinx.coroutines.launch
import java.io.Closeable
import java.time.LocalDate

/**
 * A conversation that is open: what its screen shows, and what is done there.
 *
 * [handle] is called on one thread, the main thread; what is to be seen at once ([composer]) has
 * changed when it returns. What it begins happens in order, and goes on when the screen is left.
 *
 * @param chat the user's client.
 * @param conversationId which conversation.
 * @param scope as long as the screen lives: what is shown is gathered in it.
 * @param times how times are written.
 * @param page how many messages are loaded at once.
 */
class RoomModel(
    private val chat: Causerie,
    conversationId: String,
    scope: CoroutineScope,
    private val times: Times,
    private val page: Int = 50,
) : Closeable {
    private val conversation = chat.conversation(conversationId)
    private val timeline = MutableStateFlow<Timeline?>(null)
    private val composers = MutableStateFlow(Composer(conversation.draft().orEmpty()))
    private val notices = MutableStateFlow<Notice?>(null)
    private val drafts = Drafts(conversation, chat.scope)
    private val tasks = Channel<suspend () -> Unit>(Channel.UNLIMITED)
    private var seen = 0L

    /** Where older messages were asked for: not again before something changes. */
    @Volatile
    private var askedAt: List<Entry>? = null

    @Volatile
    private var closed = false

    /** What is being written. */
    val composer: StateFlow<Composer> = composers.asStateFlow()

    /** What the screen shows: the title at once, the messages within moments, also offline. */
    val state: StateFlow<RoomState>

    init {
        val first = RoomState(conversation.item()?.title.orEmpty())
        val shown = flow { emitAll(states(open())) }
            .onStart { emit(first) }
            .catch { problem -> if (problem is CauserieException) notify(problem) else throw problem }
        state = combine(shown, notices) { room, notice -> room.copy(notice = notice) }
            .flowOn(Dispatchers.Default)
            .stateIn(scope, SharingStarted.Eagerly, first)
        chat.scope.launch {
            for (task in tasks) {
                try {
                    task()
                } catch (e: CauserieException) {
                    notify(e)
                }
            }
        }
    }

    /** Takes an intent. */
    fun handle(intent: RoomIntent) {
        when (intent) {
            is RoomIntent.Type -> type(intent.text)
            RoomIntent.Send -> send()
            RoomIntent.Dismiss -> compose { it.dismissed() }
            is RoomIntent.Do -> act(intent.action, intent.key)
            is RoomIntent.React -> react(intent.key, intent.emoji)
            is RoomIntent.RetryWrite -> later { chat.outbox.retry(intent.key) }
            is RoomIntent.CancelWrite -> later { chat.outbox.cancel(intent.key) }
            RoomIntent.LoadOlder -> loadOlder()
            is RoomIntent.Saw -> saw(intent.key)
            RoomIntent.Connect -> later { chat.start() }
            is RoomIntent.NoticeShown -> notices.update { if (it?.number == intent.number) null else it }
        }
    }

    /** The screen is left. What was begun goes on. */
    override fun close() {
        drafts.close()
        tasks.close()
        closed = true
        timeline.value?.close()
    }

    private fun type(text: String) {
        val composer = compose { it.typed(text) }
        if (composer.mode !is Mode.Edit) later { conversation.typing(text.isNotBlank()) }
    }

    private fun send() {
        val sent = composers.value
        if (!sent.sendable) return
        compose { it.cleared() }
        later {
            try {
                when (val mode = sent.mode) {
                    Mode.New -> conversation.send(sent.text.trim())
                    is Mode.Reply -> conversation.send(NewMessage(sent.text.trim(), replyTo = mode.messageId))
                    is Mode.Edit -> conversation.edit(mode.target, sent.text.trim())
                }
            } catch (e: CauserieException) {
                compose { it.returned(sent) }
                throw e
            }
        }
    }

    private fun act(action: MessageAction, key: String) {
        val item = item(key) ?: return
        if (action !in actions(item, chat.userId)) return
        when (action) {
            MessageAction.Reply -> item.messageId?.let { id -> compose { it.replying(id, quote(item)) } }
            MessageAction.Edit -> compose { it.editing(item.target, item.text.orEmpty()) }
            MessageAction.Delete -> later { conversation.delete(item.target) }
            MessageAction.Retry -> later { chat.outbox.retry(item.tempId ?: key) }
            MessageAction.Cancel -> later { chat.outbox.cancel(item.tempId ?: key) }
            MessageAction.React -> react(key, FAVOURITE)
        }
    }

    private fun react(key: String, emoji: String) {
        val item = item(key) ?: return
        if (MessageAction.React !in actions(item, chat.userId)) return
        val isThere = item.reactions.any { it.emoji == emoji && it.me }
        later { if (isThere) conversation.unreact(item.target, emoji) else conversation.react(item.target, emoji) }
    }

    private fun loadOlder() {
        val now = state.value
        if (!now.hasOlder || now.loading || now.entries === askedAt) return
        askedAt = now.entries
        later {
            try {
                timeline.value?.loadOlder()
            } catch (e: CauserieException) {
                askedAt = null
                throw e
            }
        }
    }

    private fun saw(key: String) {
        val seq = item(key)?.seq ?: return
        if (seq <= seen) return
        seen = seq
        later { conversation.markRead(seq) }
    }

    private fun item(key: String): TimelineItem? =
        timeline.value?.state?.value?.items?.lastOrNull { it.key == key }

    private fun quote(item: TimelineItem): Quote {
        val author = if (item.senderId == chat.userId) Phrases.YOU else chat.users[item.senderId]?.name ?: item.senderId
        return Quote(author, item.text.orEmpty())
    }

    /** Changes the composer, at once, and keeps the draft. */
    private inline fun compose(change: (Composer) -> Composer): Composer {
        val after = composers.updateAndGet(change)
        drafts.keep(after.draft)
        return after
    }

    /** Queues what suspends: in order, and longer than the screen. */
    private fun later(task: suspend () -> Unit) {
        tasks.trySend(task)
    }

    private fun notify(problem: CauserieException) = notices.update { it.then(said(problem)) }

    private suspend fun open(): Timeline {
        val opened = conversation.timeline(page = page)
        timeline.value = opened
        if (closed) opened.close()
        return opened
    }

    @OptIn(ExperimentalCoroutinesApi::class)
    private fun states(timeline: Timeline): Flow<RoomState> {
        val item = chat.conversations.map { list -> list.firstOrNull { it.conversationId == conversation.id } }
        val writes = chat.outbox.entries.map { all -> all.filter { it.conversationId == conversation.id } }
        val typing = conversation.typingChanges()
        val names = combine(timeline.state, typing) { shown, typing -> shown.items.map { it.senderId }.toSet() + typing }
            .distinctUntilChanged()
            .flatMapLatest { chat.users.names(it) }
        val head = combine(item.distinctUntilChanged(), typing, chat.banners(), ::Head)
        val body = combine(timeline.state, writes.distinctUntilChanged(), cursors(timeline), times.today, ::Body)
        return combine(head, body, names, ::drawn)
    }

    private class Head(val item: ConversationItem?, val typing: List<String>, val banner: Banner?)

    private class Body(
        val shown: TimelineState,
        val writes: List<OutboxEntry>,
        val cursors: List<ReadCursor>,
        val today: LocalDate,
    )

    private fun drawn(head: Head, body: Body, names: Names): RoomState {
        val item = head.item
        val kind = item?.kind ?: ConversationKind.DIRECT
        val maker = EntryMaker(chat.userId, kind, names, body.cursors, body.writes, times, body.today)
        return RoomState(
            title = item?.title.orEmpty(),
            subtitle = Phrases.typing(head.typing.map { names[it] })
                ?: item?.takeIf { it.kind != ConversationKind.DIRECT }?.let { Phrases.members(it.membersCount) },
            banner = head.banner,
            entries = maker.entries(body.shown.items),
            hasOlder = body.shown.hasOlder,
            loading = body.shown.loading,
            troubles = maker.troubles(body.shown.items),
            writable = item == null || writable(item),
        )
    }

    /** How far others have read: read anew when they read on, and when there is more to be read. */
    @OptIn(ExperimentalCoroutinesApi::class)
    private fun cursors(timeline: Timeline): Flow<List<ReadCursor>> =
        merge(
            timeline.state.map { shown -> shown.items.lastOrNull { it.seq != null }?.seq }.distinctUntilChanged(),
            chat.events(EventFilter(setOf(EventKind.Cursors), conversation.id)),
        ).mapLatest { conversation.readCursors() }.distinctUntilChanged()

    private companion object {
        /** What a double tap puts on a message. */
        const val FAVOURITE = "❤️"
    }
}

/** Whether this user may write there. */
fun writable(item: ConversationItem): Boolean =
    item.membership == Membership.JOINED &&
        (item.kind != ConversationKind.BROADCAST || item.role == Role.OWNER || item.role == Role.ADMIN)
