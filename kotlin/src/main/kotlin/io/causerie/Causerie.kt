package io.causerie

import io.causerie.internal.AskedTokens
import io.causerie.internal.Core
import io.causerie.internal.Library
import io.causerie.internal.Life
import io.causerie.internal.Pulled
import io.causerie.internal.applyTo
import io.causerie.internal.call
import io.causerie.internal.read
import io.causerie.internal.write
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.DelicateCoroutinesApi
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.transform
import kotlinx.coroutines.job
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import java.io.Closeable
import java.io.File
import io.causerie.internal.ffi.Client as FfiClient
import io.causerie.internal.ffi.Options as FfiOptions

/**
 * One user on one device: a permanent connection, a cache and an outbox.
 *
 * ```kotlin
 * val chat = Causerie.open(File(filesDir, "alice"), "wss://chat.example.org", "alice") { api.token() }
 * chat.start() // connects, and stays connected by itself
 * ```
 *
 * All of it works offline but what says otherwise. Its functions may be called on any thread, the main
 * thread included; none blocks. The states ([connection], [conversations], [Outbox.entries]) are there
 * at once.
 *
 * It is open until [close], or until [signOut]. From then on every call fails with `closed`, also
 * those of its conversations, timelines, outbox and users. Its flows end. Its states keep their last
 * value ([connection] becomes [ConnectionState.Closed]); if the data was wiped, that is an empty list,
 * whichever handle wiped it, also in the state of a timeline that was open then. Opening the same
 * folder again while it is open in this process gives another handle to the same data, with a life of
 * its own; another process cannot open it meanwhile. Whoever forgets to close leaves that to the end
 * of the process.
 */
