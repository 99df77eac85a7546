package io.causerie

import io.causerie.internal.ffi.InternalException
import io.causerie.internal.translated
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.File
import java.lang.reflect.Modifier

class ErrorCodeTest {
    private val listed = ErrorCode::class.java.fields.filter { Modifier.isStatic(it.modifiers) && it.name != "INSTANCE" }
        .associate { it.name to it.get(null) as String }

    @Test
    fun `every code that there is has a constant, and none is made up`() {
        val client = words(File("../sdk-core/client/src/error.rs").readText().between("pub fn code(", "pub fn action("), """=> "(\w+)"""")
        val server = words(File("../docs/protocol.md").readText().between("Error codes: ", "\n\n").substringBefore(". "), "`(\\w+)`")
        val border = words(File("../bindings/uniffi/src/fault.rs").readText(), """code: "(\w+)"""")
        val library = words(File("src/main/kotlin/io/causerie/internal/Library.kt").readText(), """unusable\("(\w+)"""")
        for ((codes, known) in listOf(
            client to "offline", server to "rate_limited", border to "panicked", library to "no_library",
        )) {
            assertTrue(known in codes, "$codes")
        }
        assertEquals((client + server + border + library).toSortedSet(), listed.values.toSortedSet())
    }

    @Test
    fun `a constant is named as what it stands for`() {
        for ((name, code) in listed) assertEquals(name.lowercase(), code)
    }

    @Test
    fun `a panic of the core has the same word in every language`() {
        val panicked = refused { translated { throw InternalException("index out of bounds") } }
        assertEquals(ErrorCode.PANICKED to Action.FixCode, panicked.code to panicked.action)
    }

    @Test
    fun `only an object that was given up is closed`() {
        val mistaken = refused { translated { error("Client call counter would overflow") } }
        assertEquals(ErrorCode.PANICKED, mistaken.code)
        // The words of the generated code.
        val closed = refused { translated { error("Client object has already been destroyed") } }
        assertEquals(ErrorCode.CLOSED, closed.code)
    }

    private fun String.between(from: String, to: String) = substringAfter(from, "").substringBefore(to)

    private fun words(text: String, pattern: String) = Regex(pattern).findAll(text).map { it.groupValues[1] }.toSet()
}
