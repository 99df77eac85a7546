package io.causerie.example

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
    private val controlPort =
        ServerSocket(0, 1, InetAddress.getLoopbackAddress()).use { it.localPort }
    private var port = 0
    private var process = begin()

    /** Its address. */
    val url: String get() = "ws://127.0.0.1:$port"

    private fun begin(): Process {
        val program = checkNotNull(System.getenv("CAUSERIE_BIN")) {
            "CAUSERIE_BIN must name the program causerie, built with the feature control"
        }
        val process = ProcessBuilder(
            program, "serve", "--dev", "--listen", "127.0.0.1:$port", "--data", data.path,
            "--control", "127.0.0.1:$controlPort", "--end-with-stdin",
        ).redirectError(ProcessBuilder.Redirect.DISCARD).start()
        val said = process.inputStream.bufferedReader().lineSequence().first { it.startsWith(LISTENS) }
        port = URI(said.removePrefix(LISTENS)).port
        return process
    }

    /** Refuses the next writes for good. */
    fun refuse(count: Int, code: String) {
        val order = HttpRequest.newBuilder(URI("http://127.0.0.1:$controlPort/refuse"))
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString("""{"count":$count,"code":"$code"}"""))
        val answer = HttpClient.newHttpClient().send(order.build(), HttpResponse.BodyHandlers.ofString())
        check(answer.statusCode() in 200..299) { "the control port says ${answer.statusCode()}: ${answer.body()}" }
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

    private companion object {
        const val LISTENS = "listening on "
        const val PATIENCE_S = 20L
    }
}
