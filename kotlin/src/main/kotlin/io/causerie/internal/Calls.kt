package io.causerie.internal

import io.causerie.Action
import io.causerie.CauserieException
import io.causerie.ErrorCode
import io.causerie.internal.border.Fault
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.withContext
import java.nio.charset.CharacterCodingException
import kotlin.coroutines.ContinuationInterceptor
import io.causerie.internal.border.Action as FfiAction
import io.causerie.internal.border.InternalException as BorderInternalException
import io.causerie.internal.ffi.CauserieException as FfiException
import io.causerie.internal.ffi.InternalException as FfiInternalException

/**
 * Runs a call that suspends. What completes it is a thread of the core's, which must not run what
 * comes after it: a caller without a dispatcher of its own that would take over (such as
 * `Dispatchers.Unconfined`) goes on on [Dispatchers.Default].
 *
 * A coroutine that was cancelled before does not begin the call; cancelled later, it stops waiting.
 */
internal suspend fun <T> call(block: suspend () -> T): T {
    val context = currentCoroutineContext()
    context.ensureActive()
    val dispatcher = context[ContinuationInterceptor] as? CoroutineDispatcher
    return if (dispatcher != null && dispatcher.isDispatchNeeded(context)) {
        translated { block() }
    } else {
        withContext(Dispatchers.Default) { translated { block() } }
    }
}

/** What the core throws, as what the SDK throws. */
internal inline fun <T> translated(block: () -> T): T =
    try {
        block()
    } catch (e: FfiException.Failed) {
        throw e.fault.toException(e)
    } catch (e: FfiInternalException) {
        throw broken(e)
    } catch (e: BorderInternalException) {
        throw broken(e)
    } catch (e: CharacterCodingException) {
        // Half of an emoji, say: a field that deletes by UTF-16 units leaves one behind.
        throw malformed(e)
    } catch (e: CancellationException) {
        throw e
    } catch (e: IllegalStateException) {
        // The generated objects say so once they were given up.
        throw if (e.message.orEmpty().endsWith(GIVEN_UP)) closed(e) else broken(e)
    }

/** What uniffi says of one. */
private const val GIVEN_UP = "object has already been destroyed"

/** The client or the timeline was closed. */
internal fun closed(cause: Throwable? = null, code: String = ErrorCode.CLOSED): CauserieException =
    CauserieException(code, Action.FixCode, "it was closed", false, null, cause)

/** Not [broken]: it is the caller's to mend. */
private fun malformed(e: CharacterCodingException) =
    CauserieException(ErrorCode.INVALID, Action.FixCode, "a text is no Unicode: it has half of a surrogate pair", false, null, e)

/** A panic that reached uniffi, or a mistake of what is generated. */
private fun broken(e: Exception): CauserieException {
    val message = "a mistake in Causerie, please report it: ${e.message}"
    return CauserieException(ErrorCode.PANICKED, Action.FixCode, message, false, null, e)
}

private fun Fault.toException(cause: Throwable) =
    CauserieException(
        code,
        when (action) {
            FfiAction.RETRY_LATER -> Action.RetryLater
            FfiAction.ASK_USER -> Action.AskUser
            FfiAction.SIGN_IN -> Action.SignIn
            FfiAction.FIX_CODE -> Action.FixCode
        },
        message,
        retryable,
        retryAfterMs,
        cause,
    )
