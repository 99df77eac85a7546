//! One connection, from `authenticate` to its close (docs/protocol.md §3 to §8).
//!
//! [`Conn`] is pure: it has no socket, no clock and no thread. Its driver hands it what came in by
//! [`Conn::handle`], and then asks
//!
//! - [`Conn::poll_output`], until there is none, for what the store or the socket has to do;
//! - [`Conn::poll_transmit`], whenever the socket can take a message, for the next message;
//! - [`Conn::poll_timeout`], for the time at which to call [`Conn::handle_timeout`];
//! - [`Conn::wants_input`], before it reads from the socket.
//!
//! Nothing durable is queued in here. A connection knows a position per room, and reads forward
//! from it when the socket can take more, out of the [hub](crate::hub) or the store. What is
//! queued are the answers to what this client asked, and those are bounded: a client that does
//! not read its answers is not read from.
//!
//! | file | about |
//! |---|---|
//! | `opening` | the first frame |
//! | `live` | what a connection is once its user is known, and its timers |
//! | `request`, `answer` | what comes from the client, what comes from the store |
//! | `subscription` | positions, and reading forward |
//! | `activity` | conversations that are not subscribed |
//! | `lane` | reading one's own writes |
//! | `visit` | a request without a socket: one over REST |
//! | `delivered`, `typing`, `token`, `heartbeat`, `rate` | small machines of their own |

mod activity;
mod answer;
mod delivered;
mod heartbeat;
mod io;
mod lane;
mod live;
mod opening;
mod rate;
mod request;
mod subscription;
mod token;
mod typing;
mod visit;

use std::{collections::VecDeque, sync::Arc, time::Duration};

use bytes::Bytes;
use causerie_protocol::{
    ClientFrame, CloseCode, ConnectionEventKind, ErrorCode, ErrorReply, FrameFault, Ping,
    ServerFrame, ServerMessage, SessionId, UserId, decode_client,
    limits::{AUTH_TIMEOUT_MS, MAX_UNAUTHENTICATED_BYTES},
};

use self::{heartbeat::Heartbeat, io::Io, live::Live, opening::Opening};
pub use self::{heartbeat::HeartbeatConfig, rate::RateConfig};
pub(crate) use self::{
    rate::{Bucket, Verdict},
    visit::{Reply, Visit},
};
use crate::{
    auth::Auth,
    clock::Now,
    hub::{Batch, SharedHub, Wake, encode::line},
    metrics::Metrics,
    store::{Answer, Command, LaneId, Outcome, Query, StoreError},
};

/// Most requests of one connection under way at once; the next ones are not read.
const MAX_IN_FLIGHT: usize = 256;

/// What connections are told to do.
#[derive(Debug, Clone)]
pub struct ConnConfig {
    /// Time for the first frame. Default 10 s.
    pub auth_timeout: Duration,
    /// Pings. Default every 25 s, with 10 s of patience.
    pub heartbeat: HeartbeatConfig,
    /// How long a write may make no progress. Default 30 s.
    pub stall_timeout: Duration,
    /// How long writes under way may take when the server drains. Default 5 s.
    pub drain_timeout: Duration,
    /// How many connections a user may have at once, on one server. One that supersedes another
    /// is not one more. Default `None`: no limit.
    pub max_connections: Option<usize>,
    /// How often a connection may ask. Default 100 requests a second after a burst of 400; `None`
    /// (as in `--dev`) sets no limit.
    pub rate: Option<RateConfig>,
}

impl Default for ConnConfig {
    fn default() -> Self {
        Self {
            auth_timeout: Duration::from_millis(AUTH_TIMEOUT_MS),
            heartbeat: HeartbeatConfig::default(),
            stall_timeout: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(5),
            max_connections: None,
            rate: Some(RateConfig::default()),
        }
    }
}

/// What all connections of a server share.
pub struct Shared {
    /// What they are told to do.
    pub config: ConnConfig,
    /// Who checks tokens.
    pub auth: Auth,
    /// Who wakes them.
    pub hub: SharedHub,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// The database's epoch.
    pub epoch: String,
}

