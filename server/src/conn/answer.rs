//! What the store says to a connection's commands and queries.

use std::collections::BTreeMap;

use causerie_protocol::{
    Ack, ConversationActivity, ConversationEvent, ConversationId, ErrorCode, ErrorReply, Item,
    MembershipState, Room, ServerMessage, Subscribed, limits::MAX_REPLY_BYTES,
};
use serde_json::value::{RawValue, to_raw_value};

use super::{
    Token,
    io::{Io, revoked},
    live::{Live, Pending},
    request::cursor_ack,
    subscription::Joined,
};
use crate::{
    clock::Now,
    hub::{Notice, encode::event_for},
    planted,
    store::{Answer, AuditEntry, Outcome, StoreError, SubscribeAnswer},
};

impl Live {
    /// What became of a command.
    pub(super) fn handle_outcome(&mut self, io: &mut Io, token: Token, outcome: Outcome, now: Now) {
        match self.take_pending(token) {
            Some(Pending::User) => self.handle_opening_answer(io, now),
            Some(Pending::Write {
                id,
                temp_id,
                conversation_id,
                at,
            }) => {
                io.shared.metrics.written(now.mono.saturating_sub(at));
                match outcome {
                    Outcome::Sent(sent) => {
                        self.note_said(conversation_id, sent.seq);
                        io.reply(id, ServerMessage::MessageSent(sent));
                    }
                    Outcome::Acked(ack) => {
                        self.note_said(conversation_id, ack.seq.unwrap_or(0));
                        ack.conversation
                            .iter()
                            .for_each(|item| self.note_item(item));
                        io.reply(id, ServerMessage::Ack(Ack::Write(ack)));
                    }
                    Outcome::Refused(error) => {
                        let error = ErrorReply {
                            temp_id: Some(temp_id),
                            conversation_id: Some(conversation_id),
                            ..*error
                        };
                        io.refuse_write(id, error);
                    }
                    Outcome::Marked { .. } | Outcome::Done => {}
                }
                self.lanes.handle_answer(conversation_id);
                self.go_on(io, conversation_id, now);
            }
            Some(Pending::MarkRead {
                id,
                conversation_id,
            }) => match outcome {
                Outcome::Marked { row, .. } => io.reply(id, cursor_ack(conversation_id, row)),
                Outcome::Refused(error) => io.refuse(id, about(Some(conversation_id), *error)),
                Outcome::Sent(_) | Outcome::Acked(_) | Outcome::Done => {}
            },
            Some(Pending::MarkDelivered { conversation_id }) => match outcome {
                Outcome::Marked { row, .. } => {
                    for id in self.delivered.handle_outcome(conversation_id, Some(row)) {
                        io.reply(Some(id), cursor_ack(conversation_id, row));
                    }
                }
                Outcome::Refused(error) => {
                    for id in self.delivered.handle_outcome(conversation_id, None) {
                        io.refuse(Some(id), about(Some(conversation_id), (*error).clone()));
                    }
                }
                Outcome::Sent(_) | Outcome::Acked(_) | Outcome::Done => {}
            },
            Some(_) | None => {}
        }
    }

