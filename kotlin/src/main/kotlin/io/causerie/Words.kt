package io.causerie

/** Known values of [ConversationItem.kind]; a newer server may have others. */
public object ConversationKind {
    /** Of exactly two users, for ever. */
    public const val DIRECT: String = "direct"

    /** Of listed members. */
    public const val GROUP: String = "group"

    /** Owner and admins write, all read. */
    public const val BROADCAST: String = "broadcast"
}

/** Known values of [ConversationItem.membership]; a newer server may have others. */
public object Membership {
    /** A member. */
    public const val JOINED: String = "joined"

    /** Asked to join; reads nothing yet. */
    public const val INVITED: String = "invited"

    /** A member once. */
    public const val LEFT: String = "left"
}

/** Known values of a member's role; a newer server may have others. */
public object Role {
    /** The creator, or who was made one. */
    public const val OWNER: String = "owner"

    /** Manages members and settings. */
    public const val ADMIN: String = "admin"

    /** Takes part. */
    public const val MEMBER: String = "member"
}

/** Known values of a message's kind; a newer server may have others. */
public object MessageKind {
    /** Text of a person. */
    public const val TEXT: String = "text"

    /** Attachments, perhaps with a caption. */
    public const val MEDIA: String = "media"

    /** Written by the server or the app's backend. */
    public const val SYSTEM: String = "system"

    /** An object that the app understands. */
    public const val CUSTOM: String = "custom"
}

/** What members see who come later; see [NewConversation.history]. */
public object History {
    /** What is said after they joined. */
    public const val FROM_JOIN: String = "from_join"

    /** All of it. */
    public const val ALL: String = "all"
}
