package io.causerie

/**
 * A message to be sent, with everything that one may have. At most 16 KiB as JSON has it; see [Conversation.send].
 *
 * @property text what it says, or a file's caption.
 * @property objectJson in place of [text]: an object of the app's, as JSON. Its [kind] is `custom`.
 * @property kind one of [MessageKind]; null for what follows from the rest.
 * @property attachments files that the app has stored already; at most 10.
 * @property replyTo the id of the message that it answers.
 * @property mentions users whom it names.
 * @property metadataJson the app's own, as JSON; at most 4 KiB.
 */
public data class NewMessage @JvmOverloads constructor(
    val text: String? = null,
    val objectJson: String? = null,
    val kind: String? = null,
    val attachments: List<Attachment> = emptyList(),
    val replyTo: String? = null,
    val mentions: List<String> = emptyList(),
    val metadataJson: String? = null,
) {
    /** Without what people wrote. */
    override fun toString(): String = "NewMessage(kind=$kind, attachments=${attachments.size})"
}
