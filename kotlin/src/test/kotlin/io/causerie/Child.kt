package io.causerie

import java.io.File

/** A further virtual machine with the same classes. */
fun child(main: String, vararg arguments: String): Process =
    ProcessBuilder(
        listOf(File(System.getProperty("java.home"), "bin/java").path, "-cp", System.getProperty("java.class.path"), main) +
            arguments,
    ).redirectError(ProcessBuilder.Redirect.INHERIT).start()
