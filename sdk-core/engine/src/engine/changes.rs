//! What one input changed, gathered and given out in order: the store first, then the app, then the
//! answers, then the wire.

use std::collections::{BTreeMap, BTreeSet};

use causerie_protocol::{
    ClientFrame, ConversationId, ReadCursor, ServerFrame, TempId, User, UserId,
};

use super::Engine;
use crate::{
    CommandError, ConversationChange, ConversationEntry, Emission, LoadId, LoadQuery, OutboxRow,
    Output, Reply, ReplyId, SendState, StoreOp, planted,
};

/// What one input changed.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) ops: Vec<StoreOp>,
    /// Conversations whose row is to be stored.
    pub(super) stored: BTreeSet<ConversationId>,
    /// Conversations whose list entry is to be told.
    pub(super) listed: BTreeSet<ConversationId>,
    /// Writes whose row is to be stored as it stands at the end.
    pub(super) rows: BTreeSet<TempId>,
    /// Users told of, newer than known.
    pub(super) users: Vec<User>,
    pub(super) cursors: BTreeMap<ConversationId, Vec<ReadCursor>>,
    /// In order of happening.
    pub(super) outbox: Vec<Emission>,
    pub(super) faults: Vec<Emission>,
    pub(super) events: Vec<ServerFrame>,
    pub(super) replies: Vec<(ReplyId, Result<Reply, CommandError>)>,
    pub(super) effects: Vec<Output>,
    pub(super) loads: Vec<(LoadId, LoadQuery)>,
    pub(super) frames: Vec<ClientFrame>,
}

impl Changes {
    pub(super) fn reply(&mut self, reply: ReplyId, result: Result<Reply, CommandError>) {
        self.replies.push((reply, result));
    }

    pub(super) fn done(&mut self, reply: ReplyId) {
        self.reply(reply, Ok(Reply::Done));
    }

    pub(super) fn refuse(&mut self, reply: ReplyId, error: CommandError) {
        self.reply(reply, Err(error));
    }

    /// The row of a conversation changed, and with it its list entry.
    pub(super) fn conversation(&mut self, conversation_id: ConversationId) {
        self.stored.insert(conversation_id);
        self.listed.insert(conversation_id);
    }

    pub(super) fn outbox(
        &mut self,
        key: TempId,
        state: Option<SendState>,
        row: Option<&OutboxRow>,
    ) {
        self.outbox.push(Emission::Outbox {
            key,
            state,
            row: row.cloned().map(Box::new),
        });
    }

    pub(super) fn fault(&mut self, code: &str, message: impl Into<String>, retryable: bool) {
        self.faults.push(Emission::Fault {
            code: code.into(),
            message: message.into(),
            retryable,
        });
    }
}

impl Engine {
    pub(super) fn entry(&self, conversation_id: ConversationId) -> Option<ConversationEntry> {
        let conversation = self.conversations.get(&conversation_id)?;
        Some(conversation.entry(&self.users, self.outbox.lane(conversation_id)))
    }

    /// Users were told of. Those newer than known are kept.
    pub(super) fn learn_users(&mut self, users: impl IntoIterator<Item = User>) {
        for user in users {
            let newer = self
                .users
                .get(&user.user_id)
                .is_none_or(|known| known.rev < user.rev);
            if newer {
                let direct = crate::conversation::direct_with(&self.me, &user.user_id);
                if self.conversations.contains_key(&direct) {
                    self.changes.listed.insert(direct);
                }
                self.users.insert(user.user_id.clone(), user.clone());
                self.changes.users.push(user);
            }
        }
    }

    /// Others' cursors were told of.
    pub(super) fn learn_cursors(
        &mut self,
        conversation_id: ConversationId,
        cursors: impl IntoIterator<Item = ReadCursor>,
    ) {
        let me = &self.me;
        let mut others: Vec<_> = cursors.into_iter().filter(|c| c.user_id != *me).collect();
        if !others.is_empty() {
            self.changes
                .cursors
                .entry(conversation_id)
                .or_default()
                .append(&mut others);
        }
    }

