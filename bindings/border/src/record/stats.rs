//! How the client fares.

use std::time::Duration;

use super::ConnectionStatus;
use crate::fault::integer;

/// How the client fares. Counters begin anew with each opening. Latencies are of the newest 1,024
/// samples, in microseconds, and none until there is one.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stats {
    /// The connection.
    pub connection: ConnectionStatus,
    /// Messages received from others.
    pub messages_received: i64,
    /// Durable events received.
    pub events_received: i64,
    /// Messages sent and acknowledged.
    pub messages_acknowledged: i64,
    /// Conversations subscribed now.
    pub subscribed: i64,
    /// Conversations known on this device.
    pub conversations: i64,
    /// Times the connection was opened anew.
    pub reconnects: i64,
    /// Writes that are queued or have failed.
    pub outbox: i64,
    /// When a frame last came, by this device's clock, in milliseconds since 1970.
    pub last_activity: Option<i64>,
    /// The last round trip of a ping.
    pub round_trip_us: Option<i64>,
    /// From sending until the message is handed to the listeners of an open timeline, its commit
    /// included: the median.
    pub echo_p50_us: Option<i64>,
    /// The 99th percentile of the same.
    pub echo_p99_us: Option<i64>,
    /// From a write's transmission to its acknowledgement: the median.
    pub ack_p50_us: Option<i64>,
    /// The 99th percentile of the same.
    pub ack_p99_us: Option<i64>,
    /// From the server's taking another's message until it is committed here, while connected: the
    /// median.
    pub delivery_p50_us: Option<i64>,
    /// The 99th percentile of the same.
    pub delivery_p99_us: Option<i64>,
    /// Size of the local database, in bytes.
    pub database_bytes: i64,
}

impl From<causerie::Stats> for Stats {
    fn from(stats: causerie::Stats) -> Self {
        Self {
            connection: stats.connection.into(),
            messages_received: integer(stats.messages_received),
            events_received: integer(stats.events_received),
            messages_acknowledged: integer(stats.messages_acknowledged),
            subscribed: integer(stats.subscribed),
            conversations: integer(stats.conversations),
            reconnects: integer(stats.reconnects),
            outbox: integer(stats.outbox),
            last_activity: stats.last_activity.map(integer),
            round_trip_us: stats.round_trip.map(micros),
            echo_p50_us: stats.echo_p50.map(micros),
            echo_p99_us: stats.echo_p99.map(micros),
            ack_p50_us: stats.ack_p50.map(micros),
            ack_p99_us: stats.ack_p99.map(micros),
            delivery_p50_us: stats.delivery_p50.map(micros),
            delivery_p99_us: stats.delivery_p99.map(micros),
            database_bytes: integer(stats.database_bytes),
        }
    }
}

fn micros(duration: Duration) -> i64 {
    integer(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
}
