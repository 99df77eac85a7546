//! Counters and latencies.

use std::time::Duration;

use causerie_engine::ConnectionState;
use causerie_protocol::Millis;

/// How the client fares. Counters begin anew with each opening. Latencies are of the newest 1,024
/// samples, and `None` until there is one.
///
/// ```
/// use causerie::{Client, ConnectionState};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), causerie::Error> {
/// # let folder = tempfile::tempdir().unwrap();
/// let client = Client::builder("ws://localhost:1", "alice").data_dir(folder.path()).open().await?;
/// client.open_direct("bob").await?.send("Bonjour").await?;
/// let stats = client.stats().await?;
/// assert_eq!(stats.outbox, 2); // the conversation and the message
/// assert_eq!(stats.connection, ConnectionState::Disconnected);
/// # client.close().await;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Stats {
    /// The connection.
    pub connection: ConnectionState,
    /// Messages received from others.
    pub messages_received: u64,
    /// Durable events received.
    pub events_received: u64,
    /// Messages sent and acknowledged.
    pub messages_acknowledged: u64,
    /// Conversations subscribed now.
    pub subscribed: u64,
    /// Conversations known on this device.
    pub conversations: u64,
    /// Times the connection was opened anew.
    pub reconnects: u64,
    /// Writes that are queued or have failed.
    pub outbox: u64,
    /// When a frame last came, by this device's clock.
    pub last_activity: Option<Millis>,
    /// The last round trip of a ping.
    pub round_trip: Option<Duration>,
    /// From the call of `send` until the message's `Insert` is handed to the listeners of an open
    /// timeline, its commit included: the median.
    pub echo_p50: Option<Duration>,
    /// The 99th percentile of the same.
    pub echo_p99: Option<Duration>,
    /// From a write's transmission to its acknowledgement: the median.
    pub ack_p50: Option<Duration>,
    /// The 99th percentile of the same.
    pub ack_p99: Option<Duration>,
    /// From the server's taking another's message until it is committed here, while connected: the
    /// median. The server's clock is compared with this device's, by what it said at connecting.
    pub delivery_p50: Option<Duration>,
    /// The 99th percentile of the same.
    pub delivery_p99: Option<Duration>,
    /// Size of the local database, in bytes.
    pub database_bytes: u64,
}
