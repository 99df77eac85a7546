package io.causerie

/**
 * How the client fares. Counters begin anew with each opening. Latencies are in microseconds, of the
 * newest 1,024 samples, and null until there is one.
 *
 * @property connection the connection.
 * @property messagesReceived messages received from others.
 * @property eventsReceived durable events received.
 * @property messagesAcknowledged messages sent and acknowledged.
 * @property subscribed conversations subscribed now.
 * @property conversations conversations known on this device.
 * @property reconnects times the connection was opened anew.
 * @property outbox writes that are queued or have failed.
 * @property lastActivity when a frame last came, in milliseconds since 1970 by this device's clock.
 * @property roundTripUs the last round trip of a ping.
 * @property echoP50Us from the call of [Conversation.send] until an open timeline was told, its
 *   commit included: the median.
 * @property echoP99Us the 99th percentile of the same.
 * @property ackP50Us from a write's transmission to its acknowledgement: the median.
 * @property ackP99Us the 99th percentile of the same.
 * @property deliveryP50Us from the server's taking another's message until it is committed here,
 *   while connected: the median.
 * @property deliveryP99Us the 99th percentile of the same.
 * @property databaseBytes size of the local database, in bytes.
 */
public data class Stats(
    val connection: ConnectionState,
    val messagesReceived: Long,
    val eventsReceived: Long,
    val messagesAcknowledged: Long,
    val subscribed: Long,
    val conversations: Long,
    val reconnects: Long,
    val outbox: Long,
    val lastActivity: Long?,
    val roundTripUs: Long?,
    val echoP50Us: Long?,
    val echoP99Us: Long?,
    val ackP50Us: Long?,
    val ackP99Us: Long?,
    val deliveryP50Us: Long?,
    val deliveryP99Us: Long?,
    val databaseBytes: Long,
)
