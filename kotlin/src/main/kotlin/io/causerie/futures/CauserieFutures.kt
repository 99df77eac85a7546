package io.causerie.futures

import io.causerie.Causerie
import io.causerie.CauserieOptions
import io.causerie.NewConversation
import io.causerie.SendState
import io.causerie.Stats
import io.causerie.TokenRequest
import io.causerie.Unsent
import io.causerie.User
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.future.await
import kotlinx.coroutines.launch
import java.io.File
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionStage
import java.util.concurrent.Executor
import java.util.function.Consumer

/** Brings tokens from the app's backend, as [io.causerie.TokenProvider] does. */
public fun interface FutureTokens {
    /**
     * A token for the user. Failing with [io.causerie.SignInRequired], or throwing it, says that there
     * will be none before the user signs in.
     */
    public fun token(request: TokenRequest): CompletionStage<String>
}

/**
 * A [Causerie] for Java: what suspends in Kotlin is a [CompletableFuture] here. What does not suspend
 * is on [chat] itself: its states (`getConversations().getValue()`), its outbox, `close()`.
 *
 * A future fails with [io.causerie.CauserieException], in the `CompletionException` that `join` and
 * `get` put around it. Cancelling a future stops the waiting, not the write. What depends on one is
 * not run on a thread of the SDK's core, and may block for a while, as on another future.
 */
public class CauserieFutures(
    /** The client. */
    public val chat: Causerie,
) {
    /** [Causerie.start]. */
    public fun start(): CompletableFuture<Void> = done { chat.start() }

    /** [Causerie.stop]. */
    public fun stop(): CompletableFuture<Void> = done { chat.stop() }

    /** [Causerie.suspend]. */
    public fun suspend(): CompletableFuture<Void> = done { chat.suspend() }

    /** [Causerie.resume]. */
    public fun resume(): CompletableFuture<Void> = done { chat.resume() }

    /** [Causerie.syncNow]. */
    public fun syncNow(): CompletableFuture<Void> = done { chat.syncNow() }

    /** [Causerie.conversation]. */
    public fun conversation(id: String): ConversationFutures = ConversationFutures(chat.conversation(id))

    /** [Causerie.openDirect]. */
    public fun openDirect(userId: String): CompletableFuture<ConversationFutures> =
        given { ConversationFutures(chat.openDirect(userId)) }

    /** [Causerie.createConversation]. */
    public fun createConversation(conversation: NewConversation): CompletableFuture<ConversationFutures> =
        given { ConversationFutures(chat.createConversation(conversation)) }

    /** [io.causerie.Outbox.settled]. */
    public fun settled(key: String): CompletableFuture<SendState> = given { chat.outbox.settled(key) }

    /** [io.causerie.Outbox.retry]. */
    public fun retry(key: String): CompletableFuture<Void> = done { chat.outbox.retry(key) }

    /** [io.causerie.Outbox.cancel]. */
    public fun cancel(key: String): CompletableFuture<Void> = done { chat.outbox.cancel(key) }

    /** [io.causerie.Users.fetch]. */
    public fun fetchUsers(userIds: List<String>): CompletableFuture<List<User>> = given { chat.users.fetch(userIds) }

    /** [Causerie.stats]. */
    public fun stats(): CompletableFuture<Stats> = given { chat.stats() }

    /** [Causerie.signOut]. */
    @JvmOverloads
    public fun signOut(wipe: Boolean, unsent: Unsent = Unsent.Refuse): CompletableFuture<Void> =
        done { chat.signOut(wipe, unsent) }

    /** [Causerie.closeAndJoin]. */
    public fun close(): CompletableFuture<Void> = done { chat.closeAndJoin() }

    /**
     * Has a listener told what a flow gives ([Causerie.conversations], [Causerie.events],
     * [io.causerie.Timeline.changes], …), one call at a time, until it is cancelled, the flow ends or
     * the client is closed.
     *
     * @param executor where it is called, such as the main thread's.
     * @param listener what it throws goes to its thread's handler of uncaught exceptions, and ends it
     *   and no other.
     */
    public fun <T> listen(flow: Flow<T>, executor: Executor, listener: Consumer<in T>): Listening =
        Listening(chat.scope.launch(executor.asCoroutineDispatcher()) { flow.collect { listener.accept(it) } })

    /** Opens clients. */
    public companion object {
        /** [Causerie.open]. */
        @JvmStatic
        @JvmOverloads
        public fun open(
            dir: File,
            url: String,
            userId: String,
            tokens: FutureTokens,
            options: CauserieOptions = CauserieOptions(),
        ): CompletableFuture<CauserieFutures> =
            opened({ it.chat.close() }) {
                CauserieFutures(Causerie.open(dir, url, userId, options) { tokens.token(it).await() })
            }
    }
}
