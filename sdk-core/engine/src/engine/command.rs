//! What the app asks.

use causerie_protocol::{
    ClientFrame, ConversationId, ConversationKind, DeleteMessage, ErrorCode, ListMembers, Request,
    Seq, Target, TempId, Typing, UserIds, Write, WriteOp, encoded_len, limits,
};

use super::Engine;
use crate::{
    Command, CommandError, CommandKind, ConnectionState, OutboxRow, OutboxState, ReplyId,
    SendState, StoreOp,
    conversation::{Conversation, ReadMark},
    item, planted,
    request::Purpose,
    timeline::Direction,
    typing::Send,
};

/// A frame leaves room for its id and, later, `skip`.
const FRAME_RESERVE: usize = 256;

impl Engine {
    pub(super) fn handle_command(&mut self, command: Command) {
        let reply = command.reply;
        match command.kind {
            CommandKind::Start => {
                self.connection.handle_start(self.now.mono);
                self.changes.done(reply);
            }
            CommandKind::Stop => {
                self.connection.handle_stop();
                self.changes.done(reply);
            }
            CommandKind::SyncNow => {
                if self.connection.is_live() && !self.sync.is_running() {
                    self.ask_sync();
                }
                self.changes.done(reply);
            }
            CommandKind::Write {
                key,
                conversation_id,
                op,
            } => self.write(reply, key, conversation_id, op),
            CommandKind::Retry(key) => self.retry(reply, key),
            CommandKind::Cancel { key, deletion } => self.cancel(reply, key, deletion),
            CommandKind::MarkRead {
                conversation_id,
                seq,
            } => self.mark_read(reply, conversation_id, seq),
            CommandKind::Typing {
                conversation_id,
                typing,
            } => {
                if !self.conversations.contains_key(&conversation_id) {
                    return self
                        .changes
                        .refuse(reply, CommandError::UnknownConversation(conversation_id));
                }
                if self.connection.is_live()
                    && let Some(send) =
                        self.typing
                            .handle_own(conversation_id, typing, self.now.mono)
                {
                    self.send_typing(conversation_id, send);
                }
                self.changes.done(reply);
            }
            CommandKind::SetDraft {
                conversation_id,
                text,
            } => self.set_draft(reply, conversation_id, text),
            CommandKind::OpenTimeline {
                timeline,
                conversation_id,
                start,
                page,
            } => self.open_timeline(reply, timeline, conversation_id, start, page),
            CommandKind::CloseTimeline(id) => {
                if self.close(id) {
                    self.changes.done(reply);
                } else {
                    self.changes.refuse(reply, CommandError::UnknownTimeline);
                }
            }
            CommandKind::LoadOlder(id) => self.load_more(reply, id, Direction::Older),
            CommandKind::LoadNewer(id) => self.load_more(reply, id, Direction::Newer),
            CommandKind::ResetTimeline(id) => match self.timelines.get_mut(&id) {
                Some(timeline) => {
                    timeline.view.reset();
                    self.changes.done(reply);
                }
                None => self.changes.refuse(reply, CommandError::UnknownTimeline),
            },
            CommandKind::FetchMembers(list) => self.fetch_members(reply, list),
            CommandKind::FetchUsers(users) => self.fetch_users(reply, users),
        }
    }

    // Writes.

    fn write(&mut self, reply: ReplyId, key: TempId, conversation_id: ConversationId, op: WriteOp) {
        if let Err(error) = self.check(key, conversation_id, &op) {
            return self.changes.refuse(reply, error);
        }
        self.changes.done(reply);
        if self.outbox.get(key).is_some() {
            return;
        }
        #[cfg(planted)]
        if planted::is("edit_folded") && self.fold_edit(&op) {
            return;
        }
        if let WriteOp::DeleteMessage(DeleteMessage {
            target: Target::Temp { target_temp_id },
        }) = op
            && self.is_only_here(target_temp_id)
        {
            return self.drop_write(target_temp_id);
        }
        if item::is_creation(&op) && !self.conversations.contains_key(&conversation_id) {
            let item = item::created_here(conversation_id, &op, &self.me, self.now.wall);
            if let Some(item) = item {
                self.conversations
                    .insert(conversation_id, Conversation::new(item));
                self.changes.conversation(conversation_id);
            }
        }
        self.enqueue(key, conversation_id, op);
    }

    fn enqueue(&mut self, key: TempId, conversation_id: ConversationId, op: WriteOp) {
        // What was never created takes no writes: they share its fate, and its retry.
        let state = self
            .outbox
            .lane(conversation_id)
            .and_then(|lane| lane.creation())
            .map_or(OutboxState::Queued, |creation| creation.state.clone());
        let row = OutboxRow {
            key,
            order: self.outbox.take_order(),
            conversation_id,
            op,
            created_at: self.now.wall,
            attempted: false,
            state,
        };
        self.outbox.enqueue(row.clone());
        self.changes.rows.insert(key);
        match row.state {
            OutboxState::Failed { .. } => self.tell_failed(&row),
            OutboxState::Queued | OutboxState::Acked { .. } => {
                self.changes
                    .outbox(key, Some(SendState::Queued), Some(&row));
                self.touch_views(&row);
            }
        }
    }

