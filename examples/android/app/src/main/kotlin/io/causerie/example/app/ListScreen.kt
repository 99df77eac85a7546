package io.causerie.example.app

import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.items
import androidx.compose.material.icons.Icons
import androidx.compose.material.icons.automirrored.filled.ExitToApp
import androidx.compose.material.icons.filled.Add
import androidx.compose.material.icons.filled.Refresh
import androidx.compose.material3.AlertDialog
import androidx.compose.material3.Badge
import androidx.compose.material3.ExperimentalMaterial3Api
import androidx.compose.material3.FloatingActionButton
import androidx.compose.material3.Icon
import androidx.compose.material3.IconButton
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.Scaffold
import androidx.compose.material3.SnackbarHost
import androidx.compose.material3.SnackbarHostState
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.material3.TopAppBar
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.clearAndSetSemantics
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.text.font.FontStyle
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.unit.dp
import io.causerie.example.Phrases
import io.causerie.example.list.ConversationRow
import io.causerie.example.list.ListIntent
import io.causerie.example.list.ListState
import io.causerie.example.list.Preview

/** The list of conversations. */
@OptIn(ExperimentalMaterial3Api::class)
@Composable
fun ListScreen(
    state: ListState,
    onIntent: (ListIntent) -> Unit,
    onOpen: (String) -> Unit,
    onSignIn: () -> Unit,
    onSignOut: () -> Unit,
) {
    val snackbars = remember { SnackbarHostState() }
    var isBeginning by rememberSaveable { mutableStateOf(false) }
    NoticeEffect(state.notice, snackbars) { onIntent(ListIntent.NoticeShown(it)) }
    LaunchedEffect(state.opened) {
        state.opened?.let { id ->
            onOpen(id)
            onIntent(ListIntent.WentTo(id))
        }
    }
    Scaffold(
        topBar = {
            TopAppBar(
                title = { Text(Phrases.TITLE) },
                actions = {
                    IconButton(onClick = { onIntent(ListIntent.Refresh) }) {
                        Icon(Icons.Filled.Refresh, contentDescription = Phrases.REFRESH)
                    }
                    IconButton(onClick = onSignOut) {
                        Icon(Icons.AutoMirrored.Filled.ExitToApp, contentDescription = Phrases.SIGN_OUT)
                    }
                },
            )
        },
        snackbarHost = { SnackbarHost(snackbars) },
        floatingActionButton = {
            FloatingActionButton(onClick = { isBeginning = true }) {
                Icon(Icons.Filled.Add, contentDescription = Phrases.NEW)
            }
        },
    ) { padding ->
        Column(Modifier.padding(padding).fillMaxSize()) {
            BannerBar(state.banner, onSignIn, onConnect = { onIntent(ListIntent.Connect) })
            if (state.rows.isEmpty()) {
                Box(Modifier.fillMaxSize(), contentAlignment = Alignment.Center) { Text(Phrases.NO_CONVERSATIONS) }
            } else {
                LazyColumn(Modifier.fillMaxSize()) {
                    items(state.rows, key = { it.id }) { row -> ConversationLine(row, onClick = { onOpen(row.id) }) }
                }
            }
        }
    }
    if (isBeginning) {
        BeginDialog(
            onBegin = { people, title ->
                isBeginning = false
                onIntent(ListIntent.Begin(people, title))
            },
            onCancel = { isBeginning = false },
        )
    }
}

@Composable
private fun ConversationLine(row: ConversationRow, onClick: () -> Unit) {
    Row(
        Modifier
            .fillMaxWidth()
            .clickable(onClick = onClick)
            .clearAndSetSemantics { contentDescription = row.label }
            .padding(horizontal = 16.dp, vertical = 10.dp),
        horizontalArrangement = Arrangement.spacedBy(12.dp),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        Avatar(row.initials, row.tint)
        Column(Modifier.weight(1f)) {
            Row(horizontalArrangement = Arrangement.spacedBy(8.dp), verticalAlignment = Alignment.CenterVertically) {
                Text(
                    row.title,
                    Modifier.weight(1f),
                    fontWeight = if (row.unread == null) FontWeight.Normal else FontWeight.Bold,
                    maxLines = 1,
                    overflow = TextOverflow.Ellipsis,
                    style = MaterialTheme.typography.titleMedium,
                )
                Text(
                    row.time,
                    color = MaterialTheme.colorScheme.onSurfaceVariant,
                    style = MaterialTheme.typography.labelMedium,
                )
            }
            Row(horizontalArrangement = Arrangement.spacedBy(8.dp), verticalAlignment = Alignment.CenterVertically) {
                PreviewText(row.preview, Modifier.weight(1f))
                row.unread?.let { number ->
                    val colors = MaterialTheme.colorScheme
                    Badge(containerColor = if (row.muted) colors.outline else colors.primary) {
                        Text(if (row.mentioned) "@ $number" else number)
                    }
                }
            }
        }
    }
}

@Composable
private fun PreviewText(preview: Preview, modifier: Modifier) {
    val colors = MaterialTheme.colorScheme
    val text = if (preview.kind == Preview.Kind.Waiting) "◷ ${preview.text}" else preview.text
    Text(
        text,
        modifier,
        color = when (preview.kind) {
            Preview.Kind.Failed -> colors.error
            Preview.Kind.Draft -> colors.primary
            Preview.Kind.Message, Preview.Kind.Waiting, Preview.Kind.Remark -> colors.onSurfaceVariant
        },
        fontStyle = if (preview.kind == Preview.Kind.Remark) FontStyle.Italic else FontStyle.Normal,
        maxLines = 1,
        overflow = TextOverflow.Ellipsis,
        style = MaterialTheme.typography.bodyMedium,
    )
}

@Composable
private fun BeginDialog(onBegin: (people: String, title: String) -> Unit, onCancel: () -> Unit) {
    var people by rememberSaveable { mutableStateOf("") }
    var title by rememberSaveable { mutableStateOf("") }
    AlertDialog(
        onDismissRequest = onCancel,
        title = { Text(Phrases.NEW) },
        text = {
            Column(verticalArrangement = Arrangement.spacedBy(8.dp)) {
                OutlinedTextField(people, { people = it }, label = { Text(Phrases.PEOPLE) }, singleLine = true)
                OutlinedTextField(title, { title = it }, label = { Text(Phrases.GROUP_TITLE) }, singleLine = true)
            }
        },
        confirmButton = {
            TextButton(onClick = { onBegin(people, title) }, enabled = people.isNotBlank()) { Text(Phrases.BEGIN) }
        },
        dismissButton = { TextButton(onClick = onCancel) { Text(Phrases.CANCEL) } },
    )
}
