//! The writes of one conversation, in order.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use causerie_protocol::{ErrorCode, Seq, Target, TempId, Write, WriteOp};
use uuid::Uuid;

use crate::{
    OutboxRow, OutboxState,
    backoff::{Backoff, Jitter},
    item::is_creation,
    planted,
};

/// A write, and how it stands in memory.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) row: OutboxRow,
    /// The request that carries it, while that is unanswered.
    flight: Option<u64>,
    /// How often it was answered `internal`.
    internal: u32,
}

/// The writes of one conversation. Keyed by order.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(super) entries: BTreeMap<u64, Entry>,
    /// Queued and not on the wire.
    queue: BTreeSet<u64>,
    /// On the wire, unanswered.
    flying: BTreeSet<u64>,
    /// Writes that change a message, by the message's temp_id or id.
    targets: BTreeMap<Uuid, BTreeSet<u64>>,
    /// Acknowledged writes whose seq is not covered yet.
    acked: BTreeSet<(Seq, u64)>,
    /// Failed ones: what changes them is held.
    failed: BTreeSet<TempId>,
    /// The write that makes the conversation, until it is acknowledged.
    creation: Option<u64>,
    /// The write that the server waits for on this connection, and refuses all others until then.
    blocked: Option<TempId>,
    retry_at: Option<Duration>,
    backoff: Backoff,
}

/// What decides when a lane goes on, besides its writes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    blocked: Option<TempId>,
    retry_at: Option<Duration>,
}

/// What a refusal led to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Refusal {
    /// It concerns a flight that was given up.
    Stale,
    /// It and all behind it go again, at the lane's time.
    Rewound,
    /// These failed for good.
    Failed(Vec<OutboxRow>),
    /// It was deleted before it came; it goes.
    Cancelled,
    /// The server waits for a write that is not known here: only a new connection helps.
    Confused,
}

pub(crate) fn target_of(op: &WriteOp) -> Option<Target> {
    match op {
        WriteOp::EditMessage(edit) => Some(edit.target),
        WriteOp::DeleteMessage(delete) => Some(delete.target),
        WriteOp::AddReaction(react) | WriteOp::RemoveReaction(react) => Some(react.target),
        _ => None,
    }
}

fn target_uuid(target: Target) -> Uuid {
    match target {
        Target::Message { message_id } => message_id.uuid(),
        Target::Temp { target_temp_id } => target_temp_id.uuid(),
    }
}

impl Lane {
    pub(super) fn new(backoff: Backoff) -> Self {
        Self {
            entries: BTreeMap::new(),
            queue: BTreeSet::new(),
            flying: BTreeSet::new(),
            targets: BTreeMap::new(),
            acked: BTreeSet::new(),
            failed: BTreeSet::new(),
            creation: None,
            blocked: None,
            retry_at: None,
            backoff,
        }
    }

    pub(super) fn insert(&mut self, row: OutboxRow) {
        let order = row.order;
        match &row.state {
            OutboxState::Queued => {
                self.queue.insert(order);
            }
            OutboxState::Acked { seq, .. } => {
                self.acked.insert((*seq, order));
            }
            OutboxState::Failed { .. } => {
                self.failed.insert(row.key);
            }
        }
        if let Some(target) = target_of(&row.op) {
            self.targets
                .entry(target_uuid(target))
                .or_default()
                .insert(order);
        }
        if is_creation(&row.op) {
            self.creation = Some(order);
        }
        self.entries.insert(
            order,
            Entry {
                row,
                flight: None,
                internal: 0,
            },
        );
    }

    pub(super) fn remove(&mut self, order: u64) -> Option<OutboxRow> {
        let entry = self.entries.remove(&order)?;
        self.queue.remove(&order);
        self.flying.remove(&order);
        self.failed.remove(&entry.row.key);
        if let OutboxState::Acked { seq, .. } = entry.row.state {
            self.acked.remove(&(seq, order));
        }
        if let Some(target) = target_of(&entry.row.op).map(target_uuid)
            && let Some(orders) = self.targets.get_mut(&target)
        {
            orders.remove(&order);
            if orders.is_empty() {
                self.targets.remove(&target);
            }
        }
        if self.creation == Some(order) {
            self.creation = None;
        }
        Some(entry.row)
    }

    /// The writes that change a message of this temp_id or id, in order.
    pub(crate) fn targeting(&self, target: Uuid) -> impl Iterator<Item = &OutboxRow> {
        self.targets
            .get(&target)
            .into_iter()
            .flatten()
            .filter_map(|order| self.entries.get(order).map(|entry| &entry.row))
    }

    pub(crate) fn rows(&self) -> impl DoubleEndedIterator<Item = &OutboxRow> {
        self.entries.values().map(|entry| &entry.row)
    }

    /// The write that makes the conversation, until it is acknowledged.
    pub(crate) fn creation(&self) -> Option<&OutboxRow> {
        self.entries.get(&self.creation?).map(|entry| &entry.row)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.blocked.is_none()
    }

