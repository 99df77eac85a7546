package io.causerie.example.list

import io.causerie.example.Banner
import io.causerie.example.Notice

/**
 * What the list of conversations shows.
 *
 * @property banner what is not well with the connection.
 * @property rows newest activity first.
 * @property notice to be said once; then [ListIntent.NoticeShown].
 * @property opened a conversation that was just made, to go to; then [ListIntent.WentTo].
 */
data class ListState(
    val banner: Banner? = null,
    val rows: List<ConversationRow> = emptyList(),
    val notice: Notice? = null,
    val opened: String? = null,
)

/**
 * A conversation in the list.
 *
 * @property id the conversation's id, by which rows are told apart.
 * @property title the other's name, or the group's.
 * @property initials in place of a picture.
 * @property tint the colour behind them.
 * @property preview the line below the title.
 * @property time when there was last something.
 * @property unread the number on the badge; null without one.
 * @property mentioned whether an unread message names this user.
 * @property muted whether it is muted.
 * @property pinned whether it is pinned.
 * @property label the whole row for who hears it.
 */
data class ConversationRow(
    val id: String,
    val title: String,
    val initials: String,
    val tint: Int,
    val preview: Preview,
    val time: String,
    val unread: String?,
    val mentioned: Boolean,
    val muted: Boolean,
    val pinned: Boolean,
    val label: String,
)

/**
 * The line below a conversation's title.
 *
 * @property kind how to draw it.
 * @property text what it says.
 */
data class Preview(val kind: Kind, val text: String) {
    /** What stands there. */
    enum class Kind {
        /** A message that the server has. */
        Message,

        /** A message of this device on its way: with a clock. */
        Waiting,

        /** A message of this device that was refused: in the colour of errors. */
        Failed,

        /** What was typed and not sent. */
        Draft,

        /** Words of the app's: that a message was deleted, or that there is none. */
        Remark,
    }
}

/** What the user, or the screen, wants of the list. */
sealed interface ListIntent {
    /**
     * Begin to talk: with one person, or with several, who make a group.
     *
     * @property people ids, with commas or spaces between them.
     * @property title of a group; empty for their names.
     */
    data class Begin(val people: String, val title: String = "") : ListIntent

    /** Pull to refresh. */
    data object Refresh : ListIntent

    /** Connect again, after the connection [Banner.Ended]. */
    data object Connect : ListIntent

    /**
     * The screen went to the conversation that was made.
     *
     * @property id which.
     */
    data class WentTo(val id: String) : ListIntent

    /**
     * The notice was said.
     *
     * @property number its [Notice.number].
     */
    data class NoticeShown(val number: Int) : ListIntent
}
