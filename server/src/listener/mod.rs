//! Sockets, time and the store for [`Conn`]s: the driver of the server.

mod connections;
mod frame;
mod http;
mod mailbox;
mod origin;
mod socket;
mod wire;

use std::{io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use causerie_protocol::SessionId;
use hyper::{body::Incoming, server::conn::http1, service::Service as _};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    time::timeout,
};

pub(crate) use self::{
    connections::{Connections, Visiting},
    http::bearer,
    origin::is_origin,
};
use self::{
    http::{Handoff, Peer, Upgrade},
    mailbox::Mailbox,
    wire::Wire,
};
use crate::{
    bus::{Bus, Hint, SWEEP_EVERY},
    clock::Clock,
    conn::{Conn, ConnConfig, Shared},
    hub::{RingLimits, SharedHub},
    metrics::Metrics,
    rest::Doors,
    store::{Answer, Publish, Store},
};

/// Time for a request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Largest head of a request.
const HEAD_BYTES: usize = 16 * 1024;
/// Pause after the system refused a connection, mostly for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long all connections together have to end when the server drains.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);
/// What the system keeps for a socket that does not drain; a reader that is behind costs this and
/// one batch.
const SEND_BUFFER_BYTES: u32 = 256 * 1024;
/// Connections waiting to be accepted: all of them come at once after a restart.
const ACCEPT_BACKLOG: u32 = 4096;
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// How the listener behaves, beside its connections.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// For a developer's machine: any origin, and `POST /dev/token` on loopback. Default off.
    pub dev: bool,
    /// Origins of pages that may connect, beside the server's own host. Default none.
    pub allowed_origins: Vec<String>,
}

/// What [`Server`] needs before there is a store: the store's publisher holds it.
#[derive(Clone)]
pub struct Core {
    /// Who wakes connections.
    pub hub: SharedHub,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// The time.
    pub clock: Clock,
}

impl Default for Core {
    fn default() -> Self {
        Self {
            hub: SharedHub::default(),
            metrics: Arc::default(),
            clock: Clock::system(),
        }
    }
}

impl Core {
    /// One node among others, which this bus reaches. Default: no others.
    pub fn with_bus(bus: Arc<dyn Bus>) -> Self {
        Self {
            hub: SharedHub::with_bus(RingLimits::default(), bus),
            ..Self::default()
        }
    }

    /// For whoever drives the bus: what to do with a hint of another node.
    pub fn receiver(&self) -> impl Fn(&Hint) + Send + Sync + 'static {
        let core = self.clone();
        move |hint| core.hub.take_in(hint, core.clock.now())
    }

    /// For the store: what to do with what is durable.
    pub fn publisher(&self) -> Publish {
        let core = self.clone();
        Box::new(move |commits| {
            core.metrics.committed(&commits);
            core.hub.publish(&commits, core.clock.now());
        })
    }
}

/// A server without its sockets.
pub struct Server {
    pub(crate) shared: Arc<Shared>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Clock,
    pub(crate) options: Options,
    pub(crate) connections: Arc<Connections>,
    pub(crate) doors: Doors,
    #[cfg(feature = "control")]
    faults: Arc<crate::control::Faults>,
}

impl Server {
    /// A server over a store that was opened with [`Core::publisher`].
    pub fn new(
        core: Core,
        store: Arc<dyn Store>,
        auth: crate::auth::Auth,
        config: ConnConfig,
        options: Options,
    ) -> Arc<Self> {
        let shared = Arc::new(Shared {
            config,
            auth,
            hub: core.hub,
            metrics: core.metrics,
            epoch: store.epoch().to_owned(),
        });
        Arc::new(Self {
            shared,
            store,
            clock: core.clock,
            options,
            connections: Arc::default(),
            doors: Doors::default(),
            #[cfg(feature = "control")]
            faults: Arc::default(),
        })
    }
}

impl Server {
    /// Reads what other nodes changed without a hint that arrived. `done` is told whether it was
    /// read.
    fn sweep(&self, done: impl FnOnce(bool) + Send + 'static) {
        let Some(query) = self.shared.hub.lock().poll_sweep() else {
            return done(false);
        };
        let (hub, clock) = (self.shared.hub.clone(), self.clock.clone());
        let read = move |answer| {
            let changed = match answer {
                Ok(Answer::Changed(changed)) => Some(changed),
                Ok(_) => None,
                Err(error) => {
                    tracing::warn!(%error, "what other nodes changed could not be read");
                    None
                }
            };
            let found = changed.is_some();
            hub.lock().handle_swept(changed, clock.now());
            done(found);
        };
        self.store.query(query, Box::new(read));
    }

    /// With others beside it, a node takes connections once it knows where the others stand.
    async fn meet_peers(&self) {
        while self.shared.hub.has_peers() {
            let (told, found) = tokio::sync::oneshot::channel();
            self.sweep(|found| {
                let _ = told.send(found);
            });
            if matches!(found.await, Ok(true)) {
                return;
            }
            tokio::time::sleep(ACCEPT_PAUSE).await;
        }
    }
}

