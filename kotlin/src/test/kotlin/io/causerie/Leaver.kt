package io.causerie

import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import java.io.File

/** Connects, listens to everything, and leaves without closing anything. */
fun main(arguments: Array<String>) {
    val (dir, url, token) = arguments
    runBlocking {
        val chat = Causerie.open(File(dir), url, "alice") { token }
        chat.start()
        chat.connection.awaits { it == ConnectionState.Live }
        val bob = chat.openDirect("bob")
        val timeline = bob.timeline()
        chat.scope.launch { timeline.changes().collect {} }
        chat.scope.launch { chat.events().collect {} }
        chat.outbox.settled(bob.send("Au revoir"))
        println("left")
    }
}