    /// What a query found.
    pub(super) fn handle_answer(
        &mut self,
        io: &mut Io,
        token: Token,
        answer: Result<Answer, StoreError>,
        now: Now,
    ) {
        let answer = answer.map_err(|error| {
            tracing::warn!(%error, "a query failed");
            ErrorReply::new(ErrorCode::Unavailable, "the server cannot read this now")
        });
        match self.take_pending(token) {
            Some(Pending::Subscribe {
                id,
                conversation_id,
                opening,
            }) => {
                self.handle_subscribe(io, id, conversation_id, answer);
                if opening {
                    self.handle_opening_answer(io, now);
                }
                self.go_on(io, conversation_id, now);
            }
            Some(Pending::Events {
                conversation_id,
                after,
            }) => self.handle_events(io, conversation_id, after, answer, now),
            Some(Pending::Sync { id, opening }) => {
                #[cfg(planted)]
                if planted::is("token_after_page") {
                    self.miss_notices(io);
                }
                match answer {
                    Ok(Answer::Sync(page)) => {
                        page.conversations
                            .iter()
                            .for_each(|item| self.note_item(item));
                        let page = ServerMessage::SyncPage(*page);
                        if opening {
                            io.say(page)
                        } else {
                            io.reply(id, page)
                        }
                    }
                    other => self.refuse_query(io, id, "sync", None, other),
                }
                if opening {
                    self.handle_opening_answer(io, now);
                }
            }
            Some(Pending::History {
                id,
                request,
                floor,
                holds,
            }) => {
                let room = request.conversation_id;
                let said = self.subscriptions.position(room).unwrap_or(0).max(floor);
                match answer {
                    Ok(Answer::History(page))
                        if page.as_of_seq < said && !planted::is("stale_page") =>
                    {
                        // Something later was said while the page was read. It is read again, and
                        // this time nothing overtakes it.
                        if !holds {
                            self.subscriptions.hold(room);
                        }
                        return self.history(io, id, request, said, true);
                    }
                    Ok(Answer::History(page)) => io.reply(id, ServerMessage::HistoryPage(*page)),
                    other => self.refuse_query(io, id, "history", Some(room), other),
                }
                if holds {
                    self.subscriptions.release(room);
                }
            }
            Some(Pending::Members {
                id,
                conversation_id,
            }) => match answer {
                Ok(Answer::Members(page)) => io.reply(id, ServerMessage::MembersPage(page)),
                other => self.refuse_query(io, id, "members", Some(conversation_id), other),
            },
            Some(Pending::Users { id }) => match answer {
                Ok(Answer::Users(page)) => io.reply(id, ServerMessage::UsersPage(page)),
                other => self.refuse_query(io, id, "users", None, other),
            },
            Some(Pending::Items { due, held }) => {
                match answer {
                    Ok(Answer::Items(items)) => self.tell_activity(io, &due, items, now),
                    _ => self.activity.handle_failed(due, now.mono),
                }
                for conversation_id in held {
                    self.subscriptions.release(conversation_id);
                }
            }
            Some(Pending::Typing {
                id,
                conversation_id,
            }) => {
                let as_of_seq = match &answer {
                    Ok(Answer::Access { head_seq, .. }) => Some(*head_seq),
                    _ => None,
                };
                let typing =
                    self.typing
                        .handle_answer(conversation_id, as_of_seq.is_some(), now.mono);
                if let (Some(typing), Some(as_of_seq)) = (typing, as_of_seq) {
                    let user_id = &self.actor.user_id;
                    let shared = std::sync::Arc::clone(&io.shared);
                    shared
                        .hub
                        .lock()
                        .typing(conversation_id, user_id, typing, as_of_seq, now);
                } else if as_of_seq.is_none() {
                    self.refuse_query(io, id, "typing_start", Some(conversation_id), answer);
                }
            }
            Some(
                Pending::User
                | Pending::Write { .. }
                | Pending::MarkRead { .. }
                | Pending::MarkDelivered { .. },
            )
            | None => {}
        }
    }

    /// For the planted bug: as if the connection were attached only now.
    #[cfg(planted)]
    fn miss_notices(&mut self, io: &Io) {
        let mut rooms = Vec::new();
        io.shared.hub.lock().take(self.key(), &mut rooms);
        for room in rooms {
            self.subscriptions.mark(room);
        }
    }

    /// Passes on why a query was refused, and has it audited.
    fn refuse_query(
        &self,
        io: &mut Io,
        id: Option<u64>,
        action: &str,
        conversation_id: Option<ConversationId>,
        answer: Result<Answer, ErrorReply>,
    ) {
        let error = match answer {
            Ok(Answer::Refused(error)) => {
                self.audit(io, action, conversation_id, &error);
                *error
            }
            Err(error) => error,
            Ok(_) => ErrorReply::new(ErrorCode::Internal, "the store answered something else"),
        };
        io.refuse(id, about(conversation_id, error));
    }

