//! When the store fails: nothing that stood behind the failed commit happens. On a full disk a
//! command of the app is refused, and all else stays as it is. Otherwise the engine is restored from
//! what is stored, and after a while it goes on.

use std::{collections::BTreeSet, time::Duration};

use backon::{BackoffBuilder, ExponentialBuilder};
use causerie_engine::{
    Command, CommandKind, ConnectionState, Engine, EngineConfig, Input, ReplyId, Snapshot,
    TimelineId,
};
use causerie_store::{Resumed, StoreError};

use super::{
    Core,
    ask::View,
    clock, journal,
    thread::{self, CoreThread, Pending},
};
use crate::{Error, Event, RetryLater};

/// Delays between attempts to go on after the store failed: doubling, between these, for ever. There
/// is no herd to spread, so there is no jitter.
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LAST_RETRY: Duration = Duration::from_secs(30);
const RETRIES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(FIRST_RETRY)
    .with_max_delay(LAST_RETRY)
    .without_max_times();

/// The store failed, and what it last held could not be made to work again yet.
pub(super) struct Trouble {
    pub(super) attempt: u32,
    /// When to try again. Absent once that was done and no commit has followed: then the next
    /// failure waits longer.
    pub(super) at: Option<Duration>,
    /// Whether the engine is one restored from the store; otherwise nothing is asked of it.
    pub(super) restored: bool,
    pub(super) reason: String,
}

impl CoreThread {
    /// Whether nothing can be asked of the engine, since what is stored cannot be read.
    pub(super) fn is_stalled(&self) -> bool {
        self.trouble
            .as_ref()
            .is_some_and(|trouble| !trouble.restored)
    }

    /// The disk is full for what the app asked: if that is all that failed, it is not taken, and the
    /// connection and all else stay. Says whether so.
    pub(super) fn refuse_command(&mut self, error: &StoreError) -> bool {
        // Of no other failure it is certain that the store is as it was.
        if !matches!(error, StoreError::Full) || !self.engine.undo() {
            return false;
        }
        tracing::warn!("the disk is full: what the app asked was not taken");
        let current = self.current.take();
        let pending = current.and_then(|reply| self.pending.remove(&reply));
        if let Some(answer) = pending.and_then(|pending| pending.answer) {
            self.tell(answer, Err(Error::from(error)));
        }
        self.tell_fault(&Error::from(error));
        true
    }

    fn tell_fault(&self, error: &Error) {
        self.core.events.publish(&Event::Fault {
            code: error.code().to_owned(),
            message: error.to_string(),
            retryable: true,
        });
    }

    /// After a commit or a read failed: nothing that stood behind it happens. The socket is closed,
    /// the engine is restored from the store, and after a while it goes on.
    pub(super) fn handle_failure(&mut self, error: &StoreError) {
        tracing::error!(%error, "the local database failed");
        let snapshot = match error {
            // What can be read now is not all there is: the file must be examined.
            StoreError::Damaged(_) => self.reopen(),
            StoreError::Full
            | StoreError::Suspended
            | StoreError::Sqlite(_)
            | StoreError::Encode(_) => self.store.snapshot().or_else(|_| self.reopen()),
        };
        self.begin_anew(snapshot.ok(), || Error::from(error));
    }

    /// After a panic of this thread: what it was doing is lost, as after a commit that failed.
    pub(super) fn handle_panic(&mut self) {
        tracing::error!("the core panicked, which is a bug; it goes on from what is stored");
        // Whatever was half done in memory goes with the handles.
        let snapshot = self.reopen().ok();
        self.begin_anew(snapshot, thread::internal);
        self.drain();
        if self.suspended {
            self.store.suspend();
            self.answer_late();
        }
    }

    fn begin_anew(&mut self, snapshot: Option<Snapshot>, why: impl Fn() -> Error) {
        let (attempt, at) = self.next_attempt();
        let delay = at.saturating_sub(clock::monotonic());
        let current = self.current.take();
        for (reply, pending) in std::mem::take(&mut self.pending) {
            let Some(answer) = pending.answer else {
                continue;
            };
            let error = if current == Some(reply) {
                why()
            } else {
                RetryLater::Interrupted.into()
            };
            drop(answer.send(Err(error)));
            if let Some(timeline) = pending.opens {
                self.views.remove(&timeline);
            }
        }
        let shown = why();
        let reason = shown.to_string();
        tracing::warn!(
            attempt,
            delay_ms = journal::millis(delay),
            code = shown.code(),
            restored = snapshot.is_some(),
            "the client goes on from what is stored, after a while"
        );
        self.trouble = Some(Trouble {
            attempt,
            at: Some(at),
            restored: snapshot.is_some(),
            reason: reason.clone(),
        });
        self.drop_socket();
        if let Some(snapshot) = snapshot {
            self.restore(snapshot);
        }
        self.tell_fault(&shown);
        if self.started {
            self.core.connection.publish(|state| {
                state.set(ConnectionState::Waiting {
                    attempt,
                    retry_in: delay,
                    reason,
                })
            });
        }
    }

