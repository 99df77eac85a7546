//! Frames of the server, by what they say.

use std::time::Duration;

use causerie_protocol::{
    Ack, ConnectionEvent, ConnectionEventKind, CursorAck, ErrorCode, ErrorReply, Ping, ReadCursor,
    Receipt, Request, Room, ServerFrame, ServerMessage,
};

use super::{Engine, event::position_of};
use crate::{
    CommandError, Reply,
    backoff::asked_wait,
    request::{Opening, Purpose},
};

impl Engine {
    pub(super) fn handle_frames(&mut self, frames: Vec<ServerFrame>) {
        if !self.connection.is_listening() {
            return;
        }
        self.connection.handle_heard(self.now.mono);
        self.counters.touch().last_activity = Some(self.now.wall);
        for frame in frames {
            // A frame before may have ended the connection.
            if !self.connection.is_listening() {
                return;
            }
            if self.connection.is_live() {
                self.handle_frame(frame);
            } else {
                self.handle_first_frame(frame);
            }
        }
    }

    /// Until the server has accepted us it says nothing else.
    fn handle_first_frame(&mut self, frame: ServerFrame) {
        match frame.message {
            ServerMessage::Authenticated(told) => {
                if let Some(id) = frame.id {
                    self.requests.finish(id, self.now.mono);
                }
                self.handle_authenticated(&told);
            }
            ServerMessage::AuthError(error) => self.connection.handle_auth_error(
                &error.code,
                &error.message,
                error.retryable,
                self.now.mono,
            ),
            ServerMessage::ConnectionEvent(event) => self.handle_connection_event(&event),
            ServerMessage::Error(error) => {
                let retry_after = asked_wait(error.retry_after_ms);
                self.connection.handle_announced(None, retry_after);
                self.changes
                    .fault(error.code.as_str(), error.message, error.retryable);
            }
            _ => {}
        }
    }

    fn handle_frame(&mut self, frame: ServerFrame) {
        if position_of(&frame.message).is_some() {
            return self.handle_event(frame);
        }
        let (id, message) = match frame {
            ServerFrame {
                message:
                    message @ (ServerMessage::Signal(_)
                    | ServerMessage::StatusUpdate(_)
                    | ServerMessage::ConversationPresence(_)
                    | ServerMessage::GroupUpdated(_)
                    | ServerMessage::GroupMemberJoined(_)
                    | ServerMessage::GroupMemberLeft(_)
                    | ServerMessage::Unknown(_)),
                ..
            } => {
                return self.announce(ServerFrame {
                    id: frame.id,
                    message,
                    meta: frame.meta,
                });
            }
            frame => {
                if frame.id.is_none() && is_announced(&frame.message) {
                    self.announce(frame.clone());
                }
                (frame.id, frame.message)
            }
        };
        match message {
            ServerMessage::Error(error) | ServerMessage::MessageError(error) => {
                self.handle_error(id, error);
            }
            ServerMessage::AuthError(error) => self.connection.handle_auth_error(
                &error.code,
                &error.message,
                error.retryable,
                self.now.mono,
            ),
            ServerMessage::TokenRefreshed(_) => {
                self.finish(id);
                self.connection.handle_refreshed();
            }
            ServerMessage::Unsubscribed(_) | ServerMessage::PresenceState(_) => {
                self.finish(id);
            }
            ServerMessage::Subscribed(subscribed) => {
                self.finish(id);
                if let Room::Conversation(id) = subscribed.room {
                    let opening = Opening::Subscription(id);
                    self.requests.finish_opening(opening, self.now.mono);
                }
                self.handle_subscribed(subscribed);
            }
            ServerMessage::MessageSent(sent) => {
                let waited = self.finish(id);
                self.handle_message_sent(&sent, waited.map(|(sent_at, _)| sent_at));
            }
            ServerMessage::Ack(ack) => {
                let waited = self.finish(id);
                match ack {
                    Ack::Write(ack) => self.handle_write_ack(&ack, waited.map(|(at, _)| at)),
                    Ack::Cursor(ack) => self.handle_cursor(&ack),
                    Ack::Done {} => {}
                }
            }
            ServerMessage::SyncPage(page) => {
                self.finish(id);
                if id.is_none() {
                    self.requests.finish_opening(Opening::Sync, self.now.mono);
                }
                self.handle_sync_page(page);
            }
            ServerMessage::HistoryPage(page) => {
                if let Some((_, Purpose::History(fetch))) = self.finish(id) {
                    self.handle_history_page(fetch, page);
                }
            }
            ServerMessage::MembersPage(page) => {
                if let Some((_, Purpose::Members(reply))) = self.finish(id) {
                    self.learn_users(page.users.clone());
                    self.changes.reply(reply, Ok(Reply::Members(page)));
                }
            }
            ServerMessage::UsersPage(page) => {
                if let Some((_, Purpose::Users(reply))) = self.finish(id) {
                    self.learn_users(page.users.clone());
                    self.changes.reply(reply, Ok(Reply::Users(page)));
                }
            }
            ServerMessage::Ping(ping) => self.tell(Request::Pong(ping)),
            ServerMessage::Pong(Ping { .. }) => {
                if let Some((sent, _)) = self.finish(id) {
                    let took = self.now.mono.saturating_sub(sent);
                    self.counters.touch().round_trip = Some(took);
                }
            }
            ServerMessage::ReadReceipt(receipt) => self.handle_receipt(&receipt, true),
            ServerMessage::DeliveryReceipt(receipt) => self.handle_receipt(&receipt, false),
            ServerMessage::ConversationActivity(activity) => self.handle_activity(*activity),
            ServerMessage::ConversationCreated(event) | ServerMessage::MembershipUpdated(event) => {
                self.handle_item(event.conversation);
            }
            ServerMessage::UserUpdated(event) => self.learn_users([event.user]),
            ServerMessage::TypingIndicator(typing) if !self.is_me(&typing.user_id) => {
                self.typing.handle_other(
                    typing.conversation_id,
                    typing.user_id,
                    typing.typing,
                    Duration::from_millis(typing.expires_in_ms),
                    self.now.mono,
                );
            }
            ServerMessage::ConnectionEvent(event) => self.handle_connection_event(&event),
            // Opened already, or announced above.
            _ => {}
        }
    }

