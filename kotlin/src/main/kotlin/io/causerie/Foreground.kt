package io.causerie

import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.collectLatest
import kotlinx.coroutines.flow.distinctUntilChanged

/**
 * Suspends the client whenever the app goes to the background, and resumes it when it comes back, until
 * the flow ends. What fails is tried again every few seconds while it is still wanted, since a full disk
 * may have room again.
 *
 * On Android, `followSystem` does it.
 *
 * @param foreground whether the app is in the foreground.
 * @throws CauserieException `closed`.
 */
public suspend fun Causerie.followForeground(foreground: Flow<Boolean>) {
    foreground.distinctUntilChanged().collectLatest { isThere ->
        while (true) {
            try {
                // If it is overtaken, the core still finishes it before it begins the next.
                return@collectLatest if (isThere) resume() else suspend()
            } catch (e: CauserieException) {
                if (e.action == Action.FixCode) throw e
                delay(e.retryAfterMs ?: PAUSE_MS)
            }
        }
    }
}

private const val PAUSE_MS = 5_000L
