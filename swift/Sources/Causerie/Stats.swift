internal import CauserieGenerated
import Foundation

/// How the client fares. Counters begin anew with each opening. Latencies are of the newest 1,024
/// samples, and `nil` until there is one.
public struct Stats: Hashable, Sendable {
    /// The connection.
    public let connection: ConnectionState
    /// Messages received from others.
    public let messagesReceived: Int64
    /// Durable events received.
    public let eventsReceived: Int64
    /// Messages sent and acknowledged.
    public let messagesAcknowledged: Int64
    /// Conversations subscribed now.
    public let subscribed: Int64
    /// Conversations known on this device.
    public let conversations: Int64
    /// Times the connection was opened anew.
    public let reconnects: Int64
    /// Writes that are queued or have failed.
    public let outbox: Int64
    /// When a frame last came, by this device's clock.
    public let lastActivity: Date?
    /// The last round trip of a ping.
    public let roundTrip: Duration?
    /// From the call of `send` until the message is handed to the observers of an open timeline, its
    /// commit included.
    public let echo: Latency
    /// From a write's transmission to its acknowledgement.
    public let acknowledgement: Latency
    /// From the server's taking another's message until it is committed here, while connected. The
    /// server's clock is compared with this device's, by what it said at connecting.
    public let delivery: Latency
    /// Size of the local database, in bytes.
    public let databaseBytes: Int64

    /// How long something takes.
    public struct Latency: Hashable, Sendable {
        /// The median.
        public let p50: Duration?
        /// The 99th percentile.
        public let p99: Duration?
    }
}

extension Stats {
    init(_ stats: CauserieGenerated.Stats) {
        let micros = { (value: Int64?) in value.map(Duration.microseconds) }
        connection = ConnectionState(stats.connection)
        messagesReceived = stats.messagesReceived
        eventsReceived = stats.eventsReceived
        messagesAcknowledged = stats.messagesAcknowledged
        subscribed = stats.subscribed
        conversations = stats.conversations
        reconnects = stats.reconnects
        outbox = stats.outbox
        lastActivity = stats.lastActivity.map(Date.init(milliseconds:))
        roundTrip = micros(stats.roundTripUs)
        echo = Latency(p50: micros(stats.echoP50Us), p99: micros(stats.echoP99Us))
        acknowledgement = Latency(p50: micros(stats.ackP50Us), p99: micros(stats.ackP99Us))
        delivery = Latency(p50: micros(stats.deliveryP50Us), p99: micros(stats.deliveryP99Us))
        databaseBytes = stats.databaseBytes
    }
}
