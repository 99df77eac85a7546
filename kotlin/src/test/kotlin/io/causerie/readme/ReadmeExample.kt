package io.causerie.readme

// The README's example begins here.
import io.causerie.Causerie
import kotlinx.coroutines.launch
import java.io.File

suspend fun main() {
    val chat = Causerie.open(File("alice-data"), "ws://127.0.0.1:4000", "alice") {
        System.getenv("TOKEN").orEmpty() // your backend's; asked for whenever one is needed
    } // outbox and cache; it opens offline too
    chat.start() // from here on it stays connected by itself
    chat.scope.launch { chat.connection.collect { println(it) } }

    val bob = chat.openDirect("bob")
    val timeline = bob.timeline()
    bob.send("Bonjour, Bob") // shown at once, sent when it can be

    timeline.state.collect { state ->
        for (item in state.items) {
            val mark = if (item.send != null) "…" else "✓"
            println("$mark ${item.senderId}: ${item.text.orEmpty()}")
        }
    }
}
// The README's example ends here.
