package io.causerie.internal

import io.causerie.SignInRequired
import io.causerie.TokenProvider
import io.causerie.TokenRequest
import io.causerie.internal.border.TokenQuestion
import io.causerie.internal.ffi.TokenAnswer
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.withContext
import io.causerie.internal.ffi.TokenProvider as FfiTokenProvider

/** The app's provider as the core asks it: every outcome is an answer. */
internal class AskedTokens(private val provider: TokenProvider) : FfiTokenProvider {
    /**
     * It may block, and the thread of a coroutine of the app's is not for that. One that never returns
     * is asked again after half a minute: a few threads are what it can have, and none of those that
     * the app and the SDK itself have in [Dispatchers.IO].
     */
    private val threads = Dispatchers.IO.limitedParallelism(THREADS)

    override suspend fun token(question: TokenQuestion): TokenAnswer =
        try {
            val token = withContext(threads) {
                provider.token(TokenRequest(question.userId, question.refused))
            }
            if (token.isUnicode()) TokenAnswer(token, null, false) else problem("gave half of a surrogate pair")
        } catch (e: SignInRequired) {
            TokenAnswer(null, (e.message ?: "the user must sign in").asUnicode(), true)
        } catch (e: CancellationException) {
            // Ours, if the core asks no more; otherwise what the provider waited for was cancelled.
            currentCoroutineContext().ensureActive()
            problem("threw ${e.javaClass.name}")
        } catch (
            @Suppress("TooGenericExceptionCaught") e: Throwable,
        ) {
            // An error, too: nobody else would catch it, and the core would wait for half a minute.
            problem("threw ${e.javaClass.name}")
        }

    /** What it threw may say what it likes, a token too: only the type is told. */
    private fun problem(what: String) = TokenAnswer(null, "the token provider $what".asUnicode(), false)

    private companion object {
        const val THREADS = 4
    }
}

// An answer that is no Unicode cannot be handed over, and nobody would catch what is thrown then.

private fun String.isUnicode() = Charsets.UTF_8.newEncoder().canEncode(this)

/** With `?` for what is half of a surrogate pair. */
private fun String.asUnicode() = encodeToByteArray().decodeToString()
