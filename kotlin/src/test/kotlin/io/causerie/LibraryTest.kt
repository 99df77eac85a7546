package io.causerie

import com.sun.jna.Native
import com.sun.jna.Platform
import io.causerie.internal.whyNotLoaded
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.lang.reflect.InvocationTargetException
import java.net.URLClassLoader
import java.util.concurrent.TimeUnit

class LibraryTest {
    @TempDir
    lateinit var dir: File
    private val library get() = File(dir, System.mapLibraryName("causerie_ffi"))

    /** What a process is told that has the library in this folder, or has not; the same every time. */
    private fun told(): String {
        // The system's own search must not find the one that a build has left in a folder of it.
        val environment = mapOf("CAUSERIE_LIBRARY_DIR" to dir.path, "LD_LIBRARY_PATH" to "", "DYLD_LIBRARY_PATH" to "")
        val process = child("io.causerie.UnlibrariedKt", environment = environment)
        val lines = process.inputStream.bufferedReader().readLines()
        assertTrue(process.waitFor(PATIENCE, TimeUnit.MILLISECONDS))
        assertEquals(3, lines.size, "$lines")
        return lines.toSet().single()
    }

    @Test
    fun `without the native library it is said where it was looked for, and what to do`() {
        val told = told()
        assertTrue(told.startsWith("no_library FixCode ${library.name} was not found for ${Platform.RESOURCE_PREFIX} "), told)
        for (place in listOf(
            "$dir (CAUSERIE_LIBRARY_DIR)", "jna.library.path", "${Platform.RESOURCE_PREFIX}/${library.name} in the class path",
            "the variable CAUSERIE_LIBRARY_DIR or the property causerie.library.dir",
        )) {
            assertTrue(place in told, told)
        }
    }

    @Test
    fun `a file that is no library is named`() {
        library.writeText("no library")
        val told = told()
        assertTrue(told.startsWith("no_library FixCode $library is there and cannot be loaded"), told)
    }

    @Test
    fun `a library without what this version calls is of another version`() {
        // Any other library will do: JNA's own is at hand on every platform.
        val jnas = "/com/sun/jna/${Platform.RESOURCE_PREFIX}/${System.mapLibraryName("jnidispatch")}"
        library.outputStream().use { file -> checkNotNull(Native::class.java.getResourceAsStream(jnas)).copyTo(file) }
        val told = told()
        assertTrue(told.startsWith("other_library FixCode ${library.name} ($library) is of another version"), told)
    }

    @Test
    fun `a library whose functions take something else is of another version, too`() {
        // The words of the generated code.
        val mismatch = RuntimeException("UniFFI API checksum mismatch: try cleaning and rebuilding your project")
        val told = whyNotLoaded(ExceptionInInitializerError(mismatch))
        assertEquals("other_library" to Action.FixCode, told.code to told.action)
        assertFalse("cleaning" in checkNotNull(told.message))
        assertEquals(mismatch, told.cause)
    }

    @Test
    fun `without JNA's own library, what to depend on is said`() {
        // Android's words where the plain jar is depended on.
        val told = whyNotLoaded(UnsatisfiedLinkError("dlopen failed: library \"libjnidispatch.so\" not found"))
        assertEquals("no_library" to Action.FixCode, told.code to told.action)
        assertTrue("@aar" in checkNotNull(told.message), told.message)
    }

    @Test
    fun `a second class loader is refused, and the first goes on`() = test {
        offline(dir).use { chat ->
            val classes = System.getProperty("java.class.path").split(File.pathSeparator).map { File(it).toURI().toURL() }
            URLClassLoader(classes.toTypedArray(), ClassLoader.getPlatformClassLoader()).use { second ->
                val version = second.loadClass("io.causerie.Causerie").getMethod("version")
                repeat(2) {
                    val thrown = assertThrows(InvocationTargetException::class.java) { version.invoke(null) }.targetException
                    assertEquals("io.causerie.CauserieException", thrown.javaClass.name)
                    assertTrue(thrown.toString().startsWith("CauserieException: loaded_twice: "), thrown.toString())
                    assertTrue(thrown.toString().endsWith(" (FixCode)"), thrown.toString())
                    assertTrue(javaClass.classLoader.toString() in thrown.toString(), thrown.toString())
                }
            }
            chat.openDirect("bob").send("Salut")
        }
    }
}
