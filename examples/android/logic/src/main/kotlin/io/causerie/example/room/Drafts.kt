package io.causerie.example.room

import io.causerie.CauserieException
import io.causerie.Conversation
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.launch

/**
 * Keeps what was typed: one write at a time, always of the newest text, so that a fast typist does not
 * queue up writes. What was kept last is written also when the screen is left at once.
 *
 * @param scope longer than the screen's.
 */
class Drafts(private val conversation: Conversation, scope: CoroutineScope) {
    private val texts = Channel<String>(Channel.CONFLATED)

    init {
        var written = conversation.draft().orEmpty()
        scope.launch {
            for (text in texts) {
                if (text == written) continue
                written = text
                try {
                    conversation.setDraft(text.ifBlank { null })
                } catch (_: CauserieException) {
                    // Of a draft alone, nobody wants to hear that the disk is full.
                }
            }
        }
    }

    /** Keeps a text. */
    fun keep(text: String) {
        texts.trySend(text)
    }

    /** There will be no more. */
    fun close() {
        texts.close()
    }
}
