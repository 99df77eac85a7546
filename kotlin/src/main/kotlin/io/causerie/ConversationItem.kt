package io.causerie

/**
 * A conversation as a list shows it, with title and picture resolved.
 *
 * @property conversationId its id.
 * @property kind one of [ConversationKind].
 * @property groupId the group that it belongs to, if it belongs to one.
 * @property title the title to show: its own, or the other user's name, or their id.
 * @property avatar a reference to the picture to show, as the app's backend gave it.
 * @property peerId the other user of a direct conversation.
 * @property membership one of [Membership].
 * @property role this user's; one of [Role].
 * @property membersCount how many members it has.
 * @property unread messages not read yet.
 * @property mentionsUnread those among them that name this user.
 * @property muted whether this user muted it.
 * @property archived whether this user archived it.
 * @property pinned whether this user pinned it.
 * @property last the newest message that the server has.
 * @property updatedAt when there was last something, in milliseconds since 1970 by the server's clock.
 * @property pendingKey the key of a message of this device that is on its way and newer than [last].
 * @property draft what was typed on this device and not sent.
 */
public data class ConversationItem(
    val conversationId: String,
    val kind: String,
    val groupId: String?,
    val title: String,
    val avatar: String?,
    val peerId: String?,
    val membership: String,
    val role: String,
    val membersCount: Long,
    val unread: Long,
    val mentionsUnread: Long,
    val muted: Boolean,
    val archived: Boolean,
    val pinned: Boolean,
    val last: LastMessage?,
    val updatedAt: Long,
    val pendingKey: String?,
    val draft: String?,
) {
    /** Without what people wrote. */
    override fun toString(): String = "ConversationItem($conversationId, $kind, unread=$unread)"
}

/**
 * The beginning of a conversation's newest message.
 *
 * @property messageId its id.
 * @property seq its place in the conversation's order.
 * @property senderId who said it.
 * @property kind one of [MessageKind].
 * @property text the beginning of its text, if it has one.
 * @property createdAt when the server took it, in milliseconds since 1970.
 * @property deletedAt when it was deleted, if it was.
 */
public data class LastMessage(
    val messageId: String,
    val seq: Long,
    val senderId: String,
    val kind: String,
    val text: String?,
    val createdAt: Long,
    val deletedAt: Long?,
) {
    /** Without what people wrote. */
    override fun toString(): String = "LastMessage($messageId, seq=$seq, $kind)"
}
