package io.causerie.conformance

import io.causerie.SignInRequired
import io.causerie.TokenProvider
import io.causerie.TokenRequest
import kotlinx.coroutines.future.await
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.put
import java.io.IOException
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.util.concurrent.atomic.AtomicInteger

/** The app's backend for one device: the server's control port makes its tokens. */
class Backend(private val control: String, private val tokenMs: Long, private val changed: () -> Unit) : TokenProvider {
    private val http: HttpClient = HttpClient.newHttpClient()
    private val count = AtomicInteger()

    /** What it answers: `good`, `forged`, `unavailable` or `signed_out`. */
    @Volatile
    var mood: String = "good"

    /** How often it was asked. */
    val asked: Int get() = count.get()

    override suspend fun token(request: TokenRequest): String {
        count.incrementAndGet()
        changed()
        return when (mood) {
            "good" -> mint(request.userId)
            "forged" -> mint(request.userId) + "x"
            "signed_out" -> throw SignInRequired("signed out elsewhere")
            else -> throw IOException("the backend is down")
        }
    }

    private suspend fun mint(userId: String): String {
        val question = buildJsonObject {
            put("user_id", userId)
            put("lifetime_ms", tokenMs)
        }
        val request = HttpRequest.newBuilder(URI("$control/token"))
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(question.toString()))
            .build()
        val answer = http.sendAsync(request, HttpResponse.BodyHandlers.ofString()).await()
        if (answer.statusCode() != 200) throw IOException("the backend says ${answer.statusCode()}")
        return Json.parseToJsonElement(answer.body()).jsonObject.getValue("token").jsonPrimitive.content
    }
}
