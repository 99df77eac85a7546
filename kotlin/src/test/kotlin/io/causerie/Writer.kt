package io.causerie

import kotlinx.coroutines.runBlocking
import java.io.File

/** Writes a message, says its key, and waits to be killed. */
fun main(arguments: Array<String>) {
    runBlocking {
        val chat = offline(File(arguments[0]))
        println(chat.openDirect("bob").send("written and killed"))
    }
    System.`in`.read()
}
