package io.causerie.example.app

import androidx.compose.animation.AnimatedVisibility
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.SnackbarHostState
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import io.causerie.example.Banner
import io.causerie.example.Notice
import io.causerie.example.Phrases

/** What is not well with the connection; TalkBack says it when it changes. */
@Composable
fun BannerBar(banner: Banner?, onSignIn: () -> Unit, onConnect: () -> Unit) {
    AnimatedVisibility(visible = banner != null) {
        // While it goes, there is nothing to say any more.
        if (banner != null) BannerText(banner, onSignIn, onConnect)
    }
}

@Composable
private fun BannerText(banner: Banner, onSignIn: () -> Unit, onConnect: () -> Unit) {
    val colors = MaterialTheme.colorScheme
    val isUrgent = banner == Banner.SignInNeeded || banner == Banner.Ended
    Surface(
        color = if (isUrgent) colors.errorContainer else colors.secondaryContainer,
        contentColor = if (isUrgent) colors.onErrorContainer else colors.onSecondaryContainer,
    ) {
        Row(
            Modifier.fillMaxWidth().heightIn(min = 40.dp).padding(horizontal = 16.dp),
            verticalAlignment = Alignment.CenterVertically,
        ) {
            Text(
                Phrases.banner(banner),
                Modifier.weight(1f).semantics { liveRegion = LiveRegionMode.Polite },
                style = MaterialTheme.typography.bodyMedium,
            )
            Phrases.bannerButton(banner)?.let { label ->
                TextButton(onClick = if (banner == Banner.SignInNeeded) onSignIn else onConnect) { Text(label) }
            }
        }
    }
}

/** Says a notice once. */
@Composable
fun NoticeEffect(notice: Notice?, host: SnackbarHostState, onShown: (Int) -> Unit) {
    LaunchedEffect(notice) {
        if (notice != null) {
            host.showSnackbar(notice.text)
            onShown(notice.number)
        }
    }
}
