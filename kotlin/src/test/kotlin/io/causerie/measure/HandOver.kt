package io.causerie.measure

import kotlinx.coroutines.CompletableDeferred
import java.io.Closeable
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicReference
import java.util.concurrent.locks.LockSupport
import kotlin.concurrent.thread

/**
 * What being answered by another thread costs on this machine without the SDK: a thread that sleeps
 * until it is asked, answers, and sleeps again, as the core's does. Nothing of the binding's is in it,
 * so that what a call costs beyond it is the binding's.
 */
internal class HandOver : Closeable {
    /** What the thread has to do; it is the only one that takes, and its asker the only one that puts. */
    private val question = AtomicReference<(() -> Unit)?>()
    private val ends = CountDownLatch(1)

    private val answering = thread(name = "answering", isDaemon = true) {
        while (ends.count > 0) question.getAndSet(null)?.invoke() ?: LockSupport.park()
    }

    private fun ask(answer: () -> Unit) {
        question.set(answer)
        LockSupport.unpark(answering)
    }

    /** Two threads wake each other, by the bare means of the virtual machine. */
    fun parked() {
        val caller = Thread.currentThread()
        val answered = AtomicReference(false)
        ask {
            answered.set(true)
            LockSupport.unpark(caller)
        }
        while (!answered.get()) LockSupport.park(this)
    }

    /** A coroutine waits for what the other thread completes. */
    suspend fun completed() {
        val answered = CompletableDeferred<Unit>()
        ask { answered.complete(Unit) }
        answered.await()
    }

    override fun close() {
        ends.countDown()
        LockSupport.unpark(answering)
        answering.join()
    }
}
