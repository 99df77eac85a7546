//! Writes on their way (docs/protocol.md §4, "Durable writes").
//!
//! Each conversation has a lane: first in, first out, with a window of unanswered requests. What is
//! on the wire is known in memory only; after a cut or a restart everything unacknowledged goes
//! again, in order, under its old temp_id, and the server answers repeats with the first result.
//!
//! A retryable refusal rewinds the lane: the server refuses everything behind the refused write as
//! `aborted`, until that write comes again, or another one says `skip`. So here everything behind it
//! goes back into the queue at once, and late `aborted` answers find nobody waiting. A permanent
//! refusal marks that write failed, and the next ones go on.
//!
//! Edits, deletions and reactions stand behind their message in the lane and name it by temp_id, so
//! they need not wait for its id. While the message is failed they are held.

mod lane;

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use causerie_protocol::{ClientFrame, ConversationId, Request, Seq, TempId, WriteOp};

pub(crate) use lane::{Lane, Pace, Refusal, Refused, target_of};

use crate::{
    EngineConfig, OutboxRow, OutboxState,
    backoff::{Backoff, Jitter},
    request::{Purpose, Requests},
};

/// All writes on their way.
#[derive(Debug)]
pub(crate) struct Outbox {
    lanes: BTreeMap<ConversationId, Lane>,
    index: BTreeMap<TempId, (ConversationId, u64)>,
    /// Lanes that may have something to send.
    ready: BTreeSet<ConversationId>,
    retries: BTreeSet<(Duration, ConversationId)>,
    next_order: u64,
    window: usize,
    max_internal: u32,
    backoff: Backoff,
    queued: u64,
}

impl Outbox {
    pub(crate) fn restore(rows: Vec<OutboxRow>, config: &EngineConfig) -> Self {
        let mut outbox = Self {
            lanes: BTreeMap::new(),
            index: BTreeMap::new(),
            ready: BTreeSet::new(),
            retries: BTreeSet::new(),
            next_order: 1,
            window: config.window.max(1),
            max_internal: config.max_internal_errors.max(1),
            backoff: Backoff::new(config.backoff_base, config.backoff_cap),
            queued: 0,
        };
        for row in rows {
            outbox.next_order = outbox.next_order.max(row.order + 1);
            outbox.insert(row);
        }
        outbox
    }

    fn lane_mut(&mut self, conversation_id: ConversationId) -> &mut Lane {
        self.lanes
            .entry(conversation_id)
            .or_insert_with(|| Lane::new(self.backoff.clone()))
    }

    fn insert(&mut self, row: OutboxRow) {
        if row.state == OutboxState::Queued {
            self.queued += 1;
            self.ready.insert(row.conversation_id);
        }
        self.index.insert(row.key, (row.conversation_id, row.order));
        self.lane_mut(row.conversation_id).insert(row);
    }

    /// The place of the next write.
    pub(crate) fn take_order(&mut self) -> u64 {
        let order = self.next_order;
        self.next_order += 1;
        order
    }

    /// Queues a write at the end.
    pub(crate) fn enqueue(&mut self, row: OutboxRow) {
        self.insert(row);
    }

    pub(crate) fn get(&self, key: TempId) -> Option<&OutboxRow> {
        let (conversation_id, order) = self.index.get(&key)?;
        let lane = self.lanes.get(conversation_id)?;
        lane.entries.get(order).map(|entry| &entry.row)
    }

    pub(crate) fn lane(&self, conversation_id: ConversationId) -> Option<&Lane> {
        self.lanes.get(&conversation_id)
    }

