package io.causerie.example.session

import io.causerie.SignInRequired
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runInterruptible
import java.io.IOException
import java.net.HttpURLConnection
import java.net.URL

/** The app's own backend: it knows the users and signs tokens for them. */
fun interface Backend {
    /**
     * A token for this user.
     *
     * @throws SignInRequired if the user must sign in first.
     * @throws IOException if there was no answer; it is asked again later.
     */
    suspend fun token(account: Account): String
}

/**
 * The backend that `causerie serve --dev` has built in, which gives anybody a token. For developers'
 * machines: an app has a backend of its own in its place, with sessions and passwords.
 */
class DevBackend : Backend {
    override suspend fun token(account: Account): String = runInterruptible(Dispatchers.IO) {
        val connection = URL(address(account.server)).openConnection() as HttpURLConnection
        try {
            connection.connectTimeout = PATIENCE_MS
            connection.readTimeout = PATIENCE_MS
            connection.requestMethod = "POST"
            connection.doOutput = true
            connection.setRequestProperty("content-type", "application/json")
            connection.outputStream.use { it.write("""{"user_id":${quoted(account.userId)}}""".toByteArray()) }
            when (val status = connection.responseCode) {
                HttpURLConnection.HTTP_OK -> read(connection.inputStream.bufferedReader().readText())
                HttpURLConnection.HTTP_UNAUTHORIZED, HttpURLConnection.HTTP_FORBIDDEN ->
                    throw SignInRequired("the backend says $status")
                else -> throw IOException("the backend says $status")
            }
        } finally {
            connection.disconnect()
        }
    }

    private fun read(answer: String) =
        TOKEN.find(answer)?.groupValues?.get(1) ?: throw IOException("the backend gave no token")

    companion object {
        private const val PATIENCE_MS = 15_000

        /** A token has no sign in it that JSON would write otherwise. */
        private val TOKEN = Regex(""""token"\s*:\s*"([A-Za-z0-9._-]+)"""")

        /** Where a server that is spoken to at `ws://…` gives tokens. */
        fun address(server: String): String =
            server.replaceFirst("ws", "http").removeSuffix("/").removeSuffix("/ws") + "/dev/token"

        /** A text as JSON has it. */
        fun quoted(text: String): String = buildString {
            append('"')
            for (sign in text) when {
                sign == '"' || sign == '\\' -> append('\\').append(sign)
                sign < ' ' -> append("\\u%04x".format(sign.code))
                else -> append(sign)
            }
            append('"')
        }
    }
}
