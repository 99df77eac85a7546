//! A conversation that somebody is subscribed to.

use causerie_protocol::UserId;

use super::{ConnKey, ring::Ring, slot::Slots};

/// Who is subscribed, what happened lately, and what is ephemeral.
#[derive(Debug, Default)]
pub(crate) struct Room {
    pub(crate) subscribers: Vec<ConnKey>,
    pub(crate) ring: Ring,
    pub(crate) slots: Slots,
}

/// Members above this many get no receipts of others.
pub(crate) fn is_small(members: &[UserId]) -> bool {
    members.len() as u64 <= causerie_protocol::limits::SMALL_CONVERSATION
}