    /// All writes, by conversation and order.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &OutboxRow> {
        self.lanes.values().flat_map(Lane::rows)
    }

    /// Writes that go by themselves.
    pub(crate) fn queued(&self) -> u64 {
        self.queued
    }

    /// Whether the creation of a conversation is still in here.
    pub(crate) fn is_creating(&self, conversation_id: ConversationId) -> bool {
        self.lane(conversation_id)
            .is_some_and(|lane| lane.creation().is_some())
    }

    pub(crate) fn remove(&mut self, key: TempId) -> Option<OutboxRow> {
        let (conversation_id, order) = self.index.remove(&key)?;
        let lane = self.lanes.get_mut(&conversation_id)?;
        let row = lane.remove(order)?;
        if row.state == OutboxState::Queued {
            self.queued -= 1;
        }
        self.ready.insert(conversation_id);
        Some(row)
    }

    /// The last write that was queued was not: its place is free again.
    pub(crate) fn withdraw(&mut self, key: TempId) -> Option<OutboxRow> {
        let row = self.remove(key)?;
        self.next_order = row.order;
        Some(row)
    }

    /// The server has a write: it goes. What it changed is told by what confirmed it.
    pub(crate) fn confirm(&mut self, key: TempId) -> Option<OutboxRow> {
        let row = self.remove(key)?;
        self.lane_mut(row.conversation_id).accepted();
        Some(row)
    }

    /// The server has a change at this seq; it stays as an overlay until that is covered.
    pub(crate) fn overlay(&mut self, key: TempId, state: OutboxState) -> Option<OutboxRow> {
        let (conversation_id, order) = *self.index.get(&key)?;
        let lane = self.lanes.get_mut(&conversation_id)?;
        if lane.entries.get(&order)?.row.state == OutboxState::Queued {
            self.queued -= 1;
        }
        lane.accepted();
        self.ready.insert(conversation_id);
        lane.settle(order, state)
    }

    /// The overlays of a conversation that a seq covers.
    pub(crate) fn covered(&self, conversation_id: ConversationId, seq: Seq) -> Vec<TempId> {
        match self.lanes.get(&conversation_id) {
            Some(lane) if lane.has_overlays() => lane.covered(seq),
            Some(_) | None => Vec::new(),
        }
    }

    /// Puts a failed write at the end again, under its old name. Gives the row as it is now.
    pub(crate) fn requeue(&mut self, key: TempId) -> Option<OutboxRow> {
        let mut row = self.remove(key)?;
        row.order = self.take_order();
        row.state = OutboxState::Queued;
        self.insert(row.clone());
        Some(row)
    }

    /// The connection is live: everything may go.
    pub(crate) fn handle_live(&mut self) {
        self.ready = self
            .lanes
            .iter()
            .filter(|(_, lane)| lane.has_queue())
            .map(|(id, _)| *id)
            .collect();
    }

    /// The connection is gone: nothing is on the wire.
    pub(crate) fn handle_lost(&mut self) {
        self.lanes.retain(|_, lane| {
            lane.disconnected();
            !lane.is_empty()
        });
    }

    /// Puts on the wire what may go, in conversations where anything may. Gives the frames, and the
    /// rows to be stored ahead of them.
    pub(crate) fn poll_send(
        &mut self,
        requests: &mut Requests,
        now: Duration,
        may_go: impl Fn(ConversationId) -> bool,
    ) -> Vec<(ClientFrame, Option<OutboxRow>)> {
        let mut frames = Vec::new();
        for conversation_id in std::mem::take(&mut self.ready) {
            if !may_go(conversation_id) {
                self.ready.insert(conversation_id);
                continue;
            }
            let Some(lane) = self.lanes.get_mut(&conversation_id) else {
                continue;
            };
            while let Some((id, write, attempted)) = lane.poll_send(now, self.window, |row| {
                requests.begin(
                    Purpose::Write {
                        conversation_id,
                        key: row.key,
                    },
                    now,
                )
            }) {
                frames.push((
                    ClientFrame {
                        id: Some(id),
                        request: Request::Write(Box::new(write)),
                    },
                    attempted,
                ));
            }
            if lane.is_empty() {
                self.lanes.remove(&conversation_id);
            }
        }
        frames
    }

    /// What decides when a lane goes on, to be set again by [`Self::set_pace`].
    pub(crate) fn pace(&self, conversation_id: ConversationId) -> Option<Pace> {
        self.lane(conversation_id).map(Lane::pace)
    }

    /// What [`Self::poll_send`] changed of it is undone.
    pub(crate) fn set_pace(&mut self, conversation_id: ConversationId, pace: Option<Pace>) {
        if let Some(pace) = pace {
            self.lane_mut(conversation_id).set_pace(pace);
        }
    }

    /// What [`Self::poll_send`] put on the wire was not sent: it is in the queue again. `first` says
    /// that it was never sent before either.
    pub(crate) fn land(&mut self, key: TempId, first: bool) {
        if let Some((conversation_id, order)) = self.index.get(&key)
            && let Some(lane) = self.lanes.get_mut(conversation_id)
        {
            lane.land(*order, first);
            self.ready.insert(*conversation_id);
        }
    }

    /// The server refused the request `id`, which carried the write of this name.
    pub(crate) fn handle_refused(
        &mut self,
        conversation_id: ConversationId,
        key: TempId,
        id: u64,
        refused: &Refused,
        jitter: &mut Jitter,
        now: Duration,
    ) -> Refusal {
        let order = self.index.get(&key).map(|(_, order)| *order);
        let max_internal = self.max_internal;
        let lane = self.lane_mut(conversation_id);
        let refusal = lane.refused(order, key, id, refused, max_internal, jitter, now);
        if let Some(at) = lane.retry_at() {
            self.retries.insert((at, conversation_id));
        }
        match &refusal {
            Refusal::Failed(rows) => self.queued -= rows.len() as u64,
            Refusal::Rewound => self.move_behind_target(key),
            Refusal::Stale | Refusal::Cancelled | Refusal::Confused => {}
        }
        self.ready.insert(conversation_id);
        refusal
    }

    /// The person wants it now: what the server asked to wait for is not waited for.
    pub(crate) fn hurry(&mut self, conversation_id: ConversationId, now: Duration) {
        if let Some(lane) = self.lanes.get_mut(&conversation_id) {
            lane.hurry(now);
            self.ready.insert(conversation_id);
        }
    }

    /// A change whose message was put at the end again follows it.
    fn move_behind_target(&mut self, key: TempId) {
        let Some(row) = self.get(key) else { return };
        if let Some(causerie_protocol::Target::Temp { target_temp_id }) = target_of(&row.op)
            && let Some(target) = self.get(target_temp_id)
            && target.order > row.order
            && matches!(target.op, WriteOp::SendMessage(_))
        {
            self.requeue(key);
        }
    }

    pub(crate) fn handle_timer(&mut self, now: Duration) {
        while let Some((at, conversation_id)) = self.retries.first().copied() {
            if at > now {
                break;
            }
            self.retries.pop_first();
            self.ready.insert(conversation_id);
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        self.retries.first().map(|(at, _)| *at)
    }
}
