//! A request without a socket (docs/protocol.md §10): what a connection does with a frame, for one
//! that never joins a room and is gone when it has its answer.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use causerie_protocol::{
    ClientFrame, ClientId, ErrorCode, ErrorReply, FrameFault, RawFrame, UserId, raw_frames,
};

use super::{
    Input, Output, Shared,
    io::Io,
    live::{Live, Setup},
};
use crate::{
    auth::Identity,
    clock::Now,
    hub::ConnKey,
    store::{Actor, AuditEntry, LaneId},
};

/// An answer: the payload of the frame that a socket would have been sent.
#[derive(Debug, PartialEq)]
pub(crate) enum Reply {
    /// It was done.
    Done(Bytes),
    /// It was refused.
    Refused(Box<ErrorReply>),
}

/// One user's request, or several that belong together. Each has an id that the caller chooses.
pub(crate) struct Visit {
    io: Io,
    live: Live,
}

impl Visit {
    /// For the user whom a token named. `lane` was never used before.
    pub(crate) fn new(
        shared: Arc<Shared>,
        lane: LaneId,
        identity: Identity,
        client_id: ClientId,
        now: Now,
    ) -> Self {
        let mut io = Io::new(shared, lane);
        let actor = Actor {
            user_id: identity.user_id.clone(),
            client_id,
            admin: identity.admin,
        };
        let setup = Setup {
            actor,
            key: ConnKey::NOWHERE,
            identity,
            subscriptions: Vec::new(),
            sync: None,
        };
        let live = Live::new(&mut io, setup, now);
        Self { io, live }
    }

    /// Whose it is.
    pub(crate) fn user_id(&self) -> &UserId {
        self.live.user_id()
    }

    /// Asks what a frame asks. `refused` is set if this user asks too often: how long to wait.
    pub(crate) fn ask(
        &mut self,
        frame: Result<ClientFrame, FrameFault>,
        refused: Option<Duration>,
        now: Now,
    ) {
        self.live.handle_frame(&mut self.io, frame, refused, now);
    }

    /// Notes that something was refused, for whoever counts and audits it.
    pub(crate) fn note_refused(&mut self, action: &str, error: &ErrorReply) {
        self.io.shared.metrics.refused(&error.code);
        if error.code == ErrorCode::RateLimited {
            return;
        }
        self.io.audit(AuditEntry {
            user_id: self.live.user_id().clone(),
            action: action.to_owned(),
            conversation_id: error.conversation_id,
            subject: None,
            outcome: error.code.as_str().into(),
        });
    }

    /// What the store said.
    pub(crate) fn handle(&mut self, input: Input<'_>, now: Now) {
        match input {
            Input::Outcome(token, outcome) => {
                self.live.handle_outcome(&mut self.io, token, outcome, now);
            }
            Input::Answer(token, answer) => {
                self.io.handle_answer();
                self.live.handle_answer(&mut self.io, token, answer, now);
            }
            Input::Text(_)
            | Input::Binary
            | Input::TooLarge
            | Input::Life
            | Input::Woken
            | Input::Superseded
            | Input::Drain { .. }
            | Input::Progress
            | Input::Flushed
            | Input::Closed => {}
        }
    }

    /// What the store has to do next.
    pub(crate) fn poll_output(&mut self) -> Option<Output> {
        self.io.poll_output()
    }

    /// The next answer, with the id of what was asked.
    pub(crate) fn poll_reply(&mut self) -> Option<(u64, Reply)> {
        while let Some(line) = self.io.poll_line() {
            if let Some(reply) = read(&line) {
                return Some(reply);
            }
        }
        None
    }

    /// The visit is over: the store forgets its lane.
    pub(crate) fn end(&mut self, now: Now) {
        self.live.end(&mut self.io, now);
    }
}

/// Frames that answer nothing, as a warning about the token, are none.
fn read(line: &Bytes) -> Option<(u64, Reply)> {
    let text = std::str::from_utf8(line).ok()?;
    let (_, frame) = raw_frames(text).next()?;
    let frame: RawFrame<'_> = frame.ok()?;
    let payload = frame.payload_json();
    let reply = match &*frame.kind {
        "error" | "message_error" => Reply::Refused(serde_json::from_str(payload).ok()?),
        _ => Reply::Done(line.slice_ref(payload.as_bytes())),
    };
    Some((frame.id?, reply))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_the_payload_of_its_frame_and_other_frames_are_none() {
        let line = |text: &'static str| Bytes::from_static(text.as_bytes());
        assert_eq!(
            read(&line(
                "{\"type\":\"ack\",\"id\":3,\"payload\":{\"seq\":null}}\n"
            )),
            Some((3, Reply::Done(Bytes::from_static(b"{\"seq\":null}"))))
        );
        let refused = "{\"type\":\"message_error\",\"id\":1,\"payload\":\
             {\"code\":\"forbidden\",\"message\":\"no\",\"retryable\":false}}";
        let error = ErrorReply::new(ErrorCode::Forbidden, "no");
        assert_eq!(
            read(&line(refused)),
            Some((1, Reply::Refused(Box::new(error))))
        );
        let event = "{\"type\":\"connection_event\",\"payload\":{\"event\":\"token_expiring\"}}";
        assert_eq!(read(&line(event)), None);
    }
}
