package io.causerie.internal

import io.causerie.NetworkHint

/**
 * Makes hints of what a system says of its default network: it repeats itself, and says that one is
 * lost after the next has come.
 *
 * @param N names a network.
 */
internal class NetworkWatch<N : Any>(private val tell: (NetworkHint) -> Unit) {
    private var current: N? = null

    /** There is one. */
    @Synchronized
    fun available(network: N) {
        if (network == current) return
        current = network
        tell(NetworkHint.Changed)
    }

    /** There is this one no more. */
    @Synchronized
    fun lost(network: N) {
        if (network != current) return
        current = null
        tell(NetworkHint.Lost)
    }
}
