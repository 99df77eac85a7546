//! What goes out as one WebSocket message (docs/protocol.md §7).

use bytes::{Bytes, BytesMut};
use causerie_protocol::Millis;

/// Most frames of a batch.
const MAX_FRAMES: usize = 64;
/// Size at which a batch stops, in bytes; its last frame may go beyond.
const MAX_BYTES: usize = 16 * 1024;

/// Frames, each a line. The first one is always taken, whatever its size.
#[derive(Debug, Default)]
pub struct Batch {
    first: Bytes,
    rest: BytesMut,
    frames: usize,
    events: u32,
    newest_at: Millis,
}

impl Batch {
    /// Whether one more frame goes in.
    pub fn has_room(&self) -> bool {
        self.frames < MAX_FRAMES && self.len() < MAX_BYTES
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.first.len() + self.rest.len()
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a frame.
    pub fn push(&mut self, line: Bytes) {
        self.frames += 1;
        if self.first.is_empty() {
            self.first = line;
        } else {
            self.rest.extend_from_slice(&line);
        }
    }

    /// Adds a durable event that happened then.
    pub fn push_event(&mut self, line: Bytes, at: Millis) {
        self.events += 1;
        self.newest_at = at;
        self.push(line);
    }

    /// How many durable events there are.
    pub fn events(&self) -> u32 {
        self.events
    }

    /// When the newest durable event happened.
    pub fn newest_at(&self) -> Millis {
        self.newest_at
    }

    /// The frames as lines; a single one is not copied.
    pub fn into_lines(self) -> Bytes {
        if self.rest.is_empty() {
            return self.first;
        }
        let mut all = BytesMut::with_capacity(self.len());
        all.extend_from_slice(&self.first);
        all.extend_from_slice(&self.rest);
        all.freeze()
    }

    /// The message: the lines without the last line's end.
    pub fn into_message(self) -> Bytes {
        let mut lines = self.into_lines();
        lines.truncate(lines.len().saturating_sub(1));
        lines
    }
}
