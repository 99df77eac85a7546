//! The one place of the server that reads a clock.
//!
//! Two times are told apart. [`Now::mono`] never goes back; every deadline of a connection is one.
//! [`Now::wall`] is what the wire speaks of (docs/protocol.md, opening) and may jump, since an
//! operator or a test sets it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use causerie_protocol::Millis;

/// A moment, as it is handed to the pure machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Time since the server began; never goes back.
    pub mono: Duration,
    /// Milliseconds since the Unix epoch.
    pub wall: Millis,
}

impl Now {
    /// The moment of this clock at which the wall shows `at`: now, if that is past.
    pub fn mono_at(&self, at: Millis) -> Duration {
        self.mono + Duration::from_millis(at.saturating_sub(self.wall))
    }
}

/// The server's clock. Clones share its offset.
#[derive(Debug, Clone)]
pub struct Clock {
    started: Instant,
    offset_ms: Arc<AtomicI64>,
}

impl Clock {
    /// The system's clocks.
    #[expect(clippy::disallowed_methods, reason = "this is the server's clock")]
    pub fn system() -> Self {
        Self {
            started: Instant::now(),
            offset_ms: Arc::default(),
        }
    }

    /// Both times at once.
    #[expect(clippy::disallowed_methods, reason = "this is the server's clock")]
    pub fn now(&self) -> Now {
        Now {
            mono: Instant::now().saturating_duration_since(self.started),
            wall: self.wall(),
        }
    }

    /// Milliseconds since the Unix epoch, with the offset.
    #[expect(clippy::disallowed_methods, reason = "this is the server's clock")]
    pub fn wall(&self) -> Millis {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let wall = u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX);
        wall.saturating_add_signed(self.offset_ms.load(Ordering::Relaxed))
    }

    /// The moment of the system's clock that a deadline of [`Now::mono`] means.
    pub fn instant(&self, mono: Duration) -> Instant {
        self.started + mono
    }

    /// Sets the wall clock forward, or back if negative, from the system's. Default 0; for tests.
    pub fn set_offset_ms(&self, offset_ms: i64) {
        self.offset_ms.store(offset_ms, Ordering::Relaxed);
    }
}