/// Names a command or a query of one connection; never used twice by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token(pub u64);

/// What comes in.
#[derive(Debug)]
pub enum Input<'a> {
    /// A text message.
    Text(&'a str),
    /// A binary message.
    Binary,
    /// A message beyond 256 KiB; the socket cannot be read any further.
    TooLarge,
    /// A ping or pong of the WebSocket itself.
    Life,
    /// What became of a command.
    Outcome(Token, Outcome),
    /// What a query found.
    Answer(Token, Result<Answer, StoreError>),
    /// The hub has marks.
    Woken,
    /// The hub has a newer connection of the same installation.
    Superseded,
    /// The server goes down; the client is to come back after this long.
    Drain {
        /// In milliseconds.
        retry_after_ms: u64,
    },
    /// The socket took some of what it was given.
    Progress,
    /// The socket took all that it was given.
    Flushed,
    /// The socket is gone.
    Closed,
}

/// What goes out, beside messages.
#[derive(Debug)]
pub enum Output {
    /// For [`Store::submit`](crate::store::Store::submit); without a token, the outcome is of no
    /// interest.
    Submit(Option<Token>, Command),
    /// For [`Store::query`](crate::store::Store::query).
    Query(Token, Query),
    /// Close the socket with this code. All that was to be said before has been given out.
    Close(CloseCode),
}

/// What a timeout is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timeout {
    /// The first frame.
    Authentication,
    /// A ping is due.
    Ping,
    /// The other side is silent.
    Pong,
    /// The socket takes nothing.
    Stall,
    /// The token ends soon, or has ended.
    Token,
    /// Activity that was held back.
    Activity,
    /// A delivery mark that was held back.
    Delivered,
    /// Rooms that could not be read.
    Retry,
    /// Writes under way take too long for a server that drains.
    Drain,
}

enum State {
    Opening(Opening),
    Live(Box<Live>),
    Gone,
}

/// One connection.
pub struct Conn {
    io: Io,
    state: State,
    wake: Arc<dyn Wake>,
    session: SessionId,
    /// Frames of a message that wait until earlier ones are answered.
    backlog: VecDeque<Result<ClientFrame, FrameFault>>,
    heartbeat: Heartbeat,
    bucket: Option<Bucket>,
    /// Since when the socket has made no progress with what it was given.
    stalled_since: Option<Duration>,
    drain_at: Option<Duration>,
}

impl Conn {
    /// A connection whose socket is open. `bearer` is the token of the upgrade's header, `lane`
    /// and `session` were never used before.
    pub fn new(
        shared: Arc<Shared>,
        lane: LaneId,
        session: SessionId,
        bearer: Option<String>,
        wake: Arc<dyn Wake>,
        now: Now,
    ) -> Self {
        let config = &shared.config;
        Self {
            state: State::Opening(Opening::new(now.mono + config.auth_timeout, bearer)),
            wake,
            session,
            backlog: VecDeque::new(),
            heartbeat: Heartbeat::new(config.heartbeat, now.mono),
            bucket: config.rate.map(|rate| Bucket::new(rate, now.mono)),
            stalled_since: None,
            drain_at: None,
            io: Io::new(shared, lane),
        }
    }

    /// Whose connection it is, once that is known.
    pub fn user_id(&self) -> Option<&UserId> {
        match &self.state {
            State::Live(live) => Some(live.user_id()),
            State::Opening(_) | State::Gone => None,
        }
    }

    /// Whether the socket should be read. If not, it should be asked again after the next input.
    pub fn wants_input(&self) -> bool {
        self.backlog.is_empty() && self.has_capacity()
    }

