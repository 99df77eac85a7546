//! What one device was asked, told and given, and how its writes stand by that: what the reference
//! model ([`crate::model`]) knows of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use causerie_engine::{CommandKind, ItemKey, ReplyId};
use causerie_protocol::{ConversationId, MessageId, Seq, Target, TempId, UserId, WriteOp};
use uuid::Uuid;

use crate::refusals::Refusals;

/// What one device was asked, told and given.
pub struct Person {
    pub(crate) user: UserId,
    pub(crate) writes: HashMap<TempId, Own>,
    /// Messages on their way or failed, in local order.
    pub(crate) lanes: HashMap<ConversationId, BTreeMap<u64, TempId>>,
    /// Writes that change a message, by its name or id, in the order in which they were asked for.
    pub(crate) targets: HashMap<Uuid, Vec<TempId>>,
    /// What this person wants to be tried again.
    retried: Option<TempId>,
    pub(crate) rooms: HashMap<ConversationId, Known>,
    /// The latest state of each message that was shown, and its key.
    pub(crate) shown: HashMap<MessageId, (Seq, ItemKey)>,
    /// The latest state of each message that the list told of.
    pub(crate) previews: HashMap<MessageId, Seq>,
    /// What is to be looked at.
    pub(crate) dirty: BTreeSet<ConversationId>,
    /// Conversations that it knows of.
    pub(crate) listed: BTreeSet<ConversationId>,
    /// Writes on the wire, as far as was told.
    pub(crate) flying: BTreeSet<TempId>,
    /// What was known before the frames that are taken in now.
    pub(crate) before: Option<HashMap<ConversationId, Known>>,
    asked: BTreeMap<ReplyId, Asked>,
    /// Asked for when the process died: it may have been committed, or not.
    pub(crate) doubtful: BTreeSet<TempId>,
    pub(crate) epoch: Option<String>,
    /// How many databases it has met before this one.
    pub(crate) databases: u32,
    orders: u64,
}

enum Asked {
    Write(TempId),
    Settle(TempId),
    Read(ConversationId),
    Delete(TempId),
}

/// A write of this device.
pub struct Own {
    /// Where.
    pub conversation_id: ConversationId,
    /// What.
    pub what: What,
    /// The message that it changes, by name or id.
    pub target: Option<Uuid>,
    /// Its place among this device's writes.
    pub order: u64,
    /// How it stands, as the app was told.
    pub state: OwnState,
    /// It makes its conversation.
    pub creates: bool,
    /// What the server said against it.
    pub(crate) refusals: Refusals,
}

/// What a write does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Says this.
    Message(String),
    /// Makes a message say this.
    Edit(String),
    /// Takes a message back.
    Delete,
    /// Puts an emoji on a message, or takes it off.
    React(String, bool),
    /// Changes no message.
    Other,
}

/// How a write stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnState {
    /// Asked for, and not answered.
    Asked,
    /// It goes by itself.
    Queued,
    /// Refused for good; shown behind this seq.
    Failed(Seq),
    /// Durable; its place.
    Taken(Option<Seq>),
    /// Given up.
    Gone,
}

/// What a device knows of a conversation.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known {
    /// The first seq that its user may see, as told.
    pub visible_from: Seq,
    /// The newest message that was shown without a gap before it: how many there are with it.
    pub newest: u64,
    /// Up to here it was given everything, on this connection.
    pub position: Option<Seq>,
    /// What it has reaches up to its position.
    pub attached: bool,
    /// The highest head that it was told.
    pub head: Seq,
    /// The highest head that it was told together with the last message; `subscribed` tells the head
    /// alone.
    pub preview: Seq,
    /// The person read up to here.
    pub read: Seq,
}

fn what(op: &WriteOp) -> (What, Option<Uuid>) {
    let named = |target: &Target| match target {
        Target::Message { message_id } => message_id.uuid(),
        Target::Temp { target_temp_id } => target_temp_id.uuid(),
    };
    match op {
        WriteOp::SendMessage(send) => (
            What::Message(send.content.text().unwrap_or_default().to_owned()),
            None,
        ),
        WriteOp::EditMessage(edit) => (
            What::Edit(edit.content.text().unwrap_or_default().to_owned()),
            Some(named(&edit.target)),
        ),
        WriteOp::DeleteMessage(delete) => (What::Delete, Some(named(&delete.target))),
        WriteOp::AddReaction(react) => (
            What::React(react.emoji.clone(), true),
            Some(named(&react.target)),
        ),
        WriteOp::RemoveReaction(react) => (
            What::React(react.emoji.clone(), false),
            Some(named(&react.target)),
        ),
        _ => (What::Other, None),
    }
}

