//! The one thread that writes: group commit.
//!
//! Everything that waits goes into one transaction, so a thousand writes share one fsync. Then
//! comes what the order promises: the commit is durable, then it is published, then each command is
//! answered.

use std::{
    sync::{
        atomic::Ordering,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::Duration,
};

use causerie_protocol::{MessageId, Millis};

use crate::store::{
    Command, Done, Publish,
    rules::Ledger,
    tables::{Rows, TableError, Tables},
};

use super::{condition::Condition, database::Database};

/// How long nothing must come before the log is cut after an erasure: cutting it writes all of it
/// back, which is no good while there is something else to do.
const IDLE: Duration = Duration::from_millis(200);
/// Transactions after an erasure after which the log is cut however busy the writer is.
const LONGEST: u32 = 2000;
/// How long nothing must come, while nothing can be stored, before a transaction of the writer's own
/// finds out whether it still cannot: a server that is not ready is asked by nobody.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// A command that waits.
pub(super) struct Job {
    pub(super) command: Command,
    pub(super) done: Done,
}

/// Where a transaction's time and its events' ids come from.
pub(super) struct Sources {
    pub(super) now: Box<dyn FnMut() -> Millis + Send>,
    pub(super) ids: Box<dyn FnMut() -> MessageId + Send>,
}

/// The thread's own.
pub(super) struct Writer {
    pub(super) database: Database,
    pub(super) ledger: Ledger,
    pub(super) jobs: Receiver<Job>,
    pub(super) sources: Sources,
    pub(super) publish: Publish,
    pub(super) batch: usize,
    pub(super) condition: Condition,
}

impl Writer {
    /// Until nobody can submit any more, and all that was submitted is answered.
    pub(super) fn run(mut self) {
        // Transactions since something was erased that may still lie in the log.
        let mut owed: Option<u32> = None;
        loop {
            let refuses = self.condition.refuses();
            let next = match owed {
                _ if refuses => self.jobs.recv_timeout(TRY_AGAIN),
                None => self.jobs.recv().map_err(RecvTimeoutError::from),
                Some(_) => self.jobs.recv_timeout(IDLE),
            };
            let first = match next {
                Ok(job) => job,
                Err(RecvTimeoutError::Timeout) if refuses => {
                    self.try_again();
                    continue;
                }
                Err(RecvTimeoutError::Timeout) => {
                    owed = owed.filter(|_| !self.cut_log());
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => break,
            };
            if self.commit(first) {
                owed = owed.or(Some(0));
            }
            owed = match owed {
                Some(since) if since >= LONGEST && self.cut_log() => None,
                Some(since) => Some(since.saturating_add(1)),
                None => None,
            };
        }
        if owed.is_some() {
            self.cut_log();
        }
    }

    /// One transaction; true if something was erased.
    fn commit(&mut self, first: Job) -> bool {
        let mut commands = Vec::with_capacity(self.batch);
        let mut answers = Vec::with_capacity(self.batch);
        let waiting = self.jobs.try_iter().take(self.batch - 1);
        for job in std::iter::once(first).chain(waiting) {
            commands.push(job.command);
            answers.push(job.done);
        }
        let now = (self.sources.now)();
        let ran = self
            .ledger
            .run(&mut self.database, &commands, now, &mut self.sources.ids);
        match &ran.failure {
            None => {}
            Some(TableError::Unavailable(reason)) => self.condition.set_refusing(reason),
            Some(TableError::Defect(reason)) => {
                tracing::error!(reason, "a command could not be carried out");
            }
        }
        if !ran.commits.is_empty() {
            self.condition.set_storing();
            (self.publish)(ran.commits);
        }
        for (done, outcome) in answers.into_iter().zip(ran.outcomes) {
            done(outcome);
        }
        ran.erased
    }

    /// Finds out whether it can store again, by writing what is there already.
    fn try_again(&mut self) {
        // Those are for the commands that come.
        if self.database.fail_commits.load(Ordering::Relaxed) > 0 {
            return;
        }
        match self.rewrite() {
            Ok(()) => self.condition.set_storing(),
            Err(error) => {
                self.database.rollback();
                self.condition.set_refusing(&error.to_string());
            }
        }
    }

    fn rewrite(&mut self) -> Result<(), TableError> {
        self.database.begin()?;
        let change = self.database.change()?;
        self.database.set_change(change)?;
        self.database.commit()
    }

    /// Lets nothing of what was erased stay in the log; false if it has to be tried again.
    fn cut_log(&self) -> bool {
        match self.database.cut_log() {
            Ok(cut) => cut,
            Err(error) => {
                tracing::warn!(%error, "the log could not be cut");
                false
            }
        }
    }
}
