package io.causerie.android

import android.content.Context
import android.net.ConnectivityManager
import android.net.Network
import androidx.lifecycle.DefaultLifecycleObserver
import androidx.lifecycle.Lifecycle
import androidx.lifecycle.LifecycleOwner
import androidx.lifecycle.ProcessLifecycleOwner
import io.causerie.Causerie
import io.causerie.CauserieOptions
import io.causerie.TokenProvider
import io.causerie.followForeground
import io.causerie.internal.Android
import io.causerie.internal.NetworkWatch
import io.causerie.internal.folderOf
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.channels.awaitClose
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.callbackFlow
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import java.io.File

/**
 * Opens the data of a user on Android, where the app keeps it: in a folder that is part of no backup.
 * Otherwise as [Causerie.Companion.open].
 *
 * ```kotlin
 * val chat = Causerie.open(context, "wss://chat.example.org", "alice") { api.token() }
 * chat.followSystem(context)
 * chat.start()
 * ```
 */
public suspend fun Causerie.Companion.open(
    context: Context,
    url: String,
    userId: String,
    options: CauserieOptions = CauserieOptions(),
    tokens: TokenProvider,
): Causerie {
    withContext(Dispatchers.IO) { Android.begin(context) }
    return open(causerieDir(context, userId), url, userId, options, tokens)
}

/**
 * The folder of a user's data. It lies in [Context.getNoBackupFilesDir]: an outbox that a backup
 * brought to another device would be sent twice, and the server has the rest.
 */
public fun causerieDir(context: Context, userId: String): File = folderOf(userId, context.noBackupFilesDir)

/**
 * Suspends the client while the app is in the background, and tells it how the network changes, for as
 * long as it is open. An app that is to receive in the background, in a service, tells it of the
 * network only: see [followNetwork].
 */
public fun Causerie.followSystem(context: Context) {
    scope.launch { followForeground(appInForeground()) }
    followNetwork(context)
}

/** Tells the client how the network changes, for as long as it is open. */
public fun Causerie.followNetwork(context: Context) {
    val system = context.getSystemService(ConnectivityManager::class.java) ?: return
    val watch = NetworkWatch<Network> { hint -> networkChanged(hint) }
    val changes = callbackFlow<Unit> {
        val callback = object : ConnectivityManager.NetworkCallback() {
            override fun onAvailable(network: Network) {
                watch.available(network)
            }

            override fun onLost(network: Network) {
                watch.lost(network)
            }
        }
        system.registerDefaultNetworkCallback(callback)
        awaitClose { system.unregisterNetworkCallback(callback) }
    }
    scope.launch { changes.collect {} }
}

/** Whether any of the app's activities is started. */
public fun appInForeground(): Flow<Boolean> = callbackFlow {
    val lifecycle = ProcessLifecycleOwner.get().lifecycle
    val observer = object : DefaultLifecycleObserver {
        override fun onStart(owner: LifecycleOwner) {
            trySend(true)
        }

        override fun onStop(owner: LifecycleOwner) {
            trySend(false)
        }
    }
    trySend(lifecycle.currentState.isAtLeast(Lifecycle.State.STARTED))
    lifecycle.addObserver(observer)
    awaitClose { lifecycle.removeObserver(observer) }
}.flowOn(Dispatchers.Main.immediate)
