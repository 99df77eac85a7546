package io.causerie.example

/** How many colours there are for pictures that are missing. */
const val TINTS = 6

/**
 * One or two letters in place of a picture: of the first and the last word. What is no letter or digit
 * is passed over, and a letter beyond the basic plane is one letter. Without any, the first sign.
 */
fun initials(title: String): String {
    val words = title.split(' ', '\u00a0', '-', '_', '.', ',', '@')
        .mapNotNull { word -> word.codePoints().filter(Character::isLetterOrDigit).findFirst().let { if (it.isPresent) it.asInt else null } }
    val chosen = when (words.size) {
        0 -> title.trim().codePoints().limit(1).toArray().toList()
        1 -> words
        else -> listOf(words.first(), words.last())
    }
    return chosen.joinToString("") { String(Character.toChars(Character.toTitleCase(it))) }
}

/** Which of the [TINTS] colours: always the same for the same id. */
fun tint(id: String): Int = Math.floorMod(id.hashCode(), TINTS)