    /// The limits of the protocol, ahead of the queue: what breaks them would only be refused.
    fn check(
        &self,
        key: TempId,
        conversation_id: ConversationId,
        op: &WriteOp,
    ) -> Result<(), CommandError> {
        let invalid = |field: &str, message: &str| CommandError::Invalid {
            field: field.into(),
            message: message.into(),
        };
        op.check().map_err(|error| {
            let (field, message) = (error.field.unwrap_or_default(), error.message);
            match error.code {
                ErrorCode::TooLarge => CommandError::TooLarge { field, message },
                _ => CommandError::Invalid { field, message },
            }
        })?;
        if !key.is_v7() {
            return Err(invalid("temp_id", "a temp_id is a UUIDv7"));
        }
        if item::is_creation(op) {
            if let WriteOp::CreateConversation(create) = op
                && create.kind == ConversationKind::Direct
            {
                let members = create.members.as_deref().unwrap_or_default();
                let peer = members.iter().find(|user| **user != self.me);
                let sound = peer.is_some_and(|peer| {
                    ConversationId::direct(&self.me, peer) == conversation_id
                        && members.iter().all(|user| *user == self.me || user == peer)
                });
                if !sound {
                    return Err(invalid(
                        "members",
                        "a direct conversation has one other user, and the id that follows from the two",
                    ));
                }
            } else if !conversation_id.is_v7() {
                return Err(invalid(
                    "conversation_id",
                    "a new conversation's id is a UUIDv7",
                ));
            }
        } else if !self.conversations.contains_key(&conversation_id)
            && !self.shown_in.contains_key(&conversation_id)
        {
            return Err(CommandError::UnknownConversation(conversation_id));
        }
        let frame = ClientFrame {
            id: None,
            request: Request::Write(Box::new(Write::new(key, conversation_id, op.clone()))),
        };
        if encoded_len(&frame) > limits::MAX_FRAME_BYTES - FRAME_RESERVE {
            return Err(CommandError::TooLarge {
                field: "payload".into(),
                message: "the write is larger than a frame may be".into(),
            });
        }
        Ok(())
    }

    /// Whether a write has certainly not reached the server.
    fn is_only_here(&self, key: TempId) -> bool {
        self.outbox.get(key).is_some_and(|row| match &row.state {
            OutboxState::Queued => !row.attempted || planted::is("cancel_forgets_flight"),
            // A fault of the server's says nothing; any other refusal means that it was not taken.
            OutboxState::Failed { code, .. } => !row.attempted || *code != ErrorCode::Internal,
            OutboxState::Acked { .. } => false,
        })
    }

    fn retry(&mut self, reply: ReplyId, key: TempId) {
        let Some(row) = self.outbox.get(key) else {
            return self.changes.refuse(reply, CommandError::UnknownWrite(key));
        };
        self.changes.done(reply);
        let conversation_id = row.conversation_id;
        let has_failed = matches!(row.state, OutboxState::Failed { .. });
        self.outbox.hurry(conversation_id, self.now.mono);
        if !has_failed {
            return;
        }
        let Some(lane) = self.outbox.lane(conversation_id) else {
            return;
        };
        let mut keys = Vec::new();
        if let Some(creation) = lane.creation() {
            // Without its creation nothing else can go, and what failed with it goes with it.
            keys.push(creation.key);
            keys.extend(
                lane.rows()
                    .filter(|row| !row.attempted && matches!(row.state, OutboxState::Failed { .. }))
                    .map(|row| row.key)
                    .filter(|other| *other != creation.key),
            );
        }
        if !keys.contains(&key) {
            keys.push(key);
        }
        let dependants: Vec<_> = lane
            .targeting(key.uuid())
            .filter(|row| !matches!(row.state, OutboxState::Acked { .. }))
            .map(|row| row.key)
            .filter(|other| !keys.contains(other))
            .collect();
        keys.extend(dependants);
        for key in keys {
            if let Some(row) = self.outbox.requeue(key) {
                self.changes.rows.insert(key);
                self.changes
                    .outbox(key, Some(SendState::Queued), Some(&row));
                self.touch_views(&row);
            }
        }
    }

