package io.causerie.readme

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import java.io.File

class ReadmeTest {
    @Test
    fun `the Kotlin in the project's README is what is compiled here`() {
        val readme = File("../README.md").readText()
        val shown = readme.substringAfter("```kotlin\n").substringBefore("```")
        val compiled = File("src/test/kotlin/io/causerie/readme/ReadmeExample.kt").readText()
            .substringAfter("begins here.\n").substringBefore("// The README's")
        assertEquals(compiled, shown)
    }
}