    /// Gives out what changed.
    pub(super) fn flush(&mut self) {
        let mut changes = std::mem::take(&mut self.changes);
        let emissions = self.emissions(&mut changes);
        let mut ops = std::mem::take(&mut changes.ops);
        for conversation_id in std::mem::take(&mut changes.stored) {
            if let Some(conversation) = self.conversations.get(&conversation_id) {
                ops.push(StoreOp::PutConversation(Box::new(conversation.row())));
            }
        }
        for key in std::mem::take(&mut changes.rows) {
            if let Some(row) = self.outbox.get(key) {
                ops.push(StoreOp::PutOutbox(Box::new(row.clone())));
            }
        }
        if !changes.users.is_empty() {
            ops.push(StoreOp::PutUsers(std::mem::take(&mut changes.users)));
        }
        for (conversation_id, cursors) in std::mem::take(&mut changes.cursors) {
            if !cursors.is_empty() {
                ops.push(StoreOp::PutCursors {
                    conversation_id,
                    cursors,
                });
            }
        }
        if planted::is("cursor_apart_from_rows") {
            let (cursors, rows): (Vec<_>, Vec<_>) = ops
                .into_iter()
                .partition(|op| matches!(op, StoreOp::PutConversation(_)));
            self.outputs
                .extend((!cursors.is_empty()).then_some(Output::Store(cursors)));
            ops = rows;
        }
        let store = (!ops.is_empty()).then_some(Output::Store(ops));
        let emit = (!emissions.is_empty()).then_some(Output::Emit(emissions));
        if planted::is("confirm_before_commit") {
            self.outputs.extend(emit);
            self.outputs.extend(store);
        } else {
            self.outputs.extend(store);
            self.outputs.extend(emit);
        }
        for (reply, result) in changes.replies {
            self.outputs.push_back(Output::Reply { reply, result });
        }
        self.outputs.extend(changes.effects);
        if !changes.frames.is_empty() {
            self.outputs.push_back(Output::Transmit(changes.frames));
        }
        for (load, query) in changes.loads {
            self.outputs.push_back(Output::Load { load, query });
        }
    }

    fn emissions(&mut self, changes: &mut Changes) -> Vec<Emission> {
        let mut emissions = Vec::new();
        emissions.extend(self.connection.take_change().map(Emission::Connection));
        if !changes.users.is_empty() {
            emissions.push(Emission::Users(changes.users.clone()));
        }
        let entries: Vec<_> = std::mem::take(&mut changes.listed)
            .into_iter()
            .map(|id| match self.entry(id) {
                Some(entry) => ConversationChange::Put(Box::new(entry)),
                None => ConversationChange::Remove(id),
            })
            .collect();
        if !entries.is_empty() {
            emissions.push(Emission::Conversations(entries));
        }
        for (id, timeline) in &mut self.timelines {
            if !timeline.anchored {
                continue;
            }
            if let Some(batch) = timeline.poll_batch(&self.outbox) {
                match timeline.opening.take() {
                    Some(reply) => changes.reply(reply, Ok(Reply::Timeline(batch))),
                    None => emissions.push(Emission::Timeline {
                        timeline: *id,
                        batch,
                    }),
                }
            }
        }
        emissions.append(&mut changes.outbox);
        for (conversation_id, user_ids) in self.typing.take_changes() {
            emissions.push(Emission::Typing {
                conversation_id,
                user_ids,
            });
        }
        for (conversation_id, cursors) in &changes.cursors {
            emissions.push(Emission::Cursors {
                conversation_id: *conversation_id,
                cursors: cursors.clone(),
            });
        }
        emissions.extend(
            std::mem::take(&mut changes.events)
                .into_iter()
                .map(|frame| Emission::Event(Box::new(frame))),
        );
        emissions.append(&mut changes.faults);
        self.counters.note_gauges(self.gauges());
        if self.counters.is_due(self.now.mono) {
            emissions.push(Emission::Stats(self.stats()));
        }
        emissions
    }

    /// A write is shown differently from now on.
    pub(super) fn touch_views(&mut self, row: &OutboxRow) {
        for id in self
            .shown_in
            .get(&row.conversation_id)
            .into_iter()
            .flatten()
        {
            if let Some(timeline) = self.timelines.get_mut(id) {
                timeline.view.touch_row(row);
            }
        }
        self.changes.listed.insert(row.conversation_id);
    }

    /// The signed-in user, for machines that cannot borrow the engine.
    pub(super) fn is_me(&self, user_id: &UserId) -> bool {
        self.me == *user_id
    }
}
