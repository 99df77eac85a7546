package io.causerie.example

import io.causerie.Causerie
import io.causerie.ConnectionState
import io.causerie.SendState
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.drop
import kotlinx.coroutines.flow.runningFold

/** What stands above every screen while all is not well. */
sealed interface Banner {
    /** The first attempt; said softly. */
    data object Connecting : Banner

    /**
     * There is no connection. It comes by itself.
     *
     * @property waiting how many messages wait for it.
     */
    data class Offline(val waiting: Int) : Banner

    /** The user must sign in; with a button. */
    data object SignInNeeded : Banner

    /** No attempts are made any more; with a button to begin again. */
    data object Ended : Banner
}

/**
 * The banner that follows. Whoever is offline sees no flicker while one attempt after the other is
 * made: it stays, until there is a connection.
 */
fun bannerAfter(before: Banner?, connection: ConnectionState, waiting: Int): Banner? = when (connection) {
    ConnectionState.Live -> null
    ConnectionState.Suspended -> before
    ConnectionState.Disconnected, is ConnectionState.Waiting -> Banner.Offline(waiting)
    ConnectionState.Connecting, ConnectionState.Authenticating ->
        if (before is Banner.Offline) Banner.Offline(waiting) else Banner.Connecting
    is ConnectionState.SignInNeeded -> Banner.SignInNeeded
    is ConnectionState.Closed -> Banner.Ended
}

/** The banner, now and as it changes. */
fun Causerie.banners(): Flow<Banner?> =
    combine(connection, outbox.entries) { connection, writes ->
        connection to writes.count { it.kind == SEND && it.state == SendState.Queued }
    }
        .runningFold(null as Banner?) { before, (connection, waiting) -> bannerAfter(before, connection, waiting) }
        .drop(1) // What the fold began with.
        .distinctUntilChanged()

/** The kind of a write that is a message, as the wire names it. */
internal const val SEND = "send_message"
