//! One connection's task: the driver of a [`Conn`].

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use causerie_protocol::{
    CloseCode, UserId,
    limits::{MAX_MESSAGE_BYTES, MAX_SERVER_FRAME_BYTES},
};
use futures_util::{Sink, SinkExt, Stream, StreamExt, future::poll_fn};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
    time::{Sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        self, Message, Utf8Bytes,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding},
    },
};

use super::mailbox::{Letter, Mailbox};
use crate::{
    clock::{Clock, Now},
    conn::{Conn, Input, Output},
    store::Store,
};

/// Read buffer of a connection. The library's default is 32 times as much.
const READ_BUFFER_BYTES: usize = 4 * 1024;
/// How long the other side has for its part of closing.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// How much of a message that is too large is read on, so that the other side reads why.
const MAX_DISCARDED_BYTES: usize = 16 * 1024 * 1024;

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// This side closed it.
    Closed(CloseCode),
    /// The other side closed it.
    Gone,
    /// The socket broke.
    Broken,
}

impl End {
    /// In a word, for logs and metrics.
    pub(super) fn reason(self) -> String {
        match self {
            Self::Closed(code) => code.to_string(),
            Self::Gone => "gone".into(),
            Self::Broken => "broken".into(),
        }
    }
}

/// A TCP stream that counts what it took.
pub(super) struct Socket {
    stream: TcpStream,
    written: u64,
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let taken = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes))?;
        self.written += taken as u64;
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

type WebSocket = WebSocketStream<Socket>;

/// The WebSocket on an upgraded stream; `read` is what came behind the upgrade's request.
pub(super) async fn accept(stream: TcpStream, read: Vec<u8>) -> WebSocket {
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(2 * MAX_SERVER_FRAME_BYTES)
        .max_message_size(Some(MAX_MESSAGE_BYTES))
        .max_frame_size(Some(MAX_MESSAGE_BYTES));
    let socket = Socket { stream, written: 0 };
    WebSocketStream::from_partially_read(socket, read, Role::Server, Some(config)).await
}

/// What a task needs beside its connection.
pub(super) struct Parts {
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Clock,
    #[cfg(feature = "control")]
    pub(super) faults: Arc<crate::control::Faults>,
}

/// Runs a connection to its end. `known` is called when it is known whose it is.
pub(super) async fn run(
    ws: WebSocket,
    conn: Conn,
    parts: Parts,
    known: impl FnMut(&UserId) + Send,
) -> End {
    let mut driver = Driver {
        ws,
        conn,
        parts,
        known: Some(known),
        sleep: None,
        armed: None,
        written: 0,
        readable: true,
        ending: None,
        #[cfg(feature = "control")]
        held: std::collections::VecDeque::new(),
    };
    let end = poll_fn(|cx| driver.poll(cx)).await;
    let now = driver.parts.clock.now();
    driver.conn.handle(Input::Closed, now);
    driver.perform();
    match end {
        End::Closed(code) => driver.close(code).await,
        End::Gone => {
            // The answer to the other side's close.
            let _ = timeout(CLOSE_TIMEOUT, driver.ws.flush()).await;
        }
        End::Broken => {}
    }
    end
}

struct Driver<K> {
    ws: WebSocket,
    conn: Conn,
    parts: Parts,
    known: Option<K>,
    sleep: Option<Pin<Box<Sleep>>>,
    armed: Option<Duration>,
    /// How much the socket had taken when it was last looked at.
    written: u64,
    /// Whether the WebSocket can still be read.
    readable: bool,
    ending: Option<End>,
    #[cfg(feature = "control")]
    held: std::collections::VecDeque<(Duration, Letter)>,
}