    /// Takes in what happened.
    pub fn handle(&mut self, input: Input<'_>, now: Now) {
        match input {
            Input::Text(text) => self.handle_text(text, now),
            Input::Binary => {
                self.heartbeat.handle_life();
                let message = "a binary message is only for an agreed compression";
                self.io
                    .refuse(None, ErrorReply::new(ErrorCode::Invalid, message));
            }
            Input::TooLarge => {
                let message = "a message has at most 256 KiB";
                self.io
                    .refuse(None, ErrorReply::new(ErrorCode::TooLarge, message));
                self.io.close(CloseCode::MessageTooBig);
            }
            Input::Life => self.heartbeat.handle_life(),
            Input::Outcome(token, outcome) => {
                if let State::Live(live) = &mut self.state {
                    live.handle_outcome(&mut self.io, token, outcome, now);
                }
                self.work(now);
            }
            Input::Answer(token, answer) => {
                self.io.handle_answer();
                if let State::Live(live) = &mut self.state {
                    live.handle_answer(&mut self.io, token, answer, now);
                }
                self.work(now);
            }
            Input::Woken => {
                if let State::Live(live) = &mut self.state {
                    live.handle_woken();
                }
            }
            Input::Superseded => self.io.kick(CloseCode::Superseded),
            Input::Drain { retry_after_ms } => self.handle_drain(retry_after_ms, now),
            Input::Progress => {
                if let Some(since) = &mut self.stalled_since {
                    *since = now.mono;
                }
            }
            Input::Flushed => self.stalled_since = None,
            Input::Closed => {
                self.io.close(CloseCode::Normal);
                self.end(now);
            }
        }
        self.end_if_closing(now);
    }

    /// A time that [`Conn::poll_timeout`] gave has come.
    pub fn handle_timeout(&mut self, now: Now) {
        let due = |at: Option<Duration>| at.is_some_and(|at| at <= now.mono);
        match &mut self.state {
            State::Opening(opening) if opening.deadline() <= now.mono => {
                self.io.kick(CloseCode::AuthenticationTimeout);
            }
            State::Live(live) => live.handle_timeout(&mut self.io, now),
            State::Opening(_) | State::Gone => {}
        }
        if self.wants_input() && self.heartbeat.is_silent(now.mono) {
            self.io.kick(CloseCode::NoPong);
        }
        if due(self.stall_at()) {
            self.io.shared.metrics.slow_consumer();
            self.io.close(CloseCode::SlowConsumer);
        }
        if due(self.drain_at) {
            self.io.close(CloseCode::Draining);
        }
        self.end_if_closing(now);
    }

