package io.causerie.internal.ffi

import com.sun.jna.Callback
import com.sun.jna.CallbackThreadInitializer
import com.sun.jna.Native

/**
 * Has JNA attach a thread of the core's to the virtual machine at its first call, as a daemon, and
 * detach it when the thread ends. By default it does both around every call, which costs more than
 * the call, and keeps the process alive as long as one is running.
 *
 * To be called before the library is initialized, which hands the callbacks over: JNA asks only then
 * whether a callback has an initializer.
 *
 * It stands beside what is generated since the callbacks are internal there. One that is missing in
 * the list would be slow, and its thread no daemon.
 */
fun keepCallbackThreads() {
    val stays = CallbackThreadInitializer(true, false, "causerie")
    for (callback in callbacks()) Native.setCallbackThreadInitializer(callback, stays)
}

private fun callbacks(): List<Callback> =
    listOf(
        uniffiRustFutureContinuationCallbackImpl,
        uniffiForeignFutureDroppedCallbackImpl,
        uniffiCallbackInterfaceTokenProvider.token,
        uniffiCallbackInterfaceTokenProvider.uniffiFree,
        uniffiCallbackInterfaceTokenProvider.uniffiClone,
        uniffiCallbackInterfaceLogSink.log,
        uniffiCallbackInterfaceLogSink.uniffiFree,
        uniffiCallbackInterfaceLogSink.uniffiClone,
    )
