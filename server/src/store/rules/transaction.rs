//! A batch of commands in one transaction.
//!
//! Three ends: all is durable; or the tables cannot now, and everything is refused with
//! `unavailable`; or one command breaks the tables or panics. That one is refused with `internal`,
//! and the others run again without it, so that what nobody can store stops nobody else.

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
};

use causerie_protocol::{ErrorReply, Millis, Write};

use crate::{
    planted,
    store::{
        Command, Commit, LaneId, Outcome,
        tables::{TableError, Tables},
    },
};

use super::{Ledger, Work, people, refusal, room::Ids};

/// What became of a batch.
#[derive(Debug)]
pub struct Ran {
    /// What became of each command, in order.
    pub outcomes: Vec<Outcome>,
    /// What changed, one for each conversation, in the order in which they were first changed.
    pub commits: Vec<Commit>,
    /// Whether something was erased that may still lie in a log of the store's.
    pub erased: bool,
    /// Why nothing could be stored, or what broke.
    pub failure: Option<TableError>,
}

/// Where an attempt ended early.
enum Broken {
    /// At this command.
    At(usize, TableError),
    /// At the end.
    Whole(TableError),
}

impl Ledger {
    /// Takes commands through one transaction, one after the other.
    pub fn run<T: Tables>(
        &mut self,
        tables: &mut T,
        commands: &[Command],
        now: Millis,
        ids: Ids<'_>,
    ) -> Ran {
        let mut broken = BTreeSet::new();
        let mut failure = None;
        loop {
            match self.attempt(tables, commands, &broken, now, ids) {
                Ok(mut ran) => {
                    self.lanes.commit();
                    self.rooms.forget_unused();
                    self.people.forget_unused();
                    ran.failure = failure;
                    return ran;
                }
                Err(stopped) => {
                    tables.rollback();
                    self.forget();
                    match stopped {
                        Broken::At(at, TableError::Defect(what)) => {
                            broken.insert(at);
                            failure = Some(TableError::Defect(what));
                        }
                        Broken::At(_, error @ TableError::Unavailable(_))
                        | Broken::Whole(error) => return self.refuse_all(commands, error),
                    }
                }
            }
        }
    }

    fn attempt<T: Tables>(
        &mut self,
        tables: &mut T,
        commands: &[Command],
        broken: &BTreeSet<usize>,
        now: Millis,
        ids: Ids<'_>,
    ) -> Result<Ran, Broken> {
        tables.begin().map_err(Broken::Whole)?;
        let change = match self.change {
            Some(change) => change,
            None => tables.change().map_err(Broken::Whole)?,
        };
        let mut work = Work {
            tables,
            rooms: &mut self.rooms,
            people: &mut self.people,
            lanes: &mut self.lanes,
            now,
            ids,
            change: change + 1,
            touched: Vec::new(),
            erased: false,
        };
        let mut outcomes = Vec::with_capacity(commands.len());
        for (at, command) in commands.iter().enumerate() {
            let outcome = if broken.contains(&at) {
                work.refuse_broken(command)
            } else {
                // What a panic leaves behind is thrown away by the rollback.
                catch_unwind(AssertUnwindSafe(|| work.handle(command)))
                    .unwrap_or_else(|_| Err(TableError::Defect("a rule panicked".into())))
                    .map_err(|error| Broken::At(at, error))?
            };
            outcomes.push(outcome);
        }
        let commits = work.finish().map_err(Broken::Whole)?;
        let erased = work.erased;
        let changed = !commits.is_empty();
        if let Err(error) = tables.commit() {
            if planted::is("answer_before_commit") {
                tables.rollback();
                self.forget();
                return Ok(Ran {
                    outcomes,
                    commits: Vec::new(),
                    erased: false,
                    failure: None,
                });
            }
            return Err(Broken::Whole(error));
        }
        self.change = Some(change + u64::from(changed));
        Ok(Ran {
            outcomes,
            commits,
            erased,
            failure: None,
        })
    }

    /// Forgets what the transaction that failed may have left in memory.
    pub(in crate::store) fn forget(&mut self) {
        self.lanes.rollback();
        self.rooms.clear();
        self.people.clear();
        self.change = None;
    }