    /// When to call [`Conn::handle_timeout`], and what for.
    pub fn poll_timeout(&self, now: Now) -> Option<(Duration, Timeout)> {
        let stall = self.stall_at().map(|at| (at, Timeout::Stall));
        if self.io.is_closing() {
            return stall;
        }
        let (ping, first) = match &self.state {
            State::Opening(opening) => (None, Some((opening.deadline(), Timeout::Authentication))),
            State::Live(live) => {
                let can_take = self.stalled_since.is_none();
                (
                    can_take.then(|| (self.heartbeat.next_ping(), Timeout::Ping)),
                    live.poll_timeout(now, can_take),
                )
            }
            State::Gone => (None, None),
        };
        let pong = self.heartbeat.silent_at().filter(|_| self.wants_input());
        [
            stall,
            ping,
            first,
            pong.map(|at| (at, Timeout::Pong)),
            self.drain_at.map(|at| (at, Timeout::Drain)),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// What the store or the socket has to do next.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.io.poll_output()
    }

    /// The next message for the socket: up to 64 frames or 16 KiB. To be called only when the
    /// socket can take it.
    pub fn poll_transmit(&mut self, now: Now) -> Option<Bytes> {
        let mut batch = Batch::default();
        self.io.fill(&mut batch);
        if !self.io.is_closing()
            && let State::Live(live) = &mut self.state
        {
            if self.heartbeat.take_ping(now.mono) {
                batch.push(ping(now));
            }
            live.fill(&mut self.io, &mut batch, now);
        }
        if batch.is_empty() {
            return None;
        }
        self.stalled_since = Some(now.mono);
        self.io
            .shared
            .metrics
            .delivered(batch.events(), batch.newest_at(), now);
        self.work(now);
        Some(batch.into_message())
    }

    fn handle_text(&mut self, text: &str, now: Now) {
        self.heartbeat.handle_life();
        if let State::Opening(_) = self.state
            && text.len() > MAX_UNAUTHENTICATED_BYTES
        {
            let message = "at most 32 KiB come before `authenticated`";
            self.io
                .refuse(None, ErrorReply::new(ErrorCode::TooLarge, message));
            self.io.close(CloseCode::MessageTooBig);
            return;
        }
        for frame in decode_client(text) {
            if self.backlog.is_empty() && self.has_capacity() {
                self.handle_frame(frame, now);
            } else {
                self.backlog.push_back(frame);
            }
        }
    }

    /// Goes on with the frames that wait.
    fn work(&mut self, now: Now) {
        while self.has_capacity()
            && let Some(frame) = self.backlog.pop_front()
        {
            self.handle_frame(frame, now);
        }
        if self.backlog.is_empty() && self.backlog.capacity() > 0 {
            self.backlog = VecDeque::new();
        }
    }

    fn handle_frame(&mut self, frame: Result<ClientFrame, FrameFault>, now: Now) {
        if self.io.is_closing() || self.drain_at.is_some() {
            return;
        }
        self.io.shared.metrics.frame_in();
        match &mut self.state {
            State::Opening(opening) => {
                if let Some(live) =
                    opening.handle_frame(&mut self.io, self.session, &self.wake, frame, now)
                {
                    self.state = State::Live(Box::new(live));
                }
            }
            State::Live(live) => {
                let verdict = match &mut self.bucket {
                    Some(bucket) => bucket.ask(now.mono),
                    None => Verdict::Pass,
                };
                match verdict {
                    Verdict::Pass => live.handle_frame(&mut self.io, frame, None, now),
                    Verdict::Refuse { retry_after } => {
                        live.handle_frame(&mut self.io, frame, Some(retry_after), now);
                    }
                    Verdict::Flood => self.io.kick(CloseCode::RateLimited),
                }
            }
            State::Gone => {}
        }
    }

    fn handle_drain(&mut self, retry_after_ms: u64, now: Now) {
        if self.io.is_closing() || self.drain_at.is_some() {
            return;
        }
        self.backlog.clear();
        self.io.connection_event(
            ConnectionEventKind::Draining,
            Some(CloseCode::Draining),
            Some(retry_after_ms),
        );
        self.drain_at = Some(now.mono + self.io.shared.config.drain_timeout);
    }

    fn end_if_closing(&mut self, now: Now) {
        if self.drain_at.is_some() && !self.has_writes() {
            self.io.close(CloseCode::Draining);
        }
        if self.io.is_closing() {
            self.end(now);
        }
    }

    /// Leaves the hub and the store. Idempotent.
    fn end(&mut self, now: Now) {
        if let State::Live(live) = &mut self.state {
            live.end(&mut self.io, now);
        }
        self.state = State::Gone;
        self.backlog.clear();
    }

    fn has_capacity(&self) -> bool {
        let in_flight = match &self.state {
            State::Live(live) => live.in_flight(),
            State::Opening(_) | State::Gone => 0,
        };
        in_flight < MAX_IN_FLIGHT && !self.io.is_full()
    }

    fn has_writes(&self) -> bool {
        match &self.state {
            State::Live(live) => live.has_writes(),
            State::Opening(_) | State::Gone => false,
        }
    }

    fn stall_at(&self) -> Option<Duration> {
        let since = self.stalled_since?;
        Some(since + self.io.shared.config.stall_timeout)
    }
}

fn ping(now: Now) -> Bytes {
    line(&ServerFrame::event(ServerMessage::Ping(Ping {
        t: now.wall,
    })))
}
