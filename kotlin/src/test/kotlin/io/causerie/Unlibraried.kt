package io.causerie

import kotlinx.coroutines.runBlocking
import java.io.File

/** Asks for what needs the native library, again and again, and says what it is told. */
fun main() {
    val calls = listOf<suspend () -> Any?>({ Causerie.version() }, { offline(File("nowhere")) }, { Causerie.setLogSink(null) })
    for (call in calls) {
        val told = runBlocking { refused { call() } }
        println("${told.code} ${told.action} ${told.message}")
    }
}
