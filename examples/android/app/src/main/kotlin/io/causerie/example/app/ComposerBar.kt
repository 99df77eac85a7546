package io.causerie.example.app

import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.material.icons.Icons
import androidx.compose.material.icons.automirrored.filled.Send
import androidx.compose.material.icons.filled.Check
import androidx.compose.material.icons.filled.Close
import androidx.compose.material3.Icon
import androidx.compose.material3.IconButton
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.text.TextRange
import androidx.compose.ui.text.input.KeyboardCapitalization
import androidx.compose.ui.text.input.TextFieldValue
import androidx.compose.ui.unit.dp
import io.causerie.example.Phrases
import io.causerie.example.room.Composer
import io.causerie.example.room.Mode
import io.causerie.example.room.RoomIntent

/** Where a message is written, answered or changed. */
@Composable
fun ComposerBar(composer: Composer, onIntent: (RoomIntent) -> Unit) {
    // The field has cursor, selection and composition of its own; the logic's text comes in only when
    // the logic changed it.
    var field by remember(composer.generation) {
        mutableStateOf(TextFieldValue(composer.text, TextRange(composer.text.length)))
    }
    Surface(tonalElevation = 2.dp) {
        Column(Modifier.fillMaxWidth().padding(8.dp)) {
            ModeLine(composer.mode, onDismiss = { onIntent(RoomIntent.Dismiss) })
            Row(verticalAlignment = Alignment.Bottom) {
                OutlinedTextField(
                    value = field,
                    onValueChange = { value ->
                        val isTyped = value.text != field.text
                        field = value
                        if (isTyped) onIntent(RoomIntent.Type(value.text))
                    },
                    modifier = Modifier.weight(1f),
                    placeholder = { Text(Phrases.MESSAGE) },
                    keyboardOptions = KeyboardOptions(capitalization = KeyboardCapitalization.Sentences),
                    maxLines = 5,
                )
                IconButton(onClick = { onIntent(RoomIntent.Send) }, enabled = composer.sendable) {
                    if (composer.mode is Mode.Edit) {
                        Icon(Icons.Filled.Check, contentDescription = Phrases.SAVE)
                    } else {
                        Icon(Icons.AutoMirrored.Filled.Send, contentDescription = Phrases.SEND_IT)
                    }
                }
            }
        }
    }
}

@Composable
private fun ModeLine(mode: Mode, onDismiss: () -> Unit) {
    if (mode == Mode.New) return
    Row(Modifier.padding(start = 16.dp), verticalAlignment = Alignment.CenterVertically) {
        when (mode) {
            Mode.New -> Unit
            is Mode.Reply -> QuoteLine(mode.quote, Modifier.weight(1f))
            is Mode.Edit -> Text(Phrases.EDITING, Modifier.weight(1f), style = MaterialTheme.typography.labelLarge)
        }
        IconButton(onClick = onDismiss) { Icon(Icons.Filled.Close, contentDescription = Phrases.CANCEL) }
    }
}
