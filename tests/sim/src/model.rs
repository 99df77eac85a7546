//! The reference model: it hears what people ask for and are told, what the server's durable order
//! says ([`Ledger`]) and what each device was given, and from that knows what a device has to show
//! ([`crate::look`]). It shares no code with the engine or the server.

use std::collections::{BTreeSet, HashMap};

use causerie_engine::{OutboxRow, OutboxState, SendState};
use causerie_protocol::{TempId, UserId};

use crate::{
    ledger::{Answered, Ledger},
    person::{OwnState, Person},
};

/// All that is known.
#[derive(Default)]
pub struct Model {
    /// The server's order.
    pub ledger: Ledger,
    /// What databases that were replaced said last, by epoch.
    past: HashMap<String, Ledger>,
    /// The owner of each device, with what that device was told.
    pub people: Vec<Person>,
    /// How often something was looked at.
    pub checks: u64,
}

impl Model {
    /// Nothing has happened to these users' devices.
    pub fn new(users: &[UserId]) -> Self {
        Self {
            people: users.iter().map(Person::new).collect(),
            ..Self::default()
        }
    }

    /// The app was told of a write.
    ///
    /// # Errors
    /// What cannot be true of it.
    pub fn told(
        &mut self,
        device: usize,
        key: TempId,
        state: Option<&SendState>,
        row: Option<&OutboxRow>,
    ) -> Result<(), String> {
        let person = &mut self.people[device];
        let answer = self.ledger.answer(key);
        let Some(own) = person.writes.get(&key) else {
            return Err(format!("was told of {key}, which it never asked for"));
        };
        let before = own.state;
        let after = match state {
            None => OwnState::Gone,
            Some(SendState::Queued) => OwnState::Queued,
            Some(SendState::Sent { seq }) => OwnState::Taken(*seq),
            Some(SendState::Failed { .. }) => match row.map(|row| &row.state) {
                Some(OutboxState::Failed { after_seq, .. }) => OwnState::Failed(*after_seq),
                _ => return Err(format!("{key} failed, but its row says otherwise")),
            },
        };
        match (before, after) {
            (OwnState::Taken(_) | OwnState::Gone, OwnState::Queued | OwnState::Failed(_)) => {
                return Err(format!("{key} was {before:?}, and now is {after:?}"));
            }
            (OwnState::Failed(_), OwnState::Failed(_)) => {}
            (_, OwnState::Failed(_)) => person.check_failure(key)?,
            (_, OwnState::Taken(_)) if answer != Some(Answered::Taken) => {
                return Err(format!("{key} is told to be sent, and is not durable"));
            }
            _ => {}
        }
        person.set(key, after);
        Ok(())
    }

    /// An older database takes the place of the one of this epoch.
    pub fn restore(&mut self, epoch: &str, backup: Ledger) {
        self.past.insert(epoch.to_owned(), self.ledger.clone());
        self.ledger.restore(backup);
    }

    /// What the database says that a device believes to speak with, and the device.
    pub(crate) fn pair(&mut self, device: usize) -> (&Ledger, &mut Person) {
        let person = &mut self.people[device];
        let past = person.epoch.as_ref().and_then(|epoch| self.past.get(epoch));
        (past.unwrap_or(&self.ledger), person)
    }

    /// The process starts again with this outbox, and what it knows of this database.
    ///
    /// # Errors
    /// What is lost, doubled, out of order, or back from the dead.
    pub fn restarted(
        &mut self,
        device: usize,
        epoch: Option<&str>,
        rows: &[OutboxRow],
    ) -> Result<(), String> {
        self.checks += 1;
        let person = &mut self.people[device];
        // It may have died before it stored that it had met another one.
        person.epoch = epoch.map(str::to_owned);
        let doubtful = std::mem::take(&mut person.doubtful);
        let mut last = (0, 0);
        let mut there = BTreeSet::new();
        for row in rows {
            let key = row.key;
            there.insert(key);
            let Some(own) = person.writes.get(&key) else {
                return Err(format!("starts with {key}, which it never asked for"));
            };
            let is_doubtful = doubtful.contains(&key);
            let after = match &row.state {
                OutboxState::Queued => OwnState::Queued,
                OutboxState::Failed { after_seq, .. } => OwnState::Failed(*after_seq),
                OutboxState::Acked { seq, .. } => OwnState::Taken(Some(*seq)),
            };
            let possible = match (own.state, after) {
                (OwnState::Queued, OwnState::Queued)
                | (OwnState::Failed(_), OwnState::Failed(_))
                | (OwnState::Taken(_), OwnState::Taken(_)) => true,
                (OwnState::Queued, OwnState::Taken(_)) => {
                    self.ledger.answer(key) == Some(Answered::Taken)
                }
                // It failed, and the process died before it could say so.
                (OwnState::Queued, OwnState::Failed(_)) => {
                    person.check_failure(key)?;
                    true
                }
                (OwnState::Asked | OwnState::Failed(_), OwnState::Queued) => is_doubtful,
                _ => false,
            };
            if !possible {
                return Err(format!(
                    "starts with {key} as {after:?}, and it was {:?}",
                    own.state
                ));
            }
            if own.state == OwnState::Queued && after == OwnState::Queued && !is_doubtful {
                if own.order < last.0 || row.order < last.1 {
                    return Err(format!("starts with {key} in another order"));
                }
                last = (own.order, row.order);
            }
            person.set(key, after);
        }
        let lost = person.writes.iter().find(|(key, own)| {
            !there.contains(*key)
                && !doubtful.contains(*key)
                && match own.state {
                    OwnState::Queued => self.ledger.answer(**key).is_none(),
                    OwnState::Failed(_) => true,
                    OwnState::Asked | OwnState::Taken(_) | OwnState::Gone => false,
                }
        });
        if let Some((key, own)) = lost {
            return Err(format!(
                "starts without {key}, which was {:?}: lost",
                own.state
            ));
        }
        let settled: Vec<TempId> = person
            .writes
            .iter()
            .filter(|(key, own)| {
                !there.contains(*key)
                    && matches!(
                        own.state,
                        OwnState::Asked | OwnState::Queued | OwnState::Failed(_)
                    )
            })
            .map(|(key, _)| *key)
            .collect();
        for key in settled {
            person.set(key, OwnState::Gone);
        }
        Ok(())
    }
}
