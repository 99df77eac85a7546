package io.causerie.example.session

import io.causerie.Causerie
import io.causerie.CauserieException
import io.causerie.TokenProvider
import io.causerie.Unsent
import io.causerie.example.said
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.launch

/** Who uses the app, as its first screen must know it. */
sealed interface SessionState {
    /** The data are opened: for a moment only. */
    data object Opening : SessionState

    /**
     * Nobody is signed in.
     *
     * @property problem why the last attempt failed.
     */
    data class SignedOut(val problem: String? = null) : SessionState

    /**
     * Somebody is signed in, perhaps offline.
     *
     * @property account who.
     * @property chat the client, open.
     * @property unsent whether signing out was refused, since messages would be lost: to be asked.
     */
    data class SignedIn(val account: Account, val chat: Causerie, val unsent: Boolean = false) : SessionState
}

/**
 * The life of the client in an app: one for the process, made in `Application.onCreate`. What it is
 * told to do happens in order.
 *
 * @param accounts remembers who is signed in.
 * @param backend gives the tokens.
 * @param scope as long as the process.
 * @param open opens the client of an account, not yet connected, where the system wants its data to be.
 */
class Session(
    private val accounts: Accounts,
    private val backend: Backend,
    scope: CoroutineScope,
    private val open: suspend (Account, TokenProvider) -> Causerie,
) {
    private val states = MutableStateFlow<SessionState>(SessionState.Opening)
    private val tasks = Channel<suspend () -> Unit>(Channel.UNLIMITED)

    /** Who uses the app. */
    val state: StateFlow<SessionState> = states.asStateFlow()

    init {
        scope.launch { for (task in tasks) task() }
        later { accounts.current?.let { begin(it) } ?: run { states.value = SessionState.SignedOut() } }
    }

    /** Signs a user in. Also offline, if this device knows the user. */
    fun signIn(account: Account) = later {
        if (signedIn() == null) begin(account)
    }

    /** Connects again, after the user signed in again: [io.causerie.ConnectionState.SignInNeeded]. */
    fun signedInAgain() = later {
        val now = signedIn() ?: return@later
        try {
            now.chat.start()
        } catch (e: CauserieException) {
            states.value = SessionState.SignedOut(said(e))
        }
    }

    /**
     * Signs the user out and deletes what this device has of them.
     *
     * @param discard whether messages that were not sent may be lost. Without, it is asked first:
     *   [SessionState.SignedIn.unsent].
     */
    fun signOut(discard: Boolean = false) = later {
        val now = signedIn() ?: return@later
        try {
            now.chat.signOut(wipe = true, unsent = if (discard) Unsent.Discard else Unsent.Refuse)
            accounts.current = null
            states.value = SessionState.SignedOut()
        } catch (e: CauserieException) {
            if (e.code == "unsent") {
                states.value = now.copy(unsent = true)
            } else {
                now.chat.close()
                accounts.current = null
                states.value = SessionState.SignedOut(said(e))
            }
        }
    }

    /** Stays signed in, asked about messages that were not sent. */
    fun stay() = later {
        signedIn()?.let { states.value = it.copy(unsent = false) }
    }

    private suspend fun begin(account: Account) {
        states.value = SessionState.Opening
        try {
            val chat = open(account) { backend.token(account) }
            chat.start()
            accounts.current = account
            states.value = SessionState.SignedIn(account, chat)
        } catch (e: CauserieException) {
            states.value = SessionState.SignedOut(said(e))
        }
    }

    private fun signedIn() = states.value as? SessionState.SignedIn

    private fun later(task: suspend () -> Unit) {
        tasks.trySend(task)
    }
}
