package io.causerie

/**
 * Something that happened. The states ([Causerie.connection], [Causerie.conversations],
 * [Timeline.state]) hold the outcome of all of it but typing; events are for what else an app makes
 * of it.
 */
public sealed interface Event {
    /**
     * The connection changed.
     *
     * @property state to this.
     */
    public data class Connection(val state: ConnectionState) : Event

    /**
     * Who types in a conversation changed. Only told while a timeline of it is open.
     *
     * @property conversationId where.
     * @property userIds all who type now.
     */
    public data class Typing(val conversationId: String, val userIds: List<String>) : Event

    /**
     * Others have read further.
     *
     * @property conversationId where.
     * @property cursors those that rose.
     */
    public data class Cursors(val conversationId: String, val cursors: List<ReadCursor>) : Event

    /**
     * Names or pictures changed.
     *
     * @property users as they are now.
     */
    public data class Users(val users: List<User>) : Event

    /**
     * A frame of the server's, after what it changed was committed.
     *
     * @property conversationId where, if it belongs to a conversation.
     * @property frameJson the frame as the wire has it (`docs/protocol.md` §5).
     */
    public data class Server(val conversationId: String?, val frameJson: String) : Event {
        /** Without what people wrote. */
        override fun toString(): String = "Server($conversationId)"
    }

    /**
     * Something went wrong that no call stands for.
     *
     * @property code a stable word.
     * @property message the same for developers.
     * @property retryable whether the SDK goes on by itself.
     */
    public data class Fault(val code: String, val message: String, val retryable: Boolean) : Event

    /**
     * The local database was damaged: it was set aside, and what could be read of it was saved, the
     * outbox first of all. The rest comes from the server.
     *
     * @property message what was wrong, for developers.
     * @property lost how many records could not be saved.
     */
    public data class Recovered(val message: String, val lost: Long) : Event

    /**
     * This collector was too slow: so many events were dropped. The states are right all the same.
     *
     * @property count how many.
     */
    public data class Missed(val count: Long) : Event
}

/** The kinds of [Event]s. [Event.Missed] has none: everybody gets it. */
public enum class EventKind {
    /** [Event.Connection]. */
    Connection,

    /** [Event.Typing]. */
    Typing,

    /** [Event.Cursors]. */
    Cursors,

    /** [Event.Users]. */
    Users,

    /** [Event.Server]. */
    Server,

    /** [Event.Fault] and [Event.Recovered]. */
    Fault,
}

/**
 * Which events a collector wants.
 *
 * @property kinds only these; all of them if empty, the default.
 * @property conversationId only what belongs to this conversation, and what belongs to none. Default:
 *   everything.
 */
public data class EventFilter @JvmOverloads constructor(
    val kinds: Set<EventKind> = emptySet(),
    val conversationId: String? = null,
)
