package io.causerie.example.app

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.consumeWindowInsets
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.imePadding
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.LazyListState
import androidx.compose.foundation.lazy.items
import androidx.compose.foundation.lazy.rememberLazyListState
import androidx.compose.material.icons.Icons
import androidx.compose.material.icons.automirrored.filled.ArrowBack
import androidx.compose.material3.ExperimentalMaterial3Api
import androidx.compose.material3.Icon
import androidx.compose.material3.IconButton
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Scaffold
import androidx.compose.material3.SnackbarHost
import androidx.compose.material3.SnackbarHostState
import androidx.compose.material3.Text
import androidx.compose.material3.TopAppBar
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.derivedStateOf
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.runtime.snapshotFlow
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.unit.dp
import androidx.lifecycle.Lifecycle
import androidx.lifecycle.compose.LocalLifecycleOwner
import androidx.lifecycle.repeatOnLifecycle
import io.causerie.example.Phrases
import io.causerie.example.room.Composer
import io.causerie.example.room.Entry
import io.causerie.example.room.RoomIntent
import io.causerie.example.room.RoomState
import io.causerie.example.room.follows
import kotlinx.coroutines.flow.filterNotNull

/** A conversation. */
@OptIn(ExperimentalMaterial3Api::class)
@Composable
fun RoomScreen(
    state: RoomState,
    composer: Composer,
    onIntent: (RoomIntent) -> Unit,
    onSignIn: () -> Unit,
    onBack: () -> Unit,
) {
    val snackbars = remember { SnackbarHostState() }
    NoticeEffect(state.notice, snackbars) { onIntent(RoomIntent.NoticeShown(it)) }
    Scaffold(
        topBar = {
            TopAppBar(
                title = { RoomTitle(state) },
                navigationIcon = {
                    IconButton(onClick = onBack) {
                        Icon(Icons.AutoMirrored.Filled.ArrowBack, contentDescription = Phrases.BACK)
                    }
                },
            )
        },
        snackbarHost = { SnackbarHost(snackbars) },
    ) { padding ->
        Column(Modifier.padding(padding).consumeWindowInsets(padding).imePadding().fillMaxSize()) {
            BannerBar(state.banner, onSignIn, onConnect = { onIntent(RoomIntent.Connect) })
            if (state.loading) {
                LinearProgressIndicator(Modifier.fillMaxWidth().semantics { contentDescription = Phrases.LOADING })
            }
            Messages(state, onIntent, Modifier.weight(1f))
            state.troubles.forEach { TroubleLine(it, onIntent, Modifier.padding(horizontal = 16.dp)) }
            if (state.writable) {
                ComposerBar(composer, onIntent)
            } else {
                Text(
                    Phrases.NOT_WRITABLE,
                    Modifier.fillMaxWidth().padding(16.dp),
                    color = MaterialTheme.colorScheme.onSurfaceVariant,
                    textAlign = TextAlign.Center,
                )
            }
        }
    }
}

@Composable
private fun RoomTitle(state: RoomState) {
    Column {
        Text(state.title, maxLines = 1, overflow = TextOverflow.Ellipsis)
        state.subtitle?.let { subtitle ->
            Text(
                subtitle,
                Modifier.semantics { liveRegion = LiveRegionMode.Polite },
                color = MaterialTheme.colorScheme.onSurfaceVariant,
                maxLines = 1,
                overflow = TextOverflow.Ellipsis,
                style = MaterialTheme.typography.labelMedium,
            )
        }
    }
}

/**
 * The newest message is the first of a list that is laid out from below. So older ones come at its
 * end, and what is seen stays where it is.
 */
@Composable
private fun Messages(state: RoomState, onIntent: (RoomIntent) -> Unit, modifier: Modifier) {
    val list = rememberLazyListState()
    FollowNewest(list, state.entries)
    AskForOlder(list, state, onIntent)
    TellWhatIsSeen(list, onIntent)
    LazyColumn(
        modifier.fillMaxWidth(),
        state = list,
        contentPadding = PaddingValues(horizontal = 12.dp, vertical = 8.dp),
        reverseLayout = true,
        verticalArrangement = Arrangement.spacedBy(4.dp),
    ) {
        items(state.entries.asReversed(), key = { it.key }, contentType = { it::class }) { entry ->
            when (entry) {
                is Entry.Day -> Aside(entry.label, Modifier.semantics { heading() })
                is Entry.Remark -> Aside(entry.text)
                is Entry.Message -> MessageLine(entry, onIntent)
            }
        }
    }
}

@Composable
private fun Aside(text: String, modifier: Modifier = Modifier) {
    Text(
        text,
        modifier.fillMaxWidth().padding(vertical = 8.dp),
        color = MaterialTheme.colorScheme.onSurfaceVariant,
        style = MaterialTheme.typography.labelMedium,
        textAlign = TextAlign.Center,
    )
}

/** A list goes by keys: without this, a new message would come below what is seen. */
@Composable
private fun FollowNewest(list: LazyListState, entries: List<Entry>) {
    var before by remember { mutableStateOf(entries) }
    LaunchedEffect(entries) {
        val newest = before.lastOrNull()?.key
        val atEnd = newest == null || list.layoutInfo.visibleItemsInfo.any { it.key == newest }
        val goes = follows(before, entries, atEnd)
        before = entries
        if (goes) list.animateScrollToItem(0)
    }
}

@Composable
private fun AskForOlder(list: LazyListState, state: RoomState, onIntent: (RoomIntent) -> Unit) {
    val nearsOldest by remember(list) {
        derivedStateOf {
            val info = list.layoutInfo
            val last = info.visibleItemsInfo.lastOrNull()?.index ?: -1
            last >= info.totalItemsCount - PREFETCH
        }
    }
    LaunchedEffect(nearsOldest, state.hasOlder, state.loading, state.entries.firstOrNull()?.key) {
        if (nearsOldest && state.hasOlder && !state.loading) onIntent(RoomIntent.LoadOlder)
    }
}

/** Only while the screen is in front: what nobody looks at is not read. */
@Composable
private fun TellWhatIsSeen(list: LazyListState, onIntent: (RoomIntent) -> Unit) {
    val owner = LocalLifecycleOwner.current
    LaunchedEffect(list, owner) {
        owner.lifecycle.repeatOnLifecycle(Lifecycle.State.RESUMED) {
            snapshotFlow { list.layoutInfo.visibleItemsInfo.firstOrNull()?.key as? String }
                .filterNotNull()
                .collect { onIntent(RoomIntent.Saw(it)) }
        }
    }
}

/** How many messages from the oldest one more are asked for. */
private const val PREFETCH = 8
