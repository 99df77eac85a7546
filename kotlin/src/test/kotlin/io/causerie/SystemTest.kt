package io.causerie

import io.causerie.internal.NetworkWatch
import io.causerie.internal.folderOf
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.consumeAsFlow
import kotlinx.coroutines.launch
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File

/** What the Android part does, as far as no Android is needed for it. */
class SystemTest {
    @TempDir
    lateinit var dir: File

    @Test
    fun `the client follows the app to the background and back`() = test {
        offline(dir).use { chat ->
            val foreground = Channel<Boolean>(Channel.UNLIMITED)
            val following = launch { chat.followForeground(foreground.consumeAsFlow()) }
            foreground.send(true)
            foreground.send(false)
            chat.connection.awaits { it == ConnectionState.Suspended }
            repeat(20) { foreground.send(it % 2 == 0) }
            foreground.send(true)
            foreground.close()
            following.join()
            chat.connection.awaits { it != ConnectionState.Suspended }
            chat.openDirect("bob").send("awake")
        }
    }

    @Test
    fun `only what changes about the network is told`() {
        val hints = ArrayList<NetworkHint>()
        val watch = NetworkWatch<String> { hints += it }
        watch.lost("wifi")
        watch.available("wifi")
        watch.available("wifi")
        watch.available("mobile")
        watch.lost("wifi")
        watch.lost("mobile")
        watch.available("mobile")
        assertEquals(
            listOf(NetworkHint.Changed, NetworkHint.Changed, NetworkHint.Lost, NetworkHint.Changed),
            hints,
        )
    }

    @Test
    fun `every user has a folder of their own, whatever their id`() {
        val ids = listOf("alice", "Alice", "../alice", "a/b", "é".repeat(200))
        val folders = ids.map { folderOf(it, dir) }
        assertEquals(ids.size, folders.toSet().size)
        assertTrue(folders.all { it.parentFile == File(dir, "causerie") && it.name.matches(Regex("[0-9a-f]{32}")) })
        assertEquals(folderOf("alice", dir), folders.first())
        assertNotEquals(folderOf("alice", File(dir, "elsewhere")), folders.first())
    }
}
