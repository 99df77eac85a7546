package io.causerie

/**
 * A conversation to be made. A direct one is opened by [Causerie.openDirect].
 *
 * @property title its title.
 * @property members the ids of those who belong to it beside this user.
 * @property kind one of [ConversationKind], without `direct`.
 * @property history one of [History]; null for the server's default, [History.FROM_JOIN].
 */
public data class NewConversation @JvmOverloads constructor(
    val title: String?,
    val members: List<String>,
    val kind: String = ConversationKind.GROUP,
    val history: String? = null,
)

/**
 * Changes to a conversation. What is null stays.
 *
 * @property title its new title.
 * @property avatar a reference to its new picture.
 * @property settingsJson the app's own settings, as a JSON object that takes the place of the old.
 */
public data class ConversationChanges @JvmOverloads constructor(
    val title: String? = null,
    val avatar: String? = null,
    val settingsJson: String? = null,
)
