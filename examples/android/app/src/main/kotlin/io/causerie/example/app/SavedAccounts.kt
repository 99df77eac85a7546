package io.causerie.example.app

import android.content.Context
import io.causerie.example.session.Account
import io.causerie.example.session.Accounts

/** Remembers the account in the app's preferences. A token is never there: the backend gives it. */
class SavedAccounts(context: Context) : Accounts {
    private val preferences = context.getSharedPreferences("account", Context.MODE_PRIVATE)

    override var current: Account?
        get() {
            val server = preferences.getString(SERVER, null) ?: return null
            val userId = preferences.getString(USER, null) ?: return null
            return Account(server, userId)
        }
        set(account) = preferences.edit().putString(SERVER, account?.server).putString(USER, account?.userId).apply()

    private companion object {
        const val SERVER = "server"
        const val USER = "user"
    }
}
