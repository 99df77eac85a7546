//! The database that all nodes share: one transaction at a time, which is durable when it is synced,
//! and told to nobody before.

use std::time::Duration;

use causerie_protocol::{
    ClientId, ConversationId, Members, MessageId, Role, TempId, UserId, Write, WriteOp,
};
use causerie_server::{
    conn::Token,
    store::{
        Actor, Command, Commit, LaneId, Outcome,
        memory::MemoryStore,
        tables::{Rows, UserKey},
    },
};

use crate::{
    fault::Occasion,
    ledger::Ledger,
    link::LinkId,
    node::Moment,
    refusals::Refused,
    rng::Rng,
    trace,
    world::{Event, World},
};

/// What a node asked for: for whom, and under which name.
pub type Asked = (Option<(LinkId, Token)>, Command);

/// A transaction that was applied, and is not yet synced.
#[derive(Debug)]
struct Syncing {
    /// Whose, and in which of its lives.
    node: usize,
    generation: u64,
    /// When it will be durable.
    until: Duration,
    batch: Vec<Asked>,
    outcomes: Vec<Outcome>,
    commits: Vec<Commit>,
}

/// The shared database.
pub struct Database {
    /// What it holds.
    pub store: MemoryStore,
    syncing: Option<Syncing>,
    /// Nodes that wait for the present transaction to end.
    queued: Vec<usize>,
    is_up: bool,
    /// Rises with every death: what was under way is void.
    generation: u64,
    backup: Option<(MemoryStore, Ledger)>,
    ids: u64,
}

impl Database {
    /// An empty one.
    pub fn new(rng: &mut Rng) -> Self {
        let mut store = MemoryStore::new(format!("{:016x}", rng.draw()));
        store.hold_syncs();
        Self {
            store,
            syncing: None,
            queued: Vec::new(),
            is_up: true,
            generation: 0,
            backup: None,
            ids: 0,
        }
    }

    /// Whether it answers, and nothing is under way.
    pub fn is_idle(&self) -> bool {
        self.is_up && self.syncing.is_none() && self.backup.is_none()
    }

    /// Until when a transaction is being synced, if one is.
    pub(crate) fn syncs_until(&self) -> Option<Duration> {
        self.syncing.as_ref().map(|syncing| syncing.until)
    }

    /// Whether a backup waits to take its place.
    pub(crate) fn has_backup(&self) -> bool {
        self.backup.is_some()
    }

    /// No backup will take its place.
    pub(crate) fn forget_backup(&mut self) {
        self.backup = None;
    }

    /// Whether it answers.
    pub fn is_up(&self) -> bool {
        self.is_up
    }
}

impl World {
    /// A node has something for the database: one transaction, with all that waits or a part of it.
    pub(crate) fn commit(&mut self, node: usize, generation: u64) {
        if generation != self.nodes[node].generation() {
            return;
        }
        if self.database.syncing.is_some() {
            self.database.queued.push(node);
            return;
        }
        self.nodes[node].commit_is_due = false;
        let waiting = self.nodes[node].waiting.len() as u64;
        let count = (1 + self.rng.below(waiting.max(1))).min(waiting) as usize;
        let batch: Vec<Asked> = self.nodes[node].waiting.drain(..count).collect();
        let dies = self.dies_beside(&batch);
        if dies == Some(Moment::Before) {
            return self.node_dies(node, "before a commit");
        }
        if !batch.is_empty()
            && let Some(fault) = self.ambushed(Occasion::Apply, 0)
        {
            self.strike(fault);
        }
        let (outcomes, commits) = self.apply(node, &batch);
        if !self.database.is_up {
            self.give_outcomes(node, batch, outcomes);
            return self.commit_the_rest(node);
        }
        let delay = self.disk_delay();
        let until = self.now + delay;
        self.database.syncing = Some(Syncing {
            node,
            generation,
            until,
            batch,
            outcomes,
            commits,
        });
        if dies.is_some() {
            self.node_dies(node, "between a commit and its replies");
        }
        if let Some(fault) = self.ambushed(Occasion::Sync, 0) {
            return self.strike(fault);
        }
        self.at(until, Event::Synced(self.database.generation));
    }