/// What the control port reaches.
#[cfg(feature = "control")]
impl Server {
    pub(crate) fn faults(&self) -> &crate::control::Faults {
        &self.faults
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(crate) fn auth(&self) -> &crate::auth::Auth {
        &self.shared.auth
    }

    pub(crate) fn for_each_connection(
        &self,
        mut each: impl FnMut(crate::store::LaneId, Option<&causerie_protocol::UserId>),
    ) {
        self.connections
            .for_each(|lane, open| each(lane, open.user_id.as_ref()));
    }

    /// Breaks the connections of one user, or all.
    pub(crate) fn cut(&self, user_id: Option<&causerie_protocol::UserId>) {
        self.connections.for_each(|_, open| {
            if user_id.is_none() || open.user_id.as_ref() == user_id {
                open.mailbox.cut();
            }
        });
    }

    /// Has every connection look at the clock again.
    pub(crate) fn nudge(&self) {
        self.connections.for_each(|_, open| open.mailbox.nudge());
    }
}

/// Opens the listening socket.
///
/// # Errors
/// If the address is taken or not this machine's.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    // Accepted sockets inherit it.
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    socket.bind(address)?;
    socket.listen(ACCEPT_BACKLOG)
}

/// Serves until `shutdown`, then drains: tells every client when to come back, lets writes under
/// way be answered, and returns when all connections are closed.
pub async fn run(listener: TcpListener, server: Arc<Server>, shutdown: impl Future<Output = ()>) {
    let service = TowerToHyperService::new(http::router(Arc::clone(&server)));
    let mut shutdown = pin!(shutdown);
    let mut upkeep = tokio::time::interval(UPKEEP_EVERY);
    let mut sweep = tokio::time::interval(SWEEP_EVERY);
    sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    server.meet_peers().await;
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            _ = upkeep.tick() => server.shared.metrics.run_upkeep(),
            _ = sweep.tick(), if server.shared.hub.has_peers() => server.sweep(|_| {}),
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let server = Arc::clone(&server);
                    let service = service.clone();
                    tokio::spawn(async move { serve(stream, peer, server, service).await });
                }
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "no connection could be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    drain(&server).await;
}

async fn drain(server: &Server) {
    server.connections.set_draining();
    let count = server.connections.count();
    tracing::info!(connections = count, "draining");
    // A thousand clients a second come back, at most.
    let spread_ms = (count as u64).clamp(500, 30_000);
    server.connections.for_each(|_, open| {
        open.mailbox.drain(random() % spread_ms);
    });
    let closed = server.connections.wait_until_none();
    if timeout(DRAIN_TIMEOUT, closed).await.is_err() {
        let left = server.connections.count();
        tracing::warn!(connections = left, "connections are left behind");
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

/// One TCP connection: HTTP, and then perhaps a WebSocket, in one task.
async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    server: Arc<Server>,
    router: TowerToHyperService<axum::Router>,
) {
    let _ = stream.set_nodelay(true);
    // HTTP's buffers are made when there is something to read, so that a thousand sockets that
    // come at once do not hold a thousand of them.
    if !matches!(timeout(HEAD_TIMEOUT, stream.readable()).await, Ok(Ok(()))) {
        return;
    }
    let handoff = Handoff::default();
    {
        let handoff = handoff.clone();
        let service = hyper::service::service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer));
            request.extensions_mut().insert(handoff.clone());
            router.call(request)
        });
        // Boxed, since a WebSocket's task should not keep the room that HTTP needed.
        let http = Box::pin(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIMEOUT)
                .max_buf_size(HEAD_BYTES)
                .serve_connection(TokioIo::new(stream), service)
                .with_upgrades(),
        );
        if let Err(error) = http.await {
            tracing::debug!(%error, %peer, "an HTTP connection broke");
        }
    }
    if let Some(Upgrade { on_upgrade, bearer }) = handoff.take()
        && let Ok(upgraded) = on_upgrade.await
        && let Ok(parts) = upgraded.downcast::<TokioIo<TcpStream>>()
    {
        let stream = parts.io.into_inner();
        // The bytes lie in a buffer that HTTP needed and a WebSocket does not.
        let read = parts.read_buf.to_vec();
        drop((parts.read_buf, handoff));
        Box::pin(websocket(stream, read, peer, server, bearer)).await;
    }
}

async fn websocket(
    stream: TcpStream,
    read: Vec<u8>,
    peer: SocketAddr,
    server: Arc<Server>,
    bearer: Option<String>,
) {
    let began = server.clock.now();
    let session = session_id();
    let mailbox = Arc::new(Mailbox::default());
    let lane = server.connections.add(Arc::clone(&mailbox));
    server.shared.metrics.connected();
    let conn = Conn::new(
        Arc::clone(&server.shared),
        lane,
        session,
        bearer,
        Arc::clone(&mailbox) as _,
        began,
    );
    let parts = socket::Parts {
        mailbox,
        store: Arc::clone(&server.store),
        clock: server.clock.clone(),
        #[cfg(feature = "control")]
        faults: Arc::clone(&server.faults),
    };
    let wire = Wire::new(stream, &read);
    drop(read);
    let mut user = None;
    let end = socket::run(wire, conn, parts, |user_id| {
        tracing::info!(%session, user = %user_id, %peer, "connected");
        server.connections.name(lane, user_id);
        user = Some(user_id.clone());
    })
    .await;
    server.connections.remove(lane);
    let reason = end.reason();
    server.shared.metrics.disconnected(&reason);
    let lasted = server.clock.now().mono.saturating_sub(began.mono);
    let duration_ms = u64::try_from(lasted.as_millis()).unwrap_or(u64::MAX);
    match user {
        Some(user) => {
            tracing::info!(%session, %user, %peer, reason, duration_ms, "disconnected");
        }
        None => tracing::info!(%session, %peer, reason, duration_ms, "never authenticated"),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the listener is a driver: sessions are named here"
)]
fn session_id() -> SessionId {
    SessionId::from_uuid(uuid::Uuid::now_v7())
}

/// Random bits: a UUIDv7's lower half is made of them.
fn random() -> u64 {
    session_id().uuid().as_u64_pair().1 & ((1 << 32) - 1)
}
