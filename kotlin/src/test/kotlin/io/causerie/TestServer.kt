package io.causerie

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.put
import java.io.Closeable
import java.io.File
import java.net.InetAddress
import java.net.ServerSocket
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.util.concurrent.TimeUnit

/** A real server, `causerie serve --dev`, in a process of its own that ends with this one. */
class TestServer(private val data: File) : Closeable {
    private val controlPort = freePort()
    private var port = 0
    private var process = begin()

    /** Its address. */
    val url: String get() = "ws://127.0.0.1:$port"

    private fun begin(): Process {
        val process = ProcessBuilder(
            program(), "serve", "--dev", "--listen", "127.0.0.1:$port", "--data", data.path,
            "--control", "127.0.0.1:$controlPort", "--end-with-stdin",
        ).redirectError(ProcessBuilder.Redirect.DISCARD).start()
        val said = process.inputStream.bufferedReader().lineSequence().first { it.startsWith(LISTENS) }
        port = URI(said.removePrefix(LISTENS)).port
        return process
    }

    /** A token for a user, as the app's backend makes it. */
    fun token(userId: String, lifetimeMs: Long = DAY): String =
        control("token", "user_id" to userId, "lifetime_ms" to lifetimeMs).jsonObject
            .getValue("token").jsonPrimitive.content

    /** A provider of such tokens. */
    fun tokens(): TokenProvider = TokenProvider { token(it.userId) }

    /** Refuses the next writes for good. */
    fun refuse(count: Int, code: String) {
        control("refuse", "count" to count, "code" to code)
    }

    /** Keeps its answers back for so long. */
    fun delay(ms: Long) {
        control("delay", "ms" to ms)
    }

    /** How many clients are connected. */
    fun connections(): Int = Json.parseToJsonElement(http("connections", null)).jsonArray.size

    private fun control(order: String, vararg fields: Pair<String, Any>) =
        Json.parseToJsonElement(http(order, buildJsonObject {
            for ((name, value) in fields) if (value is Number) put(name, value) else put(name, value.toString())
        }).ifEmpty { "{}" })

    private fun http(path: String, body: JsonObject?): String {
        val request = HttpRequest.newBuilder(URI("http://127.0.0.1:$controlPort/$path"))
        if (body != null) {
            request.header("content-type", "application/json")
            request.POST(HttpRequest.BodyPublishers.ofString(body.toString()))
        }
        val answer = HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString())
        check(answer.statusCode() in 200..299) { "the control port says ${answer.statusCode()}: ${answer.body()}" }
        return answer.body()
    }

    /** Ends it as `kill -9` does. */
    fun kill() {
        process.destroyForcibly().waitFor()
    }

    /** Starts it again where it was, on the same data. */
    fun start() {
        process = begin()
    }

    override fun close() {
        process.destroy()
        if (!process.waitFor(PATIENCE_S, TimeUnit.SECONDS)) kill()
    }

    companion object {
        private const val LISTENS = "listening on "
        private const val DAY = 86_400_000L
        private const val PATIENCE_S = 20L
        private val HTTP = HttpClient.newHttpClient()

        /** The program under test. */
        fun program(): String =
            checkNotNull(System.getenv("CAUSERIE_BIN")) {
                "CAUSERIE_BIN must name the program causerie, built with the feature control"
            }

        /** A port of loopback that nobody had a moment ago. */
        fun freePort(): Int = ServerSocket(0, 1, InetAddress.getLoopbackAddress()).use { it.localPort }
    }
}
