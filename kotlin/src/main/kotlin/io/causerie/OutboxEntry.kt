package io.causerie

/**
 * A write of this device that is on its way, or failed.
 *
 * @property key what the call gave. A message is shown, sent and confirmed under it.
 * @property conversationId where.
 * @property kind what, as the wire names it: `send_message`, `edit_message` and so on
 *   (`docs/protocol.md` §4).
 * @property text what it says, if it is a message or an edit of text.
 * @property targetKey the key of the message that it changes, if it names it so.
 * @property targetMessageId the id of the message that it changes, if it names it so.
 * @property emoji the emoji, of a reaction.
 * @property userIds the users, where it is about members.
 * @property createdAt when it was made, in milliseconds since 1970 by this device's clock.
 * @property state how it stands: queued or failed.
 */
public data class OutboxEntry(
    val key: String,
    val conversationId: String,
    val kind: String,
    val text: String?,
    val targetKey: String?,
    val targetMessageId: String?,
    val emoji: String?,
    val userIds: List<String>,
    val createdAt: Long,
    val state: SendState,
) {
    /** Without what people wrote. */
    override fun toString(): String = "OutboxEntry($key, $kind, $state)"
}