impl Person {
    pub(crate) fn new(user: &UserId) -> Self {
        Self {
            user: user.clone(),
            writes: HashMap::new(),
            lanes: HashMap::new(),
            targets: HashMap::new(),
            retried: None,
            rooms: HashMap::new(),
            shown: HashMap::new(),
            previews: HashMap::new(),
            dirty: BTreeSet::new(),
            listed: BTreeSet::new(),
            flying: BTreeSet::new(),
            before: None,
            asked: BTreeMap::new(),
            doubtful: BTreeSet::new(),
            epoch: None,
            databases: 0,
            orders: 0,
        }
    }

    /// The app asks.
    pub fn ask(&mut self, reply: ReplyId, kind: &CommandKind) {
        let asked = match kind {
            CommandKind::Write {
                key,
                conversation_id,
                op,
            } => {
                self.note_write(*key, *conversation_id, op);
                Asked::Write(*key)
            }
            CommandKind::Retry(key) => {
                self.retried = Some(*key);
                Asked::Settle(*key)
            }
            CommandKind::Cancel { key, deletion } => {
                if let Some(own) = self.writes.get(key) {
                    let conversation_id = own.conversation_id;
                    let target = Target::Temp {
                        target_temp_id: *key,
                    };
                    let op = WriteOp::DeleteMessage(causerie_protocol::DeleteMessage { target });
                    self.note_write(*deletion, conversation_id, &op);
                }
                self.asked.insert(reply, Asked::Settle(*key));
                // A second entry, for the deletion that may come of it.
                self.doubtful.insert(*key);
                Asked::Delete(*deletion)
            }
            CommandKind::MarkRead {
                conversation_id, ..
            } => Asked::Read(*conversation_id),
            _ => return,
        };
        self.asked.insert(reply, asked);
    }

    fn note_write(&mut self, key: TempId, conversation_id: ConversationId, op: &WriteOp) {
        self.orders += 1;
        let (what, target) = what(op);
        if let Some(target) = target {
            self.targets.entry(target).or_default().push(key);
        }
        self.writes.insert(
            key,
            Own {
                conversation_id,
                what,
                target,
                order: self.orders,
                state: OwnState::Asked,
                creates: matches!(op, WriteOp::CreateConversation(_)),
                refusals: Refusals::default(),
            },
        );
    }

    /// The app is answered. `head` is what the list says of the head of a conversation.
    pub fn answered(
        &mut self,
        reply: ReplyId,
        good: bool,
        head: impl FnOnce(ConversationId) -> Option<Seq>,
    ) {
        let Some(asked) = self.asked.remove(&reply) else {
            return;
        };
        match asked {
            Asked::Write(key) => {
                let state = self.writes.get(&key).map(|own| own.state);
                if state == Some(OwnState::Asked) {
                    // What takes back a message that never left is done with it.
                    let after = if good && !self.is_undone(key) {
                        OwnState::Queued
                    } else {
                        OwnState::Gone
                    };
                    self.set(key, after);
                }
            }
            Asked::Settle(_) => {}
            Asked::Delete(key) => {
                self.doubtful.clear();
                // No deletion was needed, or it was told of as queued.
                if self.writes.get(&key).map(|own| own.state) == Some(OwnState::Asked) {
                    self.set(key, OwnState::Gone);
                }
            }
            Asked::Read(id) => {
                if let Some(head) = head(id).filter(|_| good) {
                    let known = self.rooms.entry(id).or_default();
                    known.read = known.read.max(head);
                    self.dirty.insert(id);
                }
            }
        }
    }

