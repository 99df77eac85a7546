//! Is the other side still there? (docs/protocol.md §5)

use std::time::Duration;

use causerie_protocol::limits::{HEARTBEAT_MS, PONG_TIMEOUT_MS};

/// Interval and patience of the heartbeat.
#[derive(Debug, Clone, Copy)]
pub struct HeartbeatConfig {
    /// Time between pings. Default 25 s: proxies forget a silent connection after 30 s.
    pub every: Duration,
    /// How long a ping may go without any sign of life. Default 10 s.
    pub patience: Duration,
}

impl Default for HeartbeatConfig {
    fn default() -> Self {
        Self {
            every: Duration::from_millis(HEARTBEAT_MS),
            patience: Duration::from_millis(PONG_TIMEOUT_MS),
        }
    }
}

/// Pings are sent on time; silence counts from when a ping was handed to the socket, since what is
/// stuck before it is a stalled write and not a missing pong.
#[derive(Debug)]
pub(super) struct Heartbeat {
    config: HeartbeatConfig,
    next_ping: Duration,
    pinged_at: Option<Duration>,
}

impl Heartbeat {
    pub(super) fn new(config: HeartbeatConfig, now: Duration) -> Self {
        Self {
            config,
            next_ping: now + config.every,
            pinged_at: None,
        }
    }

    /// Something came in.
    pub(super) fn handle_life(&mut self) {
        self.pinged_at = None;
    }

    /// Whether a ping is to be sent now. It counts as sent.
    pub(super) fn take_ping(&mut self, now: Duration) -> bool {
        if now < self.next_ping {
            return false;
        }
        self.next_ping = now + self.config.every;
        self.pinged_at.get_or_insert(now);
        true
    }

    /// Whether the other side has been silent for too long.
    pub(super) fn is_silent(&self, now: Duration) -> bool {
        self.silent_at().is_some_and(|at| at <= now)
    }

    pub(super) fn silent_at(&self) -> Option<Duration> {
        self.pinged_at.map(|at| at + self.config.patience)
    }

    pub(super) fn next_ping(&self) -> Duration {
        self.next_ping
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_sign_of_life_after_a_ping_is_enough() {
        let mut heart = Heartbeat::new(HeartbeatConfig::default(), Duration::ZERO);
        let seconds = Duration::from_secs;
        assert!(!heart.take_ping(seconds(24)));
        assert!(heart.take_ping(seconds(25)));
        assert!(!heart.take_ping(seconds(26)));
        heart.handle_life();
        assert!(!heart.is_silent(seconds(49)));
        assert!(heart.take_ping(seconds(50)));
        assert!(!heart.is_silent(seconds(59)));
        assert!(heart.is_silent(seconds(60)));
    }
}