    fn audit(
        &self,
        io: &mut Io,
        action: &str,
        conversation_id: Option<ConversationId>,
        error: &ErrorReply,
    ) {
        io.audit(AuditEntry {
            user_id: self.actor.user_id.clone(),
            action: action.into(),
            conversation_id,
            subject: None,
            outcome: error.code.as_str().into(),
        });
    }

    fn handle_subscribe(
        &mut self,
        io: &mut Io,
        id: Option<u64>,
        conversation_id: ConversationId,
        answer: Result<Answer, ErrorReply>,
    ) {
        let left_at = self.subscriptions.left_at(conversation_id);
        let error = match answer {
            Ok(Answer::Subscribe(answer)) => {
                let change = answer.change;
                let subscribed = self.subscribed(conversation_id, *answer);
                self.note_said(conversation_id, subscribed.head_seq);
                let joined = Joined {
                    head_seq: subscribed.head_seq,
                    visible_from: subscribed.visible_from,
                    hole: (!subscribed.complete).then_some((subscribed.from_seq, change)),
                };
                let passes_over = self.subscriptions.handle_joined(conversation_id, &joined);
                self.tell_item_if(conversation_id, passes_over);
                return io.reply_with("subscribed", id, &subscribed);
            }
            Ok(Answer::Refused(error)) => {
                self.audit(io, "subscribe", Some(conversation_id), &error);
                self.drop_room(io, conversation_id);
                *error
            }
            Err(error) => {
                match self.subscriptions.handle_join_failed(conversation_id) {
                    Some(passed_over) => self.tell_item_if(conversation_id, passed_over),
                    None => self.leave_room(io, conversation_id),
                }
                error
            }
            Ok(_) => ErrorReply::new(ErrorCode::Internal, "the store answered something else"),
        };
        let room = Some(Room::Conversation(conversation_id).to_string());
        io.refuse(id, ErrorReply { room, ..error });
        if let Some(seq) = left_at.filter(|_| !self.subscriptions.contains(conversation_id)) {
            io.lines(revoked(conversation_id, seq));
        }
    }

    /// The whole item is due, if `is_due`: nothing else tells what changed in it.
    fn tell_item_if(&mut self, conversation_id: ConversationId, is_due: bool) {
        if is_due {
            self.activity
                .handle_notice(conversation_id, Notice::activity(true));
        }
    }

    fn drop_room(&mut self, io: &Io, conversation_id: ConversationId) {
        io.shared
            .hub
            .lock()
            .unsubscribe(self.key(), conversation_id);
        self.forget_room(conversation_id);
    }

    /// `subscribed`, with the newest events that fit into a reply.
    fn subscribed(
        &self,
        conversation_id: ConversationId,
        answer: SubscribeAnswer,
    ) -> Subscribed<Box<RawValue>> {
        let viewer = &self.actor.user_id;
        let mut events = Vec::with_capacity(answer.events.len());
        let mut room = MAX_REPLY_BYTES;
        let mut from_seq = answer.from_seq;
        let mut complete = answer.complete;
        for record in answer.events.iter().rev() {
            let frame = event_for(record, viewer, answer.visible_from);
            let Ok(event) = to_raw_value(&frame) else {
                continue;
            };
            if event.get().len() > room && !events.is_empty() {
                from_seq = record.seq + 1;
                complete = false;
                break;
            }
            room = room.saturating_sub(event.get().len() + 1);
            events.push(event);
        }
        events.reverse();
        Subscribed {
            room: Room::Conversation(conversation_id),
            head_seq: answer.head_seq,
            head_number: answer.head_number,
            from_seq,
            complete,
            reset: answer.reset,
            visible_from: answer.visible_from,
            events,
            read_cursors: answer.read_cursors,
            viewers: Vec::new(),
            users: answer.users,
            read_seq: answer.row.read_seq,
            read_number: answer.row.read_number,
            mentions_unread: answer.row.mentions_unread,
            rev: answer.row.rev,
        }
    }

