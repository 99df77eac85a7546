//! What the client asks (docs/protocol.md §4).

use std::time::Duration;

use causerie_protocol::{
    Ack, ClientFrame, ConversationId, CursorAck, ErrorCode, ErrorReply, FrameFault, Mark, Ping,
    RefreshToken, Request, Room, ServerMessage, Subscribe, Sync, TokenRefreshed, Unsubscribed,
    Write,
    limits::{MAX_BACKLOG, MAX_PAGE},
};

use super::{
    delivered::Next,
    io::Io,
    lane::Waiting,
    live::{Live, Pending},
};
use crate::{
    clock::Now,
    hub::Notice,
    store::{Command, Query, ReadState, SyncFrom},
};

/// Conversations in a page of sync, unless the client asks for another number.
const SYNC_PAGE: u32 = 50;

impl Live {
    /// A frame came in. `refused` is set if it came too often: how long to wait.
    pub(super) fn handle_frame(
        &mut self,
        io: &mut Io,
        frame: Result<ClientFrame, FrameFault>,
        refused: Option<Duration>,
        now: Now,
    ) {
        let ClientFrame { id, request } = match frame {
            Ok(frame) => frame,
            Err(fault) if fault.error.temp_id.is_some() => {
                return io.refuse_write(fault.id, fault.error);
            }
            Err(fault) => return io.refuse(fault.id, fault.error),
        };
        let refusal = refused.map(too_often);
        match request {
            Request::Write(write) => self.handle_write(io, id, write, refusal, now),
            Request::Pong(_) => {}
            request => match refusal {
                Some(error) => io.refuse(id, error),
                None => self.handle_request(io, id, request, now),
            },
        }
    }

    fn handle_request(&mut self, io: &mut Io, id: Option<u64>, request: Request, now: Now) {
        match request {
            Request::Subscribe(subscribe) => match Self::room_of(&subscribe) {
                Some(room) => self.queue(io, room, id, Waiting::Subscribe(subscribe), now),
                None => io.refuse(id, not_a_conversation(&subscribe.room)),
            },
            Request::Unsubscribe(unsubscribe) => match unsubscribe.room {
                Room::Conversation(room) => self.queue(io, room, id, Waiting::Unsubscribe, now),
                room @ (Room::User(_) | Room::Group(_)) => {
                    io.refuse(id, not_a_conversation(&room));
                }
            },
            Request::History(history) => {
                let room = history.conversation_id;
                self.queue(io, room, id, Waiting::History(history), now);
            }
            Request::Members(members) => {
                let room = members.conversation_id;
                self.queue(io, room, id, Waiting::Members(members), now);
            }
            Request::MarkRead(mark) => {
                let actor = self.actor.clone();
                let conversation_id = mark.conversation_id;
                let pending = Pending::MarkRead {
                    id,
                    conversation_id,
                };
                self.submit(io, pending, Command::MarkRead { actor, mark });
            }
            Request::MarkDelivered(mark) => self.handle_mark_delivered(io, id, mark, now),
            Request::TypingStart(typing) => {
                self.handle_typing(io, id, typing.conversation_id, true, now);
            }
            Request::TypingStop(typing) => {
                self.handle_typing(io, id, typing.conversation_id, false, now);
            }
            Request::Sync(sync) => self.handle_sync(io, id, sync),
            Request::Users(users) => {
                let query = Query::Users {
                    user_id: self.actor.user_id.clone(),
                    user_ids: users.user_ids,
                };
                self.query(io, Pending::Users { id }, query);
            }
            Request::RefreshToken(refresh) => self.handle_refresh(io, id, &refresh, now),
            Request::Activity(_) | Request::Pong(_) => {}
            Request::Ping(Ping { t }) => io.reply(id, ServerMessage::Pong(Ping { t })),
            Request::Authenticate(_) => {
                let message = "this connection is authenticated already";
                io.refuse(id, ErrorReply::new(ErrorCode::Invalid, message));
            }
            Request::UpdateMembership(_)
            | Request::Signal(_)
            | Request::UpdateStatus(_)
            | Request::WatchPresence(_)
            | Request::UnwatchPresence(_)
            | Request::Follow(_)
            | Request::Unfollow(_)
            | Request::Block(_)
            | Request::Unblock(_)
            | Request::SetPreferences(_)
            | Request::Unknown(_) => {
                let message = "this server does not know this request";
                io.refuse(id, ErrorReply::new(ErrorCode::UnknownType, message));
            }
            // Told apart before.
            Request::Write(_) => {}
        }
    }

