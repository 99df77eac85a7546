package io.causerie.internal.ffi

import com.sun.jna.Memory

/**
 * The native memory of the few bytes that every call carries to and fro: a status, a buffer's address.
 *
 * JNA would allocate each by itself, and have the collector's queue free each by itself; with four of
 * them a call, a busy app calls faster than they are freed. Here they are cut from slabs, which live as
 * long as any piece of them is used. No piece is used twice.
 */
object CallMemory {
    private const val SLAB = 16_384L
    private const val ALIGNMENT = 16

    private class Slab {
        private val memory = Memory(SLAB).apply { clear() }
        private var used = 0L

        fun take(size: Int): Memory? {
            val end = used + (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT
            if (end > SLAB) return null
            return (memory.share(used, size.toLong()) as Memory).also { used = end }
        }
    }

    private val slabs = ThreadLocal.withInitial { Slab() }

    /** So many bytes, all 0. */
    @JvmStatic
    fun take(size: Int): Memory {
        slabs.get().take(size)?.let { return it }
        slabs.set(Slab())
        return slabs.get().take(size) ?: Memory(size.toLong()).apply { clear() }
    }
}
