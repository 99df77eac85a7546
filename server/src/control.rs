//! Faults on order, for tests (cargo feature `control`, which releases do not have).
//!
//! A second port on loopback takes JSON by `POST`, and answers when the order is in force:
//!
//! | path | body | what |
//! |---|---|---|
//! | `GET /connections` | | `[{lane, user_id}]` of all that are open |
//! | `/cut` | `{user_id?}` | breaks the connections of one user, or all, without a word |
//! | `/delay` | `{ms}` | keeps the store's answers back for so long; 0 ends it |
//! | `/refuse` | `{count, code}` | refuses the next durable writes that are no repeats |
//! | `/clock` | `{offset_ms}` | sets the wall clock off from the system's |
//! | `/stall` | `{on}` | does not read from any socket |

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    extract::State,
    routing::{get, post},
};
use causerie_protocol::{ErrorCode, ErrorReply, UserId};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use crate::{listener::Server, store::Command};

/// The faults in force.
#[derive(Debug, Default)]
pub struct Faults {
    delay_ms: AtomicU64,
    stalls_reads: AtomicBool,
    refusals: Mutex<Option<Refuse>>,
}

impl Faults {
    pub(crate) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms.load(Ordering::Acquire))
    }

    pub(crate) fn stalls_reads(&self) -> bool {
        self.stalls_reads.load(Ordering::Acquire)
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
        let mut refusals = self.refusals.lock();
        let refuse = refusals.as_mut().map(|order| {
            order.count -= 1;
            let code = ErrorCode::from(order.code.as_str());
            Box::new(ErrorReply::new(code, "refused for a test"))
        });
        if refusals.as_ref().is_some_and(|order| order.count == 0) {
            *refusals = None;
        }
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
struct Refuse {
    count: u32,
    code: String,
}

#[derive(Debug, Deserialize)]
struct SetClock {
    offset_ms: i64,
}

#[derive(Debug, Deserialize)]
struct Stall {
    on: bool,
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
        .route("/stall", post(stall))
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

async fn refuse(State(server): State<Arc<Server>>, Json(order): Json<Refuse>) {
    *server.faults().refusals.lock() = (order.count > 0).then_some(order);
}

async fn clock(State(server): State<Arc<Server>>, Json(set): Json<SetClock>) {
    server.clock().set_offset_ms(set.offset_ms);
    server.nudge();
}

async fn stall(State(server): State<Arc<Server>>, Json(stall): Json<Stall>) {
    let faults = server.faults();
    faults.stalls_reads.store(stall.on, Ordering::Release);
    server.nudge();
}