impl<K: FnMut(&UserId) + Send> Driver<K> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        let mut now = self.parts.clock.now();
        self.take_letters(cx, now);
        loop {
            if self
                .conn
                .poll_timeout(now)
                .is_some_and(|(at, _)| at <= now.mono)
            {
                self.conn.handle_timeout(now);
            }
            self.perform();
            self.write(cx, now);
            self.perform();
            self.announce();
            if let Some(end) = self.ending {
                return Poll::Ready(end);
            }
            if !self.read(cx, now) && self.arm(cx, now).is_pending() {
                return Poll::Pending;
            }
            now = self.parts.clock.now();
        }
    }

    fn take_letters(&mut self, cx: &mut Context<'_>, now: Now) {
        let mut letters = Vec::new();
        let flags = self.parts.mailbox.open(cx.waker(), &mut letters);
        #[cfg(feature = "control")]
        let letters = self.hold_back(letters, now);
        for letter in letters {
            #[cfg(feature = "control")]
            if self.is_to_break_at(&letter) {
                return self.break_off();
            }
            let input = match letter {
                Letter::Outcome(token, outcome) => Input::Outcome(token, outcome),
                Letter::Answer(token, answer) => Input::Answer(token, answer),
            };
            self.conn.handle(input, now);
        }
        if flags.woken() {
            self.conn.handle(Input::Woken, now);
        }
        if flags.superseded() {
            self.conn.handle(Input::Superseded, now);
        }
        if flags.drain() {
            let retry_after_ms = self.parts.mailbox.retry_after_ms();
            self.conn.handle(Input::Drain { retry_after_ms }, now);
        }
        if flags.cut() {
            self.ending = Some(End::Broken);
        }
    }

    /// Hands to the store what the connection has for it.
    fn perform(&mut self) {
        while let Some(output) = self.conn.poll_output() {
            match output {
                Output::Submit(token, command) => {
                    #[cfg(feature = "control")]
                    let command = self.parts.faults.apply(command);
                    let mailbox = token.map(|token| (token, Arc::clone(&self.parts.mailbox)));
                    self.parts.store.submit(
                        command,
                        Box::new(move |outcome| {
                            if let Some((token, mailbox)) = mailbox {
                                mailbox.post(Letter::Outcome(token, outcome));
                            }
                        }),
                    );
                }
                Output::Query(token, query) => {
                    let mailbox = Arc::clone(&self.parts.mailbox);
                    self.parts.store.query(
                        query,
                        Box::new(move |answer| mailbox.post(Letter::Answer(token, answer))),
                    );
                }
                Output::Close(code) => {
                    self.ending.get_or_insert(End::Closed(code));
                }
            }
        }
    }

    /// Gives the socket what it takes.
    fn write(&mut self, cx: &mut Context<'_>, now: Now) {
        #[cfg(feature = "control")]
        if self.parts.faults.stalls_writes(self.conn.user_id()) {
            return;
        }
        loop {
            match self.ws.poll_ready_unpin(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => return self.break_off(),
                Poll::Pending => return self.note_progress(now),
            }
            let Some(message) = self.conn.poll_transmit(now) else {
                break;
            };
            if self.send(message).is_err() {
                return self.break_off();
            }
        }
        match self.ws.poll_flush_unpin(cx) {
            Poll::Ready(Ok(())) => self.conn.handle(Input::Flushed, now),
            Poll::Ready(Err(_)) => self.break_off(),
            Poll::Pending => self.note_progress(now),
        }
    }

    fn send(&mut self, message: Bytes) -> Result<(), tungstenite::Error> {
        let text =
            Utf8Bytes::try_from(message).map_err(|_| tungstenite::Error::Utf8("a frame".into()))?;
        Pin::new(&mut self.ws).start_send(Message::Text(text))
    }

    fn note_progress(&mut self, now: Now) {
        let written = self.ws.get_ref().written;
        if std::mem::replace(&mut self.written, written) != written {
            self.conn.handle(Input::Progress, now);
        }
    }

    fn break_off(&mut self) {
        self.ending.get_or_insert(End::Broken);
    }

    /// Takes one message from the socket. Returns whether there was one.
    fn read(&mut self, cx: &mut Context<'_>, now: Now) -> bool {
        if !self.readable || !self.conn.wants_input() || self.is_deaf() {
            return false;
        }
        let Poll::Ready(message) = Pin::new(&mut self.ws).poll_next(cx) else {
            return false;
        };
        match message {
            Some(Ok(Message::Text(text))) => self.conn.handle(Input::Text(&text), now),
            Some(Ok(Message::Binary(_))) => self.conn.handle(Input::Binary, now),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {
                self.conn.handle(Input::Life, now);
            }
            Some(Ok(Message::Close(_))) | None => self.ending = Some(End::Gone),
            Some(Err(tungstenite::Error::Capacity(_))) => {
                self.readable = false;
                self.conn.handle(Input::TooLarge, now);
            }
            Some(Err(error)) => {
                self.readable = false;
                self.ending = Some(match error {
                    tungstenite::Error::Protocol(
                        tungstenite::error::ProtocolError::ResetWithoutClosingHandshake,
                    )
                    | tungstenite::Error::Io(_) => End::Gone,
                    tungstenite::Error::Utf8(_) => End::Closed(CloseCode::Other(1007)),
                    _ => End::Closed(CloseCode::Other(1002)),
                });
            }
        }
        true
    }

    /// Sees to it that the task is woken at the connection's next deadline. Ready if that is now.
    fn arm(&mut self, cx: &mut Context<'_>, now: Now) -> Poll<()> {
        let deadline = self.conn.poll_timeout(now).map(|(at, _)| at);
        #[cfg(feature = "control")]
        let deadline = deadline
            .into_iter()
            .chain(self.held.front().map(|(at, _)| *at))
            .min();
        let Some(deadline) = deadline else {
            return Poll::Pending;
        };
        // A timer that is early costs one look; setting it anew for every frame costs more.
        if self
            .armed
            .is_none_or(|armed| armed > deadline || armed <= now.mono)
        {
            let at = self.parts.clock.instant(deadline).into();
            match &mut self.sleep {
                Some(sleep) => sleep.as_mut().reset(at),
                None => self.sleep = Some(Box::pin(tokio::time::sleep_until(at))),
            }
            self.armed = Some(deadline);
        }
        match &mut self.sleep {
            Some(sleep) => {
                ready!(sleep.as_mut().poll(cx));
                self.armed = None;
                Poll::Ready(())
            }
            None => Poll::Pending,
        }
    }

    fn announce(&mut self) {
        if let Some(user_id) = self.conn.user_id()
            && let Some(mut known) = self.known.take()
        {
            known(user_id);
        }
    }

    /// Says goodbye, and waits for the other side to have read it.
    async fn close(&mut self, code: CloseCode) {
        let frame = CloseFrame {
            code: coding::CloseCode::from(code.number()),
            reason: Utf8Bytes::default(),
        };
        let goodbye = self.ws.send(Message::Close(Some(frame)));
        if !matches!(timeout(CLOSE_TIMEOUT, goodbye).await, Ok(Ok(()))) {
            return;
        }
        let answered = async {
            if self.readable {
                while let Some(Ok(_)) = self.ws.next().await {}
            } else {
                // What is left of a message that is not read: if it stayed in the socket's
                // buffer, closing would take back what was just said.
                let stream = &mut self.ws.get_mut().stream;
                let _ = stream.shutdown().await;
                let mut buffer = vec![0; READ_BUFFER_BYTES];
                let mut discarded = 0;
                while discarded < MAX_DISCARDED_BYTES {
                    match stream.read(&mut buffer).await {
                        Ok(0) | Err(_) => break,
                        Ok(read) => discarded += read,
                    }
                }
            }
        };
        let _ = timeout(CLOSE_TIMEOUT, answered).await;
    }

    #[cfg(not(feature = "control"))]
    fn is_deaf(&self) -> bool {
        false
    }

    /// Whether a test wants the socket not to be read.
    #[cfg(feature = "control")]
    fn is_deaf(&self) -> bool {
        self.parts.faults.stalls_reads(self.conn.user_id())
    }

    /// Whether a test wants the connection to break in place of this answer.
    #[cfg(feature = "control")]
    fn is_to_break_at(&self, letter: &Letter) -> bool {
        match letter {
            Letter::Outcome(_, outcome) => self.parts.faults.drops(self.conn.user_id(), outcome),
            Letter::Answer(..) => false,
        }
    }

    /// Keeps letters back for as long as a test wants.
    #[cfg(feature = "control")]
    fn hold_back(&mut self, letters: Vec<Letter>, now: Now) -> Vec<Letter> {
        let delay = self.parts.faults.delay();
        if delay.is_zero() && self.held.is_empty() {
            return letters;
        }
        let due = now.mono + delay;
        self.held
            .extend(letters.into_iter().map(|letter| (due, letter)));
        let mut released = Vec::new();
        while let Some((_, letter)) = self.held.pop_front_if(|(at, _)| *at <= now.mono) {
            released.push(letter);
        }
        released
    }
}
