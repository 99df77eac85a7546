package io.causerie

/**
 * Settings of a client that is opened.
 *
 * @property maxReconnectAttempts after so many failed attempts in a row the connection is
 *   [ConnectionState.Closed] until [Causerie.start]. Default null: attempts never end. With a
 *   number, coming back is the app's care.
 * @property durability what a message that was accepted survives. Default [Durability.Process].
 */
public data class CauserieOptions @JvmOverloads constructor(
    val maxReconnectAttempts: Int? = null,
    val durability: Durability = Durability.Process,
)

/** What is written on this device survives… */
public enum class Durability {
    /** …the death of the process. */
    Process,

    /** …also a loss of power; then every call that writes waits for the disk. */
    PowerLoss,
}

/** What becomes of writes that were not sent when the user signs out. */
public enum class Unsent {
    /** The user is not signed out: the call fails with `unsent`. */
    Refuse,

    /** They are lost. */
    Discard,
}
