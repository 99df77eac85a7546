//! What a connection gives out: replies for the socket, commands and queries for the store.

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use causerie_protocol::{
    CloseCode, ConnectionEvent, ConnectionEventKind, ConversationId, ErrorReply, Meta, Millis,
    Room, ServerFrame, ServerMessage, limits::MAX_REPLY_BYTES,
};
use serde::Serialize;

use super::{Output, Shared, Token};
use crate::{
    hub::{Batch, encode::line},
    store::{AuditEntry, Command, LaneId, Query},
};

/// Most queries of one connection that the store works on at once; others wait their turn.
const MAX_QUERIES: usize = 8;

/// The outgoing side of a connection.
pub(super) struct Io {
    pub(super) shared: Arc<Shared>,
    pub(super) lane: LaneId,
    outputs: VecDeque<Output>,
    replies: VecDeque<Bytes>,
    reply_bytes: usize,
    queries: VecDeque<(Token, Query)>,
    querying: usize,
    last_token: u64,
    closing: Option<CloseCode>,
    close_given: bool,
}

impl Io {
    pub(super) fn new(shared: Arc<Shared>, lane: LaneId) -> Self {
        Self {
            shared,
            lane,
            outputs: VecDeque::new(),
            replies: VecDeque::new(),
            reply_bytes: 0,
            queries: VecDeque::new(),
            querying: 0,
            last_token: 0,
            closing: None,
            close_given: false,
        }
    }

    /// Answers a request; one without id gets no success reply.
    pub(super) fn reply(&mut self, id: Option<u64>, message: ServerMessage) {
        if id.is_some() {
            self.frame(&ServerFrame::reply(id, message));
        }
    }

    /// Says something that is no answer, or an answer to what `authenticate` asked.
    pub(super) fn say(&mut self, message: ServerMessage) {
        self.frame(&ServerFrame::event(message));
    }

    /// Says something about a conversation that is no event of it.
    pub(super) fn tell(
        &mut self,
        conversation_id: ConversationId,
        message: ServerMessage,
        at: Millis,
    ) {
        let meta = Meta {
            timestamp: Some(at),
            target_id: Some(conversation_id.to_string()),
            ..Meta::default()
        };
        self.frame(&ServerFrame {
            meta: Some(meta),
            ..ServerFrame::event(message)
        });
    }

    /// Refuses a request.
    pub(super) fn refuse(&mut self, id: Option<u64>, error: ErrorReply) {
        self.shared.metrics.refused(&error.code);
        self.frame(&ServerFrame::reply(id, ServerMessage::Error(error)));
    }

    /// Refuses a durable write.
    pub(super) fn refuse_write(&mut self, id: Option<u64>, error: ErrorReply) {
        self.shared.metrics.refused(&error.code);
        self.frame(&ServerFrame::reply(id, ServerMessage::MessageError(error)));
    }

    /// An answer whose payload is encoded in part already.
    pub(super) fn reply_with<T: Serialize>(&mut self, kind: &str, id: Option<u64>, payload: &T) {
        #[derive(Serialize)]
        struct Frame<'a, T> {
            r#type: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            id: Option<u64>,
            payload: &'a T,
        }
        let frame = Frame {
            r#type: kind,
            id,
            payload,
        };
        match serde_json::to_vec(&frame) {
            Ok(mut buffer) => {
                buffer.push(b'\n');
                self.line(buffer.into());
            }
            Err(error) => tracing::error!(%error, kind, "a reply could not be encoded"),
        }
    }

    /// Durable events that were read from the store for this connection.
    pub(super) fn lines(&mut self, lines: Bytes) {
        if !lines.is_empty() {
            self.line(lines);
        }
    }

    /// Says `connection_event`.
    pub(super) fn connection_event(
        &mut self,
        event: ConnectionEventKind,
        code: Option<CloseCode>,
        retry_after_ms: Option<u64>,
    ) {
        self.say(ServerMessage::ConnectionEvent(ConnectionEvent {
            event,
            code,
            retry_after_ms,
            room: None,
            seq: None,
        }));
    }

    /// Says why and closes.
    pub(super) fn kick(&mut self, code: CloseCode) {
        if self.closing.is_none() {
            self.connection_event(ConnectionEventKind::Kicked, Some(code), None);
            self.close(code);
        }
    }

    /// Closes, once what has been said is with the socket.
    pub(super) fn close(&mut self, code: CloseCode) {
        self.closing.get_or_insert(code);
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing.is_some()
    }

    /// Hands a command to the store; without a token nobody waits for what becomes of it.
    pub(super) fn submit(&mut self, token: Option<Token>, command: Command) {
        self.outputs.push_back(Output::Submit(token, command));
    }

    /// Hands a query to the store, now or when others are answered.
    pub(super) fn query(&mut self, token: Token, query: Query) {
        self.queries.push_back((token, query));
    }

    /// A query was answered.
    pub(super) fn handle_answer(&mut self) {
        self.querying = self.querying.saturating_sub(1);
    }

    pub(super) fn audit(&mut self, entry: AuditEntry) {
        self.submit(None, Command::Audit(entry));
    }

    pub(super) fn next_token(&mut self) -> Token {
        self.last_token += 1;
        Token(self.last_token)
    }

    /// Whether the socket has so much to take that no more should be asked for.
    pub(super) fn is_full(&self) -> bool {
        self.reply_bytes >= MAX_REPLY_BYTES
    }

    pub(super) fn has_replies(&self) -> bool {
        !self.replies.is_empty()
    }

    pub(super) fn poll_output(&mut self) -> Option<Output> {
        if let Some(output) = self.outputs.pop_front() {
            return Some(output);
        }
        self.outputs = VecDeque::new();
        if self.querying < MAX_QUERIES
            && !self.is_full()
            && !self.is_closing()
            && let Some((token, query)) = self.queries.pop_front()
        {
            self.querying += 1;
            if self.queries.is_empty() {
                self.queries = VecDeque::new();
            }
            return Some(Output::Query(token, query));
        }
        if self.replies.is_empty()
            && !self.close_given
            && let Some(code) = self.closing
        {
            self.close_given = true;
            return Some(Output::Close(code));
        }
        None
    }

    /// The next frame, for what has no socket.
    pub(super) fn poll_line(&mut self) -> Option<Bytes> {
        let line = self.replies.pop_front()?;
        self.reply_bytes -= line.len();
        Some(line)
    }

    /// Puts replies into the batch, as far as it has room.
    pub(super) fn fill(&mut self, batch: &mut Batch) {
        while batch.has_room()
            && let Some(reply) = self.replies.front()
        {
            if !batch.is_empty() && batch.len() + reply.len() > MAX_REPLY_BYTES {
                return;
            }
            if let Some(reply) = self.replies.pop_front() {
                self.reply_bytes -= reply.len();
                batch.push(reply);
            }
        }
        if self.replies.is_empty() {
            self.replies = VecDeque::new();
        }
    }

    fn frame(&mut self, frame: &ServerFrame) {
        self.lines(line(frame));
    }

    fn line(&mut self, line: Bytes) {
        self.reply_bytes += line.len();
        self.replies.push_back(line);
    }
}

/// `connection_event membership_revoked`.
pub(super) fn revoked(
    conversation_id: causerie_protocol::ConversationId,
    seq: causerie_protocol::Seq,
) -> Bytes {
    line(&ServerFrame::event(ServerMessage::ConnectionEvent(
        ConnectionEvent {
            event: ConnectionEventKind::MembershipRevoked,
            code: None,
            retry_after_ms: None,
            room: Some(Room::Conversation(conversation_id)),
            seq: Some(seq),
        },
    )))
}
