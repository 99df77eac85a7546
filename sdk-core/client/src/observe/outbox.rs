//! The outbox as its listeners see it.

use std::collections::{BTreeMap, HashMap, VecDeque};

use causerie_engine::{OutboxRow, OutboxState, SendState};
use causerie_protocol::TempId;

use super::{Join, Mirror};
use crate::{OutboxDiff, OutboxEntry, OutboxUpdate};

/// Writes that left the outbox and whose end is still remembered.
const REMEMBERED: usize = 4096;

/// Writes on their way, and how the last ones that left ended.
#[derive(Default)]
pub(crate) struct OutboxMirror {
    /// By their order, then key.
    entries: BTreeMap<(u64, TempId), OutboxEntry>,
    orders: HashMap<TempId, u64>,
    /// `None`: cancelled.
    ended: HashMap<TempId, Option<SendState>>,
    ended_order: VecDeque<TempId>,
}

/// How a stored row looks from outside.
pub(crate) fn send_state(state: &OutboxState) -> SendState {
    match state {
        OutboxState::Queued => SendState::Queued,
        OutboxState::Failed { code, message, .. } => SendState::Failed {
            code: code.clone(),
            message: message.clone(),
        },
        OutboxState::Acked { seq, .. } => SendState::Sent { seq: Some(*seq) },
    }
}

impl Join for OutboxUpdate {
    fn join(&mut self, next: Self) -> Option<Self> {
        self.diffs.extend(next.diffs);
        None
    }
}

impl From<OutboxDiff> for OutboxUpdate {
    fn from(diff: OutboxDiff) -> Self {
        Self { diffs: vec![diff] }
    }
}

impl Mirror for OutboxMirror {
    type Change = OutboxUpdate;

    fn whole(&self) -> OutboxUpdate {
        OutboxDiff::Reset(self.list()).into()
    }
}

impl OutboxMirror {
    /// Begins anew from what was stored.
    pub(crate) fn reset(&mut self, rows: &[OutboxRow]) -> Option<OutboxUpdate> {
        self.entries.clear();
        self.orders.clear();
        for row in rows {
            let state = send_state(&row.state);
            if matches!(state, SendState::Sent { .. }) {
                self.remember(row.key, Some(state));
            } else {
                self.insert(row, state);
            }
        }
        Some(self.whole())
    }

    /// Forgets everything, also how writes ended.
    pub(crate) fn empty(&mut self) -> Option<OutboxUpdate> {
        *self = Self::default();
        Some(self.whole())
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn list(&self) -> Vec<OutboxEntry> {
        self.entries.values().cloned().collect()
    }

    pub(crate) fn get(&self, key: TempId) -> Option<&OutboxEntry> {
        let order = self.orders.get(&key)?;
        self.entries.get(&(*order, key))
    }

    /// Outer `None`: not known here. Inner `None`: cancelled.
    pub(crate) fn state(&self, key: TempId) -> Option<Option<SendState>> {
        let pending = self.get(key).map(|entry| Some(entry.state.clone()));
        pending.or_else(|| self.ended.get(&key).cloned())
    }

    pub(crate) fn apply(
        &mut self,
        key: TempId,
        state: Option<SendState>,
        row: Option<&OutboxRow>,
    ) -> Option<OutboxUpdate> {
        self.remove(key);
        match (&state, row) {
            (Some(queued_or_failed), Some(row))
                if !matches!(queued_or_failed, SendState::Sent { .. }) =>
            {
                self.insert(row, queued_or_failed.clone());
            }
            (Some(_), _) | (None, _) => self.remember(key, state.clone()),
        }
        Some(OutboxDiff::Changed { key, state }.into())
    }

    fn insert(&mut self, row: &OutboxRow, state: SendState) {
        self.ended.remove(&row.key);
        self.orders.insert(row.key, row.order);
        self.entries.insert(
            (row.order, row.key),
            OutboxEntry {
                key: row.key,
                conversation_id: row.conversation_id,
                op: row.op.clone(),
                created_at: row.created_at,
                state,
            },
        );
    }

    fn remove(&mut self, key: TempId) {
        if let Some(order) = self.orders.remove(&key) {
            self.entries.remove(&(order, key));
        }
    }

    fn remember(&mut self, key: TempId, state: Option<SendState>) {
        if self.ended.insert(key, state).is_none() {
            self.ended_order.push_back(key);
        }
        if self.ended_order.len() > REMEMBERED
            && let Some(oldest) = self.ended_order.pop_front()
        {
            self.ended.remove(&oldest);
        }
    }
}
