package io.causerie.example

import io.causerie.Action
import io.causerie.example.room.Delivery
import io.causerie.example.room.MessageAction

/** Every word that the app says: what a translation would take the place of. */
object Phrases {
    const val TODAY = "Today"
    const val YESTERDAY = "Yesterday"
    const val DELETED = "Message deleted"
    const val ATTACHMENT = "Attachment"
    const val SOMETHING_ELSE = "Message of another kind"
    const val NOTHING_YET = "No messages yet"
    const val EARLIER_MESSAGE = "An earlier message"
    const val YOU = "You"
    const val EDITED = "edited"
    const val NOT_SENT = "not sent"
    const val WAITING = "waiting to be sent"
    const val MUTED = "muted"
    const val PINNED = "pinned"

    const val TITLE = "Causerie"
    const val NEW = "New conversation"
    const val PEOPLE = "Names, with commas between them"
    const val GROUP_TITLE = "Title, if it is a group"
    const val BEGIN = "Begin"
    const val NO_CONVERSATIONS = "No conversations yet"
    const val REFRESH = "Refresh"
    const val SIGN_OUT = "Sign out"
    const val CANCEL = "Cancel"
    const val BACK = "Back"
    const val MESSAGE = "Message"
    const val SEND_IT = "Send"
    const val SAVE = "Save"
    const val EDITING = "Edit message"
    const val NOT_WRITABLE = "You cannot write here."
    const val ACTIONS = "What can be done with it"
    const val TRY_AGAIN = "Try again"
    const val LET_GO = "Let go"
    const val LOADING = "Older messages are loaded"
    const val SIGN_IN_TITLE = "Who are you?"
    const val NAME = "Name"
    const val SERVER = "Server"
    const val SIGN_IN = "Sign in"
    const val UNSENT_TITLE = "Messages were not sent"
    const val UNSENT_TEXT = "If you sign out now, they are lost."
    const val UNSENT_DISCARD = "Sign out and lose them"
    const val UNSENT_STAY = "Stay"

    /** What a banner says. */
    fun banner(banner: Banner): String = when (banner) {
        Banner.Connecting -> "Connecting…"
        is Banner.Offline -> when (banner.waiting) {
            0 -> "No connection. You can go on reading and writing."
            1 -> "No connection. One message will be sent later."
            else -> "No connection. ${banner.waiting} messages will be sent later."
        }
        Banner.SignInNeeded -> "Please sign in again."
        Banner.Ended -> "The connection ended."
    }

    /** What a banner's button says; null if it has none. */
    fun bannerButton(banner: Banner): String? = when (banner) {
        Banner.SignInNeeded -> SIGN_IN
        Banner.Ended -> "Connect"
        Banner.Connecting, is Banner.Offline -> null
    }

    /** Who types. */
    fun typing(names: List<String>): String? = when (names.size) {
        0 -> null
        1 -> "${names[0]} is typing…"
        2 -> "${names[0]} and ${names[1]} are typing…"
        else -> "${names.size} people are typing…"
    }

    fun members(count: Long): String = if (count == 1L) "1 member" else "$count members"

    fun by(author: String, text: String): String = "$author: $text"

    /** What a message answers. */
    fun answers(author: String?, text: String): String =
        if (author == null) "answers an earlier message" else "answers $author: $text"

    /** An emoji on a message, for who hears it. */
    fun reaction(emoji: String, count: Long, mine: Boolean): String = when {
        !mine -> "$emoji by $count"
        count == 1L -> "$emoji by you"
        else -> "$emoji by you and ${count - 1} more"
    }

    fun draft(text: String): String = "Draft: $text"

    fun unread(count: Long): String = if (count == 1L) "1 unread message" else "$count unread messages"

    /** What became of an error, by its code where there is more to say than its action. */
    fun problem(code: String, action: Action): String = when (code) {
        "offline" -> "That needs a connection."
        "too_large" -> "That is too long to be sent."
        "disk_full" -> "This device has no space left."
        "unsent" -> "There are messages that were not sent."
        "invalid" -> "That cannot be used: a name may be wrong."
        else -> when (action) {
            Action.RetryLater -> "That did not work now. Try again later."
            Action.SignIn -> "Please sign in again."
            Action.AskUser, Action.FixCode -> "That did not work ($code)."
        }
    }

    /** Why the server refused a write for good. */
    fun refused(code: String): String = when (code) {
        "forbidden" -> "not allowed"
        "not_found" -> "it is not there any more"
        "too_large" -> "too long"
        else -> code
    }

    /** How a message of one's own fares. */
    fun delivery(delivery: Delivery): String? = when (delivery) {
        Delivery.None -> null
        Delivery.Waiting -> WAITING
        Delivery.Sent -> "sent"
        Delivery.Delivered -> "delivered"
        is Delivery.Read -> if (delivery.by == 1) "read" else "read by ${delivery.by}"
        is Delivery.Failed -> "$NOT_SENT: ${refused(delivery.code)}"
    }

    /** A write other than a message that the server refused. */
    fun trouble(kind: String, code: String): String {
        val what = when (kind) {
            "edit_message" -> "The change"
            "delete_message" -> "The deletion"
            "add_reaction", "remove_reaction" -> "The reaction"
            "create_conversation" -> "The conversation"
            else -> "What you did"
        }
        return "$what was not accepted: ${refused(code)}."
    }

    fun action(action: MessageAction): String = when (action) {
        MessageAction.Reply -> "Reply"
        MessageAction.React -> "React"
        MessageAction.Edit -> "Edit"
        MessageAction.Delete -> "Delete"
        MessageAction.Retry -> "Send again"
        MessageAction.Cancel -> "Do not send"
    }
}
