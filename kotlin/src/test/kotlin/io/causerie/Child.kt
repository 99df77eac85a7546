package io.causerie

import java.io.File

/** A further virtual machine with the same classes, and with an environment that may differ. */
fun child(main: String, vararg arguments: String, environment: Map<String, String> = emptyMap()): Process {
    val java = File(System.getProperty("java.home"), "bin/java").path
    val builder = ProcessBuilder(listOf(java, "-cp", System.getProperty("java.class.path"), main) + arguments)
    builder.environment() += environment
    return builder.redirectError(ProcessBuilder.Redirect.INHERIT).start()
}
