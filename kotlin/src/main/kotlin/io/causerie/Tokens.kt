package io.causerie

/**
 * Brings tokens from the app's backend, by which the server knows the user.
 *
 * Asked whenever a connection needs one, once at a time, on a thread that it may block; it has 30 s.
 * What it throws counts as a problem that passes, and it is asked again by itself, with growing
 * pauses. So does what can be no token: empty, with a control character or half of a surrogate pair,
 * or more than 28 KiB. A token that ends as soon as it comes is replaced with growing pauses too. Only
 * [SignInRequired] does not pass. It is cancelled when the client ends.
 */
public fun interface TokenProvider {
    /**
     * A token for the user. White space around it is taken off.
     *
     * @throws SignInRequired if there will be none before the user signs in.
     */
    public suspend fun token(request: TokenRequest): String
}

/**
 * What a [TokenProvider] is asked.
 *
 * @property userId for whom.
 * @property refused whether the server refused the last token: get a new one, do not give a
 *   remembered one again.
 */
public data class TokenRequest(val userId: String, val refused: Boolean)

/**
 * Thrown by a [TokenProvider]: the user must sign in before there can be a token. The connection
 * becomes [ConnectionState.SignInNeeded] and stays so until [Causerie.start].
 */
public class SignInRequired @JvmOverloads constructor(
    message: String = "the user must sign in",
    cause: Throwable? = null,
) : Exception(message, cause)
