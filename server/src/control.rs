//! Faults on order, for tests (cargo feature `control`, which releases do not have).
//!
//! A second port on loopback takes JSON by `POST`, and answers when the order is in force. Where a
//! `user_id` may stand, the order is about that user's connections, and without it about all.
//!
//! | path | body | what |
//! |---|---|---|
//! | `GET /connections` | | `[{lane, user_id}]` of all that are open |
//! | `/cut` | `{user_id?}` | breaks connections without a word |
//! | `/delay` | `{ms}` | keeps the store's answers back for so long; 0 ends it |
//! | `/refuse` | `{count, code, user_id?}` | refuses the next durable writes that are no repeats |
//! | `/drop_acks` | `{count, user_id?}` | breaks the connection in place of the next acknowledgements of durable writes: the write is committed, and nobody tells its sender |
//! | `/stall` | `{on, user_id?}` | does not read from sockets |
//! | `/mute` | `{on, user_id?}` | does not write to sockets |
//! | `/clock` | `{offset_ms}` | sets the wall clock off from the system's |
//! | `/token` | `{user_id, lifetime_ms}` | gives `{token}`, which is good for so long by the server's clock |

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use causerie_protocol::{ErrorCode, ErrorReply, UserId};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use crate::{
    listener::Server,
    store::{Command, Outcome},
};

/// The faults in force.
#[derive(Debug, Default)]
pub struct Faults {
    delay_ms: AtomicU64,
    stalled: Mutex<Whom>,
    muted: Mutex<Whom>,
    refusals: Mutex<Option<Counted>>,
    dropped_acks: Mutex<Option<Counted>>,
}

/// Whose connections a fault is about.
#[derive(Debug, Default)]
struct Whom {
    all: bool,
    users: BTreeSet<UserId>,
}

impl Whom {
    fn set(&mut self, order: Switch) {
        match order.user_id {
            Some(user) if order.on => {
                self.users.insert(user);
            }
            Some(user) => {
                self.users.remove(&user);
            }
            None => {
                self.all = order.on;
                self.users.clear();
            }
        }
    }

    fn means(&self, user: Option<&UserId>) -> bool {
        self.all || user.is_some_and(|user| self.users.contains(user))
    }
}

/// A fault for the next few times.
#[derive(Debug, Deserialize)]
struct Counted {
    count: u32,
    user_id: Option<UserId>,
    #[serde(default)]
    code: String,
}

impl Counted {
    /// Uses it up once, if it is about this user. Gives the code that came with it.
    fn take(order: &mut Option<Self>, user: Option<&UserId>) -> Option<String> {
        let counted = order.as_mut()?;
        if counted.user_id.is_some() && counted.user_id.as_ref() != user {
            return None;
        }
        let code = counted.code.clone();
        counted.count -= 1;
        if counted.count == 0 {
            *order = None;
        }
        Some(code)
    }

    fn set(place: &Mutex<Option<Self>>, order: Self) {
        *place.lock() = (order.count > 0).then_some(order);
    }
}

impl Faults {
    pub(crate) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms.load(Ordering::Acquire))
    }

    pub(crate) fn stalls_reads(&self, user: Option<&UserId>) -> bool {
        self.stalled.lock().means(user)
    }

    pub(crate) fn stalls_writes(&self, user: Option<&UserId>) -> bool {
        self.muted.lock().means(user)
    }

    /// Whether this answer is not to reach its connection, which breaks in its place.
    pub(crate) fn drops(&self, user: Option<&UserId>, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Sent(_) | Outcome::Acked(_) => {
                Counted::take(&mut self.dropped_acks.lock(), user).is_some()
            }
            Outcome::Marked { .. } | Outcome::Done | Outcome::Refused(_) => false,
        }
    }

    /// Has a write refused, if that is in force.
    pub(crate) fn apply(&self, command: Command) -> Command {
        let Command::Write {
            lane,
            actor,
            write,
            refuse: None,
        } = command
        else {
            return command;
        };
        let code = Counted::take(&mut self.refusals.lock(), Some(&actor.user_id));
        let refuse = code.map(|code| {
            let code = ErrorCode::from(code.as_str());
            Box::new(ErrorReply::new(code, "refused for a test"))
        });
        Command::Write {
            lane,
            actor,
            write,
            refuse,
        }
    }
}

#[derive(Debug, Deserialize)]
struct Cut {
    user_id: Option<UserId>,
}

#[derive(Debug, Deserialize)]
struct Delay {
    ms: u64,
}

#[derive(Debug, Deserialize)]
struct SetClock {
    offset_ms: i64,
}

#[derive(Debug, Deserialize)]
struct Switch {
    on: bool,
    user_id: Option<UserId>,
}

#[derive(Debug, Deserialize)]
struct AskToken {
    user_id: UserId,
    lifetime_ms: u64,
}

#[derive(Debug, Serialize)]
struct Token {
    token: String,
}

#[derive(Debug, Serialize)]
struct Connection {
    lane: u64,
    user_id: Option<UserId>,
}

/// Takes orders until the process ends.
///
/// # Errors
/// If the port breaks, or is not on loopback.
pub async fn run(listener: TcpListener, server: Arc<Server>) -> std::io::Result<()> {
    if !listener.local_addr()?.ip().is_loopback() {
        return Err(std::io::Error::other("the control port is for loopback"));
    }
    let router = Router::new()
        .route("/connections", get(connections))
        .route("/cut", post(cut))
        .route("/delay", post(delay))
        .route("/refuse", post(refuse))
        .route("/clock", post(clock))
        .route("/drop_acks", post(drop_acks))
        .route("/stall", post(stall))
        .route("/mute", post(mute))
        .route("/token", post(token))
        .with_state(server);
    axum::serve(listener, router).await
}

async fn connections(State(server): State<Arc<Server>>) -> Json<Vec<Connection>> {
    let mut all = Vec::new();
    server.for_each_connection(|lane, user_id| {
        all.push(Connection {
            lane: lane.0,
            user_id: user_id.cloned(),
        });
    });
    all.sort_by_key(|connection| connection.lane);
    Json(all)
}

async fn cut(State(server): State<Arc<Server>>, Json(cut): Json<Cut>) {
    server.cut(cut.user_id.as_ref());
}

async fn delay(State(server): State<Arc<Server>>, Json(delay): Json<Delay>) {
    server.faults().delay_ms.store(delay.ms, Ordering::Release);
}

async fn refuse(State(server): State<Arc<Server>>, Json(order): Json<Counted>) {
    Counted::set(&server.faults().refusals, order);
}

async fn drop_acks(State(server): State<Arc<Server>>, Json(order): Json<Counted>) {
    Counted::set(&server.faults().dropped_acks, order);
}

async fn clock(State(server): State<Arc<Server>>, Json(set): Json<SetClock>) {
    server.clock().set_offset_ms(set.offset_ms);
    server.nudge();
}

async fn stall(State(server): State<Arc<Server>>, Json(order): Json<Switch>) {
    server.faults().stalled.lock().set(order);
    server.nudge();
}

async fn mute(State(server): State<Arc<Server>>, Json(order): Json<Switch>) {
    server.faults().muted.lock().set(order);
    server.nudge();
}

async fn token(
    State(server): State<Arc<Server>>,
    Json(ask): Json<AskToken>,
) -> Result<Json<Token>, StatusCode> {
    let expires_at = server.clock().wall().saturating_add(ask.lifetime_ms);
    let token = server.auth().mint(&ask.user_id, expires_at, None);
    token
        .map(|token| Json(Token { token }))
        .ok_or(StatusCode::CONFLICT)
}
