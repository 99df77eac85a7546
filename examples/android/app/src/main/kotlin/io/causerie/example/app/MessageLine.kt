package io.causerie.example.app

import androidx.compose.foundation.ExperimentalFoundationApi
import androidx.compose.foundation.combinedClickable
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.material3.DropdownMenu
import androidx.compose.material3.DropdownMenuItem
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.semantics.CustomAccessibilityAction
import androidx.compose.ui.semantics.clearAndSetSemantics
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.customActions
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.font.FontStyle
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.unit.dp
import io.causerie.example.Phrases
import io.causerie.example.room.Delivery
import io.causerie.example.room.Entry
import io.causerie.example.room.MessageAction
import io.causerie.example.room.Quote
import io.causerie.example.room.RoomIntent
import io.causerie.example.room.Trouble

/** What a reaction may be, from the menu. */
private val emojis = listOf("👍", "❤️", "😂", "😮", "😢", "🎉")

/** A message, with everything that hangs on it. A long touch shows what can be done with it. */
@Composable
fun MessageLine(message: Entry.Message, onIntent: (RoomIntent) -> Unit) {
    var menu by remember { mutableStateOf(false) }
    var choosing by remember { mutableStateOf(false) }
    fun act(action: MessageAction) {
        menu = false
        if (action == MessageAction.React) choosing = true else onIntent(RoomIntent.Do(action, message.key))
    }
    Column(
        Modifier.fillMaxWidth(),
        horizontalAlignment = if (message.mine) Alignment.End else Alignment.Start,
    ) {
        message.author?.let { author ->
            Row(
                Modifier.padding(top = 8.dp, bottom = 2.dp).clearAndSetSemantics {},
                horizontalArrangement = Arrangement.spacedBy(8.dp),
                verticalAlignment = Alignment.CenterVertically,
            ) {
                Avatar(message.initials, message.tint)
                Text(author, style = MaterialTheme.typography.labelLarge)
            }
        }
        Box {
            Bubble(message, onMenu = { menu = true }, onAction = ::act)
            DropdownMenu(expanded = menu, onDismissRequest = { menu = false }) {
                message.actions.forEach { action ->
                    DropdownMenuItem(text = { Text(Phrases.action(action)) }, onClick = { act(action) })
                }
            }
            DropdownMenu(expanded = choosing, onDismissRequest = { choosing = false }) {
                emojis.forEach { emoji ->
                    DropdownMenuItem(text = { Text(emoji) }, onClick = {
                        choosing = false
                        onIntent(RoomIntent.React(message.key, emoji))
                    })
                }
            }
        }
        Reactions(message, onIntent)
        if (message.delivery is Delivery.Failed) {
            Row {
                listOf(MessageAction.Retry, MessageAction.Cancel).forEach { action ->
                    TextButton(onClick = { act(action) }) { Text(Phrases.action(action)) }
                }
            }
        }
        message.trouble?.let { TroubleLine(it, onIntent) }
    }
}

@OptIn(ExperimentalFoundationApi::class)
@Composable
private fun Bubble(message: Entry.Message, onMenu: () -> Unit, onAction: (MessageAction) -> Unit) {
    val colors = MaterialTheme.colorScheme
    val shape = RoundedCornerShape(16.dp)
    Surface(
        Modifier
            .widthIn(max = 320.dp)
            .clip(shape)
            .combinedClickable(
                onClick = { if (message.actions.isNotEmpty()) onMenu() },
                onLongClick = { if (message.actions.isNotEmpty()) onMenu() },
                onClickLabel = Phrases.ACTIONS,
            )
            .clearAndSetSemantics {
                contentDescription = message.label
                customActions = message.actions.map { action ->
                    CustomAccessibilityAction(Phrases.action(action)) {
                        onAction(action)
                        true
                    }
                }
            },
        shape = shape,
        color = if (message.mine) colors.primaryContainer else colors.surfaceVariant,
        contentColor = if (message.mine) colors.onPrimaryContainer else colors.onSurfaceVariant,
    ) {
        Column(Modifier.padding(horizontal = 12.dp, vertical = 8.dp)) {
            message.quote?.let { QuoteLine(it) }
            Text(message.text, fontStyle = if (message.faint) FontStyle.Italic else FontStyle.Normal)
            Text(
                listOfNotNull(
                    Phrases.EDITED.takeIf { message.edited },
                    message.time,
                    sign(message.delivery),
                    "…".takeIf { message.changing },
                ).joinToString(" "),
                Modifier.align(Alignment.End),
                color = if (message.delivery is Delivery.Failed) colors.error else colors.onSurfaceVariant,
                style = MaterialTheme.typography.labelSmall,
            )
        }
    }
}

/** How a message fares, for the eye; the label has it in words. */
private fun sign(delivery: Delivery): String? = when (delivery) {
    Delivery.None -> null
    Delivery.Waiting -> "◷"
    Delivery.Sent -> "✓"
    Delivery.Delivered -> "✓✓"
    is Delivery.Read -> if (delivery.by == 1) "✓✓ ${Phrases.delivery(delivery)}" else Phrases.delivery(delivery)
    is Delivery.Failed -> Phrases.delivery(delivery)
}

/** The message that another one answers, in brief. */
@Composable
fun QuoteLine(quote: Quote, modifier: Modifier = Modifier) {
    Text(
        quote.author?.let { Phrases.by(it, quote.text) } ?: quote.text,
        modifier.padding(bottom = 4.dp),
        fontStyle = FontStyle.Italic,
        maxLines = 2,
        overflow = TextOverflow.Ellipsis,
        style = MaterialTheme.typography.bodySmall,
    )
}

@Composable
private fun Reactions(message: Entry.Message, onIntent: (RoomIntent) -> Unit) {
    if (message.reactions.isEmpty()) return
    Row(horizontalArrangement = Arrangement.spacedBy(4.dp)) {
        message.reactions.forEach { chip ->
            TextButton(
                onClick = { onIntent(RoomIntent.React(message.key, chip.emoji)) },
                Modifier.semantics { contentDescription = chip.label },
            ) {
                val colors = MaterialTheme.colorScheme
                Text(
                    "${chip.emoji} ${chip.count}",
                    Modifier.clearAndSetSemantics {},
                    color = if (chip.mine) colors.primary else colors.onSurfaceVariant,
                )
            }
        }
    }
}

/** Something that was refused: to be tried again, or to be let go. */
@Composable
fun TroubleLine(trouble: Trouble, onIntent: (RoomIntent) -> Unit, modifier: Modifier = Modifier) {
    Column(modifier) {
        Text(
            trouble.text,
            color = MaterialTheme.colorScheme.error,
            style = MaterialTheme.typography.bodySmall,
        )
        Row {
            TextButton(onClick = { onIntent(RoomIntent.RetryWrite(trouble.key)) }) { Text(Phrases.TRY_AGAIN) }
            TextButton(onClick = { onIntent(RoomIntent.CancelWrite(trouble.key)) }) { Text(Phrases.LET_GO) }
        }
    }
}