    fn handle_write(
        &mut self,
        io: &mut Io,
        id: Option<u64>,
        write: Box<Write>,
        refusal: Option<ErrorReply>,
        now: Now,
    ) {
        let joining = self.subscriptions.is_joining(write.conversation_id);
        if let Some((write, refusal)) = self.lanes.handle_write(id, write, refusal, joining) {
            self.write(io, id, write, refusal, now);
        }
    }

    fn write(
        &mut self,
        io: &mut Io,
        id: Option<u64>,
        write: Box<Write>,
        refusal: Option<ErrorReply>,
        now: Now,
    ) {
        let pending = Pending::Write {
            id,
            temp_id: write.temp_id,
            conversation_id: write.conversation_id,
            at: now.mono,
        };
        let command = Command::Write {
            lane: io.lane,
            actor: self.actor.clone(),
            write,
            refuse: refusal.map(Box::new),
        };
        self.submit(io, pending, command);
    }

    // ---- requests that may have to wait for earlier writes

    fn queue(
        &mut self,
        io: &mut Io,
        room: ConversationId,
        id: Option<u64>,
        what: Waiting,
        now: Now,
    ) {
        self.lanes.push(room, id, what);
        self.go_on(io, room, now);
    }

    /// Does what waited for this conversation and need not wait any more.
    pub(super) fn go_on(&mut self, io: &mut Io, room: ConversationId, now: Now) {
        while let Some((id, what)) = self.lanes.next(room, self.subscriptions.is_joining(room)) {
            match what {
                Waiting::Subscribe(subscribe) => {
                    self.subscribe(io, id, subscribe, false);
                }
                Waiting::Write(write, refusal) => self.write(io, id, write, refusal, now),
                Waiting::Unsubscribe => self.unsubscribe(io, id, room),
                Waiting::History(mut request) => {
                    request.limit = Some(request.limit.unwrap_or(50).clamp(1, MAX_PAGE));
                    self.history(io, id, request, 0, false);
                }
                Waiting::Members(request) => {
                    let query = Query::Members {
                        user_id: self.actor.user_id.clone(),
                        request,
                    };
                    let conversation_id = room;
                    let pending = Pending::Members {
                        id,
                        conversation_id,
                    };
                    self.query(io, pending, query);
                }
            }
        }
    }

    /// Joins a room. Returns whether the store is asked; if not, the client has its answer.
    pub(super) fn subscribe(
        &mut self,
        io: &mut Io,
        id: Option<u64>,
        subscribe: Subscribe,
        opening: bool,
    ) -> bool {
        let Some(conversation_id) = Self::room_of(&subscribe) else {
            io.refuse(id, not_a_conversation(&subscribe.room));
            return false;
        };
        let joined = {
            let shared = std::sync::Arc::clone(&io.shared);
            let hub = &mut *shared.hub.lock();
            self.subscriptions.join(conversation_id, hub, self.key())
        };
        if !joined {
            let error = ErrorReply {
                room: Some(subscribe.room.to_string()),
                ..ErrorReply::new(
                    ErrorCode::TooLarge,
                    "this connection has as many subscriptions as it may have",
                )
            };
            io.refuse(id, error);
            return false;
        }
        let query = Query::Subscribe {
            user_id: self.actor.user_id.clone(),
            conversation_id,
            since: subscribe.since,
            since_id: subscribe.since_id,
            limit: MAX_BACKLOG,
        };
        let pending = Pending::Subscribe {
            id,
            conversation_id,
            opening,
        };
        self.query(io, pending, query);
        true
    }

    fn unsubscribe(&mut self, io: &mut Io, id: Option<u64>, room: ConversationId) {
        self.leave_room(io, room);
        let room = Room::Conversation(room);
        io.reply(id, ServerMessage::Unsubscribed(Unsubscribed { room }));
    }

    /// Leaves a room. What was not sent of it is told by activity.
    pub(super) fn leave_room(&mut self, io: &Io, room: ConversationId) {
        let Some(position) = self.subscriptions.position(room) else {
            return;
        };
        let shared = std::sync::Arc::clone(&io.shared);
        let hub = &mut *shared.hub.lock();
        let head = hub.unsubscribe(self.key(), room);
        self.forget_room(room);
        if head.is_some_and(|head| head > position) {
            hub.notify(self.key(), room, Notice::activity(true));
        }
    }

