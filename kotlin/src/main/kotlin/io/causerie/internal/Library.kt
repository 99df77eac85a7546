package io.causerie.internal

import com.sun.jna.NativeLibrary
import com.sun.jna.Platform
import io.causerie.Action
import io.causerie.CauserieException
import io.causerie.internal.ffi.keepCallbackThreads
import io.causerie.internal.ffi.shutdown
import io.causerie.internal.ffi.uniffiEnsureInitialized
import java.io.File

/** The native library, loaded once a process. */
internal object Library {
    const val NAME = "causerie_ffi"
    const val PROPERTY = "causerie.library.dir"
    const val VARIABLE = "CAUSERIE_LIBRARY_DIR"

    /** The system property that says whose it is. The word of one class loader must reach every other. */
    private const val OWNER = "io.causerie.library.owner"

    /** Why it cannot be used. Kept: a class that could not begin says only once why. */
    private val problem: LinkageError? by lazy {
        val me = "${Library::class.java.classLoader} (${System.identityHashCode(Library::class.java)})"
        val owner = System.getProperties().putIfAbsent(OWNER, me)
        try {
            if (owner != null) throw LoadedTwice(owner.toString())
            begin()
            null
        } catch (e: LinkageError) {
            // Who could not load it leaves it to others.
            System.getProperties().remove(OWNER, me)
            e
        }
    }

    /**
     * Loads it, which reads a file: not on a thread that must not wait.
     *
     * @throws CauserieException `no_library`, `other_library`, `loaded_twice`.
     */
    fun load() {
        problem?.let { throw whyNotLoaded(it) }
    }

    /** The folder that the app names for it. */
    fun folder(): String? =
        (System.getProperty(PROPERTY) ?: System.getenv(VARIABLE))?.ifEmpty { null }

    private fun begin() {
        folder()?.let { NativeLibrary.addSearchPath(NAME, it) }
        keepCallbackThreads()
        uniffiEnsureInitialized()
        try {
            // After it, no thread of the core's calls into a virtual machine that ends.
            Runtime.getRuntime().addShutdownHook(Thread({ shutdown() }, "causerie-shutdown"))
        } catch (_: IllegalStateException) {
            // It ends already.
        }
    }
}

/** Another class loader has the SDK: its callbacks are those that the library calls, for both. */
private class LoadedTwice(val owner: String) : LinkageError()

/** What keeps the library from being used, and what to do about it. */
internal fun whyNotLoaded(thrown: LinkageError): CauserieException {
    // A class that could not begin wraps what kept it from that, unless that is an error itself.
    val reason = (thrown as? ExceptionInInitializerError)?.cause ?: thrown
    val said = reason.message.orEmpty()
    return when {
        reason is LoadedTwice -> unusable("loaded_twice", elsewhere(reason.owner), null)
        "jnidispatch" in said -> unusable("no_library", withoutJna(), reason)
        // The words of JNA, and of Android.
        !said.startsWith("Unable to load library") && "dlopen failed" !in said ->
            unusable("other_library", ofAnotherVersion(), reason)
        else -> {
            val there = Library.folder()?.let { File(it, fileName()) }?.takeIf { it.isFile }
            if (there == null) unusable("no_library", missing(), null) else unusable("no_library", broken(there), reason)
        }
    }
}

private fun unusable(code: String, message: String, cause: Throwable?) =
    CauserieException(code, Action.FixCode, message, false, null, cause)

private fun fileName() = System.mapLibraryName(Library.NAME)

private fun platform() = "${Platform.RESOURCE_PREFIX} (${System.getProperty("os.name")}, ${System.getProperty("os.arch")})"

private fun elsewhere(owner: String) =
    "the SDK is in this process already, by another class loader: $owner. There can be one for as long as the " +
        "process lives; have Causerie, JNA and coroutines in a class loader that all users of it share"

private fun missing(): String {
    if (Platform.isAndroid()) {
        return "the app has no ${fileName()} for ${platform()}: it belongs into jniLibs, in the folder of each " +
            "ABI that the app is built for; Causerie's AAR brings it along"
    }
    val inClasses = "${Platform.RESOURCE_PREFIX}/${fileName()}"
    return "${fileName()} was not found for ${platform()}. It was looked for in ${named()}, in ${jnas()}, " +
        "in the system's folders, and as $inClasses in the class path. Depend on what has it for this platform, " +
        "or name its folder in the variable ${Library.VARIABLE} or the property ${Library.PROPERTY}"
}

private fun named() =
    when (val folder = Library.folder()) {
        null -> "${Library.VARIABLE} and ${Library.PROPERTY}, which are not set"
        System.getProperty(Library.PROPERTY) -> "$folder (${Library.PROPERTY})"
        else -> "$folder (${Library.VARIABLE})"
    }

private fun jnas() = System.getProperty("jna.library.path")?.let { "$it (jna.library.path)" } ?: "jna.library.path, which is not set"

private fun broken(file: File) =
    "$file is there and cannot be loaded: is it for ${platform()}, and is everything there that it needs?"

private fun ofAnotherVersion() =
    "${fileName()}${loadedFrom()} is of another version than the Kotlin library that loads it: both must come from " +
        "one release. An older one may be found first, in ${Library.VARIABLE} or in ${Library.PROPERTY}"

private fun loadedFrom() =
    try {
        NativeLibrary.getInstance(Library.NAME).file?.let { " ($it)" }.orEmpty()
    } catch (_: LinkageError) {
        ""
    }

private fun withoutJna() =
    "JNA, by which ${fileName()} is called, has no library of its own for ${platform()}. On Android, depend on " +
        "net.java.dev.jna:jna as @aar, and keep its native methods from being shrunk"
