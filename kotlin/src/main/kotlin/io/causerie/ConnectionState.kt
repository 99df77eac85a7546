package io.causerie

/** How the connection stands. Nothing is to be done about it, but in [SignInNeeded]. */
public sealed interface ConnectionState {
    /** Not asked to connect: before [Causerie.start], and after [Causerie.stop]. */
    public data object Disconnected : ConnectionState

    /** The socket opens. */
    public data object Connecting : ConnectionState

    /** The token is asked for, or checked by the server. */
    public data object Authenticating : ConnectionState

    /** Messages flow. */
    public data object Live : ConnectionState

    /**
     * There is no connection now; the next attempt comes by itself.
     *
     * @property attempt which attempt comes next, from 1.
     * @property retryInMs when it comes, in milliseconds from when this state began.
     * @property reason why, for developers.
     */
    public data class Waiting(val attempt: Int, val retryInMs: Long, val reason: String) : ConnectionState

    /**
     * The user must sign in; then call [Causerie.start]. Everything that needs no server goes on.
     *
     * @property reason why, for developers.
     */
    public data class SignInNeeded(val reason: String) : ConnectionState

    /** In the background, from [Causerie.suspend] to [Causerie.resume]. */
    public data object Suspended : ConnectionState

    /**
     * Ended for good: the client was closed, or the server will not have this device any more. If
     * the client is still open, [Causerie.start] tries again.
     *
     * @property reason why, for developers.
     */
    public data class Closed(val reason: String) : ConnectionState
}

/** What the system says of the network; see [Causerie.networkChanged]. */
public enum class NetworkHint {
    /** There is one, or another one than before. */
    Changed,

    /** There is none. */
    Lost,
}
