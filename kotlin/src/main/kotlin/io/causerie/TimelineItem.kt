package io.causerie

/**
 * A message as a screen shows it. It keeps its [key] for as long as it is shown: that is what a
 * list's rows are told apart by.
 *
 * @property key stable, also over the message's confirmation by the server.
 * @property conversationId where it was said.
 * @property messageId the server's id; null until it is confirmed.
 * @property tempId the key that [Conversation.send] gave, on devices of the message's sender.
 * @property seq its place in the conversation's order; null until it is confirmed.
 * @property senderId who said it.
 * @property kind one of [MessageKind].
 * @property text what was said, if it is text; null also when it was deleted.
 * @property objectJson what was said, if it is an object of the app's, as JSON.
 * @property attachments files.
 * @property replyTo the id of the message that it answers.
 * @property mentions the users that it names.
 * @property metadataJson the app's own, as JSON.
 * @property createdAt when it was taken, in milliseconds since 1970: by the server's clock, or by
 *   this device's until it is confirmed.
 * @property editedAt when it was last edited.
 * @property deletedAt when it was deleted. A deleted message keeps its place.
 * @property reactions in the order in which each emoji first came.
 * @property send how it stands, for one of this device that is not confirmed; else null.
 * @property pendingChange whether an edit, a deletion or a reaction of this device is laid over it
 *   and still on its way.
 */
public data class TimelineItem(
    val key: String,
    val conversationId: String,
    val messageId: String?,
    val tempId: String?,
    val seq: Long?,
    val senderId: String,
    val kind: String,
    val text: String?,
    val objectJson: String?,
    val attachments: List<Attachment>,
    val replyTo: String?,
    val mentions: List<String>,
    val metadataJson: String?,
    val createdAt: Long,
    val editedAt: Long?,
    val deletedAt: Long?,
    val reactions: List<Reaction>,
    val send: SendState?,
    val pendingChange: Boolean,
) {
    /** What to name when it is edited, deleted or reacted to. */
    val target: MessageTarget
        get() = messageId?.let(MessageTarget::Id) ?: MessageTarget.Key(tempId ?: key)

    /** Without what people wrote. */
    override fun toString(): String = "TimelineItem($key, seq=$seq, $kind, send=$send)"
}

/**
 * An emoji on a message.
 *
 * @property emoji the emoji.
 * @property count how many users gave it.
 * @property me whether this user is one of them.
 * @property userIds some of them, at most 5.
 */
public data class Reaction(val emoji: String, val count: Long, val me: Boolean, val userIds: List<String>)

/**
 * A file that belongs to a message (`docs/protocol.md` §5).
 *
 * @property mediaId the file on the server.
 * @property name the name that it had with its sender.
 * @property contentType its media type, such as `image/jpeg`.
 * @property size in bytes.
 * @property sha256 its checksum, in hexadecimal.
 * @property width of a picture or a video, in pixels.
 * @property height of a picture or a video, in pixels.
 * @property blurhash a picture's blurred placeholder.
 * @property durationMs of sound or a video, in milliseconds.
 * @property waveform the loudness of sound over time, in base64.
 */
public data class Attachment @JvmOverloads constructor(
    val mediaId: String,
    val name: String,
    val contentType: String,
    val size: Long,
    val sha256: String,
    val width: Long? = null,
    val height: Long? = null,
    val blurhash: String? = null,
    val durationMs: Long? = null,
    val waveform: String? = null,
) {
    /** Without the file's name. */
    override fun toString(): String = "Attachment($mediaId, $contentType, size=$size)"
}

/** The message that an edit, a deletion or a reaction means; see [TimelineItem.target]. */
public sealed interface MessageTarget {
    /**
     * By the server's id: any message that has one.
     *
     * @property messageId the id.
     */
    public data class Id(val messageId: String) : MessageTarget

    /**
     * By the key that [Conversation.send] gave: one's own, also before the server has it.
     *
     * @property key the key.
     */
    public data class Key(val key: String) : MessageTarget
}