    pub(super) fn has_queue(&self) -> bool {
        !self.queue.is_empty()
    }

    pub(super) fn retry_at(&self) -> Option<Duration> {
        self.retry_at
    }

    /// The next write that may go now.
    fn next(&self, now: Duration, window: usize) -> Option<u64> {
        if self.flying.len() >= window {
            return None;
        }
        let waits = self.retry_at.is_some_and(|at| at > now);
        if waits && !planted::is("resend_overtakes") {
            return None;
        }
        if let Some(creation) = self.creation {
            return self.queue.contains(&creation).then_some(creation);
        }
        self.queue
            .iter()
            .copied()
            .filter(|order| !waits || Some(self.entries[order].row.key) != self.blocked)
            .find(|order| !self.is_held(*order))
    }

    /// It changes a message that failed: it waits for what becomes of that.
    fn is_held(&self, order: u64) -> bool {
        match self
            .entries
            .get(&order)
            .and_then(|entry| target_of(&entry.row.op))
        {
            Some(Target::Temp { target_temp_id }) => self.failed.contains(&target_temp_id),
            Some(Target::Message { .. }) | None => false,
        }
    }

    /// Puts the next write that may go on the wire. The flag says that it was never attempted
    /// before: the row has to be stored ahead of it.
    pub(super) fn poll_send(
        &mut self,
        now: Duration,
        window: usize,
        begin: impl FnOnce(&OutboxRow) -> u64,
    ) -> Option<(u64, Write, Option<OutboxRow>)> {
        let order = self.next(now, window)?;
        if self.retry_at.is_some_and(|at| at <= now) {
            self.retry_at = None;
        }
        let entry = self.entries.get_mut(&order)?;
        let id = begin(&entry.row);
        entry.flight = Some(id);
        self.queue.remove(&order);
        self.flying.insert(order);
        let mut write = Write::new(
            entry.row.key,
            entry.row.conversation_id,
            entry.row.op.clone(),
        );
        write.skip = self.blocked.take().filter(|key| *key != entry.row.key);
        let first = !entry.row.attempted;
        entry.row.attempted = true;
        Some((id, write, first.then(|| entry.row.clone())))
    }

    pub(super) fn pace(&self) -> Pace {
        Pace {
            blocked: self.blocked,
            retry_at: self.retry_at,
        }
    }

    pub(super) fn set_pace(&mut self, pace: Pace) {
        self.blocked = pace.blocked;
        self.retry_at = pace.retry_at;
    }

    /// A write that was to go did not. `first` says that it was never sent before either.
    pub(super) fn land(&mut self, order: u64, first: bool) {
        if let Some(entry) = self.entries.get_mut(&order) {
            entry.flight = None;
            entry.row.attempted &= !first;
            self.flying.remove(&order);
            self.queue.insert(order);
        }
    }

    /// The server took a write: what it waited for has come, and failures are forgotten.
    pub(super) fn accepted(&mut self) {
        self.backoff.reset();
    }

    /// An acknowledged change becomes an overlay until its seq is covered.
    pub(super) fn settle(&mut self, order: u64, state: OutboxState) -> Option<OutboxRow> {
        self.queue.remove(&order);
        self.flying.remove(&order);
        let entry = self.entries.get_mut(&order)?;
        entry.flight = None;
        match &state {
            OutboxState::Acked { seq, .. } => {
                self.acked.insert((*seq, order));
            }
            OutboxState::Failed { .. } => {
                self.failed.insert(entry.row.key);
            }
            OutboxState::Queued => {}
        }
        entry.row.state = state;
        Some(entry.row.clone())
    }

    /// The overlays of seqs up to one.
    pub(super) fn covered(&self, seq: Seq) -> Vec<TempId> {
        self.acked
            .range(..=(seq, u64::MAX))
            .filter_map(|(_, order)| self.entries.get(order).map(|entry| entry.row.key))
            .collect()
    }

    pub(super) fn has_overlays(&self) -> bool {
        !self.acked.is_empty()
    }

    /// Nothing is on the wire any more.
    pub(super) fn disconnected(&mut self) {
        self.blocked = None;
        if planted::is("flight_outlives_line") {
            return;
        }
        for order in std::mem::take(&mut self.flying) {
            if let Some(entry) = self.entries.get_mut(&order) {
                entry.flight = None;
            }
            self.queue.insert(order);
        }
    }

    /// Takes off the wire what was sent with a request from `id` on.
    fn rewind(&mut self, id: u64) {
        let later: Vec<_> = self
            .flying
            .iter()
            .copied()
            .filter(|order| {
                self.entries
                    .get(order)
                    .and_then(|entry| entry.flight)
                    .is_some_and(|flight| {
                        if planted::is("resend_overtakes") {
                            flight == id
                        } else {
                            flight >= id
                        }
                    })
            })
            .collect();
        for order in later {
            self.flying.remove(&order);
            self.queue.insert(order);
            if let Some(entry) = self.entries.get_mut(&order) {
                entry.flight = None;
            }
        }
    }