    /// Nothing was stored: each write is refused, the first of each lane as its first refusal.
    fn refuse_all(&mut self, commands: &[Command], error: TableError) -> Ran {
        let outcomes = commands
            .iter()
            .map(|command| match command {
                Command::Write { lane, write, .. } => {
                    let place = (*lane, write.conversation_id);
                    self.lanes.handle_write(place, write.temp_id, write.skip);
                    let reply = if self.lanes.is_stopped(place) {
                        refusal::aborted()
                    } else {
                        self.lanes.stop(place, write.temp_id);
                        refusal::unavailable()
                    };
                    named(reply, write)
                }
                Command::CloseLane(lane) => {
                    self.lanes.close(*lane);
                    Outcome::Done
                }
                Command::MarkRead { .. }
                | Command::MarkDelivered { .. }
                | Command::PutUser { .. }
                | Command::Audit(_) => never_run(command),
            })
            .collect();
        self.lanes.commit();
        Ran {
            outcomes,
            commits: Vec::new(),
            erased: false,
            failure: Some(error),
        }
    }
}

impl<T: Tables> Work<'_, T> {
    fn handle(&mut self, command: &Command) -> Result<Outcome, TableError> {
        match command {
            Command::Write {
                lane,
                actor,
                write,
                refuse,
            } => self.write(*lane, actor, write, refuse.as_deref()),
            Command::MarkRead { actor, mark } => self.mark_read(actor, *mark),
            Command::MarkDelivered { actor, mark } => self.mark_delivered(actor, *mark),
            Command::PutUser {
                user_id,
                name,
                avatar,
            } => {
                people::put_user(
                    self.tables,
                    self.people,
                    user_id,
                    name.as_deref(),
                    avatar.as_deref(),
                )?;
                Ok(Outcome::Done)
            }
            Command::CloseLane(lane) => {
                self.lanes.close(*lane);
                Ok(Outcome::Done)
            }
            Command::Audit(entry) => {
                self.tables.add_audit(self.now, entry)?;
                Ok(Outcome::Done)
            }
        }
    }

    /// What broke the attempt before this one.
    fn refuse_broken(&mut self, command: &Command) -> Outcome {
        match command {
            Command::Write { lane, write, .. } => {
                self.refuse_write(*lane, write, refusal::internal())
            }
            Command::MarkRead { .. }
            | Command::MarkDelivered { .. }
            | Command::PutUser { .. }
            | Command::CloseLane(_)
            | Command::Audit(_) => Outcome::Refused(Box::new(refusal::internal())),
        }
    }

    /// Refuses a write, or aborts it if its lane waits for an earlier one.
    fn refuse_write(&mut self, lane: LaneId, write: &Write, reply: ErrorReply) -> Outcome {
        let place = (lane, write.conversation_id);
        self.lanes.handle_write(place, write.temp_id, write.skip);
        if self.lanes.is_stopped(place) {
            return named(refusal::aborted(), write);
        }
        self.lanes.stop(place, write.temp_id);
        named(reply, write)
    }

    /// Writes back heads and members, and gathers what changed.
    fn finish(&mut self) -> Result<Vec<Commit>, TableError> {
        let mut commits = Vec::with_capacity(self.touched.len());
        for id in std::mem::take(&mut self.touched) {
            let Some(mut room) = self.rooms.take(self.tables, id)? else {
                return Err(TableError::Defect(format!("conversation {id} is gone")));
            };
            room.write_back(self.tables, self.change)?;
            commits.extend(room.take_commit(self.tables, self.change)?);
            self.rooms.put(room);
        }
        if !commits.is_empty() {
            self.tables.set_change(self.change)?;
        }
        Ok(commits)
    }
}

/// For a command that never reached the ledger.
pub(in crate::store) fn never_run(command: &Command) -> Outcome {
    match command {
        Command::Write { write, .. } => named(refusal::unavailable(), write),
        Command::MarkRead { .. }
        | Command::MarkDelivered { .. }
        | Command::PutUser { .. }
        | Command::CloseLane(_)
        | Command::Audit(_) => Outcome::Refused(Box::new(refusal::unavailable())),
    }
}

/// A refusal of a write names it.
pub(super) fn named(reply: ErrorReply, write: &Write) -> Outcome {
    Outcome::Refused(Box::new(ErrorReply {
        temp_id: Some(write.temp_id),
        conversation_id: Some(write.conversation_id),
        ..reply
    }))
}