    /// Whether the node dies beside this transaction, and when.
    fn dies_beside(&mut self, batch: &[Asked]) -> Option<Moment> {
        if batch.is_empty() {
            return None;
        }
        let mut fault = self.ambushed(Occasion::Commit, 0)?;
        let moment = if fault.dice.one_in(2) {
            Moment::Before
        } else {
            Moment::BeforeReplies
        };
        self.strike(fault);
        Some(moment)
    }

    /// The next transaction fails.
    pub(crate) fn fail_commit(&mut self) {
        self.note(|| "a transaction fails".into());
        self.database.store.fail_commits(1);
    }

    fn apply(&mut self, node: usize, batch: &[Asked]) -> (Vec<Outcome>, Vec<Commit>) {
        let commands: Vec<Command> = batch.iter().map(|(_, command)| command.clone()).collect();
        let wall = self.node_wall(node);
        let rng = &mut self.rng;
        let ids = &mut self.database.ids;
        let (outcomes, commits) = self.database.store.apply(&commands, wall, || {
            *ids += 1;
            MessageId::from_uuid(rng.uuid_v7(wall + *ids % 7))
        });
        (outcomes, commits)
    }

    /// The transaction is durable: now it may be told.
    pub(crate) fn synced(&mut self, generation: u64) {
        if generation != self.database.generation {
            return;
        }
        self.database.store.sync();
        if let Some(done) = self.database.syncing.take() {
            self.hear_of(&done, "committed");
            if done.generation == self.nodes[done.node].generation() {
                self.publish(done.node, &done.commits);
                self.give_outcomes(done.node, done.batch, done.outcomes);
                self.commit_the_rest(done.node);
            }
        }
        self.let_the_next_commit();
    }

    /// What is durable is told to the model, before anybody else learns of it.
    fn hear_of(&mut self, done: &Syncing, how: &str) {
        for commit in &done.commits {
            self.note(|| format!("{how}: {}", trace::commit(commit)));
        }
        let commands: Vec<Command> = done
            .batch
            .iter()
            .map(|(_, command)| command.clone())
            .collect();
        for (command, outcome) in commands.iter().zip(&done.outcomes) {
            if let (Command::Write { write, .. }, Outcome::Refused(error)) = (command, outcome)
                && Refused::of(error) == Refused::ForGood
            {
                self.sends.refused(write.temp_id);
            }
        }
        let heard = self
            .model
            .ledger
            .hear(&commands, &done.outcomes, &done.commits);
        if let Err(what) = heard {
            self.blame(what);
        }
        self.count_removals();
    }

    fn let_the_next_commit(&mut self) {
        for node in std::mem::take(&mut self.database.queued) {
            let generation = self.nodes[node].generation();
            let delay = self.disk_delay();
            self.after(delay, Event::Commit(node, generation));
        }
    }

    /// The database's machine dies: what was not synced is lost. Of what was being synced the nodes
    /// are told that they cannot know; `in_doubt`, it is there after all.
    pub(crate) fn database_dies(&mut self, in_doubt: bool) {
        if !self.database.is_up {
            return;
        }
        self.note(|| "the database dies".into());
        self.database.generation += 1;
        self.database.is_up = false;
        if in_doubt {
            self.database.store.sync();
        } else {
            self.database.store.lose_unsynced();
        }
        self.database.store.set_down(true);
        if let Some(lost) = self.database.syncing.take() {
            if in_doubt {
                self.hear_of(&lost, "committed, and nobody knows");
            }
            if lost.generation == self.nodes[lost.node].generation() {
                let (outcomes, _) = self.apply(lost.node, &lost.batch);
                self.give_outcomes(lost.node, lost.batch, outcomes);
                self.commit_the_rest(lost.node);
            }
        }
        self.let_the_next_commit();
        let pause = self.rng.millis(50, 6000);
        self.after(pause, Event::DatabaseUp(self.database.generation));
    }

    pub(crate) fn database_up(&mut self, generation: u64) {
        if generation == self.database.generation {
            self.note(|| "the database is back".into());
            self.database.is_up = true;
            self.database.store.set_down(false);
        }
    }

