package io.causerie.example.session

/**
 * Who uses the app, and where.
 *
 * @property server the address, such as `wss://chat.example.org`.
 * @property userId the id, as the server's tokens name the user.
 */
data class Account(val server: String, val userId: String)

/** Remembers who is signed in, over the death of the process. */
interface Accounts {
    /** Who is signed in; null if nobody is. */
    var current: Account?
}