    pub(super) fn history(
        &mut self,
        io: &mut Io,
        id: Option<u64>,
        request: causerie_protocol::History,
        floor: causerie_protocol::Seq,
        holds: bool,
    ) {
        let query = Query::History {
            user_id: self.actor.user_id.clone(),
            request,
        };
        let pending = Pending::History {
            id,
            request,
            floor,
            holds,
        };
        self.query(io, pending, query);
    }

    // ---- requests that need not wait

    fn handle_sync(&mut self, io: &mut Io, id: Option<u64>, sync: Sync) {
        let from = match (sync.token, sync.cursor) {
            (Some(_), Some(_)) => {
                let message = "a sync has a token or a cursor, not both";
                return io.refuse(id, ErrorReply::invalid("cursor", message));
            }
            (_, Some(cursor)) => SyncFrom::Cursor(cursor),
            (Some(token), None) => SyncFrom::Token(token),
            (None, None) => SyncFrom::First,
        };
        self.sync(io, id, from, sync.limit, false);
    }

    pub(super) fn sync(
        &mut self,
        io: &mut Io,
        id: Option<u64>,
        from: SyncFrom,
        limit: Option<u32>,
        opening: bool,
    ) {
        let query = Query::Sync {
            user_id: self.actor.user_id.clone(),
            from,
            limit: limit.unwrap_or(SYNC_PAGE).clamp(1, MAX_PAGE),
        };
        self.query(io, Pending::Sync { id, opening }, query);
    }

    fn handle_mark_delivered(&mut self, io: &mut Io, id: Option<u64>, mark: Mark, now: Now) {
        let Mark {
            conversation_id,
            seq,
        } = mark;
        match self
            .delivered
            .handle_request(conversation_id, seq, id, now.mono)
        {
            Next::Write => self.mark_delivered(io, conversation_id, seq),
            Next::Answer(row) => io.reply(id, cursor_ack(conversation_id, row)),
            Next::Wait => {}
        }
    }

    fn handle_typing(
        &mut self,
        io: &mut Io,
        id: Option<u64>,
        conversation_id: ConversationId,
        typing: bool,
        now: Now,
    ) {
        if self
            .typing
            .handle_request(conversation_id, typing, now.mono)
        {
            let pending = Pending::Typing {
                id,
                conversation_id,
            };
            let query = Query::Access {
                user_id: self.actor.user_id.clone(),
                conversation_id,
            };
            self.query(io, pending, query);
        }
    }

    fn handle_refresh(&mut self, io: &mut Io, id: Option<u64>, refresh: &RefreshToken, now: Now) {
        let error = match io.shared.auth.verify(&refresh.token, now.wall) {
            Ok(identity) if identity.user_id == self.actor.user_id => {
                self.actor.admin = identity.admin;
                self.token = super::token::TokenLife::new(identity.expires_at);
                let token_expires_at = identity.expires_at;
                let message = ServerMessage::TokenRefreshed(TokenRefreshed { token_expires_at });
                return io.reply(id, message);
            }
            Ok(_) => ErrorReply::new(
                ErrorCode::Forbidden,
                "the token is another user's than this connection's",
            ),
            Err(refusal) => {
                io.shared.metrics.auth_refused(&refusal.code);
                ErrorReply::new(ErrorCode::Unauthenticated, refusal.message)
            }
        };
        io.refuse(
            id,
            ErrorReply {
                field: Some("token".into()),
                ..error
            },
        );
    }
}

pub(super) fn cursor_ack(conversation_id: ConversationId, row: ReadState) -> ServerMessage {
    ServerMessage::Ack(Ack::Cursor(CursorAck {
        conversation_id,
        read_seq: row.read_seq,
        read_number: row.read_number,
        mentions_unread: row.mentions_unread,
        rev: row.rev,
    }))
}

fn not_a_conversation(room: &Room) -> ErrorReply {
    ErrorReply {
        room: Some(room.to_string()),
        ..ErrorReply::invalid(
            "room",
            "only conv: rooms are joined by the client; the server joins user: and group: rooms",
        )
    }
}

fn too_often(retry_after: Duration) -> ErrorReply {
    let retry_after_ms = u64::try_from(retry_after.as_millis()).unwrap_or(u64::MAX);
    ErrorReply {
        retry_after_ms: Some(retry_after_ms.max(1)),
        ..ErrorReply::new(ErrorCode::RateLimited, "too many requests")
    }
}
