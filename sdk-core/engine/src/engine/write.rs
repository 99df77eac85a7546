//! What the server says to what this user wrote: acknowledgements, refusals, cursors
//! (docs/protocol.md §4, "Durable writes").

use std::time::Duration;

use causerie_protocol::{
    ConversationId, CursorAck, ErrorReply, Mark, MessageSent, Request, Seq, Target, TempId,
    WriteAck, WriteOp,
};

use super::Engine;
use crate::{
    Emission, OutboxRow, OutboxState, SendState,
    backoff::asked_wait,
    item,
    outbox::{Refusal, Refused, target_of},
    planted,
    request::Purpose,
    timeline::acknowledged_message,
};

impl Engine {
    pub(super) fn handle_message_sent(&mut self, sent: &MessageSent, sent_at: Option<Duration>) {
        self.note_ack(sent_at);
        let id = sent.conversation_id;
        if planted::is("ack_moves_position")
            && let Some(conversation) = self.conversations.get_mut(&id)
            && conversation.last() < sent.seq
        {
            conversation.set_position(sent.seq, Some(sent.message_id));
        }
        let Some(row) = self.outbox.get(sent.temp_id) else {
            // An event named it first, or it was cancelled.
            return;
        };
        let WriteOp::SendMessage(send) = &row.op else {
            return;
        };
        if row.conversation_id != id {
            return;
        }
        let message = match &sent.message {
            Some(message) => message.clone(),
            None => acknowledged_message(row, send, &self.me, sent),
        };
        // The list shows it. Its head stays: what lies before this is yet to come.
        if let Some(conversation) = self.conversations.get_mut(&id)
            && conversation
                .item
                .last_message
                .as_ref()
                .is_none_or(|last| last.seq < message.seq)
            && item::note_row(&mut conversation.item, &message, message.state_seq)
        {
            self.changes.conversation(id);
        }
        if self.is_me(&message.sender_id) && message.temp_id == Some(sent.temp_id) {
            self.arrive(message.clone());
            self.drop_contained(&message);
            self.drop_covered(id);
        } else {
            self.confirm(sent.temp_id, Some(sent.seq));
        }
    }

    pub(super) fn handle_write_ack(&mut self, ack: &WriteAck, sent_at: Option<Duration>) {
        self.note_ack(sent_at);
        if let Some(item) = &ack.conversation {
            self.handle_item(item.clone());
        }
        let Some(row) = self.outbox.get(ack.temp_id) else {
            return;
        };
        if row.conversation_id != ack.conversation_id {
            return;
        }
        let overlay = target_of(&row.op).is_some();
        let key = ack.temp_id;
        match ack.seq {
            Some(seq) if overlay && !self.is_covered(row, seq) => {
                let state = OutboxState::Acked { seq, at: ack.at };
                if let Some(row) = self.outbox.overlay(key, state) {
                    self.changes.rows.insert(key);
                    self.changes
                        .outbox(key, Some(SendState::Sent { seq: Some(seq) }), Some(&row));
                    self.touch_views(&row);
                }
            }
            seq => self.confirm(key, seq),
        }
    }

    /// Whether the cache shows by itself what this write did at a seq. A message that is known from
    /// its acknowledgement only lies in no range, and does not.
    pub(super) fn is_covered(&self, row: &OutboxRow, seq: Seq) -> bool {
        let id = row.conversation_id;
        let cached = self.conversations.get(&id).is_some_and(|conversation| {
            conversation.last() >= seq
                && conversation.ranges.all_as_of(seq)
                && conversation.ranges.run_at(seq).is_some()
        });
        cached
            && !self.changes_pending(row)
            && target_of(&row.op).is_none_or(|target| {
                let mut open = self.shown_in.get(&id).into_iter().flatten();
                open.all(|timeline| {
                    let timeline = self.timelines.get(timeline);
                    timeline
                        .and_then(|timeline| timeline.view.state_of(target))
                        .is_none_or(|state| state >= seq)
                })
            })
    }

    /// Whether this write changes a message that is not confirmed here, though the server must have
    /// it: until something names that, only this write shows what became of it.
    pub(super) fn changes_pending(&self, row: &OutboxRow) -> bool {
        match target_of(&row.op) {
            Some(Target::Temp { target_temp_id }) => self.outbox.get(target_temp_id).is_some(),
            Some(Target::Message { .. }) | None => false,
        }
    }

    fn note_ack(&mut self, sent_at: Option<Duration>) {
        if let Some(sent_at) = sent_at {
            self.counters
                .handle_ack(self.now.mono.saturating_sub(sent_at));
        }
    }

