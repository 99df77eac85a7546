package io.causerie.example

import io.causerie.CauserieException

/**
 * Something that did not work, to be said once.
 *
 * @property text what to say.
 * @property number tells it from the same text said before.
 */
data class Notice(val text: String, val number: Int)

/** What to say about an error; null if there is nothing to say. */
fun said(problem: CauserieException): String? = when (problem.code) {
    // The user left the screen, or signed out.
    "closed", "timeline_closed" -> null
    else -> Phrases.problem(problem.code, problem.action)
}

/** The notice that follows another. */
fun Notice?.then(text: String?): Notice? = if (text == null) this else Notice(text, (this?.number ?: 0) + 1)
