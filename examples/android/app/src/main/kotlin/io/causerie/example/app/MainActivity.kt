package io.causerie.example.app

import android.os.Bundle
import androidx.activity.ComponentActivity
import androidx.activity.compose.setContent
import androidx.activity.enableEdgeToEdge
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.getValue
import androidx.compose.runtime.key
import androidx.lifecycle.ViewModel
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import androidx.lifecycle.viewModelScope
import androidx.lifecycle.viewmodel.compose.viewModel
import androidx.navigation.NavType
import androidx.navigation.compose.NavHost
import androidx.navigation.compose.composable
import androidx.navigation.compose.rememberNavController
import androidx.navigation.navArgument
import io.causerie.Causerie
import io.causerie.example.Times
import io.causerie.example.list.ListModel
import io.causerie.example.room.RoomModel
import io.causerie.example.session.Session
import io.causerie.example.session.SessionState

/** The only activity: it draws what the models of the module `logic` say. */
class MainActivity : ComponentActivity() {
    override fun onCreate(savedInstanceState: Bundle?) {
        enableEdgeToEdge()
        super.onCreate(savedInstanceState)
        val app = application as ExampleApp
        setContent {
            ExampleTheme { Root(app.session, app.times, whenSignedOut = viewModelStore::clear) }
        }
    }

    override fun onStart() {
        super.onStart()
        (application as ExampleApp).times.turn()
    }
}

/** @param whenSignedOut the screens of who was signed in are gone, and their models go too. */
@Composable
private fun Root(session: Session, times: Times, whenSignedOut: () -> Unit) {
    val state by session.state.collectAsStateWithLifecycle()
    when (val now = state) {
        SessionState.Opening -> OpeningScreen()
        is SessionState.SignedOut -> {
            LaunchedEffect(Unit) { whenSignedOut() }
            SignInScreen(now.problem, session::signIn)
        }
        is SessionState.SignedIn -> {
            key(now.account) { Screens(now.chat, times, session) }
            if (now.unsent) UnsentDialog(onDiscard = { session.signOut(discard = true) }, onStay = session::stay)
        }
    }
}

@Composable
private fun Screens(chat: Causerie, times: Times, session: Session) {
    val navigation = rememberNavController()
    NavHost(navigation, startDestination = "list") {
        composable("list") {
            val model = viewModel { ListViewModel(chat, times) }.model
            val state by model.state.collectAsStateWithLifecycle()
            ListScreen(
                state = state,
                onIntent = model::handle,
                onOpen = { id -> navigation.navigate("room/$id") { launchSingleTop = true } },
                onSignIn = session::signedInAgain,
                onSignOut = { session.signOut() },
            )
        }
        composable("room/{id}", arguments = listOf(navArgument("id") { type = NavType.StringType })) { entry ->
            val id = checkNotNull(entry.arguments?.getString("id"))
            val model = viewModel { RoomViewModel(chat, id, times) }.model
            val state by model.state.collectAsStateWithLifecycle()
            val composer by model.composer.collectAsStateWithLifecycle()
            RoomScreen(
                state = state,
                composer = composer,
                onIntent = model::handle,
                onSignIn = session::signedInAgain,
                onBack = { navigation.popBackStack() },
            )
        }
    }
}

/** Keeps the list's model while the activity is made anew. */
private class ListViewModel(chat: Causerie, times: Times) : ViewModel() {
    val model = ListModel(chat, viewModelScope, times)
}

/** Keeps a conversation's model while the activity is made anew. */
private class RoomViewModel(chat: Causerie, id: String, times: Times) : ViewModel() {
    val model = RoomModel(chat, id, viewModelScope, times)

    override fun onCleared() = model.close()
}
