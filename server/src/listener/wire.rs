//! A WebSocket over a socket: [`frame`](super::frame)s in and out, without a buffer of its own
//! while nothing is under way.

use std::{
    cell::RefCell,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
};

use super::frame::{self, Decoder, Fault, Received};

/// How much is read at once.
const READ_BYTES: usize = 16 * 1024;
/// A message up to this size is copied behind its header, so that one write takes both.
const COPIED_BYTES: usize = 32 * 1024;

// All connections of a thread share these; nothing stays in them.
thread_local! {
    static READING: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES]);
    static WRITING: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What came of reading.
pub(super) enum Read<'a> {
    /// This.
    Received(Received<'a>),
    /// Something that forbids reading on.
    Fault(Fault),
    /// The other side is gone, without a word.
    Gone,
}

/// A connection's socket.
pub(super) struct Wire {
    stream: TcpStream,
    decoder: Decoder,
    /// What the socket has yet to take of a message.
    pending: Bytes,
    /// What goes behind that: the answer to a ping or a close, the newest only.
    control: Bytes,
    written: u64,
}

impl Wire {
    /// An upgraded stream; `read` is what came behind the upgrade's request.
    pub(super) fn new(stream: TcpStream, read: &[u8]) -> Self {
        let mut decoder = Decoder::default();
        decoder.push(read);
        Self {
            stream,
            decoder,
            pending: Bytes::new(),
            control: Bytes::new(),
            written: 0,
        }
    }

    /// How many bytes the socket took so far.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// Takes one message and hands it to `take`, which is called once if this is ready.
    pub(super) fn poll_next<T>(
        &mut self,
        cx: &mut Context<'_>,
        take: impl FnOnce(Read<'_>) -> T,
    ) -> Poll<T> {
        loop {
            match self.decoder.next() {
                Ok(None) => {}
                Err(fault) => return Poll::Ready(take(Read::Fault(fault))),
                Ok(Some(received)) => {
                    match received {
                        Received::Ping(payload) => self.control = frame::pong(payload).into(),
                        Received::Close(code) => self.control = frame::close_answer(code).into(),
                        Received::Text(_) | Received::Binary | Received::Pong => {}
                    }
                    return Poll::Ready(take(Read::Received(received)));
                }
            }
            if !ready!(self.poll_fill(cx)) {
                return Poll::Ready(take(Read::Gone));
            }
        }
    }

    /// Reads what there is. Ready with false at the end.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        READING.with_borrow_mut(|shared| {
            let mut buffer = ReadBuf::new(shared);
            match ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer)) {
                Ok(()) if buffer.filled().is_empty() => Poll::Ready(false),
                Ok(()) => {
                    self.decoder.push(buffer.filled());
                    Poll::Ready(true)
                }
                Err(_) => Poll::Ready(false),
            }
        })
    }

    /// Writes what is left. Ready when nothing is.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            if self.pending.is_empty() {
                if self.control.is_empty() {
                    return Poll::Ready(Ok(()));
                }
                self.pending = std::mem::take(&mut self.control);
            }
            let taken = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.pending))?;
            if taken == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += taken as u64;
            // What is empty holds nothing any more.
            self.pending = if taken == self.pending.len() {
                Bytes::new()
            } else {
                self.pending.slice(taken..)
            };
        }
    }

    /// Sends a text message, or as much of it as the socket takes; only when all before it is
    /// written, see [`Wire::poll_flush`].
    pub(super) fn send(&mut self, cx: &mut Context<'_>, message: Bytes) -> io::Result<()> {
        if message.len() > COPIED_BYTES {
            let mut all = Vec::with_capacity(message.len() + 10);
            frame::text_header(message.len(), &mut all);
            all.extend_from_slice(&message);
            self.pending = all.into();
            return Ok(());
        }
        WRITING.with_borrow_mut(|shared| {
            shared.clear();
            frame::text_header(message.len(), shared);
            let header = shared.len();
            shared.extend_from_slice(&message);
            let taken = match Pin::new(&mut self.stream).poll_write(cx, shared) {
                Poll::Ready(taken) => taken?,
                Poll::Pending => 0,
            };
            self.written += taken as u64;
            if taken < header {
                self.pending = Bytes::copy_from_slice(&shared[taken..]);
            } else if taken < shared.len() {
                self.pending = message.slice(taken - header..);
            }
            Ok(())
        })
    }

    /// Says goodbye, behind what is being written.
    pub(super) fn close(&mut self, code: u16) {
        self.control = frame::closing(code).into();
    }

    /// Ends the writing side, and reads up to `most` bytes on without looking at them.
    pub(super) async fn discard(&mut self, most: usize) {
        let _ = self.stream.shutdown().await;
        let mut buffer = vec![0; 4 * 1024];
        let mut discarded = 0;
        while discarded < most {
            match self.stream.read(&mut buffer).await {
                Ok(0) | Err(_) => break,
                Ok(read) => discarded += read,
            }
        }
    }
}