    /// The process is gone, and with it what it had not committed.
    pub fn died(&mut self) {
        for asked in std::mem::take(&mut self.asked).into_values() {
            if let Asked::Write(key) | Asked::Settle(key) | Asked::Delete(key) = asked {
                self.doubtful.insert(key);
                // A message that never left goes with its deletion.
                let own = self.writes.get(&key);
                let deletes = own.filter(|own| own.what == What::Delete);
                if let Some(target) = deletes.and_then(|own| own.target) {
                    self.doubtful.insert(TempId::from_uuid(target));
                    self.doubtful
                        .extend(self.targets.get(&target).into_iter().flatten());
                }
                // And what changes it goes with it.
                let changes = self.targets.get(&key.uuid());
                self.doubtful.extend(changes.into_iter().flatten());
            }
        }
        for known in self.rooms.values_mut() {
            known.position = None;
            known.attached = false;
            known.head = 0;
            known.preview = 0;
        }
        self.dirty.clear();
        self.flying.clear();
        for own in self.writes.values_mut() {
            own.refusals.outlive_process();
        }
    }

    /// The connection ended over the frames that were taken in: what stood behind the one that
    /// ended it counts as not given.
    pub(crate) fn doubt(&mut self, before: &HashMap<ConversationId, Known>) {
        for (id, known) in &mut self.rooms {
            let earlier = before.get(id).copied().unwrap_or_default();
            known.position = None;
            known.attached &= earlier.attached;
            known.head = known.head.min(earlier.head);
            known.preview = known.preview.min(earlier.preview);
        }
    }

    /// These writes are on the wire.
    pub fn transmit(&mut self, keys: impl Iterator<Item = TempId>) {
        for key in keys {
            self.flying.insert(key);
            if let Some(own) = self.writes.get_mut(&key) {
                own.refusals.set_out();
            }
        }
    }

    /// Another database: what is known of the old one means nothing.
    pub(crate) fn meet(&mut self, epoch: &str) {
        if self.epoch.as_deref().is_some_and(|known| known != epoch) {
            self.databases += 1;
            self.rooms.clear();
            self.shown.clear();
            self.previews.clear();
            self.listed.clear();
            for own in self.writes.values_mut() {
                if matches!(own.state, OwnState::Taken(_)) {
                    own.state = OwnState::Taken(None);
                }
            }
        }
        self.epoch = Some(epoch.to_owned());
        for known in self.rooms.values_mut() {
            known.position = None;
        }
    }

    /// It deletes a message that was given up.
    fn is_undone(&self, key: TempId) -> bool {
        let own = self.writes.get(&key);
        let target = own
            .filter(|own| own.what == What::Delete)
            .and_then(|own| own.target);
        let target = target.and_then(|target| self.writes.get(&TempId::from_uuid(target)));
        target.is_some_and(|target| target.state == OwnState::Gone)
    }

    pub(crate) fn set(&mut self, key: TempId, after: OwnState) {
        let Some(own) = self.writes.get_mut(&key) else {
            return;
        };
        let lane = self.lanes.entry(own.conversation_id).or_default();
        lane.remove(&own.order);
        self.flying.remove(&key);
        // What is queued again goes last, and takes along what changes it.
        let again = matches!(own.state, OwnState::Failed(_)) && after == OwnState::Queued;
        let leads = again && own.target.is_none();
        if leads || (again && self.retried == Some(key)) {
            self.orders += 1;
            own.order = self.orders;
        }
        own.state = after;
        let waits = matches!(after, OwnState::Queued | OwnState::Failed(_));
        if waits && matches!(own.what, What::Message(_)) {
            lane.insert(own.order, key);
        }
        self.dirty.insert(own.conversation_id);
        if leads {
            self.follow(key);
        }
    }

    /// The changes of a message that goes last go behind it, in their order.
    fn follow(&mut self, key: TempId) {
        let changes = self.targets.get(&key.uuid()).into_iter().flatten();
        let mut changes: Vec<(u64, TempId)> = changes
            .filter_map(|change| Some((self.writes.get(change)?.order, *change)))
            .collect();
        changes.sort_unstable();
        for (_, change) in changes {
            if let Some(own) = self.writes.get_mut(&change)
                && matches!(own.state, OwnState::Queued | OwnState::Failed(_))
            {
                self.orders += 1;
                own.order = self.orders;
            }
        }
    }
}
