//! A conversation that somebody is subscribed to.

use std::sync::Arc;

use causerie_protocol::UserId;

use super::{ConnKey, ring::Ring, slot::Slots};

/// Who is subscribed, what happened lately, and what is ephemeral.
#[derive(Debug, Default)]
pub(crate) struct Room {
    pub(crate) subscribers: Vec<ConnKey>,
    pub(crate) ring: Ring,
    pub(crate) slots: Slots,
    /// In this arrangement of the hub, every connection of these members is subscribed.
    pub(crate) all_here: Option<(u64, Arc<[UserId]>)>,
}

/// Members above this many get no receipts of others.
pub(crate) fn is_small(members: &[UserId]) -> bool {
    members.len() as u64 <= causerie_protocol::limits::SMALL_CONVERSATION
}