    /// Which attempt to go on is the next one, and when it is.
    fn next_attempt(&self) -> (u32, Duration) {
        let before = match &self.trouble {
            // It waits already: what fails meanwhile was no attempt, and makes no wait longer.
            Some(Trouble {
                attempt,
                at: Some(at),
                ..
            }) => return (*attempt, *at),
            Some(trouble) => trouble.attempt,
            None => 0,
        };
        let delay = RETRIES.build().nth(before as usize).unwrap_or(LAST_RETRY);
        (before + 1, clock::monotonic() + delay)
    }

    /// Closes the store and opens it again, which examines and replaces a damaged file.
    fn reopen(&mut self) -> Result<Snapshot, StoreError> {
        self.store.suspend();
        match self.store.resume() {
            Ok(Resumed::Unchanged) => self.store.snapshot(),
            Ok(Resumed::Changed { snapshot, recovery }) => {
                self.tell_recovery(recovery);
                Ok(*snapshot)
            }
            Err(error) => {
                let code = Error::from(error).code().to_owned();
                tracing::error!(code, "the local database cannot be opened again");
                Err(StoreError::Suspended)
            }
        }
    }

    /// The time to go on has come, or somebody asks.
    pub(super) fn try_again(&mut self) {
        let Some(trouble) = &self.trouble else {
            return;
        };
        if !trouble.restored {
            match self.reopen() {
                Ok(snapshot) => {
                    if let Some(trouble) = &mut self.trouble {
                        trouble.restored = true;
                    }
                    self.restore(snapshot);
                    self.drain();
                }
                Err(_) => {
                    if let Some(trouble) = &mut self.trouble {
                        trouble.at = Some(clock::monotonic() + LAST_RETRY);
                    }
                    return;
                }
            }
        }
        if let Some(trouble) = &mut self.trouble
            && trouble.at.is_some_and(|at| at <= clock::monotonic())
        {
            trouble.at = None;
            // What the last attempt left undone, if the store failed again and again.
            self.drain();
            if self.started {
                self.command(CommandKind::Start, None, None);
            }
        }
    }

    /// A commit succeeded.
    pub(super) fn note_commit(&mut self) {
        match &mut self.trouble {
            // It went on since, and this is the proof that it can: the next failure is a first one.
            Some(Trouble { at: None, .. }) => self.trouble = None,
            // What the app asked could be stored, so there is nothing to wait for.
            Some(trouble) if self.current.is_some() => trouble.at = Some(clock::monotonic()),
            Some(_) | None => {}
        }
    }

    /// A new engine, from what the store holds; what is open on screens is opened again.
    pub(super) fn restore(&mut self, snapshot: Snapshot) {
        self.drop_socket();
        self.core.typing.lock().clear();
        self.engine = restore(&self.core, snapshot, &self.config);
        self.tell_cursors();
        let views: Vec<_> = self
            .views
            .iter_mut()
            .map(|(timeline, view)| {
                view.waits = false;
                (*timeline, view.open(*timeline))
            })
            .collect();
        for (timeline, kind) in views {
            let reply = self.reply_for(timeline);
            self.engine
                .handle(Input::Command(Command { reply, kind }), clock::now());
        }
    }

    /// What was shown of others' reading is as old as the engine before.
    fn tell_cursors(&mut self) {
        let shown: BTreeSet<_> = self.views.values().map(|v| v.conversation_id).collect();
        for conversation_id in shown {
            // What cannot be read now is told when it can be, with the next engine.
            if let Ok(cursors) = self.store.cursors(conversation_id) {
                self.core.events.publish(&Event::Cursors {
                    conversation_id,
                    cursors,
                });
            }
        }
    }

    /// Names a command of the driver's own, whose answer goes to a timeline's listeners.
    pub(super) fn reply_for(&mut self, timeline: TimelineId) -> ReplyId {
        let reply = ReplyId(self.next_reply);
        self.next_reply += 1;
        self.pending.insert(
            reply,
            Pending {
                answer: None,
                opens: Some(timeline),
            },
        );
        reply
    }
}

/// An engine from what the store holds; whoever looks at the list and the outbox is told.
pub(super) fn restore(core: &Core, snapshot: Snapshot, config: &EngineConfig) -> Engine {
    core.outbox.publish(|outbox| outbox.reset(&snapshot.outbox));
    let users = snapshot.users.iter();
    *core.users.lock() = users
        .map(|user| (user.user_id.clone(), user.clone()))
        .collect();
    let engine = Engine::restore(snapshot, config.clone(), clock::now(), clock::seed());
    core.list.publish(|list| list.reset(engine.conversations()));
    engine
}

impl View {
    pub(super) fn open(&self, timeline: TimelineId) -> CommandKind {
        CommandKind::OpenTimeline {
            timeline,
            conversation_id: self.conversation_id,
            start: self.start,
            page: self.page,
        }
    }
}