public class Causerie private constructor(
    private val core: FfiClient,
    /** Whose client this is. */
    public val userId: String,
) : Closeable {
    /** What the SDK itself has running for this client. */
    internal val work: CoroutineScope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    internal val life: Life = Life()

    private val connections =
        Pulled(work.coroutineContext.job, { core.connectionUpdates() }, { it.next() }, { it.end() })
    private val lists =
        Pulled(work.coroutineContext.job, { core.conversationUpdates() }, { it.next() }, { it.end() })
    private val connectionState = MutableStateFlow(core.connection().read())
    private val list = MutableStateFlow(core.conversations().map { it.read() })

    /**
     * A scope for what lives as long as the client: collectors that are launched in it end when the
     * client is closed. A failure in one of them does not end the others.
     */
    public val scope: CoroutineScope = CoroutineScope(SupervisorJob() + Dispatchers.Default)

    /** How the connection stands: for a banner. Nothing else depends on it. */
    public val connection: StateFlow<ConnectionState> = connectionState.asStateFlow()

    /**
     * The user's conversations in the order to show, newest activity first, with title and picture
     * resolved, unread counts, drafts, and messages that are still on their way.
     */
    public val conversations: StateFlow<List<ConversationItem>> = list.asStateFlow()

    /** Writes that are on their way. */
    public val outbox: Outbox = Outbox(core, work, life)

    /** Names and pictures. */
    public val users: Users = Users(core, work, life)

    init {
        work.launch {
            connections.here { it.read() }.collect { connectionState.value = it }
            // Another handle signed out.
            close()
        }.invokeOnCompletion { connectionState.value = ConnectionState.Closed("the client is closed") }
        // It begins even if the client is closed at once: what it ends with counts.
        @OptIn(DelicateCoroutinesApi::class)
        work.launch(start = CoroutineStart.ATOMIC) {
            try {
                lists.here { it }.collect { list.value = it.applyTo(list.value) }
            } finally {
                // Nothing, after a wipe.
                list.value = core.conversations().map { it.read() }
            }
        }
    }

    /**
     * Connects, and from then on stays connected: attempts go on for ever, with growing pauses. Also
     * after the user signed in again. Returns before there is a connection.
     *
     * @throws CauserieException `closed`.
     */
    public suspend fun start(): Unit = life.call { core.start() }

    /**
     * Disconnects until [start]. Everything else goes on working offline.
     *
     * @throws CauserieException `closed`.
     */
    public suspend fun stop(): Unit = life.call { core.stop() }

    /**
     * The app goes to the background: closes the socket, and every file and the lock on the folder.
     * What is written meanwhile is committed all the same. When this returns, all is closed.
     *
     * @throws CauserieException `closed`.
     */
    public suspend fun suspend(): Unit = life.call { core.suspend() }

    /**
     * The app comes back: connects at once.
     *
     * @throws CauserieException `closed`, or why the data cannot be opened again.
     */
    public suspend fun resume(): Unit = life.call { core.resume() }

    /**
     * Asks the server now for everything that changed; offline, once connected. Never needed to stay up
     * to date: for a gesture like pull-to-refresh.
     *
     * @throws CauserieException `closed`.
     */
    public suspend fun syncNow(): Unit = life.call { core.syncNow(null) }

    /**
     * The system says that the network came, went or changed. A hint that saves time: attempts begin
     * at once, and a socket that seems live is probed. Without it everything works, later. After the
     * client was closed it does nothing: the system's callbacks do not know of that yet.
     */
    public fun networkChanged(hint: NetworkHint) {
        try {
            life.ask { core.networkChanged(hint.write()) }
        } catch (e: CauserieException) {
            if (e.code != ErrorCode.CLOSED) throw e
        }
    }

    /**
     * A conversation by its id. Whether this device knows it shows when it is used.
     *
     * @throws CauserieException `invalid` if it is no id; `closed`.
     */
    public fun conversation(id: String): Conversation = Conversation(life.ask { core.conversation(id) }, this)

    /**
     * The direct conversation with a user, made if this device does not know it. Offline, too: both
     * sides derive the same id from the two names.
     *
     * @throws CauserieException `invalid` if the id is malformed or one's own, `disk_full`, `closed`.
     */
    public suspend fun openDirect(userId: String): Conversation = Conversation(life.call { core.openDirect(userId) }, this)

    /**
     * Makes a conversation. It can be used at once, also offline.
     *
     * @throws CauserieException `invalid` if a member's id is malformed or a limit is broken,
     *   `disk_full`, `closed`.
     */
    public suspend fun createConversation(conversation: NewConversation): Conversation =
        Conversation(life.call { core.createConversation(conversation.write()) }, this)

    /**
     * What happens from when it is collected on. A collector that falls more than 1,024 events behind
     * gets [Event.Missed] in their place. Ends when the client is closed.
     *
     * Collecting throws [CauserieException] `invalid` if the filter names what is no conversation.
     */
    @JvmOverloads
    public fun events(filter: EventFilter = EventFilter()): Flow<Event> =
        pulledEvents(filter).changes { events -> events.map { it.read() } }
            .transform { events -> events.forEach { emit(it) } }

    /** Something that events tell of: now, and whenever such an event comes and it is another. */
    internal fun <T> watch(filter: EventFilter, now: suspend () -> T): Flow<T> =
        pulledEvents(filter).changes(first = now) { now() }.distinctUntilChanged()

    private fun pulledEvents(filter: EventFilter) =
        Pulled(work.coroutineContext.job, { core.events(filter.write()) }, { it.next() }, { it.end() })

    /**
     * Counters and latencies.
     *
     * @throws CauserieException `closed`.
     */
    public suspend fun stats(): Stats = life.call { core.stats() }.read()

    /**
     * Signs the user out on this device, and closes the client, as well as other handles to the same
     * folder. Waits as [closeAndJoin] does; once begun, it is not cancelled.
     *
     * @param wipe whether all local data of the user is deleted, and shown no more by anything that was
     *   got from this client. Without, it is kept for the next time.
     * @param unsent what becomes of writes that were not sent.
     * @throws CauserieException `unsent` if there are such writes and they are not to be lost; then
     *   nothing has changed, and the client is open as before. `data_dir` if a file cannot be deleted;
     *   `closed`.
     */
    public suspend fun signOut(wipe: Boolean, unsent: Unsent = Unsent.Refuse) {
        currentCoroutineContext().ensureActive()
        // Also if the caller lives in [scope], which ends with it.
        withContext(NonCancellable) {
            // Its end waits for calls into the app that are running: not on the caller's thread.
            withContext(Dispatchers.IO) { life.call { core.signOut(wipe, unsent.write()) } }
            closeAndJoin()
        }
    }

    /**
     * Gives this handle up; with the last one of its folder, the connection and all files are closed.
     * Nothing is lost: the outbox goes on when the folder is opened next. Returns at once, and what it
     * began goes on; see [closeAndJoin]. Once more does nothing.
     */
    override fun close() {
        beginToEnd()
    }

    /**
     * As [close], and waits until everything is closed: the client's own coroutines, too. A collector
     * without a dispatcher (`Dispatchers.Unconfined`) may run on one of those, and one that blocks there
     * until this returns, by `runBlocking`, waits for itself for ever: call [close] in such a place.
     */
    public suspend fun closeAndJoin(): Unit = beginToEnd().join()

    private fun beginToEnd(): Job = life.end(::end)

    private suspend fun end() {
        scope.cancel()
        work.coroutineContext.job.cancelAndJoin()
        core.end()
        core.destroy()
    }

    /** Opens clients, and what belongs to all of them. */
    public companion object {
        /**
         * Opens the data of a user. Works offline: the network is not touched before [start]. A
         * coroutine that is cancelled meanwhile leaves nothing open.
         *
         * @param dir the folder for this user's data; made if it is not there. No other user may have
         *   the same.
         * @param url the server: `wss://chat.example.org`, or `ws://` for tests. Without a path it is
         *   `/ws`.
         * @param userId whose client it is, as the app's tokens name the user.
         * @param options settings. They count for nothing if the folder is open already in this
         *   process.
         * @param tokens asked for a token whenever a connection needs one.
         * @throws CauserieException `data_dir`, `invalid` (address or id), `in_use` by another process,
         *   `other_user`, `other_server`, `outdated` by data of a newer version, `disk_full`;
         *   `no_library` if the native library is not there, and `other_library` if it is of another
         *   version: the message says where it was looked for and what to do. `loaded_twice` if another
         *   class loader of this process has the SDK.
         */
        public suspend fun open(
            dir: File,
            url: String,
            userId: String,
            options: CauserieOptions = CauserieOptions(),
            tokens: TokenProvider,
        ): Causerie {
            var opened: Causerie? = null
            try {
                withContext(Dispatchers.IO) {
                    Library.load()
                    opened = call {
                        Causerie(FfiClient.open(options.write(url, userId, dir), AskedTokens(tokens)), userId)
                    }
                }
            } catch (e: CancellationException) {
                opened?.close()
                throw e
            }
            return checkNotNull(opened)
        }

        /**
         * Has the SDK's log come to a sink: one for all clients of the process.
         *
         * @param sink takes the records; null ends it. Default: nobody does.
         * @param level what matters less is left out.
         * @throws CauserieException `no_library`, `other_library`, `loaded_twice`, as [open].
         */
        @JvmStatic
        @JvmOverloads
        public fun setLogSink(sink: LogSink?, level: LogLevel = LogLevel.Warn) {
            Core.setLogSink(sink, level)
        }

        /**
         * The version of the SDK, such as `0.1.0`.
         *
         * @throws CauserieException `no_library`, `other_library`, `loaded_twice`, as [open].
         */
        @JvmStatic
        public fun version(): String = Core.version()

        private fun CauserieOptions.write(url: String, userId: String, dir: File) =
            FfiOptions(url, userId, dir.path, maxReconnectAttempts?.toLong(), durability.write())
    }
}
