package io.causerie.internal

import android.content.Context

/** What only Android needs: its certificates are checked in Java, and the core has to get there. */
internal object Android {
    private val attached = lazy {
        try {
            System.loadLibrary(Library.NAME)
        } catch (e: UnsatisfiedLinkError) {
            throw whyNotLoaded(e)
        }
    }

    /** Loads the library, and shows it the app. Once more does nothing. */
    fun begin(context: Context) {
        attached.value
        attach(context.applicationContext)
    }

    /** In the library: `bindings/uniffi/src/android.rs`. */
    @JvmStatic
    private external fun attach(context: Context)
}
