//! Receipts and typing: the newest of each (kind, user) in a room, never a queue
//! (docs/protocol.md §7).
//!
//! They go first, before the events that a slow reader has yet to read, but not past a removal: while
//! somebody may have left between where a reader stands and what this node knows, that reader is
//! shown none. Whoever was removed, on whatever node, does not get past their own `member_left`.

use std::time::Duration;

use bytes::Bytes;
use causerie_protocol::{
    Millis, Receipt, Seq, ServerFrame, ServerMessage, UserId, limits::TYPING_EXPIRES_MS,
};

use super::{Batch, encode::line, meta, room::is_small};
use crate::store::ReadState;

/// How long a receipt is kept: by then every reader has had it, or was closed as stalled.
const KEPT_FOR: Duration = Duration::from_secs(60);
/// After this, typing is over by itself.
const TYPING_FOR: Duration = Duration::from_millis(TYPING_EXPIRES_MS);
/// How many slots there may be before old ones are looked for.
const TIDY_ABOVE: usize = 32;

/// A cursor that rose, and up to which seq.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cursor {
    Read(Seq),
    Delivered(Seq),
}

/// What a slot is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SlotKind {
    Typing,
    Receipt(Cursor),
}

impl SlotKind {
    fn is_same(self, other: Self) -> bool {
        match (self, other) {
            (Self::Typing, Self::Typing) => true,
            (Self::Receipt(one), Self::Receipt(other)) => {
                std::mem::discriminant(&one) == std::mem::discriminant(&other)
            }
            (Self::Typing, Self::Receipt(_)) | (Self::Receipt(_), Self::Typing) => false,
        }
    }
}

/// One ephemeral frame, in what it says to others and to its own user.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) kind: SlotKind,
    pub(crate) user_id: UserId,
    /// It holds as of a seq that this node has not seen yet: nobody who stands before it is shown it.
    pub(crate) unseen: Option<Seq>,
    pub(crate) others: Option<Bytes>,
    pub(crate) own: Option<Bytes>,
}

/// Where a reading of slots ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// All that there is.
    All,
    /// The batch is full.
    Full,
    /// What is left is for readers who stand further on.
    Held,
}

/// A room's slots, in rising version.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    slots: Vec<(u64, Duration, Slot)>,
    version: u64,
}

impl Slots {
    /// The version of the newest.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// Whether a slot of this user says as much already: cursors only rise.
    pub(crate) fn knows(&self, cursor: Cursor, user_id: &UserId) -> bool {
        self.slots.iter().any(|(_, _, old)| {
            old.user_id == *user_id
                && match (old.kind, cursor) {
                    (SlotKind::Receipt(Cursor::Read(old)), Cursor::Read(new))
                    | (SlotKind::Receipt(Cursor::Delivered(old)), Cursor::Delivered(new)) => {
                        new <= old
                    }
                    (SlotKind::Typing | SlotKind::Receipt(_), _) => false,
                }
        })
    }

    /// Puts a frame in the place of the older one of its kind and user.
    pub(crate) fn put(&mut self, slot: Slot, now: Duration) {
        self.remove(slot.kind, &slot.user_id);
        if self.slots.len() > TIDY_ABOVE {
            self.slots.retain(|(_, at, _)| *at + KEPT_FOR > now);
        }
        self.version += 1;
        self.slots.push((self.version, now, slot));
    }

    /// Takes a slot away, unseen.
    pub(crate) fn remove(&mut self, kind: SlotKind, user_id: &UserId) {
        self.slots
            .retain(|(_, _, old)| !old.kind.is_same(kind) || old.user_id != *user_id);
    }

    /// Adds what is newer than `seen` to the batch, as far as it has room, and moves `seen` on.
    pub(crate) fn read(&self, seen: &mut u64, reader: &Reader<'_>, batch: &mut Batch) -> Shown {
        let from = self
            .slots
            .partition_point(|(version, _, _)| *version <= *seen);
        for (version, at, slot) in self.slots.get(from..).unwrap_or_default() {
            let is_over = slot.kind == SlotKind::Typing && *at + TYPING_FOR <= reader.now;
            let frame = if slot.user_id == *reader.viewer {
                &slot.own
            } else {
                &slot.others
            };
            if let Some(frame) = frame.as_ref().filter(|_| !is_over) {
                if slot.unseen.is_some_and(|seq| seq > reader.position) {
                    return Shown::Held;
                }
                if !batch.has_room() {
                    return Shown::Full;
                }
                batch.push(frame.clone());
            }
            *seen = *version;
        }
        *seen = self.version;
        Shown::All
    }
}

/// Who reads.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    /// Whose connection it is.
    pub viewer: &'a UserId,
    /// The last seq that was sent.
    pub position: Seq,
    /// The time.
    pub now: Duration,
}

/// Where and when a cursor rose.
#[derive(Debug, Clone, Copy)]
pub(super) struct Risen<'a> {
    pub(super) conversation_id: causerie_protocol::ConversationId,
    pub(super) members: &'a [UserId],
    pub(super) at: Millis,
}

/// A receipt for its own user's devices and, in a small conversation, for everybody.
pub(super) fn receipt(
    cursor: Cursor,
    risen: Risen<'_>,
    user_id: &UserId,
    state: &ReadState,
) -> Slot {
    let frame = |own: bool| -> Bytes {
        let receipt = |seq| Receipt {
            conversation_id: risen.conversation_id,
            user_id: user_id.clone(),
            seq,
            at: risen.at,
            read_number: own.then_some(state.read_number),
            mentions_unread: own.then_some(state.mentions_unread),
            rev: own.then_some(state.rev),
        };
        line(&ServerFrame {
            id: None,
            message: match cursor {
                Cursor::Delivered(seq) => ServerMessage::DeliveryReceipt(receipt(seq)),
                Cursor::Read(seq) => ServerMessage::ReadReceipt(receipt(seq)),
            },
            meta: Some(meta(risen.conversation_id, user_id, risen.at)),
        })
    };
    Slot {
        kind: SlotKind::Receipt(cursor),
        user_id: user_id.clone(),
        unseen: None,
        others: is_small(risen.members).then(|| frame(false)),
        own: Some(frame(true)),
    }
}
