package io.causerie.example.room

import io.causerie.MessageTarget

/**
 * What is being written.
 *
 * @property text what stands there.
 * @property mode what becomes of it.
 * @property kept the draft that was put aside for an edit, and comes back after it.
 * @property generation rises whenever the text changes other than by typing: the field, which keeps
 *   cursor and selection by itself, takes the text over then and only then.
 */
data class Composer(
    val text: String = "",
    val mode: Mode = Mode.New,
    val kept: String = "",
    val generation: Int = 0,
) {
    /** Whether there is anything to send. */
    val sendable: Boolean
        get() = text.isNotBlank() && (mode !is Mode.Edit || text.trim() != mode.before.trim())

    /** What is kept on this device until it is sent: never the text of an edit. */
    val draft: String
        get() = if (mode is Mode.Edit) kept else text

    /** The user typed. */
    fun typed(text: String): Composer = copy(text = text)

    /** The user answers a message; what stands there becomes the answer. */
    fun replying(messageId: String, quote: Quote): Composer = dismissed().copy(mode = Mode.Reply(messageId, quote))

    /** The user changes a message; what stands there is put aside. */
    fun editing(target: MessageTarget, before: String): Composer =
        Composer(before, Mode.Edit(target, before), draft, generation + 1)

    /** The user neither answers nor changes a message after all. */
    fun dismissed(): Composer = when (mode) {
        Mode.New -> this
        is Mode.Reply -> copy(mode = Mode.New)
        is Mode.Edit -> cleared()
    }

    /** What stood there is on its way: it is empty again, or has the draft from before the edit. */
    fun cleared(): Composer = Composer(kept, generation = generation + 1)

    /** What was on its way was not even queued: it comes back, unless something else was begun. */
    fun returned(sent: Composer): Composer =
        if (text == sent.kept && mode == Mode.New) sent.copy(generation = generation + 1) else this
}
