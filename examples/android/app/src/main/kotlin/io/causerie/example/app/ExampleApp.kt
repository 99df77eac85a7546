package io.causerie.example.app

import android.app.Application
import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import android.content.IntentFilter
import io.causerie.Causerie
import io.causerie.android.followSystem
import io.causerie.android.open
import io.causerie.example.Times
import io.causerie.example.session.DevBackend
import io.causerie.example.session.Session
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import java.time.Clock
import java.util.Locale

/** The process: it holds the one client, whatever screens come and go. */
class ExampleApp : Application() {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Main.immediate)

    /** Who uses the app. */
    lateinit var session: Session
        private set

    /** How times are written. */
    lateinit var times: Times
        private set

    override fun onCreate() {
        super.onCreate()
        times = Times(Clock.systemDefaultZone(), Locale.getDefault())
        session = Session(SavedAccounts(this), DevBackend(), scope) { account, tokens ->
            Causerie.open(this, account.server, account.userId, tokens = tokens).also { it.followSystem(this) }
        }
        val midnight = object : BroadcastReceiver() {
            override fun onReceive(context: Context, intent: Intent) = times.turn()
        }
        registerReceiver(midnight, IntentFilter(Intent.ACTION_DATE_CHANGED))
    }
}
