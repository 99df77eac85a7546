package io.causerie.readme

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.File

class ReadmeTest {
    @Test
    fun `the Kotlin in the project's README is what is compiled here`() {
        assertEquals(compiled("src/test/kotlin/io/causerie/readme/ReadmeExample.kt"), shown("../README.md", "kotlin"))
    }

    @Test
    fun `the Java in the library's README is what is compiled here`() {
        assertEquals(compiled("src/test/java/io/causerie/readme/JavaExample.java"), shown("README.md", "java"))
    }

    @Test
    fun `the library's README names it as it is installed`() {
        val pom = File("pom.xml").readText().substringAfter("<modelVersion>")
        val (group, name, version) = listOf("groupId", "artifactId", "version")
            .map { pom.substringAfter("<$it>").substringBefore("</$it>") }
        val readme = File("README.md").readText()
        for (coordinates in listOf(
            "<groupId>$group</groupId><artifactId>$name</artifactId><version>$version</version>", "\"$group:$name:$version\"",
        )) {
            assertTrue(coordinates in readme, coordinates)
        }
    }

    private fun shown(readme: String, language: String) =
        File(readme).readText().substringAfter("```$language\n", "").substringBefore("```")

    private fun compiled(source: String) =
        File(source).readText().substringAfter("begins here.\n").substringBefore("// The README's")
}