    fn cancel(&mut self, reply: ReplyId, key: TempId, deletion: TempId) {
        let Some(row) = self.outbox.get(key) else {
            return self.changes.refuse(reply, CommandError::UnknownWrite(key));
        };
        self.changes.done(reply);
        let row = row.clone();
        let conversation_id = row.conversation_id;
        let is_message = matches!(row.op, WriteOp::SendMessage(_));
        if item::is_creation(&row.op) {
            return self.cancel_creation(conversation_id);
        }
        let only_here = self.is_only_here(key);
        self.drop_write(key);
        if is_message && !only_here {
            let target = Target::Temp {
                target_temp_id: key,
            };
            self.enqueue(
                deletion,
                conversation_id,
                WriteOp::DeleteMessage(DeleteMessage { target }),
            );
        }
    }

    /// A conversation that is not to be made takes what was written to it along.
    fn cancel_creation(&mut self, conversation_id: ConversationId) {
        let keys: Vec<_> = self
            .outbox
            .lane(conversation_id)
            .into_iter()
            .flat_map(|lane| lane.rows())
            .map(|row| row.key)
            .collect();
        for key in keys {
            if let Some(row) = self.outbox.remove(key) {
                self.forget_write(&row);
            }
        }
        let made_here = self
            .conversations
            .get(&conversation_id)
            .is_some_and(|conversation| conversation.item.rev == 0);
        if made_here {
            self.drop_conversation(conversation_id);
        }
    }

    // Everything else.

    fn mark_read(&mut self, reply: ReplyId, conversation_id: ConversationId, seq: Option<Seq>) {
        let number = |engine: &Self, seq| {
            engine
                .shown_in
                .get(&conversation_id)
                .into_iter()
                .flatten()
                .find_map(|id| engine.timelines.get(id)?.view.number_at(seq))
        };
        let Some(conversation) = self.conversations.get(&conversation_id) else {
            return self
                .changes
                .refuse(reply, CommandError::UnknownConversation(conversation_id));
        };
        self.changes.done(reply);
        let highest = conversation.highest();
        let seq = seq.map_or(highest, |seq| seq.min(highest));
        let known = conversation
            .read_mark
            .map_or(0, |mark| mark.seq)
            .max(conversation.item.read_seq);
        if seq <= known {
            return;
        }
        let number = number(self, seq);
        if let Some(conversation) = self.conversations.get_mut(&conversation_id) {
            let asked = conversation.read_mark.is_some_and(|mark| mark.asked);
            conversation.read_mark = Some(ReadMark { seq, asked });
            // It counts here at once and for good: what comes next is unread from here on.
            let item = &mut conversation.item;
            let to_head = (seq >= item.head_seq).then_some(item.head_number);
            item.read_seq = seq;
            item.read_number = item.read_number.max(number.max(to_head).unwrap_or(0));
            if to_head.is_some() {
                item.mentions_unread = 0;
            }
            if !asked {
                self.receipts.want_mark(conversation_id);
            }
            self.changes.conversation(conversation_id);
        }
    }

    pub(super) fn send_typing(&mut self, conversation_id: ConversationId, send: Send) {
        if !self.connection.is_live() {
            return;
        }
        let typing = Typing { conversation_id };
        self.tell(match send {
            Send::Start => Request::TypingStart(typing),
            Send::Stop => Request::TypingStop(typing),
        });
    }

    fn set_draft(&mut self, reply: ReplyId, conversation_id: ConversationId, text: Option<String>) {
        let Some(conversation) = self.conversations.get_mut(&conversation_id) else {
            return self
                .changes
                .refuse(reply, CommandError::UnknownConversation(conversation_id));
        };
        let draft = text.filter(|text| !text.is_empty());
        let size = draft.as_ref().map_or(0, encoded_len);
        if size > limits::MAX_CONTENT_BYTES {
            let error = CommandError::TooLarge {
                field: "draft".into(),
                message: format!(
                    "a draft of {size} bytes could not be sent, the limit is {}",
                    limits::MAX_CONTENT_BYTES
                ),
            };
            return self.changes.refuse(reply, error);
        }
        if conversation.draft != draft {
            conversation.draft.clone_from(&draft);
            self.changes.ops.push(StoreOp::PutDraft {
                conversation_id,
                draft,
            });
            self.changes.listed.insert(conversation_id);
        }
        self.changes.done(reply);
    }

    /// Why the server cannot be asked now.
    pub(super) fn unreached(&self) -> CommandError {
        match self.connection.state() {
            ConnectionState::SignInNeeded { reason } => CommandError::SignInNeeded {
                reason: reason.clone(),
            },
            _ => CommandError::Offline,
        }
    }

    fn fetch_members(&mut self, reply: ReplyId, list: ListMembers) {
        if !self.connection.is_live() {
            return self.changes.refuse(reply, self.unreached());
        }
        self.request(Purpose::Members(reply), Request::Members(list));
    }

    fn fetch_users(&mut self, reply: ReplyId, users: UserIds) {
        if !self.connection.is_live() {
            return self.changes.refuse(reply, self.unreached());
        }
        self.request(Purpose::Users(reply), Request::Users(users));
    }
}