    fn wait(&mut self, jitter: &mut Jitter, retry_after: Option<Duration>, now: Duration) {
        self.retry_at = Some(now + self.backoff.next_delay(jitter, retry_after));
    }

    pub(super) fn hurry(&mut self, now: Duration) {
        self.retry_at = self.retry_at.map(|at| at.min(now));
    }

    /// A write that could not be refused for itself goes again with those behind it.
    fn rewound(
        &mut self,
        key: TempId,
        id: u64,
        jitter: &mut Jitter,
        retry_after: Option<Duration>,
        now: Duration,
    ) -> Refusal {
        self.rewind(id);
        self.blocked = Some(key);
        self.wait(jitter, retry_after, now);
        Refusal::Rewound
    }

    /// The server refused the request `id`, which carried the write of this name (at this order, if
    /// it was not given up since).
    #[expect(
        clippy::too_many_arguments,
        reason = "one refusal, all of its circumstances"
    )]
    pub(super) fn refused(
        &mut self,
        order: Option<u64>,
        key: TempId,
        id: u64,
        refusal: &Refused,
        max_internal: u32,
        jitter: &mut Jitter,
        now: Duration,
    ) -> Refusal {
        let flying = order.and_then(|order| {
            let entry = self.entries.get_mut(&order)?;
            (entry.flight == Some(id)).then_some((order, entry))
        });
        let Some((order, entry)) = flying else {
            // Cancelled or put elsewhere since. The server still waits for it: if another one goes
            // first, that says `skip`.
            if refusal.retryable && refusal.code != ErrorCode::Aborted {
                return self.rewound(key, id, jitter, refusal.retry_after, now);
            }
            return Refusal::Stale;
        };
        match &refusal.code {
            ErrorCode::Aborted if refusal.retryable => {
                let waiting = self.retry_at.is_some();
                self.rewind(id);
                if waiting {
                    Refusal::Rewound
                } else {
                    Refusal::Confused
                }
            }
            ErrorCode::Internal if refusal.retryable => {
                entry.internal += 1;
                if entry.internal < max_internal {
                    return self.rewound(key, id, jitter, refusal.retry_after, now);
                }
                self.rewind(id);
                self.blocked = Some(key);
                Refusal::Failed(self.fail(order, refusal))
            }
            ErrorCode::Unavailable
                if refusal.retryable && planted::is("fails_when_refused_for_now") =>
            {
                self.rewind(id);
                self.blocked = Some(key);
                Refusal::Failed(self.fail(order, refusal))
            }
            _ if refusal.retryable => self.rewound(key, id, jitter, refusal.retry_after, now),
            ErrorCode::Unauthenticated => {
                self.rewind(id);
                Refusal::Confused
            }
            ErrorCode::Cancelled if matches!(entry.row.op, WriteOp::SendMessage(_)) => {
                Refusal::Cancelled
            }
            ErrorCode::NotFound if self.targets_pending(order) => {
                self.flying.remove(&order);
                self.queue.insert(order);
                if let Some(entry) = self.entries.get_mut(&order) {
                    entry.flight = None;
                }
                Refusal::Rewound
            }
            _ => Refusal::Failed(self.fail(order, refusal)),
        }
    }

    /// It changes a message that is itself still here, failed or to be sent again.
    fn targets_pending(&self, order: u64) -> bool {
        match self
            .entries
            .get(&order)
            .and_then(|entry| target_of(&entry.row.op))
        {
            Some(Target::Temp { target_temp_id }) => self
                .rows()
                .any(|row| row.key == target_temp_id && matches!(row.op, WriteOp::SendMessage(_))),
            Some(Target::Message { .. }) | None => false,
        }
    }

    /// Marks a write as failed, and with a creation all that waits for it.
    pub(super) fn fail(&mut self, order: u64, refusal: &Refused) -> Vec<OutboxRow> {
        let mut failed = Vec::new();
        let waiting: Vec<u64> = if self.creation == Some(order) {
            self.queue.iter().copied().collect()
        } else {
            Vec::new()
        };
        failed.extend(self.settle(
            order,
            OutboxState::Failed {
                code: refusal.code.clone(),
                message: refusal.message.clone(),
                after_seq: refusal.after_seq,
            },
        ));
        for order in waiting.into_iter().filter(|waiting| *waiting != order) {
            failed.extend(self.settle(
                order,
                OutboxState::Failed {
                    code: refusal.code.clone(),
                    message: format!("the conversation could not be created: {}", refusal.message),
                    after_seq: refusal.after_seq,
                },
            ));
        }
        failed
    }
}

/// Why the server refused.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    pub(crate) code: ErrorCode,
    pub(crate) message: String,
    pub(crate) retryable: bool,
    pub(crate) retry_after: Option<Duration>,
    /// The highest seq known then: a failed message is shown after it.
    pub(crate) after_seq: Seq,
}
