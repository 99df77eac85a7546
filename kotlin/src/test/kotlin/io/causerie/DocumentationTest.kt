package io.causerie

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.File

class DocumentationTest {
    private val sources = File("src/main/kotlin").walk().filter { it.extension == "kt" }.toList()

    @Test
    fun `every public item says what it is for`() {
        assertTrue(sources.size > 20)
        assertEquals(emptyList<String>(), sources.flatMap(::silent))
    }

    @Test
    fun `what is generated is not part of the public API`() {
        val public = sources.filter { "internal" !in it.parent }
            .flatMap { file -> file.readLines().map { it.trim() }.filter { it.startsWith("public ") } }
            .map { it.substringBefore("internal constructor") }
        assertEquals(emptyList<String>(), public.filter { "Ffi" in it || "UInt" in it || "ULong" in it })
    }

    /** Lines that declare something public without a comment before them. */
    private fun silent(file: File): List<String> {
        val lines = file.readLines().map { it.trim() }
        return lines.indices.filter { n -> lines[n].startsWith("public ") && !isDocumented(lines, n) }
            .map { n -> "${file.name}:${n + 1}: ${lines[n]}" }
    }

    private fun isDocumented(lines: List<String>, declaration: Int): Boolean {
        var n = declaration - 1
        while (n >= 0 && lines[n].startsWith("@")) n--
        // What overrides has its documentation where it is declared first.
        return n >= 0 && lines[n].endsWith("*/")
    }
}
