//! Who asks, and the way of a request to its answer: the driver of a [`Visit`].

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{extract::FromRequestParts, http::request::Parts};
use bytes::Bytes;
use causerie_protocol::{
    AuthCode, ClientFrame, ClientId, ErrorCode, ErrorReply, FrameFault, Request, UserId,
    decode_client,
};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::timeout,
};
use uuid::Uuid;

use super::{Json, body::Body, refusal::Refused};
use crate::{
    auth::{Identity, Refusal},
    conn::{Input, Output, Reply, Token, Visit},
    listener::{Server, Visiting, bearer},
    store::{Answer, Outcome, Query, StoreError},
};

/// How long the store may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// What the store says.
enum Letter {
    Outcome(Token, Outcome),
    Answer(Token, Result<Answer, StoreError>),
}

/// A user with a good token, for one request.
pub(super) struct Caller {
    server: Arc<Server>,
    visit: Visit,
    post: UnboundedSender<Letter>,
    letters: UnboundedReceiver<Letter>,
    /// How long to wait, if this user asks too often.
    refused: Option<Duration>,
    /// The server does not end before this request has its answer.
    _visiting: Visiting,
}

impl FromRequestParts<Arc<Server>> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(
        parts: &mut Parts,
        server: &Arc<Server>,
    ) -> Result<Self, Self::Rejection> {
        let now = server.clock.now();
        let identity = bearer(&parts.headers)
            .ok_or_else(|| Refusal {
                code: AuthCode::TokenInvalid,
                message: "there is no token: it comes in the header `Authorization: Bearer`".into(),
            })
            .and_then(|token| server.shared.auth.verify(&token, now.wall));
        match identity {
            Ok(identity) => Ok(Self::new(server, identity)),
            Err(refusal) => {
                server.shared.metrics.auth_refused(&refusal.code);
                Err(refusal.into())
            }
        }
    }
}

impl Caller {
    fn new(server: &Arc<Server>, mut identity: Identity) -> Self {
        let now = server.clock.now();
        let entry = server
            .doors
            .enter(&identity, server.shared.config.rate, now.mono);
        if entry.is_told || entry.refused.is_some() {
            (identity.name, identity.avatar) = (None, None);
        }
        let visiting = Arc::clone(&server.connections).visit();
        let visit = Visit::new(
            Arc::clone(&server.shared),
            visiting.lane(),
            identity,
            ClientId::from_uuid(Uuid::nil()),
            now,
        );
        let (post, letters) = unbounded_channel();
        Self {
            server: Arc::clone(server),
            visit,
            post,
            letters,
            refused: entry.refused,
            _visiting: visiting,
        }
    }

    pub(super) fn user_id(&self) -> &UserId {
        self.visit.user_id()
    }

    /// A durable write, as the frame of this type.
    pub(super) async fn write(
        &mut self,
        kind: &str,
        body: &Body,
        more: Option<(&str, String)>,
    ) -> super::Answered {
        let now = self.server.clock.now();
        let frame = body.frame(kind, 1, more);
        for frame in decode_client(&frame) {
            // Of one that cannot be read the id may be lost.
            let id = Some(1);
            let frame = frame
                .map(|frame| ClientFrame { id, ..frame })
                .map_err(|fault| FrameFault { id, ..fault });
            self.visit.ask(frame, self.refused, now);
        }
        let mut replies = self.replies(1).await?;
        self.one(replies.remove(&1))
    }

    /// Any other request.
    pub(super) async fn ask(&mut self, request: Request) -> super::Answered {
        self.put(1, request);
        let mut replies = self.replies(1).await?;
        self.one(replies.remove(&1))
    }

    /// Several requests at once; their answers in the same order.
    ///
    /// # Errors
    /// The first refusal.
    pub(super) async fn ask_all(&mut self, requests: Vec<Request>) -> Result<Vec<Json>, Refused> {
        let count = requests.len();
        for (id, request) in (1..).zip(requests) {
            self.put(id, request);
        }
        let replies = self.replies(count).await?;
        let mut answers = Vec::with_capacity(count);
        for (_, reply) in replies {
            answers.push(self.one(Some(reply))?);
        }
        Ok(answers)
    }

