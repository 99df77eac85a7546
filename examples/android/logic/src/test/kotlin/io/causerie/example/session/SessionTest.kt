package io.causerie.example.session

import io.causerie.Causerie
import io.causerie.ConnectionState
import io.causerie.SendState
import io.causerie.SignInRequired
import io.causerie.example.Banner
import io.causerie.example.NOWHERE
import io.causerie.example.TestServer
import io.causerie.example.awaits
import io.causerie.example.list.ListModel
import io.causerie.example.londonTimes
import io.causerie.example.test
import kotlinx.coroutines.CoroutineScope
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.io.IOException
import java.util.concurrent.atomic.AtomicBoolean

class SessionTest {
    @TempDir
    lateinit var dir: File

    private class Remembered(override var current: Account? = null) : Accounts

    private val accounts = Remembered()

    private fun session(scope: CoroutineScope, backend: Backend = DevBackend()) =
        Session(accounts, backend, scope) { account, tokens ->
            Causerie.open(File(dir, account.userId), account.server, account.userId, tokens = tokens)
        }

    private suspend fun Session.signedIn() =
        state.awaits { it is SessionState.SignedIn } as SessionState.SignedIn

    @Test
    fun `who signed in once is signed in at the next start, also offline`() = test { scope ->
        TestServer(File(dir, "server")).use { server ->
            val first = session(scope)
            first.state.awaits { it == SessionState.SignedOut() }
            val account = Account(server.url, "alice")
            first.signIn(account)
            first.signedIn().chat.let { chat ->
                chat.connection.awaits { it == ConnectionState.Live }
                chat.openDirect("bob")
                chat.closeAndJoin()
            }
            assertEquals(account, accounts.current)
            server.kill()
            val again = session(scope).signedIn()
            assertEquals(account, again.account)
            assertEquals("bob", again.chat.conversations.value.single().title)
            again.chat.closeAndJoin()
        }
    }

    @Test
    fun `who must sign in again writes meanwhile, and it is sent afterwards`() = test { scope ->
        TestServer(File(dir, "server")).use { server ->
            val signedIn = AtomicBoolean()
            val session = session(scope) { if (signedIn.get()) DevBackend().token(it) else throw SignInRequired() }
            session.signIn(Account(server.url, "alice"))
            val chat = session.signedIn().chat
            val list = ListModel(chat, scope, londonTimes)
            list.state.awaits { it.banner == Banner.SignInNeeded }
            val key = chat.openDirect("bob").send("Salut")
            signedIn.set(true)
            session.signedInAgain()
            assertTrue(chat.outbox.settled(key) is SendState.Sent)
            list.state.awaits { it.banner == null }
            chat.closeAndJoin()
        }
    }

    @Test
    fun `a backend that does not answer is offline, and no reason to sign in`() = test { scope ->
        val session = session(scope) { throw IOException("no answer") }
        session.signIn(Account(NOWHERE, "alice"))
        val chat = session.signedIn().chat
        val list = ListModel(chat, scope, londonTimes)
        val bob = chat.openDirect("bob")
        list.state.awaits { it.banner == Banner.Offline(0) && it.rows.size == 1 }
        bob.send("Salut")
        list.state.awaits { it.banner == Banner.Offline(1) }
        chat.closeAndJoin()
    }

    @Test
    fun `signing out asks before messages are lost`() = test { scope ->
        val session = session(scope) { throw SignInRequired() }
        val account = Account(NOWHERE, "alice")
        session.signIn(account)
        val chat = session.signedIn().chat
        chat.openDirect("bob").send("never sent")
        session.signOut()
        session.state.awaits { it is SessionState.SignedIn && it.unsent }
        session.stay()
        session.state.awaits { it is SessionState.SignedIn && !it.unsent }
        chat.conversations.awaits { it.size == 1 }
        session.signOut(discard = true)
        session.state.awaits { it == SessionState.SignedOut() }
        assertNull(accounts.current)
        session.signIn(account)
        val fresh = session.signedIn().chat
        assertTrue(fresh.conversations.value.isEmpty())
        fresh.closeAndJoin()
    }

    @Test
    fun `an address that cannot be is said, and nobody is signed in`() = test { scope ->
        val session = session(scope)
        session.signIn(Account("not an address", "alice"))
        val state = session.state.awaits { it is SessionState.SignedOut && it.problem != null }
        assertFalse((state as SessionState.SignedOut).problem.isNullOrEmpty())
        assertNull(accounts.current)
    }
}