    fn handle_events(
        &mut self,
        io: &mut Io,
        conversation_id: ConversationId,
        after: u64,
        answer: Result<Answer, ErrorReply>,
        now: Now,
    ) {
        match answer {
            Ok(Answer::Events(answer)) => {
                let viewer = self.actor.user_id.clone();
                let caught =
                    self.subscriptions
                        .handle_events(conversation_id, after, &answer, &viewer);
                io.shared.metrics.delivered(caught.events, now.wall, now);
                io.lines(caught.lines);
                if caught.revoked {
                    self.drop_room(io, conversation_id);
                }
                if caught.let_in_again {
                    self.activity
                        .handle_notice(conversation_id, Notice::created());
                }
            }
            Ok(_) => {
                // No member any more, and no event that says since when.
                io.lines(revoked(conversation_id, after));
                self.drop_room(io, conversation_id);
            }
            Err(_) => {
                self.subscriptions
                    .handle_events_failed(conversation_id, after);
                self.retry_room(conversation_id, now);
            }
        }
    }

    /// Tells what conversations look like now.
    fn tell_activity(
        &mut self,
        io: &mut Io,
        due: &[(ConversationId, Notice)],
        items: Vec<Item>,
        now: Now,
    ) {
        let mut items: BTreeMap<_, _> = items
            .into_iter()
            .map(|item| (item.conversation_id, item))
            .collect();
        for (conversation_id, notice) in due {
            let Some(conversation) = items.remove(conversation_id) else {
                continue;
            };
            if conversation.membership == MembershipState::Left {
                // `membership_revoked` has told it, unless nobody knew.
                if notice.membership {
                    let seq = conversation.head_seq;
                    if self.subscriptions.contains(*conversation_id) {
                        self.subscriptions.handle_left(*conversation_id, seq);
                    } else {
                        io.lines(revoked(*conversation_id, seq));
                    }
                }
                continue;
            }
            if notice
                .revoked
                .is_some_and(|seq| conversation.head_seq < seq)
            {
                // Read before the user left, which was told meanwhile.
                continue;
            }
            let is_whole = notice.full || notice.created;
            if is_whole && self.is_overtaken(&conversation) {
                let notice = Notice {
                    overtaken: true,
                    ..*notice
                };
                self.activity.handle_notice(*conversation_id, notice);
            } else if notice.created {
                let event = ConversationEvent { conversation };
                let created = ServerMessage::ConversationCreated(Box::new(event));
                io.tell(*conversation_id, created, now.wall);
            } else if notice.full || !self.subscriptions.contains(*conversation_id) {
                // Also to who has subscribed since: what changed in the item before, a title for
                // one, is in no event of the subscription.
                let activity = activity(conversation, notice.full);
                let activity = ServerMessage::ConversationActivity(Box::new(activity));
                io.tell(*conversation_id, activity, now.wall);
            }
        }
        self.activity.handle_told(due, now.mono);
    }
}

/// An error names the conversation that was asked about (docs/protocol.md §11).
fn about(conversation_id: Option<ConversationId>, error: ErrorReply) -> ErrorReply {
    ErrorReply {
        conversation_id: conversation_id.or(error.conversation_id),
        ..error
    }
}

fn activity(item: Item, full: bool) -> ConversationActivity {
    ConversationActivity {
        conversation_id: item.conversation_id,
        head_seq: item.head_seq,
        head_number: item.head_number,
        read_seq: item.read_seq,
        read_number: item.read_number,
        mentions_unread: item.mentions_unread,
        rev: item.rev,
        last_message: item.last_message.clone(),
        conversation: full.then_some(item),
    }
}