    /// Reads what no frame asks for. `action` is its name in the audit.
    pub(super) async fn look(&mut self, action: &str, query: Query) -> Result<Answer, Refused> {
        if let Some(retry_after) = self.refused {
            return Err(self.refuse(action, too_often(retry_after)));
        }
        self.look_first(action, query).await
    }

    /// The same on the way to a request that is refused, or a repeat, by itself.
    pub(super) async fn look_first(
        &mut self,
        action: &str,
        query: Query,
    ) -> Result<Answer, Refused> {
        let (told, found) = tokio::sync::oneshot::channel();
        let read = move |answer| {
            let _ = told.send(answer);
        };
        self.perform();
        self.server.store.query(query, Box::new(read));
        match timeout(ANSWER_TIMEOUT, found).await {
            Ok(Ok(Ok(Answer::Refused(error)))) => Err(self.refuse(action, *error)),
            Ok(Ok(Ok(answer))) => Ok(answer),
            Ok(Ok(Err(error))) => {
                tracing::warn!(%error, "a query failed");
                Err(Refused::unavailable("the server cannot read this now"))
            }
            Ok(Err(_)) | Err(_) => Err(late()),
        }
    }

    /// Refuses what was asked, and has it counted and audited.
    pub(super) fn refuse(&mut self, action: &str, error: ErrorReply) -> Refused {
        self.visit.note_refused(action, &error);
        error.into()
    }

    fn put(&mut self, id: u64, request: Request) {
        let now = self.server.clock.now();
        let frame = ClientFrame {
            id: Some(id),
            request,
        };
        self.visit.ask(Ok(frame), self.refused, now);
    }

    fn one(&self, reply: Option<Reply>) -> super::Answered {
        match reply {
            Some(Reply::Done(payload)) => Ok(Json(payload)),
            Some(Reply::Refused(error)) => Err((*error).into()),
            None => Err(Refused::internal()),
        }
    }

    /// Waits for so many answers.
    async fn replies(&mut self, count: usize) -> Result<BTreeMap<u64, Reply>, Refused> {
        let mut replies = BTreeMap::new();
        loop {
            while let Some((id, reply)) = self.visit.poll_reply() {
                replies.insert(id, reply);
            }
            if replies.len() >= count {
                return Ok(replies);
            }
            self.perform();
            let letter = match timeout(ANSWER_TIMEOUT, self.letters.recv()).await {
                Ok(Some(letter)) => letter,
                Ok(None) | Err(_) => return Err(late()),
            };
            let now = self.server.clock.now();
            let input = match letter {
                Letter::Outcome(token, outcome) => Input::Outcome(token, outcome),
                Letter::Answer(token, answer) => Input::Answer(token, answer),
            };
            self.visit.handle(input, now);
        }
    }

    /// Hands to the store what the visit has for it.
    fn perform(&mut self) {
        while let Some(output) = self.visit.poll_output() {
            let post = self.post.clone();
            match output {
                Output::Submit(token, command) => {
                    #[cfg(feature = "control")]
                    let command = self.server.faults().apply(command);
                    let done = move |outcome| {
                        if let Some(token) = token {
                            let _ = post.send(Letter::Outcome(token, outcome));
                        }
                    };
                    self.server.store.submit(command, Box::new(done));
                }
                Output::Query(token, query) => {
                    let read = move |answer| {
                        let _ = post.send(Letter::Answer(token, answer));
                    };
                    self.server.store.query(query, Box::new(read));
                }
                // There is no socket.
                Output::Close(_) => {}
            }
        }
    }
}

/// Also when nobody waits for the answer any more.
impl Drop for Caller {
    fn drop(&mut self) {
        self.visit.end(self.server.clock.now());
        self.perform();
        self.server.doors.leave(self.visit.user_id());
    }
}

/// It may have been done all the same: the same temp_id tells.
fn late() -> Refused {
    Refused::unavailable("the store does not answer")
}

fn too_often(retry_after: Duration) -> ErrorReply {
    let retry_after_ms = u64::try_from(retry_after.as_millis()).unwrap_or(u64::MAX);
    ErrorReply {
        retry_after_ms: Some(retry_after_ms.max(1)),
        ..ErrorReply::new(ErrorCode::RateLimited, "too many requests")
    }
}

/// What stands in an answer.
pub(super) fn bytes(json: &Json) -> &Bytes {
    &json.0
}
