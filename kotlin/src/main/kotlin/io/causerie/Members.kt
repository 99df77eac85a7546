package io.causerie

/**
 * A member of a conversation.
 *
 * @property userId who.
 * @property role one of [Role].
 * @property joinedAt since when, in milliseconds since 1970.
 */
public data class Member(val userId: String, val role: String, val joinedAt: Long)

/**
 * A page of a conversation's members.
 *
 * @property members in the server's order.
 * @property cursor for the next page; null on the last.
 */
public data class MembersPage(val members: List<Member>, val cursor: String?)

/**
 * How far somebody has read.
 *
 * @property userId who.
 * @property seq up to which message.
 * @property deliveredSeq up to which message their devices have got it.
 */
public data class ReadCursor(val userId: String, val seq: Long, val deliveredSeq: Long)

/**
 * A user.
 *
 * @property userId the id.
 * @property name the name to show, if one is known.
 * @property avatar a reference to the picture, if there is one.
 */
public data class User(val userId: String, val name: String?, val avatar: String?)
