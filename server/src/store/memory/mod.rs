//! The store in memory: the real rules over maps.
//!
//! [`MemoryStore`] is synchronous and deterministic, for the simulation: time and ids come with
//! each call, a clone is a snapshot, and [`MemoryStore::restart`] forgets what a process forgets.
//! [`SharedMemoryStore`] puts the [`Store`](super::Store) border in front of it, for tests.

mod rows;
mod shared;
mod tables;
mod undo;

use causerie_protocol::{MessageId, Millis};

pub use shared::SharedMemoryStore;
pub use tables::MemoryTables;

use super::{Answer, Command, Commit, Outcome, Query, queries, rules::Ledger, tables::TableError};

/// A whole store as one value.
#[derive(Debug, Clone)]
pub struct MemoryStore {
    epoch: String,
    tables: MemoryTables,
    ledger: Ledger,
}

impl MemoryStore {
    /// An empty store of this epoch.
    pub fn new(epoch: impl Into<String>) -> Self {
        Self {
            epoch: epoch.into(),
            tables: MemoryTables::default(),
            ledger: Ledger::default(),
        }
    }

    /// The database's epoch.
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    /// Gives the database another epoch, as restoring a backup does.
    pub fn set_epoch(&mut self, epoch: impl Into<String>) {
        self.epoch = epoch.into();
    }

    /// Takes commands through one transaction, one after the other. What it returns is durable,
    /// unless [`hold_syncs`](Self::hold_syncs) was called: then it is after [`sync`](Self::sync),
    /// and nothing of it may be told before. The outcomes are in the commands' order; publish the
    /// commits before giving them out.
    pub fn apply(
        &mut self,
        commands: &[Command],
        now: Millis,
        mut ids: impl FnMut() -> MessageId,
    ) -> (Vec<Outcome>, Vec<Commit>) {
        let ran = self.ledger.run(&mut self.tables, commands, now, &mut ids);
        (ran.outcomes, ran.commits)
    }

    /// Reads from one snapshot.
    ///
    /// # Errors
    /// Only if the rows contradict themselves.
    pub fn query(&self, query: &Query) -> Result<Answer, TableError> {
        if self.tables.is_down() {
            return Err(TableError::Unavailable("the database is away".into()));
        }
        queries::answer(&self.tables, &self.epoch, query)
    }

    /// What a process forgets when it dies: lanes and cache. What was applied stays.
    pub fn restart(&mut self) {
        self.ledger = Ledger::default();
    }

    /// From now on what is applied becomes durable by [`sync`](Self::sync) alone.
    pub fn hold_syncs(&mut self) {
        self.tables.hold_syncs();
    }

    /// Makes all that was applied durable.
    pub fn sync(&mut self) {
        self.tables.sync();
    }

    /// The machine under it dies: what was applied and not synced never was.
    pub fn lose_unsynced(&mut self) {
        self.tables.lose();
        self.ledger.forget();
    }

    /// While it is away, every transaction and every query fails.
    pub fn set_down(&mut self, is_down: bool) {
        self.tables.set_down(is_down);
    }

    /// Makes the next transactions fail, as a full disk would.
    pub fn fail_commits(&mut self, commits: u32) {
        self.tables.fail_commits(commits);
    }

    /// Sets the bound of the ledger's cache, and empties it with the lanes.
    pub fn set_cache(&mut self, limit: usize) {
        self.ledger = Ledger::with_cache(limit);
    }

    /// The rows, to look at.
    pub fn tables(&self) -> &MemoryTables {
        &self.tables
    }
}

#[cfg(test)]
mod tests {
    use causerie_protocol::{
        ClientId, ConversationId, ConversationKind, CreateConversation, TempId, UserId, Write,
        WriteOp,
    };
    use uuid::Uuid;

    use super::*;
    use crate::store::{Actor, LaneId};

    fn create(n: u128) -> Command {
        let user = |name| UserId::new(name).expect("a user");
        let create = CreateConversation {
            kind: ConversationKind::Direct,
            group_id: None,
            title: None,
            members: Some(vec![user("bob")]),
            history: None,
        };
        let temp_id = TempId::from_uuid(Uuid::from_u128(n));
        let id = ConversationId::direct(&user("alice"), &user("bob"));
        Command::Write {
            lane: LaneId(1),
            actor: Actor {
                user_id: user("alice"),
                client_id: ClientId::from_uuid(Uuid::nil()),
                admin: false,
            },
            write: Box::new(Write::new(temp_id, id, WriteOp::CreateConversation(create))),
            refuse: None,
        }
    }

    fn apply(store: &mut MemoryStore, n: u128) -> (Vec<Outcome>, Vec<Commit>) {
        store.apply(&[create(n)], 1, || MessageId::from_uuid(Uuid::from_u128(n)))
    }

    #[test]
    fn what_was_applied_and_not_synced_never_was_once_it_is_lost() {
        let mut store = MemoryStore::new("c0ffee");
        store.hold_syncs();
        assert_eq!(apply(&mut store, 1).1.len(), 1);
        store.lose_unsynced();
        let (outcomes, commits) = apply(&mut store, 2);
        assert!(matches!(&outcomes[..], [Outcome::Acked(ack)] if !ack.duplicate));
        assert_eq!(commits[0].change, 1, "its number is free again");
        store.sync();
        store.lose_unsynced();
        let (outcomes, commits) = apply(&mut store, 3);
        assert!(matches!(&outcomes[..], [Outcome::Acked(ack)] if ack.duplicate));
        assert!(commits.is_empty());
    }

    #[test]
    fn while_it_is_away_nothing_is_written_or_read() {
        let mut store = MemoryStore::new("c0ffee");
        store.set_down(true);
        let (outcomes, commits) = apply(&mut store, 1);
        assert!(matches!(&outcomes[..], [Outcome::Refused(error)] if error.retryable));
        assert!(commits.is_empty());
        let query = Query::Changed { since: None };
        assert!(store.query(&query).is_err());
        store.set_down(false);
        assert_eq!(apply(&mut store, 1).1.len(), 1);
        assert!(store.query(&query).is_ok());
    }
}
