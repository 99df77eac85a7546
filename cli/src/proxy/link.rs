//! One connection through the proxy: two pumps and an ear for the rules.

use std::{collections::VecDeque, future::poll_fn, io, pin::Pin, task::Poll, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    sync::watch,
    time::Instant,
};

use super::{Direction, Shared, reset, rules::Rules};

/// What one direction holds at most while it is stalled or delayed. Beyond it the proxy stops
/// reading, and the sender feels it.
const HELD: usize = 256 * 1024;

/// How a link ends.
enum End {
    /// Both sides closed in order.
    Closed,
    /// Cut by order, or one side is gone: the other is reset.
    Reset,
}

/// Carries bytes until the link ends. Says whether it was cut.
pub(super) async fn run(
    mut client: TcpStream,
    born: Rules,
    rules: watch::Receiver<Rules>,
    shared: &Shared,
) -> bool {
    // Not given up on a cut, or the server would see an orderly end; on the loopback it is short.
    let Ok(mut server) = TcpStream::connect(born.upstream).await else {
        reset(client);
        return false;
    };
    let cut = until_cut(rules.clone(), born.cut);
    // The proxy adds no waiting of its own.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));

    let end = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let up = Pump::new(Direction::Up, &born, shared, rules.clone());
        let down = Pump::new(Direction::Down, &born, shared, rules);
        tokio::select! {
            () = cut => End::Reset,
            both = async {
                tokio::try_join!(up.run(from_client, to_server), down.run(from_server, to_client))
            } => match both {
                Ok(_) => End::Closed,
                Err(_) => End::Reset,
            },
        }
    };
    match end {
        End::Closed => false,
        End::Reset => {
            reset(client);
            reset(server);
            shared.rules.borrow().cut > born.cut
        }
    }
}

async fn until_cut(mut rules: watch::Receiver<Rules>, born: u64) {
    // An error means that the proxy is gone, and its connections with it.
    let _ = rules.wait_for(|r| r.cut > born).await;
}

/// Carries bytes one way.
struct Pump<'a> {
    direction: Direction,
    born_cut: u64,
    born_swallowed: u64,
    shared: &'a Shared,
    rules: watch::Receiver<Rules>,
    held: VecDeque<Chunk>,
    held_bytes: usize,
}

struct Chunk {
    due: Instant,
    bytes: Vec<u8>,
    written: usize,
}

impl<'a> Pump<'a> {
    fn new(
        direction: Direction,
        born: &Rules,
        shared: &'a Shared,
        rules: watch::Receiver<Rules>,
    ) -> Self {
        Self {
            direction,
            born_cut: born.cut,
            born_swallowed: born.swallowed,
            shared,
            rules,
            held: VecDeque::new(),
            held_bytes: 0,
        }
    }

    /// Ends when the sender closed and everything was handed on; an error when a side is gone.
    async fn run(
        mut self,
        mut from: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
    ) -> io::Result<()> {
        let mut buffer = vec![0; 16 * 1024];
        let mut at_end = false;
        loop {
            let (stalled, swallows, delay) = {
                let rules = self.rules.borrow_and_update();
                (
                    rules.stalled(self.direction),
                    rules.swallowed > self.born_swallowed,
                    rules.delay,
                )
            };
            if swallows {
                self.held.clear();
                self.held_bytes = 0;
            }
            if at_end && self.held.is_empty() && !swallows {
                return to.shutdown().await;
            }
            let reads = !at_end && (swallows || (!stalled && self.held_bytes < HELD));
            let due = self.held.front().map(|chunk| chunk.due);
            let is_due = due.is_some_and(|due| due <= now());
            tokio::select! {
                changed = self.rules.changed() => {
                    if changed.is_err() {
                        return Err(io::ErrorKind::ConnectionAborted.into());
                    }
                }
                read = from.read(&mut buffer), if reads => {
                    let count = match read {
                        // Nothing that one side does shows on the other any more.
                        Err(_) if swallows => 0,
                        read => read?,
                    };
                    at_end = count == 0;
                    if !swallows && count > 0 {
                        self.hold(&buffer[..count], delay);
                    }
                }
                () = until(due), if !stalled && due.is_some() && !is_due => {}
                written = Self::write(self.shared, self.direction, self.born_cut, &mut to, self.held.front()),
                    if !stalled && is_due => self.handed_on(written?),
            }
        }
    }

    fn hold(&mut self, bytes: &[u8], delay: Duration) {
        self.held_bytes += bytes.len();
        self.held.push_back(Chunk {
            due: now() + delay,
            bytes: bytes.to_vec(),
            written: 0,
        });
    }

    /// Writes what the budget allows. Nothing is lost if this is dropped half-way: a write either
    /// happened and is told, or did not happen.
    async fn write(
        shared: &Shared,
        direction: Direction,
        born: u64,
        to: &mut (impl AsyncWrite + Unpin),
        chunk: Option<&Chunk>,
    ) -> io::Result<usize> {
        let Some(chunk) = chunk else {
            return Ok(0);
        };
        let rest = &chunk.bytes[chunk.written..];
        poll_fn(|context| {
            let write = |allowed| {
                if shared.rules.borrow().cut > born {
                    return (Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())), 0);
                }
                if allowed == 0 {
                    return (Poll::Ready(Ok(0)), 0);
                }
                let polled = Pin::new(&mut *to).poll_write(context, &rest[..allowed]);
                let used = match &polled {
                    Poll::Ready(Ok(count)) => *count,
                    Poll::Ready(Err(_)) | Poll::Pending => 0,
                };
                (polled, used)
            };
            shared
                .budget
                .spend(direction, rest.len(), write, || shared.cut())
        })
        .await
    }

    fn handed_on(&mut self, count: usize) {
        self.shared
            .tally
            .send_modify(|tally| tally.count(self.direction, count));
        self.held_bytes -= count;
        if let Some(front) = self.held.front_mut() {
            front.written += count;
            if front.written == front.bytes.len() {
                self.held.pop_front();
            }
        }
    }
}

async fn until(due: Option<Instant>) {
    if let Some(due) = due {
        tokio::time::sleep_until(due).await;
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the proxy is a driver: it delays real bytes"
)]
fn now() -> Instant {
    Instant::now()
}
