package io.causerie.example.list

import io.causerie.Causerie
import io.causerie.CauserieException
import io.causerie.ConversationKind
import io.causerie.NewConversation
import io.causerie.example.Banner
import io.causerie.example.Names
import io.causerie.example.Notice
import io.causerie.example.Times
import io.causerie.example.banners
import io.causerie.example.names
import io.causerie.example.said
import io.causerie.example.then
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.flatMapLatest
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.stateIn
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch

/**
 * The list of conversations: what it shows, and what is done there.
 *
 * @param chat the user's client.
 * @param scope as long as the screen lives: what is shown is gathered in it.
 * @param times how times are written.
 */
class ListModel(private val chat: Causerie, scope: CoroutineScope, private val times: Times) {
    private data class OneOff(val notice: Notice? = null, val opened: String? = null)

    private val oneOff = MutableStateFlow(OneOff())

    /** What the screen shows: at once, also offline. */
    val state: StateFlow<ListState> =
        combine(chat.banners(), rows(), oneOff) { banner: Banner?, rows, oneOff ->
            ListState(banner, rows, oneOff.notice, oneOff.opened)
        }.flowOn(Dispatchers.Default).stateIn(scope, SharingStarted.Eagerly, ListState(rows = rowsNow()))

    /** Takes an intent. What it begins goes on when the user leaves the screen. */
    fun handle(intent: ListIntent) {
        when (intent) {
            is ListIntent.Begin -> attempt { begin(people(intent.people), intent.title.trim()) }
            ListIntent.Refresh -> attempt { chat.syncNow() }
            ListIntent.Connect -> attempt { chat.start() }
            is ListIntent.WentTo -> oneOff.update { if (it.opened == intent.id) it.copy(opened = null) else it }
            is ListIntent.NoticeShown ->
                oneOff.update { if (it.notice?.number == intent.number) it.copy(notice = null) else it }
        }
    }

    private suspend fun begin(people: List<String>, title: String) {
        val others = people - chat.userId
        val conversation = when (others.size) {
            0 -> return
            1 -> chat.openDirect(others.single())
            else -> chat.createConversation(NewConversation(title.ifEmpty { others.joinToString(", ") }, others))
        }
        oneOff.update { it.copy(opened = conversation.id) }
    }

    private fun attempt(what: suspend () -> Unit) {
        chat.scope.launch {
            try {
                what()
            } catch (e: CauserieException) {
                oneOff.update { it.copy(notice = it.notice.then(said(e))) }
            }
        }
    }

    @OptIn(ExperimentalCoroutinesApi::class)
    private fun rows(): Flow<List<ConversationRow>> {
        val names = chat.conversations
            .map { items -> items.filter { it.kind != ConversationKind.DIRECT }.mapNotNull { it.last?.senderId }.toSet() }
            .distinctUntilChanged()
            .flatMapLatest { chat.users.names(it) }
        return combine(chat.conversations, chat.outbox.entries, names, times.today) { items, writes, names, today ->
            RowMaker(chat.userId, writes, names, times, today).rows(items)
        }
    }

    private fun rowsNow() =
        RowMaker(chat.userId, chat.outbox.entries.value, Names(), times, times.today.value)
            .rows(chat.conversations.value)
}
