package io.causerie

/**
 * The words that [CauserieException.code] and [SendState.Failed.code] may have, to compare with. They
 * never change their meaning; new ones may come, also from newer servers, so that a `when` over them
 * needs an `else`: [CauserieException.action] covers those.
 */
public object ErrorCode {
    // Of the connection and of this device.

    /** It needs the server, which is not reached now. */
    public const val OFFLINE: String = "offline"

    /** It needs the server, which is not asked again before the user signs in. */
    public const val SIGN_IN_NEEDED: String = "sign_in_needed"

    /** The local database failed; nothing of the call was done. */
    public const val STORE_FAILED: String = "store_failed"

    /** The call was on its way when the local database failed, and its answer is lost. */
    public const val INTERRUPTED: String = "interrupted"

    /** The disk is full; nothing of the call was done. */
    public const val DISK_FULL: String = "disk_full"

    /** Signing out would lose what was not sent. */
    public const val UNSENT: String = "unsent"

    /** Another process has the folder open. */
    public const val IN_USE: String = "in_use"

    /** A newer version wrote the data. */
    public const val OUTDATED: String = "outdated"

    /** The folder belongs to another user. */
    public const val OTHER_USER: String = "other_user"

    // Of the program.

    /** No conversation of this id is known on this device. */
    public const val UNKNOWN_CONVERSATION: String = "unknown_conversation"

    /** No write of this key is in the outbox. */
    public const val UNKNOWN_WRITE: String = "unknown_write"

    /** The timeline was closed. */
    public const val TIMELINE_CLOSED: String = "timeline_closed"

    /** The client was closed or signed out. */
    public const val CLOSED: String = "closed"

    /** The folder cannot be used. */
    public const val DATA_DIR: String = "data_dir"

    /** No folder is named. */
    public const val NO_DATA_DIR: String = "no_data_dir"

    /** The folder is open for another server. */
    public const val OTHER_SERVER: String = "other_server"

    /** The native library is not there. */
    public const val NO_LIBRARY: String = "no_library"

    /** The native library is of another version. */
    public const val OTHER_LIBRARY: String = "other_library"

    /** Another class loader of this process has the SDK. */
    public const val LOADED_TWICE: String = "loaded_twice"

    /** The SDK's own mistake: it panicked, and went on. */
    public const val PANICKED: String = "panicked"

    // Of this device, and of the server as well.

    /** An argument is malformed or beyond a limit. */
    public const val INVALID: String = "invalid"

    /** What was written is beyond a limit. */
    public const val TOO_LARGE: String = "too_large"

    // Of the server.

    /** The server wants a valid token for this. */
    public const val UNAUTHENTICATED: String = "unauthenticated"

    /** Not allowed, or no such conversation: the server does not tell the two apart. */
    public const val FORBIDDEN: String = "forbidden"

    /** The message is not there. */
    public const val NOT_FOUND: String = "not_found"

    /** Too often: later, after [CauserieException.retryAfterMs]. */
    public const val RATE_LIMITED: String = "rate_limited"

    /** The server does not serve such a request. */
    public const val UNKNOWN_TYPE: String = "unknown_type"

    /** It contradicts what is there. */
    public const val CONFLICT: String = "conflict"

    /** It was deleted before the server had it. */
    public const val CANCELLED: String = "cancelled"

    /** An earlier write of the conversation must come first; the SDK sees to that. */
    public const val ABORTED: String = "aborted"

    /** The server cannot now. */
    public const val UNAVAILABLE: String = "unavailable"

    /** A fault of the server. */
    public const val INTERNAL: String = "internal"
}