    fn finish(&mut self, id: Option<u64>) -> Option<(Duration, Purpose)> {
        self.requests.finish(id?, self.now.mono)
    }

    fn handle_error(&mut self, id: Option<u64>, error: ErrorReply) {
        let Some((_, purpose)) = self.finish(id) else {
            return self.handle_unasked_error(&error);
        };
        match purpose {
            Purpose::Write {
                conversation_id,
                key,
            } => self.handle_write_error(conversation_id, key, id.unwrap_or_default(), &error),
            Purpose::Subscribe(conversation_id) => {
                self.handle_subscribe_error(conversation_id, &error);
            }
            Purpose::MarkRead {
                conversation_id, ..
            } => self.handle_mark_error(conversation_id, &error),
            Purpose::Sync { cursor: true } if !error.retryable => {
                self.sync.handle_bad_cursor();
                self.changes.ops.push(crate::StoreOp::PutSyncCursor(None));
                self.ask_sync();
            }
            Purpose::Sync { .. } => self.handle_sync_error(&error),
            Purpose::History(fetch) => self.handle_history_error(fetch, &error),
            Purpose::Members(reply) | Purpose::Users(reply) => self.changes.refuse(
                reply,
                CommandError::Refused {
                    code: error.code,
                    message: error.message,
                },
            ),
            Purpose::RefreshToken => self
                .connection
                .handle_refresh_refused(&mut self.jitter, self.now.mono),
            Purpose::Authenticate | Purpose::Unsubscribe | Purpose::Ping => {}
        }
    }

    /// Without a sync this device would not know what it missed: the next connection asks again.
    fn handle_sync_error(&mut self, error: &ErrorReply) {
        let reason = format!("the sync was refused: {}", error.message);
        let retry_after = asked_wait(error.retry_after_ms);
        self.connection
            .handle_broken(&reason, retry_after, &mut self.jitter, self.now.mono);
    }

    /// An error that no request of ours is known for.
    fn handle_unasked_error(&mut self, error: &ErrorReply) {
        let room = error.room.as_deref().and_then(|room| room.parse().ok());
        if let Some(Room::Conversation(id)) = room {
            let opening = Opening::Subscription(id);
            self.requests.finish_opening(opening, self.now.mono);
            if self.subscriptions.is_asked(id) {
                self.handle_subscribe_error(id, error);
            }
            return;
        }
        let is_about_nothing_else = room.is_none() && error.conversation_id.is_none();
        if is_about_nothing_else && error.retryable && self.requests.is_opening(Opening::Sync) {
            return self.handle_sync_error(error);
        }
        // The reason of a close is said ahead of it.
        self.connection
            .handle_announced(None, asked_wait(error.retry_after_ms));
        if error.code != ErrorCode::UnknownType {
            self.changes
                .fault(error.code.as_str(), error.message.clone(), error.retryable);
        }
    }

    fn handle_connection_event(&mut self, event: &ConnectionEvent) {
        match event.event {
            ConnectionEventKind::TokenExpiring => self
                .connection
                .handle_token_expiring(&mut self.jitter, self.now.mono),
            ConnectionEventKind::Draining | ConnectionEventKind::Kicked => {
                self.connection
                    .handle_announced(event.code, asked_wait(event.retry_after_ms));
            }
            ConnectionEventKind::MembershipRevoked => {
                if let Some(Room::Conversation(id)) = event.room {
                    self.handle_left(id, event.seq);
                }
            }
            ConnectionEventKind::Other(_) => {}
        }
    }

    fn handle_receipt(&mut self, receipt: &Receipt, read: bool) {
        let id = receipt.conversation_id;
        if !self.is_me(&receipt.user_id) {
            let (seq, delivered_seq) = if read {
                (receipt.seq, receipt.seq)
            } else {
                (0, receipt.seq)
            };
            self.learn_cursors(
                id,
                [ReadCursor {
                    user_id: receipt.user_id.clone(),
                    seq,
                    delivered_seq,
                }],
            );
            return;
        }
        if let (true, Some(read_number), Some(mentions_unread), Some(rev)) = (
            read,
            receipt.read_number,
            receipt.mentions_unread,
            receipt.rev,
        ) {
            self.handle_cursor(&CursorAck {
                conversation_id: id,
                read_seq: receipt.seq,
                read_number,
                mentions_unread,
                rev,
            });
        }
    }
}

/// What the server starts and an app may want to hear of.
fn is_announced(message: &ServerMessage) -> bool {
    matches!(
        message,
        ServerMessage::ReadReceipt(_)
            | ServerMessage::DeliveryReceipt(_)
            | ServerMessage::ConversationActivity(_)
            | ServerMessage::ConversationCreated(_)
            | ServerMessage::MembershipUpdated(_)
            | ServerMessage::UserUpdated(_)
            | ServerMessage::TypingIndicator(_)
            | ServerMessage::Notification(_)
            | ServerMessage::ConnectionEvent(_)
    )
}
