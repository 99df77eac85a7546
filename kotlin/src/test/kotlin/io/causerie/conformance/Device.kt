package io.causerie.conformance

import io.causerie.Causerie
import io.causerie.CauserieException
import io.causerie.Unsent
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long
import java.io.File
import java.io.OutputStream
import java.io.PrintStream

/** A device of one user, over the public API alone: what the conformance judge tells it, it does. */
class Device(spec: JsonObject, private val changed: () -> Unit) {
    private val url = spec.text("url")
    private val user = spec.text("user")
    private val folder = File(spec.text("folder"))
    private val backend = Backend(spec.text("control"), spec.getValue("token_ms").jsonPrimitive.long, changed)
    private var open: OpenClient? = null

    /** What screens of an earlier opening showed. */
    private val ever = LinkedHashSet<String>()

    /** Does something; the line that says how it went. */
    suspend fun answer(told: JsonObject): JsonObject =
        try {
            if (told.text("do") == "look") says("shown", look()) else says("done", act(told))
        } catch (e: CauserieException) {
            failed(e.code, e.message.orEmpty())
        } catch (e: Wrong) {
            failed("scenario", e.message.orEmpty())
        }

    private suspend fun act(told: JsonObject): Map<String, JsonElement> {
        when (told.text("do")) {
            "open" -> open = OpenClient(Causerie.open(folder, url, user, tokens = backend), changed)
            "tokens" -> backend.mood = told.text("mood")
            "close" -> leave()?.chat?.closeAndJoin()
            "sign_out" -> {
                val unsent = if (told.flag("discard")) Unsent.Discard else Unsent.Refuse
                opened().chat.signOut(told.flag("wipe"), unsent)
                leave()
            }
            else -> return opened().act(told)
        }
        return emptyMap()
    }

    private suspend fun look(): Map<String, JsonElement> {
        val shown = open?.look() ?: nothing()
        val texts = ever + open?.ever().orEmpty()
        return shown + mapOf("tokens_asked" to JsonPrimitive(backend.asked), "ever" to texts(texts))
    }

    private fun opened() = open ?: throw Wrong("it is not open")

    /** Lets go of the client, and keeps what it showed. */
    private fun leave(): OpenClient? = open.also {
        ever += it?.ever().orEmpty()
        open = null
    }
}

private fun JsonObject.flag(field: String) = getValue(field).jsonPrimitive.boolean

private fun says(what: String, fields: Map<String, JsonElement> = emptyMap()) =
    JsonObject(mapOf("says" to JsonPrimitive(what)) + fields)

private fun failed(code: String, message: String) =
    says("failed", mapOf("code" to JsonPrimitive(code), "message" to JsonPrimitive(message)))

/** Writes whole lines. */
private class Lines(out: OutputStream) {
    private val out = out.bufferedWriter()

    @Synchronized
    fun say(line: JsonObject) {
        out.write(line.toString())
        out.write("\n")
        out.flush()
    }
}

/** One device as a process. It ends with its input, by itself. */
fun main() {
    val lines = Lines(System.out)
    // What anybody else prints is for people.
    System.setOut(PrintStream(System.err))
    val changes = Channel<Unit>(Channel.CONFLATED)
    CoroutineScope(SupervisorJob() + Dispatchers.IO).launch {
        for (change in changes) lines.say(says("changed"))
    }
    var device: Device? = null
    for (line in System.`in`.bufferedReader().lineSequence()) {
        val told = Json.parseToJsonElement(line).jsonObject
        if (told.text("do") == "be") {
            device = Device(told) { changes.trySend(Unit) }
        } else {
            val there = checkNotNull(device) { "it was not told whose it is" }
            lines.say(runBlocking(Dispatchers.Default) { there.answer(told) })
        }
    }
}
