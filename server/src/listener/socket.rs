//! One connection's task: the driver of a [`Conn`].

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use causerie_protocol::{CloseCode, UserId};
use futures_util::future::poll_fn;
use tokio::time::{Sleep, timeout};

use super::{
    frame::{Fault, Received},
    mailbox::{Letter, Mailbox},
    wire::{Read, Wire},
};
use crate::{
    clock::{Clock, Now},
    conn::{Conn, Input, Output},
    store::Store,
};

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
    wire: Wire,
    conn: Conn,
    parts: Parts,
    known: impl FnMut(&UserId) + Send,
) -> End {
    let mut driver = Driver {
        wire,
        conn,
        parts,
        known: Some(known),
        deadline: None,
        sleep: None,
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
            let flushed = poll_fn(|cx| driver.wire.poll_flush(cx));
            let _ = timeout(CLOSE_TIMEOUT, flushed).await;
        }
        End::Broken => {}
    }
    end
}

struct Driver<K> {
    wire: Wire,
    conn: Conn,
    parts: Parts,
    known: Option<K>,
    /// The connection's next deadline, as of the last look.
    deadline: Option<Duration>,
    /// The timer, and what it is set to.
    sleep: Option<(Duration, Pin<Box<Sleep>>)>,
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
            if self.deadline.is_some_and(|at| at <= now.mono) {
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
            match self.wire.poll_flush(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => return self.break_off(),
                Poll::Pending => return self.note_progress(now),
            }
            let Some(message) = self.conn.poll_transmit(now) else {
                return self.conn.handle(Input::Flushed, now);
            };
            if self.wire.send(cx, message).is_err() {
                return self.break_off();
            }
        }
    }

    fn note_progress(&mut self, now: Now) {
        let written = self.wire.written();
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
        let conn = &mut self.conn;
        let read = self.wire.poll_next(cx, |read| match read {
            Read::Received(Received::Text(text)) => {
                conn.handle(Input::Text(text), now);
                Ok(())
            }
            Read::Received(Received::Binary) => {
                conn.handle(Input::Binary, now);
                Ok(())
            }
            Read::Received(Received::Ping(_) | Received::Pong) => {
                conn.handle(Input::Life, now);
                Ok(())
            }
            Read::Received(Received::Close(_)) | Read::Gone => Err(None),
            Read::Fault(fault) => Err(Some(fault)),
        });
        match read {
            Poll::Pending => return false,
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(None)) => self.ending = Some(End::Gone),
            Poll::Ready(Err(Some(fault))) => {
                self.readable = false;
                match fault {
                    Fault::TooLarge => self.conn.handle(Input::TooLarge, now),
                    Fault::Utf8 => self.ending = Some(End::Closed(CloseCode::Other(1007))),
                    Fault::Protocol => self.ending = Some(End::Closed(CloseCode::Other(1002))),
                }
            }
        }
        true
    }

    /// Sees to it that the task is woken at the connection's next deadline. Ready if that was just
    /// now.
    fn arm(&mut self, cx: &mut Context<'_>, now: Now) -> Poll<()> {
        self.deadline = self.conn.poll_timeout(now).map(|(at, _)| at);
        if self.deadline.is_some_and(|at| at <= now.mono) {
            // Others are served before it comes to that.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let wake_at = self.deadline;
        #[cfg(feature = "control")]
        let wake_at = wake_at
            .into_iter()
            .chain(self.held.front().map(|(at, _)| *at))
            .min();
        let Some(wake_at) = wake_at else {
            return Poll::Pending;
        };
        // A timer that is early costs one look; setting it anew for every frame costs more.
        let at = self.parts.clock.instant(wake_at).into();
        let (_, sleep) = match self.sleep.take() {
            Some((set_to, sleep))
                if set_to <= wake_at && set_to > now.mono && !sleep.is_elapsed() =>
            {
                self.sleep.insert((set_to, sleep))
            }
            Some((_, mut sleep)) => {
                sleep.as_mut().reset(at);
                self.sleep.insert((wake_at, sleep))
            }
            None => {
                let sleep = Box::pin(tokio::time::sleep_until(at));
                self.sleep.insert((wake_at, sleep))
            }
        };
        // Each time: a timer that was asked when the task's budget was spent knows of nobody.
        sleep.as_mut().poll(cx)
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
        self.wire.close(code.number());
        let goodbye = poll_fn(|cx| self.wire.poll_flush(cx));
        if !matches!(timeout(CLOSE_TIMEOUT, goodbye).await, Ok(Ok(()))) {
            return;
        }
        let answered = async {
            if self.readable {
                let is_over = |read: Read<'_>| {
                    matches!(
                        read,
                        Read::Received(Received::Close(_)) | Read::Fault(_) | Read::Gone
                    )
                };
                while !poll_fn(|cx| self.wire.poll_next(cx, is_over)).await {}
            } else {
                // What is left of a message that is not read: if it stayed in the socket's
                // buffer, closing would take back what was just said.
                self.wire.discard(MAX_DISCARDED_BYTES).await;
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
