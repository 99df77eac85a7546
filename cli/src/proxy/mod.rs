//! A TCP proxy that does to a connection what networks do: [`Proxy::cut`] resets it,
//! [`Proxy::half_open`] lets it live and go nowhere, [`Proxy::stall`] stops one direction,
//! [`Proxy::delay`] slows both, [`Proxy::refuse`] lets nobody in, and [`Proxy::cut_after`] resets
//! behind one exact byte.
//!
//! It never changes, repeats or reorders a byte: TCP does not do that either.

mod link;
mod rules;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

use self::rules::{Budget, Rules, Tally};

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the client to the server.
    Up,
    /// From the server to the client.
    Down,
}

/// A listening proxy. Dropping it resets every connection and closes the port.
#[derive(Debug)]
pub struct Proxy {
    addr: SocketAddr,
    shared: Arc<Shared>,
    acceptor: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    rules: watch::Sender<Rules>,
    tally: watch::Sender<Tally>,
    budget: Budget,
}

impl Proxy {
    /// Listens on a free port of the loopback and forwards to `upstream`, which need not be there
    /// yet: a connection that cannot be forwarded is reset.
    ///
    /// # Errors
    /// If no port can be bound.
    pub async fn start(upstream: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let addr = listener.local_addr()?;
        let shared = Arc::new(Shared {
            rules: watch::Sender::new(Rules::new(upstream)),
            tally: watch::Sender::new(Tally::default()),
            budget: Budget::default(),
        });
        let acceptor = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self {
            addr,
            shared,
            acceptor,
        })
    }

    /// Where clients connect.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Resets every connection (RST), as a lost route or a restarted NAT does. New ones get through.
    pub fn cut(&self) {
        self.shared.cut();
    }

    /// From now on the present connections swallow whatever they are given, in both directions,
    /// and stay open: what a phone's old socket does after it changed its network. New connections
    /// get through.
    pub fn half_open(&self) {
        self.shared.rules.send_modify(|r| r.swallowed += 1);
    }

    /// Stops one direction, or lets it go on, of all connections, present and to come. Nothing is
    /// lost: the sender's buffers fill up, then its writes wait.
    pub fn stall(&self, direction: Direction, on: bool) {
        self.shared.rules.send_modify(|r| match direction {
            Direction::Up => r.stall_up = on,
            Direction::Down => r.stall_down = on,
        });
    }

    /// Every byte arrives this much later than it was sent, in both directions. Zero by default.
    pub fn delay(&self, by: Duration) {
        self.shared.rules.send_modify(|r| r.delay = by);
    }

    /// Whether new connections are reset as soon as they are made. Present ones go on.
    pub fn refuse(&self, on: bool) {
        self.shared.rules.send_modify(|r| r.refuse = on);
    }

    /// Where new connections go from now on.
    pub fn set_upstream(&self, upstream: SocketAddr) {
        self.shared.rules.send_modify(|r| r.upstream = upstream);
    }

    /// Lets exactly `bytes` more through in this direction, over all connections together, then
    /// resets all of them, once. Zero cuts at the next byte. A later call replaces an earlier one.
    pub fn cut_after(&self, direction: Direction, bytes: u64) {
        self.shared.budget.set(direction, Some(bytes));
    }

    /// Takes back what [`cut_after`](Self::cut_after) announced, if it has not happened.
    pub fn spare(&self) {
        for direction in [Direction::Up, Direction::Down] {
            self.shared.budget.set(direction, None);
        }
    }

    /// How many connections are open now.
    pub fn connections(&self) -> usize {
        self.shared.tally.borrow().open
    }

    /// How many connections were made so far, the refused ones included.
    pub fn accepted(&self) -> u64 {
        self.shared.tally.borrow().accepted
    }

    /// How many connections were ended by a cut so far: those that it found open.
    pub fn cuts(&self) -> u64 {
        self.shared.tally.borrow().cut
    }

    /// How many bytes were handed on in this direction.
    pub fn bytes(&self, direction: Direction) -> u64 {
        self.shared.tally.borrow().bytes(direction)
    }

    /// Waits until so many connections were made in all.
    pub async fn wait_accepted(&self, count: u64) {
        self.wait(|tally| tally.accepted >= count).await;
    }

    /// Waits until so many connections are open.
    pub async fn wait_connections(&self, count: usize) {
        self.wait(|tally| tally.open == count).await;
    }

    /// Waits until so many bytes were handed on in this direction.
    pub async fn wait_bytes(&self, direction: Direction, count: u64) {
        self.wait(|tally| tally.bytes(direction) >= count).await;
    }

    /// Waits until somebody is connected, after all cuts so far. Gives how many connections were
    /// made in all, and how many of them were cut, both as of the same moment.
    pub async fn wait_connected(&self) -> (u64, u64) {
        let mut tally = self.shared.tally.subscribe();
        let reached = tally.wait_for(|t| t.open > 0 && t.accepted > t.cut).await;
        // The sender lives in `self`, so this cannot fail while we wait.
        reached.map_or((0, 0), |tally| (tally.accepted, tally.cut))
    }

    async fn wait(&self, reached: impl FnMut(&Tally) -> bool) {
        // The sender lives in `self`, so this cannot fail while we wait.
        let _ = self.shared.tally.subscribe().wait_for(reached).await;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.acceptor.abort();
        self.shared.cut();
    }
}

impl Shared {
    fn cut(&self) {
        self.rules.send_modify(|r| r.cut += 1);
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        match listener.accept().await {
            Ok((client, _)) => {
                shared.tally.send_modify(|t| t.accepted += 1);
                // Taken here and not in the task, so that a cut right after the accept counts.
                let rules = shared.rules.subscribe();
                let born = rules.borrow().clone();
                if born.refuse {
                    reset(client);
                    continue;
                }
                shared.tally.send_modify(|t| t.open += 1);
                let shared = Arc::clone(&shared);
                tokio::spawn(async move {
                    let cut = link::run(client, born, rules, &shared).await;
                    shared.tally.send_modify(|t| {
                        t.open -= 1;
                        t.cut += u64::from(cut);
                    });
                });
            }
            // Out of files: whoever holds one must let go first.
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

/// Closes without a farewell: the peer gets RST, not FIN.
fn reset(stream: TcpStream) {
    // If the option cannot be set, the peer is gone already.
    let _ = stream.set_zero_linger();
    drop(stream);
}

#[cfg(test)]
mod tests;