    /// A backup is made, to be put in the place of the database a while later.
    pub(crate) fn back_up(&mut self) {
        if self.database.backup.is_some() {
            return;
        }
        self.note(|| "a backup is made".into());
        let mut backup = self.database.store.clone();
        backup.lose_unsynced();
        backup.set_down(false);
        self.database.backup = Some((backup, self.model.ledger.clone()));
    }

    /// The backup takes the place of the database, with another epoch: what came since is gone.
    pub(crate) fn restore(&mut self) {
        let Some((mut backup, ledger)) = self.database.backup.take() else {
            return;
        };
        let epoch = self.database.store.epoch().to_owned();
        self.model.restore(&epoch, ledger);
        self.note(|| "the backup is restored".into());
        for node in 0..self.nodes.len() {
            self.node_dies(node, "for the restoring");
        }
        backup.restart();
        backup.set_epoch(format!("{:016x}", self.rng.draw()));
        let before = std::mem::replace(&mut self.database.store, backup);
        self.database.generation += 1;
        self.database.is_up = true;
        self.database.syncing = None;
        self.database.queued.clear();
        self.undo_sends(&before);
    }

    /// Which writes of people are gone with the database that was replaced.
    fn undo_sends(&mut self, before: &MemoryStore) {
        let mut undone = Vec::new();
        for (key, sent) in self.sends.iter() {
            let user = &self.devices[sent.device].user;
            let place = (sent.conversation_id, user, *key);
            if has_write(before, place) && !has_write(&self.database.store, place) {
                undone.push(*key);
            }
        }
        for key in undone {
            self.note(|| format!("{key} is gone with it"));
            if let Some(sent) = self.sends.get_mut(key) {
                sent.undone = true;
            }
        }
    }

    /// Somebody's owner puts this user out of a conversation, or takes the user in again, on any
    /// node that is up. The name of the write.
    pub(crate) fn change_member(
        &mut self,
        conversation_id: ConversationId,
        user: &UserId,
        joins: bool,
    ) -> Option<TempId> {
        let owner = owner(&self.database.store, conversation_id)?;
        let up: Vec<usize> = (0..self.nodes.len())
            .filter(|node| self.nodes[*node].is_up())
            .collect();
        let node = *self.rng.pick(&up)?;
        let members = Members {
            user_ids: vec![user.clone()],
            role: None,
        };
        let verb = if joins { "takes" } else { "puts" };
        self.note(|| format!("{owner} {verb} {user} in or out of {conversation_id}"));
        let op = if joins {
            WriteOp::AddMembers(members)
        } else {
            WriteOp::RemoveMembers(members)
        };
        let wall = self.wall();
        let temp_id = TempId::from_uuid(self.rng.uuid_v7(wall));
        let write = Write {
            temp_id,
            conversation_id,
            skip: None,
            op: Ok(op),
        };
        let actor = Actor {
            user_id: owner,
            client_id: ClientId::from_uuid(self.rng.uuid_v7(wall)),
            admin: false,
        };
        let lane = LaneId(u64::MAX - self.rng.below(1 << 32));
        let command = Command::Write {
            lane,
            actor,
            write: Box::new(write),
            refuse: None,
        };
        self.submit(node, None, command);
        Some(temp_id)
    }
}

fn has_write(
    store: &MemoryStore,
    (conversation, user, key): (ConversationId, &UserId, TempId),
) -> bool {
    let rows = store.tables();
    let (Ok(Some(conversation)), Ok(Some(user))) =
        (rows.conversation(conversation), rows.user(user))
    else {
        return false;
    };
    matches!(rows.write(conversation.key, user.key, key), Ok(Some(_)))
}

/// Who owns a conversation.
pub(crate) fn owner(store: &MemoryStore, conversation: ConversationId) -> Option<UserId> {
    let rows = store.tables();
    let conversation = rows.conversation(conversation).ok()??;
    let members = rows.members(conversation.key, UserKey(0), 64).ok()?;
    let owner = members.into_iter().find(|row| row.role == Role::Owner)?;
    Some(owner.user_id)
}
