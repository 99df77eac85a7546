package io.causerie.internal

import java.io.File
import java.security.MessageDigest

/**
 * The folder of a user's data within a folder of the app's. A user's id may be longer than a file's
 * name, and have what a file's name must not have: the folder is called by its checksum.
 */
internal fun folderOf(userId: String, within: File): File {
    val sum = MessageDigest.getInstance("SHA-256").digest(userId.toByteArray())
    return File(File(within, "causerie"), sum.take(NAME_BYTES).joinToString("") { "%02x".format(it) })
}

private const val NAME_BYTES = 16