    pub(super) fn handle_write_error(
        &mut self,
        id: ConversationId,
        key: TempId,
        request: u64,
        error: &ErrorReply,
    ) {
        let refused = Refused {
            code: error.code.clone(),
            message: error.message.clone(),
            retryable: error.retryable,
            retry_after: asked_wait(error.retry_after_ms),
            after_seq: self
                .conversations
                .get(&id)
                .map_or(0, |conversation| conversation.highest()),
        };
        match self.outbox.handle_refused(
            id,
            key,
            request,
            &refused,
            &mut self.jitter,
            self.now.mono,
        ) {
            Refusal::Stale | Refusal::Rewound => {}
            Refusal::Failed(rows) => {
                for row in rows {
                    self.tell_failed(&row);
                }
            }
            Refusal::Cancelled => self.drop_write(key),
            Refusal::Confused => {
                let reason = format!("a write was refused: {}", error.message);
                let retry_after = asked_wait(error.retry_after_ms);
                self.connection.handle_broken(
                    &reason,
                    retry_after,
                    &mut self.jitter,
                    self.now.mono,
                );
            }
        }
    }

    pub(super) fn tell_failed(&mut self, row: &OutboxRow) {
        if let OutboxState::Failed { code, message, .. } = &row.state {
            let state = SendState::Failed {
                code: code.clone(),
                message: message.clone(),
            };
            self.changes.rows.insert(row.key);
            self.changes.outbox(row.key, Some(state), Some(row));
            self.touch_views(row);
        }
    }

    /// A write goes, and with it what changes the message that it was.
    pub(super) fn drop_write(&mut self, key: TempId) {
        let Some(row) = self.outbox.remove(key) else {
            return;
        };
        let dependants: Vec<_> = self
            .outbox
            .lane(row.conversation_id)
            .into_iter()
            .flat_map(|lane| lane.targeting(key.uuid()))
            .filter(|dependant| {
                target_of(&dependant.op)
                    == Some(Target::Temp {
                        target_temp_id: key,
                    })
            })
            .map(|dependant| dependant.key)
            .collect();
        self.forget_write(&row);
        if let WriteOp::SendMessage(_) = row.op {
            for dependant in dependants {
                if let Some(row) = self.outbox.remove(dependant) {
                    self.forget_write(&row);
                }
            }
        }
    }

    pub(super) fn forget_write(&mut self, row: &OutboxRow) {
        self.changes.ops.push(crate::StoreOp::DropOutbox(row.key));
        self.emit_outbox(Emission::Outbox {
            key: row.key,
            state: None,
            row: None,
        });
        self.touch_views(row);
    }

    // Cursors.

    /// The server told of this user's own cursor.
    pub(super) fn handle_cursor(&mut self, told: &CursorAck) {
        let id = told.conversation_id;
        let Some(conversation) = self.conversations.get_mut(&id) else {
            return;
        };
        let changed = item::merge_cursor(&mut conversation.item, told);
        let confirmed = conversation
            .read_mark
            .is_some_and(|mark| mark.seq <= told.read_seq);
        if confirmed {
            conversation.read_mark = None;
        } else if let Some(mark) = &mut conversation.read_mark
            && mark.asked
        {
            // It rose while the last one was on the wire.
            mark.asked = false;
            self.receipts.want_mark(id);
        }
        if changed || confirmed {
            self.changes.conversation(id);
        }
    }

    /// A read cursor that the server already has needs no telling.
    pub(super) fn settle_read_mark(&mut self, id: ConversationId, told: Seq) {
        if let Some(conversation) = self.conversations.get_mut(&id)
            && conversation.read_mark.is_some_and(|mark| mark.seq <= told)
        {
            conversation.read_mark = None;
            self.changes.conversation(id);
        }
    }

    pub(super) fn handle_mark_error(&mut self, id: ConversationId, error: &ErrorReply) {
        let Some(conversation) = self.conversations.get_mut(&id) else {
            return;
        };
        if error.retryable {
            if let Some(mark) = &mut conversation.read_mark {
                mark.asked = false;
                let wait = asked_wait(error.retry_after_ms).unwrap_or(self.config.backoff_cap);
                self.receipts.want_mark(id);
                self.receipts.pause(self.now.mono + wait);
            }
        } else {
            conversation.read_mark = None;
            self.changes.conversation(id);
        }
    }

    pub(super) fn poll_receipts(&mut self) {
        for id in self.receipts.take_marks(self.now.mono) {
            let Some(conversation) = self.conversations.get_mut(&id) else {
                continue;
            };
            if !conversation.is_readable() {
                continue;
            }
            let Some(mark) = conversation.read_mark.as_mut().filter(|mark| !mark.asked) else {
                continue;
            };
            mark.asked = true;
            let mark = Mark {
                conversation_id: id,
                seq: mark.seq,
            };
            self.request(
                Purpose::MarkRead {
                    conversation_id: id,
                    seq: mark.seq,
                },
                Request::MarkRead(mark),
            );
        }
        while let Some((conversation_id, seq)) = self.receipts.poll_delivered(self.now.mono) {
            self.tell(Request::MarkDelivered(Mark {
                conversation_id,
                seq,
            }));
        }
    }
}
