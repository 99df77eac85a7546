//! Receipts and typing: the newest of each (kind, user) in a room, never a queue
//! (docs/protocol.md §7).

use std::time::Duration;

use bytes::Bytes;
use causerie_protocol::{Millis, Receipt, Seq, ServerFrame, ServerMessage, UserId};

use super::{Batch, encode::line, meta, room::is_small};
use crate::store::{Commit, ReadState};

/// How long a slot is kept: by then every reader has had it, or was closed as stalled.
const KEPT_FOR: Duration = Duration::from_secs(60);
/// How many slots there may be before old ones are looked for.
const TIDY_ABOVE: usize = 32;

/// What a slot is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SlotKind {
    Typing,
    Read,
    Delivered,
}

/// One ephemeral frame, in what it says to others and to its own user.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) kind: SlotKind,
    pub(crate) user_id: UserId,
    pub(crate) others: Option<Bytes>,
    pub(crate) own: Option<Bytes>,
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

    /// Puts a frame in the place of the older one of its kind and user.
    pub(crate) fn put(&mut self, slot: Slot, now: Duration) {
        self.slots
            .retain(|(_, _, old)| old.kind != slot.kind || old.user_id != slot.user_id);
        if self.slots.len() > TIDY_ABOVE {
            self.slots.retain(|(_, at, _)| *at + KEPT_FOR > now);
        }
        self.version += 1;
        self.slots.push((self.version, now, slot));
    }

    /// Adds what is newer than `seen` to the batch, as far as it has room, and moves `seen` on.
    /// Returns whether anything is left.
    pub(crate) fn read(&self, seen: &mut u64, viewer: &UserId, batch: &mut Batch) -> bool {
        let from = self
            .slots
            .partition_point(|(version, _, _)| *version <= *seen);
        for (version, _, slot) in self.slots.get(from..).unwrap_or_default() {
            let frame = if slot.user_id == *viewer {
                &slot.own
            } else {
                &slot.others
            };
            if let Some(frame) = frame {
                if !batch.has_room() {
                    return true;
                }
                batch.push(frame.clone());
            }
            *seen = *version;
        }
        *seen = self.version;
        false
    }
}

/// A receipt for its own user's devices and, in a small conversation, for everybody.
pub(super) fn receipt(
    kind: SlotKind,
    commit: &Commit,
    user_id: &UserId,
    (seq, at): (Seq, Millis),
    state: &ReadState,
) -> Slot {
    let frame = |own: bool| -> Bytes {
        let receipt = Receipt {
            conversation_id: commit.conversation_id,
            user_id: user_id.clone(),
            seq,
            at,
            read_number: own.then_some(state.read_number),
            mentions_unread: own.then_some(state.mentions_unread),
            rev: own.then_some(state.rev),
        };
        line(&ServerFrame {
            id: None,
            message: match kind {
                SlotKind::Delivered => ServerMessage::DeliveryReceipt(receipt),
                SlotKind::Read | SlotKind::Typing => ServerMessage::ReadReceipt(receipt),
            },
            meta: Some(meta(commit.conversation_id, user_id, at)),
        })
    };
    Slot {
        kind,
        user_id: user_id.clone(),
        others: is_small(&commit.members).then(|| frame(false)),
        own: Some(frame(true)),
    }
}
