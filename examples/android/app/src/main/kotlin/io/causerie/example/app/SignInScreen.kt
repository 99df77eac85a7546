package io.causerie.example.app

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.safeDrawingPadding
import androidx.compose.foundation.layout.widthIn
import androidx.compose.material3.AlertDialog
import androidx.compose.material3.Button
import androidx.compose.material3.CircularProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import io.causerie.example.Phrases
import io.causerie.example.session.Account

/** Who are you? Any name will do: the developers' backend asks for no password. */
@Composable
fun SignInScreen(problem: String?, onSignIn: (Account) -> Unit) {
    // The emulator's name for the machine that it runs on.
    var server by rememberSaveable { mutableStateOf("ws://10.0.2.2:4000") }
    var user by rememberSaveable { mutableStateOf("") }
    Surface(Modifier.fillMaxSize()) {
        Box(Modifier.safeDrawingPadding(), contentAlignment = Alignment.Center) {
            Column(
                Modifier.widthIn(max = 420.dp).fillMaxWidth().padding(24.dp),
                verticalArrangement = Arrangement.spacedBy(16.dp),
            ) {
                Text(Phrases.SIGN_IN_TITLE, style = MaterialTheme.typography.headlineMedium)
                OutlinedTextField(
                    value = user,
                    onValueChange = { user = it },
                    modifier = Modifier.fillMaxWidth(),
                    label = { Text(Phrases.NAME) },
                    singleLine = true,
                )
                OutlinedTextField(
                    value = server,
                    onValueChange = { server = it },
                    modifier = Modifier.fillMaxWidth(),
                    label = { Text(Phrases.SERVER) },
                    singleLine = true,
                )
                if (problem != null) {
                    Text(
                        problem,
                        Modifier.semantics { liveRegion = LiveRegionMode.Polite },
                        color = MaterialTheme.colorScheme.error,
                    )
                }
                Button(
                    onClick = { onSignIn(Account(server.trim(), user.trim())) },
                    modifier = Modifier.fillMaxWidth(),
                    enabled = user.isNotBlank() && server.isNotBlank(),
                ) {
                    Text(Phrases.SIGN_IN)
                }
            }
        }
    }
}

/** The data are opened. */
@Composable
fun OpeningScreen() {
    Surface(Modifier.fillMaxSize()) {
        Box(contentAlignment = Alignment.Center) { CircularProgressIndicator() }
    }
}

/** Whoever signs out now loses messages. */
@Composable
fun UnsentDialog(onDiscard: () -> Unit, onStay: () -> Unit) {
    AlertDialog(
        onDismissRequest = onStay,
        title = { Text(Phrases.UNSENT_TITLE) },
        text = { Text(Phrases.UNSENT_TEXT) },
        confirmButton = { TextButton(onClick = onDiscard) { Text(Phrases.UNSENT_DISCARD) } },
        dismissButton = { TextButton(onClick = onStay) { Text(Phrases.UNSENT_STAY) } },
    )
}
