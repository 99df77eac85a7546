//! The first frame (docs/protocol.md §3).

use std::{sync::Arc, time::Duration};

use causerie_protocol::{
    AuthCode, AuthError, Authenticate, Authenticated, ClientFrame, CloseCode, ErrorCode,
    ErrorReply, FrameFault, Limits, Request, ServerFrame, ServerMessage, SessionId, SyncToken,
    limits,
};

use super::{
    io::Io,
    live::{Live, Setup},
};
use crate::{
    auth::{Identity, Refusal},
    clock::Now,
    hub::{Wake, encode::line},
    store::{Actor, SyncFrom},
};

/// A connection of which nobody knows whose it is.
pub(super) struct Opening {
    deadline: Duration,
    bearer: Option<String>,
}

impl Opening {
    pub(super) fn new(deadline: Duration, bearer: Option<String>) -> Self {
        Self { deadline, bearer }
    }

    pub(super) fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Authenticates, or says why not and closes.
    pub(super) fn handle_frame(
        &mut self,
        io: &mut Io,
        session: SessionId,
        wake: &Arc<dyn Wake>,
        frame: Result<ClientFrame, FrameFault>,
        now: Now,
    ) -> Option<Live> {
        let (id, authenticate) = match frame {
            Ok(ClientFrame {
                id,
                request: Request::Authenticate(authenticate),
            }) => (id, authenticate),
            Ok(ClientFrame { id, .. }) => {
                let message = "the first frame is `authenticate`";
                io.refuse(id, ErrorReply::new(ErrorCode::Unauthenticated, message));
                io.close(CloseCode::ProtocolViolation);
                return None;
            }
            Err(fault) => {
                io.refuse(fault.id, fault.error);
                io.close(CloseCode::ProtocolViolation);
                return None;
            }
        };
        match self.identify(io, &authenticate, now) {
            Ok(identity) if authenticate.client_id.is_v7() => {
                open(io, session, wake, id, authenticate, identity, now)
            }
            Ok(_) => {
                let error = ErrorReply::invalid("client_id", "a client_id is a UUIDv7");
                io.refuse(id, error);
                io.close(CloseCode::ProtocolViolation);
                None
            }
            Err(refusal) => {
                io.shared.metrics.auth_refused(&refusal.code);
                let close = match refusal.code {
                    AuthCode::TokenExpired => CloseCode::TokenExpired,
                    AuthCode::VersionUnsupported => CloseCode::VersionUnsupported,
                    AuthCode::Revoked => CloseCode::Revoked,
                    AuthCode::TokenInvalid | AuthCode::GuestForbidden | AuthCode::Other(_) => {
                        CloseCode::TokenInvalid
                    }
                };
                let error = ServerMessage::AuthError(AuthError {
                    retryable: refusal.code == AuthCode::TokenExpired,
                    code: refusal.code,
                    message: refusal.message,
                });
                io.lines(line(&ServerFrame::reply(id, error)));
                io.close(close);
                None
            }
        }
    }

    fn identify(
        &mut self,
        io: &Io,
        authenticate: &Authenticate,
        now: Now,
    ) -> Result<Identity, Refusal> {
        if authenticate.protocol != limits::VERSION {
            return Err(Refusal {
                code: AuthCode::VersionUnsupported,
                message: format!(
                    "this server speaks version {} of the protocol",
                    limits::VERSION
                ),
            });
        }
        let bearer = self.bearer.take();
        let Some(token) = authenticate.token.as_deref().or(bearer.as_deref()) else {
            return Err(Refusal {
                code: AuthCode::TokenInvalid,
                message: "there is no token".into(),
            });
        };
        io.shared.auth.verify(token, now.wall)
    }
}

fn open(
    io: &mut Io,
    session: SessionId,
    wake: &Arc<dyn Wake>,
    id: Option<u64>,
    authenticate: Authenticate,
    identity: Identity,
    now: Now,
) -> Option<Live> {
    let shared = Arc::clone(&io.shared);
    let actor = Actor {
        user_id: identity.user_id.clone(),
        client_id: authenticate.client_id,
        admin: identity.admin,
    };
    let key = {
        let hub = &mut *shared.hub.lock();
        if let Some(most) = shared.config.max_connections
            && hub.others(&actor.user_id, actor.client_id) >= most
        {
            io.kick(CloseCode::TooManyConnections);
            return None;
        }
        // The connection hears of what changes from here on, so that the first sync misses nothing.
        hub.attach(&actor.user_id, actor.client_id, session, Arc::clone(wake))
    };
    let heartbeat = shared.config.heartbeat;
    let authenticated = ServerMessage::Authenticated(Authenticated {
        user_id: identity.user_id.clone(),
        session_id: session,
        epoch: shared.epoch.clone(),
        compression: None,
        heartbeat_ms: millis(heartbeat.every),
        pong_timeout_ms: millis(heartbeat.patience),
        token_expires_at: identity.expires_at,
        server_time: now.wall,
        limits: Limits::default(),
        features: Vec::new(),
    });
    io.lines(line(&ServerFrame::reply(id, authenticated)));

    let epoch = authenticate.epoch.as_deref();
    let same_epoch = epoch == Some(shared.epoch.as_str());
    let mut subscriptions = authenticate.subscriptions;
    for subscribe in &mut subscriptions {
        if same_epoch {
            continue;
        }
        // Another epoch resets the room; a client that names none has nothing to reset.
        subscribe.since_id = None;
        subscribe.since = match (epoch, subscribe.since) {
            (Some(_), Some(_)) => Some(BEYOND_ANY_HEAD),
            (Some(_) | None, _) => None,
        };
    }
    let sync = match authenticate.sync_token {
        SyncToken::Absent => None,
        SyncToken::Since(token) if same_epoch => Some(SyncFrom::Token(token)),
        SyncToken::Since(_) | SyncToken::First => Some(SyncFrom::First),
    };
    let setup = Setup {
        actor,
        key,
        identity,
        subscriptions,
        sync,
    };
    Some(Live::new(io, setup, now))
}

/// A position that no conversation has: the store answers it with `reset` and the newest events,
/// which is what a position in another epoch deserves.
const BEYOND_ANY_HEAD: u64 = limits::MAX_INTEGER - 1;

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
