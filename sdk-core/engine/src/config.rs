//! What an app may set about the engine.

use std::time::Duration;

/// What an app may set. The defaults suit a phone.
#[derive(Debug, Clone, PartialEq)]
pub struct EngineConfig {
    /// What this SDK calls itself to the server, for its operator. Default: name and version.
    pub sdk: String,
    /// After so many failed attempts in a row the connection is closed until `Start`. Default:
    /// none, attempts never end. A number makes the app responsible for coming back.
    pub max_reconnect_attempts: Option<u32>,
    /// The first delay's upper bound; it doubles with each attempt. Default 500 ms. Lower values
    /// come back sooner, and hit a struggling server harder.
    pub backoff_base: Duration,
    /// No delay is longer, unless the server asks for it. Default 30 s.
    pub backoff_cap: Duration,
    /// A connection that was live for so long forgets the failures before it. Default 10 s.
    pub backoff_reset: Duration,
    /// How long a socket may take to open, and the server to answer `authenticate`. Default 10 s,
    /// each. Too short a time never connects over a slow network.
    pub open_timeout: Duration,
    /// How long requests may wait without any answer at all before the connection counts as broken;
    /// a single one waits four times as long while others are answered. Default 30 s. Less finds a
    /// broken connection sooner, and gives up slow ones.
    pub request_timeout: Duration,
    /// How long a seemingly live socket may take to show life after a network hint or after coming
    /// to the foreground. Default 3 s (docs/protocol.md §9).
    pub probe_timeout: Duration,
    /// Delay after the server said that attempts are of no use now. Default 5 min
    /// (docs/protocol.md §8).
    pub refused_delay: Duration,
    /// Writes of one conversation that may be on the wire unanswered. Default 8. More is faster over
    /// a long line, and makes more to send again after a cut.
    pub window: usize,
    /// A write answered `internal` so often, on live connections, has failed. Default 8
    /// (docs/protocol.md §8).
    pub max_internal_errors: u32,
    /// A subscription that nothing shows is kept for so long. Default 30 min. Longer means that
    /// reopening shows more without asking, and costs traffic.
    pub subscription_release: Duration,
    /// Most subscriptions at once. Default 128, which is the server's own limit; the lower of the
    /// two holds.
    pub max_subscriptions: usize,
    /// After a sync the newest messages of so many conversations are fetched ahead, so that the
    /// first tap works offline. Default 20. Zero saves the traffic.
    pub prefetch_conversations: usize,
    /// So many messages of each. Default 30; at most 200.
    pub prefetch_messages: u32,
    /// Requests for history that run at the same time. Default 4. They delay no write.
    pub history_window: usize,
    /// Most items of a page of a sync. Default 100; at most 200.
    pub sync_page: u32,
    /// `typing_start` is repeated at most so often. Default 3 s.
    pub typing_repeat: Duration,
    /// Without a keystroke for so long, `typing_stop` is sent. Default 3 s.
    pub typing_idle: Duration,
    /// `mark_delivered` is sent at most so often in each conversation. Default 1 s.
    pub delivered_interval: Duration,
    /// Whether [`crate::Emission::Event`] is given out. Default true. Without, a backlog takes less
    /// memory and time.
    pub emit_events: bool,
    /// Compressions offered to the server, best first. Default: none, since this version's driver
    /// reads text only.
    pub compression: Vec<String>,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            sdk: concat!("causerie/", env!("CARGO_PKG_VERSION")).into(),
            max_reconnect_attempts: None,
            backoff_base: Duration::from_millis(500),
            backoff_cap: Duration::from_secs(30),
            backoff_reset: Duration::from_secs(10),
            open_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            probe_timeout: Duration::from_secs(3),
            refused_delay: Duration::from_secs(300),
            window: 8,
            max_internal_errors: 8,
            subscription_release: Duration::from_secs(30 * 60),
            max_subscriptions: 128,
            prefetch_conversations: 20,
            prefetch_messages: 30,
            history_window: 4,
            sync_page: 100,
            typing_repeat: Duration::from_secs(3),
            typing_idle: Duration::from_secs(3),
            delivered_interval: Duration::from_secs(1),
            emit_events: true,
            compression: Vec::new(),
        }
    }
}
