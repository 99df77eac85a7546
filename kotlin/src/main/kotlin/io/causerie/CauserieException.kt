package io.causerie

/**
 * What every call of the SDK throws.
 *
 * [action] is what to do about it, and covers every error there is; [code] tells them apart where an
 * app wants to. Both are stable. [message] is for developers and may change.
 *
 * ```kotlin
 * try {
 *     chat.users.fetch(listOf("bob"))
 * } catch (e: CauserieException) {
 *     when (e.action) {
 *         Action.RetryLater -> retryIn(e.retryAfterMs)
 *         Action.AskUser -> show(e.code)
 *         Action.SignIn -> signIn()
 *         Action.FixCode -> throw e
 *     }
 * }
 * ```
 */
public class CauserieException internal constructor(
    /** A stable word, one of [ErrorCode]: to compare, log and translate. */
    public val code: String,
    /** What to do about it. */
    public val action: Action,
    message: String,
    /** Whether the same call may succeed later, without a change to it. */
    public val retryable: Boolean,
    /** How long to wait before that has a chance, in milliseconds; null if nobody knows. */
    public val retryAfterMs: Long?,
    cause: Throwable? = null,
) : Exception(message, cause) {
    /** The code and the message; neither holds what people wrote. */
    override fun toString(): String = "CauserieException: $code: $message ($action)"
}

/** What the caller does about a [CauserieException]. */
public enum class Action {
    /** Try again, after [CauserieException.retryAfterMs] if it is there. */
    RetryLater,

    /** Show it: a person must decide or do something. */
    AskUser,

    /** Have the user sign in. */
    SignIn,

    /** Mend the program: repeating the call gives the same error. */
    FixCode,
}
