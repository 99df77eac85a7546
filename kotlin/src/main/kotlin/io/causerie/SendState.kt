package io.causerie

/** How a write of this device stands. */
public sealed interface SendState {
    /** It goes by itself, as soon as there is a connection. */
    public data object Queued : SendState

    /**
     * The server has it, on its disk.
     *
     * @property seq its place in the conversation's order; null if nothing changed by it.
     */
    public data class Sent(val seq: Long?) : SendState

    /**
     * Refused for good. It waits for [Outbox.retry] or [Outbox.cancel].
     *
     * @property code a stable word, such as `forbidden`.
     * @property message the same for developers.
     */
    public data class Failed(val code: String, val message: String) : SendState
}
