import type { ConnectionState } from './connection.js';

/**
 * How the client fares. Counters begin anew with each opening. Latencies are in microseconds, of the
 * newest 1,024 samples, and null until there is one.
 */
export interface Stats {
  /** The connection. */
  readonly connection: ConnectionState;
  /** Messages received from others. */
  readonly messagesReceived: number;
  /** Durable events received. */
  readonly eventsReceived: number;
  /** Messages sent and acknowledged. */
  readonly messagesAcknowledged: number;
  /** Conversations subscribed now. */
  readonly subscribed: number;
  /** Conversations known on this device. */
  readonly conversations: number;
  /** Times the connection was opened anew. */
  readonly reconnects: number;
  /** Writes that are queued or have failed. */
  readonly outbox: number;
  /** When a frame last came, in milliseconds since 1970 by this device's clock. */
  readonly lastActivity: number | null;
  /** The last round trip of a ping. */
  readonly roundTripUs: number | null;
  /** From `send` until an open timeline was told, its commit included: the median. */
  readonly echoP50Us: number | null;
  /** The 99th percentile of the same. */
  readonly echoP99Us: number | null;
  /** From a write's transmission to its acknowledgement: the median. */
  readonly ackP50Us: number | null;
  /** The 99th percentile of the same. */
  readonly ackP99Us: number | null;
  /** From the server's taking another's message until it is committed here, while connected: the median. */
  readonly deliveryP50Us: number | null;
  /** The 99th percentile of the same. */
  readonly deliveryP99Us: number | null;
  /** Size of the local database, in bytes. */
  readonly databaseBytes: number;
}
